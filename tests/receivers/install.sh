#!/bin/sh
# Installs the receivers that others wrote below target/receivers, where the tests look for them (tests/it/receivers).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/../../target/receivers
mkdir -p "$cache"

if ! cmp -s "$here/requirements.txt" "$cache/requirements.txt"; then
	python3 -m venv --clear "$cache/python"
	"$cache/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
	cp "$here/requirements.txt" "$cache/"
	# Whether they are there is probed when the tests are compiled.
	touch "$here/../needs/build.rs"
fi
if ! cmp -s "$here/package.json" "$cache/package.json.installed"; then
	cp "$here/package.json" "$cache/"
	npm install --silent --no-audit --no-fund --no-package-lock --prefix "$cache"
	cp "$here/package.json" "$cache/package.json.installed"
	touch "$here/../needs/build.rs"
fi
