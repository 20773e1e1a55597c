#!/bin/sh
# Every man page must render without a warning.
set -eu
if ! command -v man >/dev/null; then
	if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
		apt-get -qq update && apt-get -qq install -y man-db groff >/dev/null
	else
		echo "hint: install man-db to check the man pages" >&2
		exit 69
	fi
fi
for page in man/*.[15]; do
	said=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$said" ] || { echo "$page: $said" >&2; exit 1; }
done
