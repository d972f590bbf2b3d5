#!/bin/sh
# A Debian package's life on a machine: installed, used by pushes, taken away, installed again, purged. Runs in a root that
# is thrown away; what it prints is asserted by the test.
#
#   machine.sh PACKAGE RECEIVER SOURCE    RECEIVER is an address without a path, SOURCE a repository with a commit
set -eu
package=$1 receiver=$2 source=$3
unset GIT_SERVICE_HOOK_CONFIG
export DEBIAN_FRONTEND=noninteractive MANPAGER=cat MANWIDTH=80
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { printf '%s\n' "$*"; }
push() { git -C "$source" push -q "/srv/git/$1.git" HEAD:main 2>&1; }
deliveries() { git service-hook -C "/srv/git/$1.git" deliveries --json; }

# The machine may have it already, and may be one that unpacks no documentation.
dpkg --purge git-service-hook >/dev/null 2>&1 || true
rm -rf /etc/dpkg/dpkg.cfg.d/* /usr/local/bin/git-service-hook /etc/git-service-hook /srv/git

say '= install'
dpkg -i "$package" 2>&1
stat -c '%n %A %U %G' /etc/git-service-hook /etc/git-service-hook/* /usr/bin/git-service-hook
readlink -f /usr/share/git-service-hook/hooks/post-receive /usr/share/doc/git-service-hook/examples/hooks.schema.json
grep ExecStart= /usr/lib/systemd/system/git-service-hook.service
test -e /etc/systemd/system/timers.target.wants/git-service-hook.timer && say 'the timer is on'
git service-hook schema | cmp - /usr/share/git-service-hook/hooks.schema.json

say '= help'
git service-hook --help | sed -n '1p'
bash -c 'source /usr/share/bash-completion/bash_completion; _completion_loader git-service-hook; complete -p git-service-hook'
zsh -fc 'autoload -U compinit; compinit -D -u; print "zsh: $_comps[git-service-hook]"'
fish --no-config -c 'set -a fish_complete_path /usr/share/fish/vendor_completions.d; complete -C "git-service-hook dr"'

say '= use'
cp /etc/git-service-hook/hooks.toml.example /etc/git-service-hook/hooks.toml
cat >>/etc/git-service-hook/hooks.toml <<END
[hook.audit]
action = "webhook_http_post"
service_url = "$receiver/\${project.name}"
END
for name in linked shared; do
	git init -q --bare "/srv/git/$name.git"
done
git -C /srv/git/linked.git service-hook install
git -C /srv/git/shared.git config core.hooksPath /usr/share/git-service-hook/hooks
push linked
push shared
git -C /srv/git/linked.git service-hook check | tail -n 1

say '= remove'
git init -q --bare /srv/git/waiting.git
git -C /srv/git/waiting.git service-hook install >/dev/null
push waiting
dpkg --remove git-service-hook >/dev/null 2>&1
test -e /usr/bin/git-service-hook && say 'the program is still there'
ls /etc/git-service-hook
git -C "$source" commit -q --allow-empty -m 'While it was away'
push linked && say 'a push goes on without it'

say '= again'
dpkg -i "$package" >/dev/null 2>&1
deliveries waiting
id=$(deliveries waiting | sed 's/.*"id":"\([^"]*\)".*/\1/')
git service-hook -C /srv/git/waiting.git redeliver "$id"

say '= purge'
rm /etc/git-service-hook/hooks.toml
dpkg --purge git-service-hook 2>&1 | grep -i warn || true
# What man keeps of pages that were shown is its own.
find /etc /usr /var -xdev -name '*service-hook*' -not -path '/var/cache/man/*'
find /srv/git/waiting.git/service-hook/done -type f | wc -l
say '= end'
