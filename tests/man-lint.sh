#!/bin/sh
# Every man page must render without a warning: by man-db's man, and by mandoc, which is
# what macOS and Alpine have, where they are here.
set -eu
by_man() { man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null || true; }
by_mandoc() { mandoc -T lint -W warning "$1" || true; }
of_debian() { man --version 2>/dev/null | grep -q '^man [0-9]'; }

if ! of_debian && ! command -v mandoc >/dev/null; then
	if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
		apt-get -qq update && apt-get -qq install -y man-db groff >/dev/null
	else
		echo "hint: install man-db or mandoc to check the man pages" >&2
		exit 69
	fi
fi
for page in man/*.[15]; do
	said=
	! of_debian || said=$(by_man "$page")
	! command -v mandoc >/dev/null || said=$said$(by_mandoc "$page")
	[ -z "$said" ] || { echo "$page: $said" >&2; exit 1; }
done
