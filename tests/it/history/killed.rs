//! Killed while it queues again: asked for or not, never stranded.

use super::{log, push_and_finish};
use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually};
use std::os::unix::process::ExitStatusExt;

/// Kills `redeliver` at its n-th call of a system call, for every n; the number of deaths.
fn killed_at(syscall: &str) -> usize {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = log(&pushing, &[])[0]["id"].as_str().unwrap().to_owned();
    for call in 1.. {
        let before = receiver.got().len();
        let inject = format!("inject={syscall}:signal=KILL:when={call}");
        let mut strace = pushing.sandbox.command("strace", "r.git");
        let trace = [
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "signal=none",
            "-e",
            &format!("trace={syscall}"),
            "-e",
            &inject,
        ];
        let out = strace
            .args(trace)
            .args([PROGRAM, "redeliver", &id])
            .output()
            .unwrap();
        let rows = log(&pushing, &[]);
        assert_eq!(rows.len(), 1, "{syscall} {call}: it is never gone");
        let asked = rows[0]["state"] == "pending";
        assert!(
            !asked || pushing.done().is_empty(),
            "{syscall} {call}: stranded in the history"
        );
        eventually("the next run leaves nothing", || {
            assert_eq!(pushing.drain(), Some(0));
            pushing.pending().is_empty()
        });
        assert_eq!(
            log(&pushing, &[])[0]["state"],
            "delivered",
            "{syscall} {call}"
        );
        assert!(
            !asked || receiver.got().len() > before,
            "{syscall} {call}: asked for and not sent"
        );
        if out.status.signal() != Some(9) && out.status.code() != Some(137) {
            assert!(
                receiver.got().len() > before,
                "{syscall} {call}: undisturbed, it is sent"
            );
            return call - 1;
        }
    }
    unreachable!("the program makes so many calls and no more")
}

#[needs("strace")]
#[test]
fn wherever_redeliver_is_killed_the_record_is_not_stranded() {
    for syscall in ["renameat", "write", "flock", "fdatasync"] {
        assert!(killed_at(syscall) > 0, "{syscall} is made on the way");
    }
}
