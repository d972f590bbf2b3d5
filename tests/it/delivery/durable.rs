//! Nothing is lost: not by a crash, not by a receiver, not by a full disk.

use super::{Pushing, busy, messages, record_path, seen, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use git_service_hook::push::{Push, Pusher, parse_updates};
use git_service_hook::spool::{RecordLine, Spool, Started};
use std::sync::{Arc, Mutex};

#[test]
fn the_push_is_on_disk_before_the_first_attempt() {
    let found = Arc::new(Mutex::new(String::new()));
    let pending = Arc::new(Mutex::new(None::<std::path::PathBuf>));
    let (into, from) = (found.clone(), pending.clone());
    let receiver = Receiver::start(move |_| {
        let folder = from.lock().unwrap().clone().unwrap();
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            into.lock()
                .unwrap()
                .push_str(&std::fs::read_to_string(entry.path()).unwrap());
        }
        Answer::ok()
    });
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    *pending.lock().unwrap() = Some(pushing.sandbox.path("r.git/service-hook/pending"));
    let said = pushing.push("one");
    assert!(said.contains("service-hook: ci: delivered"), "{said}");
    let record = found.lock().unwrap().clone();
    let kinds: Vec<_> = record
        .lines()
        .map(|l| l.split('"').nth(1).unwrap())
        .collect();
    assert_eq!(kinds, ["v", "computing", "events", "started"]);
    eventually("the record moves to the history", || {
        pushing.done().len() == 1 && pushing.pending().is_empty()
    });
}

/// A push that was published by a process that was killed right afterwards.
pub fn killed_after_publishing(pushing: &Pushing, message: &str) -> Push {
    let line = pushing.unannounced(message, "refs/heads/main");
    let pusher = Pusher {
        username: "ann".into(),
        name: "Ann".into(),
        email: None,
        source: "account".into(),
    };
    let (updates, options) = (parse_updates(line.as_bytes()).0, Vec::new());
    let time_ms = git_service_hook::clock::now_ms();
    let mut push = Push {
        id: String::new(),
        time_ms,
        updates,
        pusher,
        options,
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    };
    drop(
        Spool::at(&pushing.sandbox.path("r.git"), 0)
            .publish(&mut push)
            .unwrap(),
    );
    push
}

#[test]
fn a_push_whose_hook_was_killed_is_completed_and_delivered_by_drain() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    killed_after_publishing(&pushing, "one");
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(messages(&receiver), ["one"]);
    assert!(pushing.pending().is_empty());
    assert_eq!(
        receiver.got()[0].json()["pusher"]["username"],
        "ann",
        "facts of the push, not of the drain"
    );
}

#[test]
fn the_next_push_takes_it_along_in_order() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    killed_after_publishing(&pushing, "one");
    pushing.push("two");
    eventually("both arrive", || receiver.got().len() == 2);
    assert_eq!(messages(&receiver), ["one", "two"]);
}

#[test]
fn what_crashes_us_twice_is_reported_as_git_gave_it() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let push = killed_after_publishing(&pushing, "one");
    let spool = Spool::at(&pushing.sandbox.path("r.git"), 0);
    for _ in 0..2 {
        spool.append(&push.id, &RecordLine::Computing(1)).unwrap();
    }
    assert_eq!(pushing.drain(), Some(0));
    let body = receiver.got()[0].json();
    assert_eq!(
        (&body["ref"], &body["error"]),
        (
            &"refs/heads/main".into(),
            &"its commits could not be read".into()
        )
    );
}

#[test]
fn an_attempt_that_was_killed_is_made_again_under_the_same_id() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _stay = pushing.nobody_stays();
    pushing.push("one");
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    receiver.answer(|_| Answer::ok());
    // As if the process had died in its second attempt, long ago.
    let started = Started {
        delivery: id.clone(),
        attempt: 2,
        at_ms: 1,
    };
    Spool::at(&pushing.sandbox.path("r.git"), 0)
        .append(&pushing.pending()[0], &RecordLine::Started(started))
        .unwrap();
    eventually("it is made again", || {
        assert_eq!(pushing.drain(), Some(0));
        receiver.got().len() == 2
    });
    assert_eq!(
        receiver.got()[1].header("X-Coding-Delivery"),
        Some(id.as_str())
    );
    let record = pushing.records();
    assert!(
        record.contains("\"attempt\":3") && pushing.pending().is_empty(),
        "{record}"
    );
}

#[test]
fn what_cannot_be_recorded_is_delivered_from_memory() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.sandbox.write("r.git/service-hook", "in the way");
    let line = pushing.unannounced("one", "refs/heads/main");
    let out = pushing.receive(&line);
    assert!(
        seen(&out).contains("not recorded: ") && seen(&out).contains("ci: delivered"),
        "{}",
        seen(&out)
    );
    assert_eq!(
        (out.status.code(), messages(&receiver)),
        (Some(0), vec!["one".to_owned()])
    );
}

#[test]
fn only_what_is_neither_recorded_nor_delivered_is_a_failure() {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    let line = pushing.unannounced("one", "refs/heads/main");
    assert_eq!(
        pushing.receive(&line).status.code(),
        Some(0),
        "it is recorded"
    );
    // The process that stays for the retry may write into it meanwhile.
    let folder = pushing.sandbox.path("r.git/service-hook");
    eventually("a file is in its place", || {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::write(&folder, "in the way").is_ok()
    });
    let out = pushing.receive(&line);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        seen(&out).contains("ci: connection refused; not recorded, so it will not be tried again"),
        "{}",
        seen(&out)
    );
}

#[test]
fn a_torn_record_does_not_stop_the_others() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = webhook("ci", &receiver.url("/"));
    let pushing = Pushing::new(&format!("[deliver]\nwait = \"20s\"\n{hook}"));
    pushing.push("one");
    eventually("the first is done", || pushing.done().len() == 1);
    for (name, text) in [("0", ""), ("1", "{\"v\":99}\n"), ("2", "not ours\n")] {
        std::fs::write(record_path(&pushing, name), text).unwrap();
    }
    let said = pushing.push("two");
    assert!(said.contains("ci: delivered"), "{said}");
    eventually("what is not ours is put aside", || {
        pushing.pending() == ["1"]
    });
    assert_eq!(
        pushing.drain(),
        Some(1),
        "an administrator should look at it"
    );
}
