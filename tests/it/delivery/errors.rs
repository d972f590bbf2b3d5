//! Calls that fail: the push succeeds, and is either recorded and delivered, or delivered from memory and told so.

use super::alike::{Alike, HOOKS, Scene};
use crate::support::{PROGRAM, full, needs};
use std::collections::{BTreeMap, BTreeSet};

/// Calls that a sick disk makes fail, in the hook; the last ones are for the full proof.
const CALLS: [&str; 12] = [
    "fsync",
    "rename",
    "write",
    "openat",
    "mkdir",
    "flock",
    "fcntl",
    "getdents64",
    "read",
    "statx",
    "pread64",
    "fchmod",
];

/// How one run went.
struct Run {
    what: String,
    code: Option<i32>,
    said: String,
    recorded: bool,
}

/// Lets the n-th call fail, in each thread by itself, for every n; `more` are options of strace.
fn fail_each(alike: &Alike, runs: &mut BTreeMap<usize, Run>, call: &str, error: &str, more: &[&str]) {
    for n in 1.. {
        let number = runs.len() + 1;
        let inject = format!("inject={call}:error={error}:when={n}");
        let mut strace = alike.command("strace", number);
        strace.args(more).args([
            "-qq",
            "-o",
            "trace",
            "-e",
            "signal=none",
            "-e",
            &format!("trace={call}"),
            "-e",
            &inject,
        ]);
        let out = strace.args([PROGRAM, "post-receive"]).output().unwrap();
        let trace = std::fs::read_to_string(alike.path(number).join("trace")).unwrap();
        let (said, recorded) = (super::seen(&out), alike.records(number) != [0, 0]);
        let what = format!("{more:?} {call} {n} {error}: {said}");
        runs.insert(number, Run { what, code: out.status.code(), said, recorded });
        if !trace.contains("INJECTED") {
            assert!(n > 1, "{call} is made on the way");
            return;
        }
    }
}

/// Everything that must hold of every run, after a drain that nothing disturbs.
fn check(alike: &Alike, runs: &BTreeMap<usize, Run>) {
    alike.drain(runs.len());
    let told = alike.ids();
    for (number, Run { what, code, said, recorded }) in runs {
        // Then nobody knows what was pushed.
        let known = !said.contains("error while loading shared libraries") && !said.contains("stdin cannot be read");
        let what = format!("{what} recorded: {recorded}, exit {code:?}");
        assert_eq!(*code == Some(0), known, "nothing else is a failure: {what}");
        for hook in HOOKS {
            let ids = told.get(&(number.to_string(), hook.to_owned())).map_or(&[][..], Vec::as_slice);
            assert!(!ids.is_empty() || !known, "{hook} is told of every push: {what}");
            assert!(ids.iter().collect::<BTreeSet<_>>().len() <= 1, "{hook} is told under one id: {what}: {ids:?}");
        }
        let silent = what.contains(" write ");
        assert!(*recorded || said.contains("not recorded") || silent || !known, "the pusher is told: {what}");
    }
}

fn in_every_call(more: &[&str]) {
    if !needs("strace") {
        return;
    }
    let calls = if full() { &CALLS[..] } else { &CALLS[..6] };
    for error in ["EIO", "ENOSPC"] {
        let alike = Alike::new(&Scene { settings: "", refuses: false });
        let mut runs = BTreeMap::new();
        for call in calls {
            fail_each(&alike, &mut runs, call, error, more);
        }
        check(&alike, &runs);
        eprintln!("{more:?}: {} calls failed with {error}", runs.len() - calls.len());
    }
}

#[test]
fn whichever_call_of_the_hook_fails_the_push_is_delivered_under_one_id() {
    in_every_call(&["-f", "-b", "execve"]);
}

#[test]
fn whichever_call_fails_everywhere_the_push_is_delivered_under_one_id() {
    in_every_call(&["-f"]);
}
