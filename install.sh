#!/bin/sh
# Builds git-service-hook and installs it. Running it again changes nothing.
#
#   ./install.sh                          build, install to /usr/local (as root) or ~/.local
#   ./install.sh --prefix DIR             install to DIR/bin
#   ./install.sh --repo DIR               afterwards put the hook into the repository DIR (may be given several times)
#   ./install.sh --binary FILE            install FILE instead of building
#   ./install.sh --uninstall              remove the program; with --repo, first the hooks of these repositories
#
# Hooks of other programs are never overwritten, and hooks.toml files are left alone.
set -eu

program=git-service-hook
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

say() { printf '%s\n' "$*"; }
fail() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}
usage() {
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
}

# Repositories are kept as one line each.
newline='
'
prefix='' binary='' repositories='' uninstall=''

need() {
	if [ $# -lt 2 ]; then
		printf 'install.sh: %s needs a value\n' "$1" >&2
		exit 2
	fi
}

while [ $# -gt 0 ]; do
	case $1 in
	--prefix) need "$@"; prefix=$2; shift 2 ;;
	--prefix=*) prefix=${1#*=}; shift ;;
	--repo) need "$@"; repositories=$repositories$2$newline; shift 2 ;;
	--repo=*) repositories=$repositories${1#*=}$newline; shift ;;
	--binary) need "$@"; binary=$2; shift 2 ;;
	--binary=*) binary=${1#*=}; shift ;;
	--uninstall) uninstall=yes; shift ;;
	-h | --help) usage; exit 0 ;;
	*)
		printf 'install.sh: unknown option %s\n' "$1" >&2
		usage >&2
		exit 2
		;;
	esac
done

if [ -z "$prefix" ]; then
	if [ "$(id -u)" -eq 0 ]; then
		prefix=/usr/local
	else
		prefix=${HOME:?"say where to install: --prefix DIR"}/.local
	fi
fi
case $prefix in
/*) ;;
*) prefix=$(pwd)/$prefix ;;
esac
target=$prefix/bin/$program

build() {
	command -v cargo >/dev/null 2>&1 || fail 'cargo was not found: install Rust (https://rustup.rs) or give --binary FILE'
	say "building $program"
	(cd "$here" && cargo build --release --locked --quiet) || fail 'the build failed'
	binary=${CARGO_TARGET_DIR:-$here/target}/release/$program
	case $binary in /*) ;; *) binary=$here/$binary ;; esac
}

put() {
	[ -f "$binary" ] || fail "$binary is not there"
	if [ -f "$target" ] && cmp -s "$binary" "$target"; then
		say "$target is up to date"
		return
	fi
	if [ -e "$target" ] && [ ! -f "$target" ]; then
		fail "$target is no file: move it away first"
	fi
	mkdir -p "$prefix/bin"
	# Renamed into place, so that a push in this moment finds the old program or the new one.
	cp "$binary" "$target.new.$$"
	chmod 755 "$target.new.$$"
	mv -f "$target.new.$$" "$target"
	say "installed $target"
}

each_repository() {
	failed=''
	# A subshell must not hide a failure, hence no pipe.
	while IFS= read -r repository; do
		[ -n "$repository" ] || continue
		"$target" "$1" --repo "$repository" </dev/null || failed=yes
	done <<END
$repositories
END
	[ -z "$failed" ]
}

warn_about_path() {
	case :${PATH:-}: in
	*":$prefix/bin:"*) ;;
	*)
		say "note: $prefix/bin is not on PATH. The hook works all the same; for \`git service-hook\` add"
		say "  export PATH=\"$prefix/bin:\$PATH\""
		;;
	esac
}

if [ -n "$uninstall" ]; then
	if [ ! -e "$target" ]; then
		say "$target is not there: nothing to remove"
		exit 0
	fi
	each_repository uninstall || fail "not everything could be taken away; $target was left in place"
	rm -f "$target"
	say "removed $target"
	say 'next: hooks of repositories that were not named with --repo still lead to it;'
	say '  there remove hooks/post-receive, or install again and run: git service-hook uninstall --all DIR'
	exit 0
fi

[ -n "$binary" ] || build
put
warn_about_path
each_repository install || fail 'the program is installed, but not every repository could be set up'
if [ -z "$repositories" ]; then
	say 'next: in a bare repository run'
	say "  $target install"
fi
