#!/bin/sh
# What `make contract` needs beside the tests: tests/forge/contract.sh BIN
# Node (>= 22, by a wheel), the emulator of GitHub, and the descriptions of GitHub's API,
# each of a pinned version, in the virtual environment. Done once for what this and setup.cfg list.
set -eu
bin=$1
folder=$(dirname "$bin")/contract
stamp=$folder/brought.stamp
list=$(cat tests/forge/contract.sh setup.cfg | cksum)
[ "$(cat "$stamp" 2>/dev/null)" = "$list" ] && exit 0
. tests/bring.sh
mkdir -p "$folder"
bring "what the descriptions are read with" "$bin/python" -m pip install -q 'git-oneshot[contract]' || exit 0
# No script of theirs is run: what they hold is there without.
PATH=$bin:$PATH bring "the emulator and the descriptions" "$bin/npm" install --loglevel=error --ignore-scripts \
	--prefix "$folder" emulate@0.12.2 @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1 || exit 0
echo "$list" >"$stamp"
