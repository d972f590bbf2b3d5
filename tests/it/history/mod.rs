//! What was delivered can be looked up, told in full, and delivered again.

mod cancel;
mod daily;
mod damage;
mod killed;
mod log;
mod pruning;
mod redeliver;
mod show;

use crate::delivery::Pushing;
use crate::support::eventually;
use serde_json::Value;
use std::process::Output;

/// Runs the program in the repository.
pub fn run(pushing: &Pushing, arguments: &[&str]) -> Output {
    pushing.sandbox.run("r.git", arguments)
}

/// The same; its stdout.
#[track_caller]
pub fn told(pushing: &Pushing, arguments: &[&str]) -> String {
    let out = run(pushing, arguments);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{arguments:?}: {}",
        complaints(&out)
    );
    String::from_utf8(out.stdout).unwrap()
}

pub fn complaints(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// `deliveries --json` with more arguments, line by line.
#[track_caller]
pub fn log(pushing: &Pushing, arguments: &[&str]) -> Vec<Value> {
    let text = told(pushing, &[&["deliveries", "--json"], arguments].concat());
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Pushes, and waits until nothing is left to do.
#[track_caller]
pub fn push_and_finish(pushing: &Pushing, message: &str) {
    let before = pushing.done().len();
    pushing.push(message);
    eventually("the push is finished", || {
        pushing.done().len() > before && pushing.pending().is_empty()
    });
}
