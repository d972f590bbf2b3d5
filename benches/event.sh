#!/bin/sh
# From the start of a process to the event's JSON, beside Git doing the same job in the same run: medians of runs that
# take turns, after a check that both sides told the same commits with the same paths.
# Without a repository it makes one. A given one is not touched: clones of it are measured, with a commit-graph and
# without. Usage: benches/event.sh [REPO] [ROUNDS]
set -eu

rounds=${2:-15}
target=${CARGO_TARGET_DIR:-target}
[ -n "${EVENT_BENCH_PROFILE:-}" ] || EVENT_BENCH_PROFILE=release
cargo build --quiet --profile "$EVENT_BENCH_PROFILE" --bin git-service-hook
bench=$(cargo build --quiet --profile "$EVENT_BENCH_PROFILE" --bench event --message-format json |
    sed -n 's/.*"executable":"\([^"]*\/event-[^"]*\)".*/\1/p')
program=$(realpath "$target/$EVENT_BENCH_PROFILE/git-service-hook")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_SERVICE_HOOK_CONFIG="$work/none.toml" \
    GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.com
git config --global safe.directory '*'
git config --global init.defaultBranch main
git config --global advice.detachedHead false

if [ -n "${1:-}" ]; then
    from=$(realpath "$1")
else
    from=$work/made.git
    git init -q --bare "$from"
    "$bench" make 24000 | git -C "$from" fast-import --quiet --done
    git -C "$from" repack -q -a -d -f --depth=50 --window=10
fi

# A branch of three commits on an old one, among ten thousand tags more than there are.
clone() { # NAME
    git clone -q --bare --local "$from" "$work/$1.git"
    cd "$work/$1.git"
    new=$(git rev-parse HEAD~50)
    for n in 1 2 3; do
        new=$(git commit-tree -m "change $n" -p "$new" "HEAD~$n^{tree}")
    done
    git rev-list HEAD | awk 'NR % 2 == 0 && n < 10000 { print "create refs/tags/bench/" ++n, $0 }' | git update-ref --stdin
    git pack-refs --all
    git update-ref refs/heads/event-bench "$new"
    cd "$OLDPWD"
}
clone plain
clone graph
git -C "$work/graph.git" commit-graph write --reachable
for name in plain graph; do
    git clone -q --bare --local --single-branch --no-tags "$from" "$work/$name.import"
done
git -C "$work/graph.import" commit-graph write --reachable

for name in plain graph; do
    printf '\n%s, commit-graph: %s\n' "$from" "$([ "$name" = graph ] && echo yes || echo no)"
    "$bench" race "$program" "$work/$name.git" "$rounds"
done
