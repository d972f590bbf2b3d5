//! Calls that fail: the push succeeds, and is either recorded and delivered, or delivered from memory with a message.

use super::alike::{Alike, HOOKS, Scene};
use crate::support::{PROGRAM, full};
use std::collections::{BTreeMap, BTreeSet};

/// Calls that a sick disk makes fail, in the hook; the last ones are for the full proof.
const CALLS: [&str; 13] = [
    "fsync",
    "renameat",
    "renameat2",
    "write",
    "openat",
    "mkdirat",
    "flock",
    "fcntl",
    "getdents64",
    "read",
    "statx",
    "pread64",
    "fchmod",
];

/// What fails.
#[derive(Debug)]
struct Mode {
    /// Options of strace: whom it follows.
    options: &'static [&'static str],
    /// `+`: all calls from the n-th on.
    on: &'static str,
}

/// How one run went.
struct Run {
    what: String,
    code: Option<i32>,
    said: String,
    recorded: bool,
    /// Neither the push nor the configuration can be read: nothing is sent, and the pusher sees it.
    lost: bool,
}

/// Lets the n-th call fail, in each thread by itself, for every n; until one makes none that fails.
fn fail_each(alike: &Alike, runs: &mut BTreeMap<usize, Run>, call: &str, error: &str, mode: &Mode) {
    for n in 1.. {
        let number = runs.len() + 1;
        let inject = format!("inject={call}:error={error}:when={n}{}", mode.on);
        let mut strace = alike.command("strace", number);
        strace.args(mode.options).args([
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
        let unread = [
            "error while loading shared libraries",
            "stdin cannot be read",
        ]
        .iter()
        .any(|w| said.contains(w));
        let given_up = ["this push is lost", "so it will not be tried again"]
            .iter()
            .any(|w| said.contains(w));
        let lost = unread || (given_up && !mode.on.is_empty());
        let what = format!("{mode:?} {call} {n} {error}: {said}");
        runs.insert(
            number,
            Run {
                what,
                code: out.status.code(),
                said,
                recorded,
                lost,
            },
        );
        if !trace.contains("INJECTED") {
            assert!(n > 1, "{call} is made on the way");
            return;
        }
    }
}

/// Everything that must hold of every run, after a drain that nothing disturbs.
fn check(alike: &Alike, runs: &BTreeMap<usize, Run>) {
    alike.drain(runs.len());
    let reported = alike.ids();
    for (
        number,
        Run {
            what,
            code,
            said,
            recorded,
            lost,
        },
    ) in runs
    {
        let what = format!("{what} recorded: {recorded}, exit {code:?}");
        assert_eq!(*code != Some(0), *lost, "nothing else is a failure: {what}");
        for hook in HOOKS {
            let ids = reported
                .get(&(number.to_string(), hook.to_owned()))
                .map_or(&[][..], Vec::as_slice);
            assert!(!ids.is_empty() || *lost, "{hook} gets every push: {what}");
            assert!(
                ids.iter().collect::<BTreeSet<_>>().len() <= 1,
                "{hook} gets it under one id: {what}: {ids:?}"
            );
        }
        let silent = what.contains(" write ");
        assert!(
            *recorded || said.contains("not recorded") || silent || *lost,
            "the pusher sees it: {what}"
        );
    }
}

fn in_every_call(mode: &Mode) {
    let calls = if full() { &CALLS[..] } else { &CALLS[..6] };
    for error in ["EIO", "ENOSPC"] {
        let alike = Alike::new(&Scene {
            settings: "",
            refuses: false,
        });
        let mut runs = BTreeMap::new();
        for call in calls {
            fail_each(&alike, &mut runs, call, error, mode);
        }
        check(&alike, &runs);
        eprintln!(
            "{mode:?}: {} calls failed with {error}",
            runs.len() - calls.len()
        );
    }
}

#[needs("strace")]
#[test]
fn whichever_call_of_the_hook_fails_the_push_is_delivered_under_one_id() {
    in_every_call(&Mode {
        options: &["-f", "-b", "execve"],
        on: "",
    });
}

#[needs("strace")]
#[test]
fn from_whichever_call_on_the_hook_fails_the_push_is_delivered_under_one_id() {
    in_every_call(&Mode {
        options: &["-f", "-b", "execve"],
        on: "+",
    });
}

#[needs("strace")]
#[test]
fn whichever_call_fails_everywhere_the_push_is_delivered_under_one_id() {
    in_every_call(&Mode {
        options: &["-f"],
        on: "",
    });
}
