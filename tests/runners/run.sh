#!/bin/sh
# Bring the runners that this machine can have, and try each on a small project.
# Nothing here fails because a package index lacks something: what is missing is
# skipped, and pytest's last line counts it.
set -eu
bin=$1
modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	missing=
	for pair in go:golang-go cmake:cmake cc:gcc make:make node:nodejs npm:npm cargo:cargo; do
		command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
	done
	if [ -n "$missing" ]; then
		apt-get -qq update >/dev/null 2>&1 || true
		for package in $missing; do
			apt-get -qq install -y --no-install-recommends "$package" >/dev/null 2>&1 ||
				echo "not to be had here: $package"
		done
	fi
fi
if command -v npm >/dev/null; then
	for package in vitest jest; do
		npm install --silent --no-audit --no-fund --prefix "$modules" "$package" >/dev/null 2>&1 ||
			echo "not to be had here: $package"
	done
fi
# The tests seal HOME off, and a toolchain may live there.
[ ! -d "$HOME/.rustup" ] || export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
[ ! -d "$HOME/.cargo" ] || export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}"
ONESHOT_NODE_MODULES=$modules/node_modules \
	"$bin/python" -m pytest -q -rs -n 2 tests/runners/real_runners.py
