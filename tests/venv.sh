#!/bin/sh
# Make a virtual environment: tests/venv.sh PYTHON FOLDER
# A bare Debian has Python without ensurepip; the package that has it is installed
# when that can be done without asking, else it is named.
set -eu
python=$1 folder=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
	echo "error: '$python' is not Python 3.11 or later" >&2
	echo "hint: make PYTHON=/path/to/python3.11" >&2
	exit 69
}
"$python" -c 'import ensurepip' 2>/dev/null || {
	package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
	if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
		apt-get -qq update && apt-get -qq install -y "$package" >/dev/null
	else
		echo "error: '$python' has no ensurepip" >&2
		echo "hint: sudo apt-get install $package" >&2
		exit 69
	fi
}
"$python" -m venv "$folder"
