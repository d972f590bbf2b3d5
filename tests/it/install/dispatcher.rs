//! Beside a script that runs `post-receive.d/` itself, of the form that Gitea, Forgejo and soft-serve write.

use super::{done, repository, said, script};
use crate::delivery::{Pushing, feed, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::symlink;

/// Reads all of stdin, and gives it to each program of the folder.
const DISPATCHER: &str = r#"#!/usr/bin/env bash
data=$(cat)
exitcodes=""
hookname=$(basename $0)
GIT_DIR=${GIT_DIR:-$(dirname $0)/..}
for hook in ${GIT_DIR}/hooks/${hookname}.d/*; do
  test -x "${hook}" && test -f "${hook}" || continue
  echo "${data}" | "${hook}"
  exitcodes="${exitcodes} $?"
done
for i in ${exitcodes}; do
  [ ${i} -eq 0 ] || exit ${i}
done
"#;

/// A repository of such a server, with a webhook for all that is pushed.
fn dispatched(server: &str) -> (Pushing, Receiver) {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let hooks = pushing.sandbox.path("r.git/hooks");
    fs::remove_file(hooks.join("post-receive")).unwrap();
    script(&hooks.join("post-receive"), DISPATCHER);
    script(
        &hooks.join("post-receive.d").join(server),
        "#!/bin/sh\ncat >>theirs\n",
    );
    (pushing, receiver)
}

#[test]
fn install_puts_a_wrapper_into_the_folder_and_each_push_is_reported_once() {
    let (pushing, receiver) = dispatched("gitea");
    let sandbox = &pushing.sandbox;
    let before = said(&sandbox.run("r.git", &["check"]));
    assert!(
        before.contains("`git service-hook install` puts it there"),
        "{before}"
    );

    let installed = done(&sandbox.run("r.git", &["install"]));
    assert!(
        installed.contains("post-receive.d/git-service-hook"),
        "{installed}"
    );
    let again = done(&sandbox.run("r.git", &["install"]));
    assert!(again.contains("already in place"), "{again}");
    let check = done(&sandbox.run("r.git", &["check"]));
    assert!(
        check.contains("runs post-receive.d/git-service-hook"),
        "{check}"
    );

    let seen = pushing.push("one");
    assert!(seen.contains("ci: delivered"), "{seen}");
    assert_eq!(receiver.got().len(), 1);
    let theirs = fs::read_to_string(sandbox.path("r.git/theirs")).unwrap();
    assert_eq!(theirs.lines().count(), 1, "the server's own hook ran once");
    let hook = fs::read_to_string(sandbox.path("r.git/hooks/post-receive")).unwrap();
    assert_eq!(hook, DISPATCHER);

    done(&sandbox.run("r.git", &["uninstall"]));
    pushing.push("two");
    assert_eq!(receiver.got().len(), 1);
}

#[test]
fn a_folder_that_the_dispatcher_shares_by_a_link_runs_once() {
    let (pushing, receiver) = dispatched("mine");
    done(&pushing.sandbox.run("r.git", &["install"]));
    let folder = pushing.sandbox.path("r.git/hooks/post-receive.d");
    let common = pushing.sandbox.path("common.d");
    fs::rename(&folder, &common).unwrap();
    symlink(&common, &folder).unwrap();
    pushing.push("one");
    assert_eq!(receiver.got().len(), 1);
    let theirs = fs::read_to_string(pushing.sandbox.path("r.git/theirs")).unwrap();
    assert_eq!(theirs.lines().count(), 1);
}

#[test]
fn beside_a_script_that_does_not_run_the_folder_it_runs_where_git_starts_the_program_itself() {
    let (pushing, _receiver) = dispatched("mine");
    let repo = pushing.sandbox.path("r.git");
    script(&repo.join("hooks/post-receive"), "#!/bin/sh\ncat >>own\n");
    let line = pushing.unannounced("one", "refs/heads/main");
    // As `hook.x.command` of Git's configuration starts it.
    let mut hook = pushing.sandbox.command(PROGRAM, "r.git");
    hook.arg("post-receive").env("GIT_DIR", ".");
    assert!(feed(&mut hook, &line).status.success());
    let theirs = fs::read_to_string(repo.join("theirs")).unwrap();
    assert_eq!(theirs.lines().count(), 1);
}

#[test]
fn no_link_is_left_where_a_server_writes_the_hook_through_it() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    script(&repo.join("hooks/post-receive.d/soft-serve"), "#!/bin/sh\n");
    let refused = sandbox.run("r.git", &["install"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("is written by soft-serve"),
        "{}",
        said(&refused)
    );
    assert!(!repo.join("hooks/post-receive").exists());

    symlink(PROGRAM, repo.join("hooks/post-receive")).unwrap();
    let refused = said(&sandbox.run("r.git", &["install"]));
    assert!(refused.contains("remove the link"), "{refused}");
    let check = sandbox.run("r.git", &["check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(
        said(&check).contains("is written by soft-serve"),
        "{}",
        said(&check)
    );
}

#[test]
fn the_name_that_gitea_passes_is_believed_only_where_gitea_started_the_hook() {
    for (server, name, source) in [("gitea", "ann", "gitea"), ("mine", "root", "account")] {
        let (pushing, receiver) = dispatched(server);
        done(&pushing.sandbox.run("r.git", &["install"]));
        pushing
            .sandbox
            .git("c", &["commit", "-q", "--allow-empty", "-m", "x"]);
        let mut push = pushing.sandbox.command("git", "c");
        push.args(["push", "-q", "origin", "HEAD:main"]);
        assert!(
            push.env("GITEA_PUSHER_NAME", "ann")
                .status()
                .unwrap()
                .success()
        );
        let pusher = receiver.got()[0].json()["pusher"].clone();
        assert_eq!(pusher["source"], source, "{pusher}");
        assert_eq!(pusher["username"] == "ann", name == "ann", "{pusher}");
    }
}

#[test]
fn a_script_in_the_folder_that_starts_it_once_more_is_a_mistake() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    done(&sandbox.run("r.git", &["install"]));
    let again =
        format!("#!/bin/sh\nexec {PROGRAM} post-receive\n").replace(PROGRAM, "git-service-hook");
    script(&repo.join("hooks/post-receive.d/git-service-hook"), &again);
    let check = said(&sandbox.run("r.git", &["check"]));
    assert!(
        check.contains("starts git-service-hook once more"),
        "{check}"
    );
}
