//! What was delivered can be looked up, shown in full, and delivered again.

mod cancel;
mod daily;
mod damage;
mod drain;
mod killed;
mod log;
mod many;
mod pruning;
mod redeliver;
mod show;
mod wrong_clock;

use crate::delivery::Pushing;
use crate::support::eventually;
use git_service_hook::clock;
use serde_json::{Value, json};
use std::process::Output;

/// Runs the program in the repository.
pub fn run(pushing: &Pushing, arguments: &[&str]) -> Output {
    pushing.sandbox.run("r.git", arguments)
}

/// The same; its stdout.
#[track_caller]
pub fn reported(pushing: &Pushing, arguments: &[&str]) -> String {
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
    let text = reported(pushing, &[&["deliveries", "--json"], arguments].concat());
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
    // Its process still has the history to prune, and the lane to leave.
    pushing.quiet();
}

/// As if the clock had been seen to run for two hours without being set.
pub fn trust_clock(pushing: &Pushing) {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let uptime_ms = clock::monotonic_ms();
    let run = json!({
        "boot": boot.trim(),
        "started_ms": clock::now_ms() - uptime_ms,
        "since_ms": uptime_ms - 2 * 3_600_000,
    });
    let text = json!({ "runs": [run] }).to_string();
    pushing.sandbox.write("r.git/service-hook/clock", text);
}
