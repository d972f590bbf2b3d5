#!/bin/sh
# A hooks/post-receive of your own that starts git-service-hook beside what it does itself. Stdin can be read once, so it
# is kept. What the program says is for the pusher; its exit code is nothing to act on.

updates=$(cat)
printf '%s\n' "$updates" | git-service-hook post-receive

echo "$(printf '%s\n' "$updates" | wc -l) refs were pushed"
