#!/bin/sh
# What `make contract` needs beside the tests: tests/forge/contract.sh BIN
# Node (>= 22, by a wheel), the emulator of GitHub, and the descriptions of GitHub's API,
# each of a pinned version, in the virtual environment. Done once.
set -eu
bin=$1
folder=$(dirname "$bin")/contract
stamp=$folder/emulate-0.12.2.stamp
[ -f "$stamp" ] && exit 0
"$bin/python" -m pip install -q -e '.[contract]'
mkdir -p "$folder"
"$bin/npm" install --silent --no-fund --no-audit --prefix "$folder" \
	emulate@0.12.2 @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1
: >"$stamp"
