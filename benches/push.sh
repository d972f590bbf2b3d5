#!/bin/sh
# How much longer does a push over a local path take with this hook than with a shell hook that does nothing?
# Once with six receivers that refuse, once with six that take the request and never answer, so that the deliverers of
# earlier pushes are still there. All run in turn, so that a machine whose speed drifts slows all.
# Usage: benches/push.sh [RUNS] [PROGRAM]
set -eu

runs=${1:-40}
program=$(realpath "${2:-target/release/git-service-hook}")
work=$(mktemp -d)
hanging=
trap 'test -z "$hanging" || kill "$hanging"; rm -rf "$work"' EXIT
cd "$work"

export HOME="$work" GIT_CONFIG_NOSYSTEM=1 GIT_SERVICE_HOOK_CONFIG="$work/none.toml"
git config --global user.name bench
git config --global user.email bench@example.com
git config --global init.defaultBranch main
git config --global gc.auto 0

git init -q wt
for name in none shell refused hung; do git init -q --bare "$name.git"; done
printf '#!/bin/sh\nexit 0\n' > shell.git/hooks/post-receive
chmod +x shell.git/hooks/post-receive
for name in refused hung; do ln -s "$program" "$name.git/hooks/post-receive"; done

# It listens, so that connections are made, and accepts none.
python3 -c 'if True:
    import signal, socket
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    signal.pause()' > port &
hanging=$!
while ! test -s port; do sleep 0.05; done

hooks() { # PORT: six webhooks
    printf '[deliver]\nwait = "0s"\n'
    for n in 1 2 3 4 5 6; do
        printf '[hook.h%s]\naction = "webhook_http_post"\nservice_url = "http://127.0.0.1:%s/%s"\ntoken = "t"\n' \
            "$n" "$1" "$n"
    done
}
hooks 9 > refused.git/hooks.toml
hooks "$(cat port)" > hung.git/hooks.toml

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
    for name in none shell refused hung; do push "$name"; done
    run=$((run + 1))
    sleep 0.05 # the deliverer of this push is not part of the next one
done

printf 'median of %s pushes, ms: no hook %s, shell hook that does nothing %s, six hooks with wait = "0s" %s, ' \
    "$runs" "$(median none)" "$(median shell)" "$(median refused)"
printf 'and with receivers that hang %s\n' "$(median hung)"
