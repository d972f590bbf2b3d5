//! However it came about.

use super::{Watched, null, reported};
use crate::delivery::{messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};

const MAIN: &str = "refs/heads/main";

#[test]
fn a_ref_that_somebody_moved_is_reported_once_two_runs_agree() {
    let watched = Watched::new();
    let old = watched.git(&["rev-parse", "main"]);
    let new = watched.commits(&["two", "three"]).pop().unwrap();
    watched.git(&["update-ref", MAIN, &new]);
    watched.look();
    assert_eq!(
        (watched.reported(), watched.recovered()),
        (vec![], 0),
        "it may be a push that is not recorded yet"
    );
    watched.later();
    watched.look();
    assert_eq!(watched.reported(), [reported(MAIN, &old, &new)]);
    let body = watched.receiver.got()[1].json();
    assert_eq!(body["pusher"]["username"], "unknown");
    assert_eq!(body["pusher"]["source"], "recovered");
    let listed = body["commits"].as_array().unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|c| c["message"].as_str().unwrap().trim())
            .collect::<Vec<_>>(),
        ["two", "three"]
    );
    assert_eq!(watched.recovered(), 1);
    watched.look_twice();
    assert_eq!(watched.reported().len(), 1, "once");
}

#[test]
fn every_kind_of_change_is_reported_in_the_order_of_events() {
    let watched = Watched::new();
    let main = watched.git(&["rev-parse", "main"]);
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["update-ref", "refs/heads/gone", &main]);
    watched.look_twice();
    let forced = watched.git(&["commit-tree", "-m", "other", "main^{tree}"]);
    watched.git(&["update-ref", MAIN, &forced]);
    watched.git(&["update-ref", "-d", "refs/heads/gone"]);
    watched.git(&["branch", "new", &new]);
    watched.git(&[
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
        "tag",
        "-a",
        "-m",
        "first",
        "v1",
        &new,
    ]);
    watched.look_twice();
    let tag = watched.git(&["rev-parse", "v1"]);
    assert_ne!(tag, new, "the tag object itself");
    let all = [
        reported("refs/heads/gone", &null(), &main),
        reported(MAIN, &main, &forced),
        reported("refs/heads/gone", &main, &null()),
        reported("refs/heads/new", &null(), &new),
        reported("refs/tags/v1", &null(), &tag),
    ];
    assert_eq!(watched.reported(), all);
    let got = watched.receiver.got();
    let flags = |n: usize| ["created", "forced", "deleted"].map(|flag| got[n].json()[flag] == true);
    assert_eq!(
        [2, 3, 4].map(flags),
        [
            [false, true, false],
            [false, false, true],
            [true, false, false]
        ]
    );
}

#[test]
fn pushes_of_a_week_without_the_hook_are_reported_as_one_move_a_ref() {
    let watched = Watched::new();
    let old = watched.git(&["rev-parse", "main"]);
    let hook = watched.pushing.sandbox.path("r.git/hooks/post-receive");
    std::fs::remove_file(&hook).unwrap();
    watched.pushing.push("two");
    watched.pushing.push("three");
    std::os::unix::fs::symlink(PROGRAM, &hook).unwrap();
    watched.look_twice();
    assert_eq!(
        watched.reported(),
        [reported(MAIN, &old, &watched.git(&["rev-parse", "main"]))]
    );
}

#[test]
fn a_push_whose_hook_died_before_recording_is_reported_and_the_pushes_after_it_are_not_reported_again()
 {
    let watched = Watched::new();
    let hook = watched.pushing.sandbox.path("r.git/hooks/post-receive");
    std::fs::remove_file(&hook).unwrap();
    watched
        .pushing
        .sandbox
        .write("r.git/hooks/post-receive", "#!/bin/sh\nkill -9 $$\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, executable).unwrap();
    let old = watched.git(&["rev-parse", "main"]);
    watched.pushing.push("lost");
    let lost = watched.git(&["rev-parse", "main"]);
    std::fs::remove_file(&hook).unwrap();
    std::os::unix::fs::symlink(PROGRAM, &hook).unwrap();
    watched.pushing.push("kept");
    watched.look_twice();
    assert_eq!(messages(&watched.receiver), ["one", "kept", "lost"]);
    assert_eq!(watched.reported()[1], reported(MAIN, &old, &lost));
}

#[test]
fn a_mirror_that_fetches_has_hooks() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    sandbox.init_bare("upstream.git");
    sandbox.clone_with_commit("upstream.git", "c");
    sandbox.git("c", &["push", "-q", "origin", "HEAD:main"]);
    sandbox.git("", &["clone", "-q", "--mirror", "upstream.git", "r.git"]);
    sandbox.write("r.git/hooks.toml", webhook("ci", &receiver.url("/")));
    let look = || {
        let out = sandbox.run("", &["drain", "--catch-up", "--all", "."]);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    };
    look();
    sandbox.commit("c", "file.txt", "two\n", "two");
    sandbox.git(
        "c",
        &["push", "-q", "origin", "HEAD:main", "HEAD:refs/heads/next"],
    );
    sandbox.git("r.git", &["remote", "update"]);
    look();
    let state = sandbox.path("r.git/service-hook/refs");
    let text = std::fs::read_to_string(&state).unwrap();
    assert_eq!(text.matches("\"seen_ms\":").count(), 2);
    std::fs::write(
        &state,
        text.replace("\"seen_ms\":", "\"seen_ms\":1,\"was\":"),
    )
    .unwrap();
    look();
    assert_eq!(messages(&receiver), ["two", "two"], "main and next");
}
