#!/bin/sh
# For post-receive.d/ in the folder that core.hooksPath names, which shadows the hooks of each repository: runs the
# repository's own hooks/post-receive all the same, unless that is git-service-hook.
hook=$GIT_DIR/hooks/post-receive
case $(readlink "$hook") in */git-service-hook) exit ;; esac
if [ -x "$hook" ]; then exec "$hook"; fi
