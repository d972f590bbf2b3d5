#!/bin/sh
# How much longer does a push over a local path take with this hook than with a shell hook that does nothing?
# Both run in turn, so that a machine whose speed drifts slows both. Usage: benches/push.sh [RUNS] [PROGRAM]
set -eu

runs=${1:-40}
program=$(realpath "${2:-target/release/git-service-hook}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

export HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_SERVICE_HOOK_CONFIG="$work/none.toml"
git config --global user.name bench
git config --global user.email bench@example.com
git config --global init.defaultBranch main
git config --global gc.auto 0

git init -q wt
for name in none shell ours; do git init -q --bare "$name.git"; done
printf '#!/bin/sh\nexit 0\n' > shell.git/hooks/post-receive
chmod +x shell.git/hooks/post-receive
ln -s "$program" ours.git/hooks/post-receive

# Six hooks whose receivers refuse at once: what is measured is the push, not the receivers.
{
    printf '[deliver]\nwait = "0s"\n'
    for n in 1 2 3 4 5 6; do
        printf '[hook.h%s]\naction = "webhook_http_post"\nservice_url = "http://127.0.0.1:9/%s"\ntoken = "t"\n' "$n" "$n"
    done
} > ours.git/hooks.toml

push() { # NAME: appends the milliseconds of one push to NAME.ms
    before=$(date +%s%N)
    git -C wt push -q "../$1.git" HEAD:main 2> /dev/null
    after=$(date +%s%N)
    echo $(((after - before) / 10000)) >> "$1.ms"
}

median() { sort -n "$1.ms" | awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 100 }'; }

run=0
while [ "$run" -lt "$runs" ]; do
    git -C wt commit -q --allow-empty -m "commit $run"
    for name in none shell ours; do push "$name"; done
    run=$((run + 1))
    sleep 0.05 # the deliverer of this push is not part of the next one
done

printf 'median of %s pushes, ms: no hook %s, shell hook that does nothing %s, six hooks with wait = "0s" %s\n' \
    "$runs" "$(median none)" "$(median shell)" "$(median ours)"
