//! Repositories that were copied, restored, linked, moved or mounted elsewhere: what waits in them is delivered once.

use super::{Pushing, busy, messages, seen, webhook};
use crate::support::PROGRAM;
use crate::support::receiver::{Answer, Receiver};
use std::process::Output;

/// `one` and `two` wait, and the receiver would take them now.
fn waiting() -> (Receiver, Pushing) {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let stays = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    pushing.quiet();
    drop(stays);
    receiver.answer(|_| Answer::ok());
    (receiver, pushing)
}

/// Runs a script beside the repository.
#[track_caller]
fn sh(pushing: &Pushing, script: &str) {
    let mut command = pushing.sandbox.command("sh", "");
    command.env("PROGRAM", PROGRAM).args(["-euc", script]);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{script}: {}", seen(&out));
}

/// The messages that the receiver has got since it would take them.
fn taken(receiver: &Receiver, before: usize) -> Vec<String> {
    messages(receiver).split_off(before)
}

/// The pause of the receiver ends: only what waits knows of it.
fn due(pushing: &Pushing, repository: &str) {
    let lanes = format!("{repository}/service-hook/lane");
    std::fs::remove_dir_all(pushing.sandbox.path(&lanes)).unwrap();
}

fn text(out: &Output) -> String {
    let words = String::from_utf8_lossy(&out.stdout).into_owned() + &seen(out);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

const HELD: &str = "2 deliveries that were copied or restored with the repository are held";

#[test]
fn a_copy_holds_what_it_brought_until_it_is_adopted_and_sends_new_pushes() {
    let (receiver, pushing) = waiting();
    let before = receiver.got().len();
    sh(&pushing, "cp -a r.git copy.git");
    for repository in ["r.git", "copy.git"] {
        due(&pushing, repository);
    }
    let run = |arguments: &[&str]| pushing.sandbox.run("copy.git", arguments);
    for (arguments, code) in [(&["drain"][..], 0), (&["status"], 1), (&["check"], 0)] {
        let out = run(arguments);
        assert!(text(&out).contains(HELD), "{arguments:?}: {}", text(&out));
        assert_eq!(out.status.code(), Some(code), "{arguments:?}");
    }
    let listed = text(&run(&["deliveries", "--state", "pending"]));
    assert!(listed.contains("held: copied"), "{listed}");
    let said = text(&run(&["redeliver", "--pending"]));
    assert!(said.contains(HELD), "{said}");
    assert_eq!(taken(&receiver, before), [""; 0]);

    pushing.sandbox.commit("c", "file.txt", "3\n", "three");
    let said = pushing
        .sandbox
        .push("c", &["-q", "../copy.git", "HEAD:main"]);
    let line = "what was copied or restored with this repository is held";
    assert!(
        said.contains("ci: delivered") && said.contains(line),
        "{said}"
    );
    assert_eq!(taken(&receiver, before), ["three"]);

    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(taken(&receiver, before), ["three", "one", "two"]);
    let out = run(&["drain", "--adopt"]);
    assert!(
        out.status.success() && text(&out).is_empty(),
        "{}",
        text(&out)
    );
    assert_eq!(taken(&receiver, before)[3..], ["one", "two"]);
    assert_eq!(run(&["status"]).status.code(), Some(0));
}

#[test]
fn what_a_backup_puts_back_is_held_and_can_be_cancelled() {
    for restore in [
        "rm -rf r.git; tar -xf backup.tar",
        "tar -xf backup.tar",
        "rm -rf r.git; cp -a backup.git r.git",
        "cp -a backup.git/. r.git",
    ] {
        let (receiver, pushing) = waiting();
        let before = receiver.got().len();
        sh(&pushing, "cp -a r.git backup.git; tar -cf backup.tar r.git");
        due(&pushing, "r.git");
        assert_eq!(pushing.drain(), Some(0));
        assert_eq!(taken(&receiver, before), ["one", "two"]);
        sh(&pushing, restore);
        due(&pushing, "r.git");
        let out = pushing.sandbox.run("r.git", &["drain"]);
        assert!(text(&out).contains(HELD), "{restore}: {}", text(&out));
        assert_eq!(receiver.got().len(), before + 2, "{restore}");
        let cancel = ["cancel", "--pending", "--yes"];
        let out = pushing.sandbox.run("r.git", &cancel);
        assert_eq!(out.status.code(), Some(0), "{restore}: {}", text(&out));
        assert!(pushing.pending().is_empty(), "{restore}");
        let status = pushing.sandbox.run("r.git", &["status"]);
        assert_eq!(status.status.code(), Some(0), "{restore}");
    }
}

#[test]
fn a_moved_repository_and_what_is_left_of_a_linked_one_send_what_waits() {
    for script in [
        "mv r.git moved.git",
        "cp -al r.git moved.git; rm -rf r.git",
        "mkdir group; mv r.git group; mv group moved.git; mv moved.git/r.git .; rmdir moved.git; mv r.git moved.git",
    ] {
        let (receiver, pushing) = waiting();
        let before = receiver.got().len();
        sh(&pushing, script);
        due(&pushing, "moved.git");
        let out = pushing.sandbox.run("moved.git", &["drain"]);
        assert!(out.status.success() && text(&out).is_empty(), "{script}");
        assert_eq!(taken(&receiver, before), ["one", "two"], "{script}");
    }
}

#[needs(mount)]
#[test]
fn a_repository_that_is_mounted_elsewhere_sends_what_waits() {
    let (receiver, pushing) = waiting();
    let before = receiver.got().len();
    due(&pushing, "r.git");
    let script = "mkdir there; unshare --mount sh -euc 'mount --bind r.git there; \"$PROGRAM\" -C there drain'";
    sh(&pushing, script);
    assert_eq!(taken(&receiver, before), ["one", "two"]);
}

#[test]
fn one_that_a_person_selects_is_sent_from_a_copy_and_held_in_the_next_one() {
    let (receiver, pushing) = waiting();
    sh(&pushing, "cp -a r.git copy.git");
    receiver.answer(|_| busy());
    let listed = pushing.sandbox.run("copy.git", &["deliveries", "--json"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let newest: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let before = receiver.got().len();
    let id = newest["id"].as_str().unwrap();
    pushing.sandbox.run("copy.git", &["redeliver", id]);
    assert_eq!(taken(&receiver, before), ["two"]);
    sh(&pushing, "cp -a copy.git third.git");
    due(&pushing, "third.git");
    let out = pushing.sandbox.run("third.git", &["drain"]);
    assert!(text(&out).contains(HELD), "{}", text(&out));
    assert_eq!(taken(&receiver, before), ["two"]);
}
