//! What has to survive a crash of the machine is synced before the step that relies on it. A power cut in a test
//! ([`super::power_cut`]) seldom notices: one sync of a file system often brings more to the disk than it has to.

use super::{Pushing, feed, seen, webhook};
use crate::support::PROGRAM;
use crate::support::receiver::{Answer, Receiver};
use std::process::Command;

/// The program under strace, which waits for the deliverer too.
fn traced(pushing: &Pushing, arguments: &[&str]) -> Command {
    let calls = "trace=fsync,fdatasync,renameat,renameat2,write,connect";
    let mut strace = pushing.sandbox.command("strace", "r.git");
    strace
        .args(["-f", "-y", "-qq", "-s", "40", "-o", "../trace"])
        .args(["-e", "signal=none", "-e", calls, PROGRAM])
        .args(arguments)
        .env("GIT_DIR", ".");
    strace
}

/// Whether each step has a call with all of its words, after the call of the step before.
#[track_caller]
fn in_this_order(pushing: &Pushing, steps: &[&[&str]]) {
    let trace = std::fs::read_to_string(pushing.sandbox.path("trace")).unwrap();
    let mut calls = trace.lines();
    for step in steps {
        let found = calls.any(|call| step.iter().all(|word| call.contains(word)));
        assert!(found, "{step:?} is not made in its turn:\n{trace}");
    }
}

#[needs("strace")]
#[test]
fn a_record_and_the_lines_of_an_attempt_are_synced_before_anything_relies_on_them() {
    let receiver = Receiver::start(|_| Answer::ok());
    let url = receiver.url("/");
    let pushing = Pushing::new(&webhook("ci", &url));
    let line = pushing.unannounced("one", "refs/heads/main");
    let out = feed(&mut traced(&pushing, &["post-receive"]), &line);
    assert!(out.status.success(), "{}", seen(&out));
    let attempt: [&[&str]; 6] = [
        &["write(", "/pending/", r#"{\"started\""#],
        &["fdatasync(", "/pending/"],
        &["connect(", "AF_INET"],
        &["write(", "/pending/", r#"{\"ended\""#],
        &["fdatasync(", "/pending/"],
        &["renameat", "/pending>", "/done>"],
    ];
    let published: [&[&str]; 5] = [
        &["fsync(", "/service-hook>"],
        &["fsync(", "/r.git>"],
        &["fsync(", "/service-hook/new-"],
        &["renameat", "\"new-", "/pending>"],
        &["fsync(", "/pending>"],
    ];
    in_this_order(&pushing, &[&published[..], &attempt[..]].concat());

    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    let out = traced(&pushing, &["redeliver", &id]).output().unwrap();
    assert!(out.status.success(), "{}", seen(&out));
    let queued: [&[&str]; 4] = [
        &["renameat", "/done>", "/pending>"],
        &["write(", "/pending/", r#"{\"requeued\""#],
        &["fdatasync(", "/pending/"],
        &["fsync(", "/pending>"],
    ];
    in_this_order(&pushing, &[&queued[..], &attempt[..]].concat());
}
