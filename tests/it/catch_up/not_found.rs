//! What was announced, is about to be, or never has to be.

use super::{Watched, null};
use crate::delivery::{Pushing, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use std::io::Write;
use std::process::Stdio;

#[test]
fn the_first_run_takes_everything_as_known() {
    let watched = Watched::unseen();
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["update-ref", "refs/heads/main", &new]);
    watched.look_twice();
    assert_eq!(
        (
            watched.reported(),
            watched.state()["state"]["gaps"].to_string()
        ),
        (vec![], "[]".to_owned())
    );
}

#[test]
fn pushes_between_two_runs_are_reported_by_their_hooks_alone() {
    let watched = Watched::new();
    watched.pushing.push("two");
    watched.pushing.push("three");
    watched.pushing.sandbox.push(
        "c",
        &["-q", "origin", "HEAD:refs/heads/new", "HEAD:refs/tags/v1"],
    );
    watched
        .pushing
        .sandbox
        .push("c", &["-q", "origin", ":refs/heads/new"]);
    watched.look_twice();
    eventually("all are reported", || watched.reported().len() == 5);
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (5, 0));
}

#[test]
fn a_push_under_way_is_not_reported_twice() {
    let watched = Watched::unseen();
    let old = watched.git(&["rev-parse", "main"]);
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.look();
    // Git has moved the ref and started the hook, which is still reading.
    watched.git(&["update-ref", "refs/heads/main", &new]);
    let mut hook = watched
        .pushing
        .hook()
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = hook.stdin.take().unwrap();
    watched.look();
    watched.look();
    writeln!(stdin, "{old} {new} refs/heads/main").unwrap();
    drop(stdin);
    assert!(hook.wait().unwrap().success());
    watched.later();
    watched.look();
    watched.look_twice();
    eventually("it is reported", || watched.reported().len() == 1);
    assert_eq!(watched.recovered(), 0);
}

#[test]
fn a_push_under_way_while_the_first_run_looks_is_no_step_back() {
    let watched = Watched::unseen();
    let old = watched.git(&["rev-parse", "main"]);
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["update-ref", "refs/heads/main", &new]);
    watched.look();
    assert!(
        watched
            .pushing
            .receive(&format!("{old} {new} refs/heads/main\n"))
            .status
            .success()
    );
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (1, 0));
}

#[test]
fn a_push_by_another_name_of_the_branch_is_no_move_of_its_own() {
    let watched = Watched::unseen();
    watched.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    watched.look();
    watched
        .pushing
        .sandbox
        .commit("c", "file.txt", "two\n", "two");
    watched
        .pushing
        .sandbox
        .push("c", &["-q", "origin", "HEAD:alias"]);
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (1, 0));
}

#[test]
fn refs_that_are_hidden_from_pushes_are_none_of_it() {
    let watched = Watched::unseen();
    watched.git(&["config", "receive.hideRefs", "refs/heads/internal"]);
    watched.look();
    watched.git(&["update-ref", "refs/heads/internal/x", "main"]);
    watched.look_twice();
    assert_eq!(watched.recovered(), 0);
}

#[test]
fn while_no_hook_is_on_nothing_is_missed() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new("[deliver]\nwait = \"5s\"\n");
    let watched = Watched { pushing, receiver };
    watched.look();
    watched.pushing.push("one");
    watched.look();
    assert_eq!(watched.state()["state"]["gaps"].to_string(), "[]");
    watched
        .pushing
        .configure(&webhook("ci", &watched.receiver.url("/")));
    watched.look_twice();
    assert_eq!(watched.receiver.got().len(), 0);
}

#[test]
fn a_repository_without_configuration_is_left_alone() {
    let watched = Watched::unseen();
    std::fs::remove_file(watched.pushing.sandbox.path("r.git/hooks.toml")).unwrap();
    watched.look();
    assert!(!watched.state_path().exists());
}

#[test]
fn a_run_that_finds_another_one_at_work_leaves_it_to_that() {
    let watched = Watched::new();
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["branch", "new", &new]);
    let spool = git_service_hook::spool::Spool::at(&watched.pushing.sandbox.path("r.git"), 0);
    let turn = spool.lock_catch_up().unwrap();
    assert!(turn.is_some());
    watched.look();
    assert_eq!(watched.state()["state"]["gaps"].to_string(), "[]");
    drop(turn);
    watched.look();
    let gap = &watched.state()["state"]["gaps"][0];
    assert_eq!(
        (&gap["ref"], &gap["old"], &gap["new"]),
        (&"refs/heads/new".into(), &null().into(), &new.into())
    );
}
