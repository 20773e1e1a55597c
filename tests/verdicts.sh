#!/bin/sh
# What the program says of this repository's own last commits: tests/verdicts.sh BIN [COUNT]
# In a clone, so that the user's is neither changed nor trusted with anything. A clone of one
# branch has no trail to see declared classes in, so what is printed fails no check.
set -eu
bin=$1 count=${2:-20}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
trap 'exit 130' INT TERM HUP
export PATH="$bin:$PATH" VIRTUAL_ENV="${bin%/bin}"

git clone -q "$(git rev-parse --show-toplevel)" "$clone/it"
cd "$clone/it"
first=$(git rev-list --first-parent --max-count="$((count + 1))" HEAD | tail -n 1)
git oneshot trust --yes >/dev/null
echo "git oneshot verify, over the last $count commits of this repository:"
git oneshot verify --regression off "$first..HEAD" || echo "(exit $?)"
git oneshot uninstall >/dev/null
