//! Several processes on one repository: one sender a lane, and no lock survives its holder.

use super::durable::killed_after_publishing;
use super::{Pushing, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually, ours_below};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

#[test]
fn ten_pushes_and_ten_drains_at_once_send_each_delivery_once_in_order() {
    let receiver =
        Receiver::start(|_| Answer::Late(Duration::from_millis(40), 200, b"{}".to_vec()));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let line = pushing.unannounced("one", "refs/heads/x");
    std::thread::scope(|scope| {
        for n in 0..10 {
            let (pushing, line) = (&pushing, line.replace("heads/x", &format!("heads/x{n}")));
            scope.spawn(move || {
                let said = super::seen(&pushing.receive(&line));
                assert!(
                    said.contains("ci: delivered"),
                    "every pusher sees their own: {said}"
                );
            });
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(20 * n));
                assert_eq!(pushing.drain(), Some(0));
            });
        }
    });
    eventually("all records are finished", || pushing.done().len() == 10);
    let got = receiver.got();
    let ids: BTreeSet<_> = got
        .iter()
        .map(|r| r.header("X-Coding-Delivery").unwrap().to_owned())
        .collect();
    assert_eq!((got.len(), ids.len()), (10, 10), "each once");
    let pushes: Vec<String> = got
        .iter()
        .map(|r| r.json()["push"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pushes, pushing.done(), "arrival is the order of recording");
}

#[test]
fn deliverers_do_not_pile_up_behind_a_receiver_that_hangs() {
    let receiver = Receiver::start(|_| Answer::Hang);
    // Its attempt lasts longer than the test.
    let hooks = format!(
        "[deliver]\nwait = \"0s\"\ntimeout = \"2m\"\n{}",
        webhook("ci", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    let line = pushing.unannounced("one", "refs/heads/x");
    for _ in 0..8 {
        pushing.receive(&line);
    }
    let left = || ours_below(&pushing.sandbox.path("")).len();
    eventually(
        "the one in its attempt is left, and one that stays in case it dies",
        || left() <= 2,
    );
    assert_eq!(
        (receiver.got().len(), pushing.pending().len()),
        (1, 8),
        "the others have only queued"
    );
    for process in ours_below(&pushing.sandbox.path("")) {
        assert!(
            Command::new("kill")
                .arg(process.file_name().unwrap())
                .status()
                .unwrap()
                .success()
        );
    }
}

#[test]
fn a_deliverer_that_is_killed_in_its_attempt_leaves_no_lock_behind() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    killed_after_publishing(&pushing, "one");
    let mut drain = pushing
        .sandbox
        .command(PROGRAM, "r.git")
        .arg("drain")
        .spawn()
        .unwrap();
    eventually("it is in the middle of its attempt", || {
        receiver.got().len() == 1
    });
    drain.kill().unwrap();
    drain.wait().unwrap();
    receiver.answer(|_| Answer::ok());
    eventually("the next run proceeds", || {
        assert_eq!(pushing.drain(), Some(0));
        pushing.pending().is_empty()
    });
    let ids: BTreeSet<_> = receiver
        .got()
        .iter()
        .map(|r| r.header("X-Coding-Delivery").unwrap().to_owned())
        .collect();
    assert_eq!(
        (ids.len(), messages(&receiver)),
        (1, vec!["one".to_owned(); 2]),
        "the same id both times"
    );
}
