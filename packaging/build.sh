#!/bin/sh
# Builds the program so that the same sources give the same bytes wherever they stand, and prints where it is.
#
#   packaging/build.sh                              for this machine
#   packaging/build.sh x86_64-unknown-linux-musl    static: needs `rustup target add` of it, and musl-tools for its C
#
# PROFILE names another of Cargo's profiles than release.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
target=${1:-}
profile=${PROFILE:-release}

# No path of this machine goes into messages: not where the sources are, nor Cargo's, nor the standard library's.
compiler=$(rustc -vV | sed -n 's/^commit-hash: //p')
for pair in "$root=." "${CARGO_HOME:-$HOME/.cargo}=/cargo" "$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$compiler"; do
	RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$pair"
done
export RUSTFLAGS

cd "$root"
cargo build --locked --quiet --profile "$profile" ${target:+--target "$target"} >&2
case $profile in
dev) profile=debug ;;
esac
printf '%s\n' "${CARGO_TARGET_DIR:-$root/target}/${target:+$target/}$profile/git-service-hook"
