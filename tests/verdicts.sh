#!/bin/sh
# What the program says of this repository's own last commits: tests/verdicts.sh BIN [COUNT]
# In a clone, so that the user's is neither changed nor trusted with anything. A clone of one
# branch has no trail to see declared classes in, so what is printed fails no check. Newest
# first, each for at most 15 seconds and all for a minute and a half: a commit that touches
# what every test uses would run them all, twice.
set -eu
bin=$1 count=${2:-20}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
trap 'exit 130' INT TERM HUP
export PATH="$bin:$PATH" VIRTUAL_ENV="${bin%/bin}"
command -v timeout >/dev/null || timeout() { shift && "$@"; } # macOS has none

git clone -q "$(git rev-parse --show-toplevel)" "$clone/it"
cd "$clone/it"
git oneshot trust --yes >/dev/null 2>&1
echo "git oneshot verify, over the last $count commits of this repository:"
end=$(($(date +%s) + 90))
for commit in $(git rev-list --first-parent --max-count="$count" HEAD); do
	if [ "$(date +%s)" -gt "$end" ]; then
		git log -1 --abbrev=9 --format='%h  not judged for want of time  %s' "$commit"
		continue
	fi
	status=0
	timeout 15 git oneshot verify --regression off "$commit" >"$clone/said" 2>&1 || status=$?
	if [ $status = 130 ] || [ $status = 124 ]; then
		git log -1 --abbrev=9 --format='%h  UNKNOWN  its tests take longer than 15 s  %s' "$commit"
	else
		grep "^$(git rev-parse --short=9 "$commit")" "$clone/said" || head -n 1 "$clone/said"
	fi
done
git oneshot uninstall >/dev/null
