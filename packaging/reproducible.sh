#!/bin/sh
# Builds the program twice, from the newest commit, in two places and with two homes of Cargo, and compares the bytes.
# Takes the arguments and variables of build.sh.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
places=$(mktemp -d)
trap 'rm -rf "$places"' EXIT
unset CARGO_TARGET_DIR
commit=$(git -C "$root" rev-parse HEAD)

for place in "$places/one" "$places/another/place"; do
	mkdir -p "$place" "$place.cargo"
	git -C "$root" archive "$commit" | tar -x -C "$place"
	# The same downloads and settings under another name.
	for entry in "${CARGO_HOME:-$HOME/.cargo}"/*; do
		ln -s "$entry" "$place.cargo/"
	done
	binary=$(CARGO_HOME=$place.cargo "$place/packaging/build.sh" "$@")
	sha256sum <"$binary"
	mv "$binary" "$place.binary"
	rm -rf "$place"
done
cmp "$places/one.binary" "$places/another/place.binary"
! grep -qaF "$places" "$places/one.binary" || {
	echo 'the place of the build is in the program' >&2
	exit 1
}
