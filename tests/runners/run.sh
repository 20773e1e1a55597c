#!/bin/sh
# Bring the runners and the managers of hooks that this machine can have, and try each on a small
# project. Nothing here fails because a package index lacks something: what is missing is
# skipped, and pytest's last line counts it.
set -eu
bin=$1
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT
trap 'exit 130' INT TERM HUP
. tests/bring.sh

compilers() {
	missing=
	for pair in go:golang-go cmake:cmake cc:gcc make:make cargo:cargo; do
		command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		bring "new lists of packages" apt-get -qq update || true
		for package in $missing; do
			bring "$package" apt-get -qq install -y --no-install-recommends "$package" || true
		done
	else
		echo "not to be had here:$missing"
	fi
}

compilers &
sh tests/runners/outside.sh "$bin" "$outside" 'vitest jest husky lefthook' 'pre-commit prek'
wait
# The tests seal HOME off, and a toolchain may live there, or beside the one that is on PATH. pip asks
# for the version of Rust, by which an empty folder of rustup comes to be.
cargo=$(command -v cargo || true)
for home in "${HOME:-/}" "${cargo%/.cargo/bin/cargo}"; do
	[ ! -d "$home/.rustup/toolchains" ] || export RUSTUP_HOME="${RUSTUP_HOME:-$home/.rustup}"
	[ ! -d "$home/.cargo" ] || export CARGO_HOME="${CARGO_HOME:-$home/.cargo}"
done
ONESHOT_OUTSIDE=$outside "$bin/python" -m pytest -q -rs -n 2 tests/runners/real_*.py
