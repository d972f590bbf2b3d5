//! A process that is asked to end finishes the attempt under way and makes no other.

use super::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually, ours_below};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

/// A receiver that needs a second, and a repository with two pushes for it, of which the first is being sent.
fn sending(start: impl Fn(&Pushing)) -> (Receiver, Pushing) {
    let receiver = Receiver::start(|_| {
        std::thread::sleep(Duration::from_secs(1));
        Answer::ok()
    });
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"0s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    start(&pushing);
    eventually("an attempt is under way", || {
        pushing.records().contains("{\"started\"")
    });
    (receiver, pushing)
}

fn end_all(pushing: &Pushing, signal: Signal) {
    signal_all(pushing, signal);
    let place = pushing.sandbox.path("");
    eventually("every process has ended", || ours_below(&place).is_empty());
}

fn signal_all(pushing: &Pushing, signal: Signal) {
    let place = pushing.sandbox.path("");
    for process in ours_below(&place) {
        let pid = process
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }
}

fn was_interrupted_well(receiver: &Receiver, pushing: &Pushing) {
    assert_eq!(receiver.got().len(), 1, "no other attempt was made");
    let records = pushing.records();
    assert_eq!(records.matches("{\"started\"").count(), 1);
    assert_eq!(
        records.matches("\"outcome\":\"delivered\"").count(),
        1,
        "{records}"
    );
    assert_eq!((pushing.done().len(), pushing.pending().len()), (1, 1));
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(receiver.got().len(), 2, "each push was sent once");
}

#[test]
fn the_deliverer_of_a_push_ends_with_its_attempt() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let (receiver, pushing) = sending(|pushing| {
            pushing.push("one");
            pushing.push("two");
        });
        end_all(&pushing, signal);
        was_interrupted_well(&receiver, &pushing);
    }
}

#[test]
fn drain_ends_with_its_attempt() {
    let (receiver, pushing) = sending(|pushing| {
        for message in ["one", "two"] {
            super::durable::killed_after_publishing(pushing, message);
        }
        let mut shell = pushing.sandbox.command("sh", "r.git");
        shell
            .args(["-c", "\"$0\" drain &", PROGRAM])
            .status()
            .unwrap();
    });
    // A shutdown that asks twice does not end the attempt either.
    signal_all(&pushing, Signal::SIGTERM);
    end_all(&pushing, Signal::SIGTERM);
    was_interrupted_well(&receiver, &pushing);
}

#[test]
fn a_second_ctrl_c_ends_drain_at_once_and_the_delivery_is_sent_again() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"0s\"\ntimeout = \"1m\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    super::durable::killed_after_publishing(&pushing, "one");
    let mut drain = pushing.sandbox.command(PROGRAM, "r.git");
    let mut drain = drain.arg("drain").spawn().unwrap();
    eventually("an attempt is under way", || receiver.got().len() == 1);
    let pid = Pid::from_raw(drain.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    let status = format!("/proc/{pid}/status");
    let is_noticed = || {
        let text = std::fs::read_to_string(&status).unwrap();
        let pending = text.lines().filter(|line| line.contains("Pnd:"));
        pending.into_iter().all(|line| line.ends_with("0000"))
    };
    eventually("the first signal has arrived", is_noticed);
    assert_eq!(drain.try_wait().unwrap(), None, "one is not enough");
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(drain.wait().unwrap().code(), Some(130));
    assert!(!pushing.records().contains("{\"ended\""));
    assert_eq!(pushing.pending().len(), 1);
}
