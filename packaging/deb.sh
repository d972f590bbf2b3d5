#!/bin/sh
# Makes a Debian package of the program, with what the program itself prints (manual page, completions, schema), and
# says where it is. Needs cargo-deb (`cargo install --locked cargo-deb`).
#
#   packaging/deb.sh                  build, then make the package
#   packaging/deb.sh --binary FILE    make the package of FILE
#
# Further arguments are cargo-deb's, such as --output DIR. DEBFULLNAME and DEBEMAIL say who makes it.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
binary=''
if [ "${1:-}" = --binary ]; then
	binary=${2:?"--binary needs a file"}
	shift 2
fi
[ -n "$binary" ] || binary=$("$root/packaging/build.sh")

maintainer="${DEBFULLNAME:-The git-service-hook authors} <${DEBEMAIL:-git-service-hook@localhost}>"

# Everything in the package is as old as the newest commit, or what SOURCE_DATE_EPOCH says.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)
fi
export SOURCE_DATE_EPOCH

# Cargo.toml takes all this from here.
stage=$root/target/packaging
rm -rf "$stage"
mkdir -p "$stage/scripts"
cp "$binary" "$stage/git-service-hook"
strip "$stage/git-service-hook"

said() { "$stage/git-service-hook" "$@"; }
said schema >"$stage/hooks.schema.json"
said completions bash >"$stage/bash"
said completions zsh >"$stage/zsh"
said completions fish >"$stage/fish"
said man | gzip -9n >"$stage/git-service-hook.1.gz"
gzip -9n <"$root/CHANGELOG.md" >"$stage/changelog.gz"

printf 'git-service-hook (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
	"$(said --version | sed 's/.* //')" "$maintainer" \
	"$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$stage/changelog"

# The units as they are, but for where the program is and how they are changed.
sed -e 's|/usr/local/bin/|/usr/bin/|' \
	-e 's|Put it into /etc/systemd/system with git-service-hook.timer, then|Change it, and switch it on, with|' \
	-e 's|systemctl daemon-reload \&\& systemctl enable|systemctl edit --full git-service-hook.service \&\& systemctl enable|' \
	"$root/examples/systemd/git-service-hook.service" >"$stage/scripts/git-service-hook.service"
cp "$root/examples/systemd/git-service-hook.timer" "$stage/scripts/"

# What stands in the program, and under which licence.
{
	printf 'git-service-hook contains these crates:\n\n'
	cargo tree --manifest-path "$root/Cargo.toml" --locked --edges normal --prefix none --format '{p} ({l})' |
		sed -n -e 's/ (\*)$//' -e 's/ (proc-macro)//' -e '/^git-service-hook /!p' | LC_ALL=C sort -u
} >"$stage/crates"

cd "$root"
cargo deb --no-build --locked --maintainer "$maintainer" "$@"
