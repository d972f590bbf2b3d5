//! A clock that is wrong by years, in either direction: nothing is deleted, nothing ends, and nothing waits for ever.

use super::{log, push_and_finish, trust_clock};
use crate::delivery::{Pushing, busy, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually};
use std::process::Output;

/// Runs the program while the clock is ahead, or behind, by so much.
fn wrong(pushing: &Pushing, offset: &str, arguments: &[&str]) -> Output {
    let mut command = pushing.sandbox.command("faketime", "r.git");
    command
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .args(["-f", offset, PROGRAM])
        .args(arguments);
    command.output().unwrap()
}

/// One push in the history, one that waits for its receiver, and one that waits for a file with a secret.
fn waiting(receiver: &Receiver) -> Pushing {
    let team = webhook("team", &receiver.url("/team"));
    let hooks = webhook("ci", &receiver.url("/ci"));
    let pushing = Pushing::new(&hooks);
    push_and_finish(&pushing, "one");
    let _stays = pushing.nobody_stays();
    pushing.configure(&format!("{hooks}{team}token = {{ file = \"secret\" }}\n"));
    receiver.answer(|_| busy());
    pushing.push("two");
    pushing.quiet();
    trust_clock(&pushing);
    pushing
}

fn states(pushing: &Pushing) -> Vec<String> {
    let row = |row: &serde_json::Value| format!("{} {}", row["hook"], row["state"]);
    let mut states: Vec<_> = log(pushing, &[]).iter().map(row).collect();
    states.sort();
    states
}

const UNCHANGED: [&str; 3] = [
    "\"ci\" \"delivered\"",
    "\"ci\" \"pending\"",
    "\"team\" \"pending\"",
];

#[needs("faketime")]
#[test]
fn a_clock_that_is_wrong_for_a_run_neither_deletes_nor_ends_nor_delays_anything() {
    for offset in ["+400d", "-20650d"] {
        let receiver = Receiver::start(|_| Answer::ok());
        let pushing = waiting(&receiver);
        let before = receiver.got().len();
        for _ in 0..2 {
            wrong(&pushing, offset, &["drain"]);
            assert_eq!(states(&pushing), UNCHANGED, "{offset}");
        }
        eventually("it is tried, whatever the clock is", || {
            wrong(&pushing, offset, &["drain"]);
            receiver.got().len() > before
        });
        pushing.drain();
        assert_eq!(states(&pushing), UNCHANGED, "{offset}, right again");
        receiver.answer(|_| Answer::ok());
        pushing.sandbox.write("r.git/secret", "s");
        std::fs::remove_dir_all(pushing.sandbox.path("r.git/service-hook/lane")).unwrap();
        eventually("nothing waits for a clock that is right again", || {
            pushing.drain();
            pushing.pending().is_empty()
        });
        assert_eq!(messages(&receiver).last().unwrap(), "two", "{offset}");
    }
}

/// A push that is recorded by the wrong clock is sent, retried and ended as any other.
#[needs("faketime")]
#[test]
fn what_a_wrong_clock_records_does_not_wait_for_ever() {
    for offset in ["+400d", "-20650d"] {
        let receiver = Receiver::start(|_| busy());
        let hooks = webhook("ci", &receiver.url("/"));
        let pushing = Pushing::new(&hooks);
        let _stays = pushing.nobody_stays();
        let line = pushing.unannounced("one", "refs/heads/main");
        let mut hook = pushing.sandbox.command("faketime", "r.git");
        hook.env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("GIT_DIR", ".")
            .args(["-f", offset, PROGRAM, "post-receive"])
            .stderr(std::process::Stdio::piped());
        let out = crate::delivery::feed(&mut hook, &line);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(said.contains("503"), "{offset}: {said}");
        pushing.quiet();
        let before = receiver.got().len();
        receiver.answer(|_| Answer::ok());
        eventually("it is due by the right clock", || {
            pushing.drain();
            pushing.pending().is_empty()
        });
        assert_eq!(receiver.got().len() - before, 1, "{offset}");
    }
}
