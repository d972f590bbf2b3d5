//! An upgrade in the middle of the day: no push notices it, and what waited goes on.

use super::done;
use crate::delivery::{Pushing, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Makes `r.git` run a copy of the program; where that is.
fn with_copy(pushing: &Pushing) -> PathBuf {
    let program = pushing.sandbox.path("bin/git-service-hook");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    replace(&program);
    let hook = pushing.sandbox.path("r.git/hooks/post-receive");
    fs::remove_file(&hook).unwrap();
    symlink(&program, hook).unwrap();
    program
}

/// Puts another file in the program's place, as install.sh and package managers do.
fn replace(program: &Path) {
    let fresh = program.with_extension("new");
    fs::copy(PROGRAM, &fresh).unwrap();
    fs::rename(fresh, program).unwrap();
}

#[test]
fn the_program_is_replaced_again_and_again_while_people_push() {
    let receiver =
        Receiver::start(|_| Answer::Late(Duration::from_millis(30), 200, b"{}".to_vec()));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"10ms\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let program = with_copy(&pushing);
    let pushed = AtomicBool::new(false);
    let expected: Vec<String> = (0..15).map(|n| format!("push {n}")).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut times = 0;
            while !pushed.load(Ordering::Relaxed) || times < 10 {
                replace(&program);
                times += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        for message in &expected {
            pushing.push(message);
        }
        pushed.store(true, Ordering::Relaxed);
    });
    eventually("all are delivered", || {
        pushing.done().len() == expected.len()
    });
    assert_eq!(messages(&receiver), expected, "each once, in order");
}

#[test]
fn while_the_program_is_away_pushes_go_through_and_what_waited_waits() {
    let receiver = Receiver::start(|_| crate::delivery::busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let program = with_copy(&pushing);
    let nobody = pushing.nobody_stays();
    pushing.push("before");
    fs::remove_file(&program).unwrap();
    pushing.push("meanwhile");
    assert_eq!(pushing.pending().len(), 1, "there was nobody to record it");
    receiver.answer(|_| Answer::ok());
    drop(nobody);
    replace(&program);
    pushing.push("after");
    eventually("what waited is delivered too", || pushing.done().len() == 2);
    let reported = messages(&receiver);
    assert_eq!(
        (
            reported.first().unwrap().as_str(),
            reported.last().unwrap().as_str()
        ),
        ("before", "after")
    );
}

/// A record as the first version wrote it; this file never changes.
const FIRST: &str = include_str!("../../golden/spool/v1.jsonl");
const FIRST_ID: &str = "01a20d8d-5449-74fd-baac-f69449b1c77e";
const FIRST_DELIVERY: &str = "01a20d8d-5453-7451-87b3-5252225d2944";

fn put(pushing: &Pushing, id: &str, record: &str) -> PathBuf {
    for folder in ["done", "lane"] {
        fs::create_dir_all(pushing.sandbox.path("r.git/service-hook").join(folder)).unwrap();
    }
    pushing
        .sandbox
        .write(&format!("r.git/service-hook/pending/{id}"), record)
}

#[test]
fn a_record_of_the_first_version_is_read_and_delivered_under_its_id() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    put(&pushing, FIRST_ID, FIRST);
    let shown = done(
        &pushing
            .sandbox
            .run("r.git", &["deliveries", "show", FIRST_DELIVERY]),
    );
    assert!(shown.contains("connection refused"), "{shown}");
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(messages(&receiver), ["First commit"]);
    assert_eq!(
        receiver.got()[0].header("X-Coding-Delivery"),
        Some(FIRST_DELIVERY)
    );
    assert_eq!(pushing.done(), [FIRST_ID]);
}

#[test]
fn what_a_later_version_adds_is_passed_over_and_a_newer_format_is_left_alone() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let added = FIRST.replacen("\"push\":{", "\"host\":\"b\",\"push\":{\"weather\":[1],", 1)
        + "{\"praised\":{\"by\":\"somebody\"}}\nnot even JSON\n";
    put(&pushing, FIRST_ID, &added);
    let newer = FIRST.replacen("{\"v\":1", "{\"v\":2", 1);
    let newer_id = FIRST_ID.replace("01a2", "01a1");
    let path = put(&pushing, &newer_id, &newer);
    let out = pushing.sandbox.run("r.git", &["drain"]);
    assert_eq!(
        messages(&receiver),
        ["First commit"],
        "the newer one holds nobody up"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        said.contains("newer version") && out.status.code() == Some(1),
        "{said}"
    );

    let reported = done(&pushing.sandbox.run("r.git", &["uninstall"]));
    assert!(reported.contains("1 delivery waits"), "{reported}");
    let purged = pushing.sandbox.run("r.git", &["uninstall", "--purge"]);
    assert!(purged.status.code() == Some(1) && path.exists());
}
