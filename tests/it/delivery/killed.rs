//! Killed at any moment: the push was never there, or it is delivered.

use super::{Pushing, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually, needs};
use std::os::unix::process::ExitStatusExt;

/// Kills the hook at its n-th call of a system call, for every n; the number of deaths.
fn killed_at(syscall: &str) -> usize {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&format!("[deliver]\nwait = \"0s\"\n{}", webhook("ci", &receiver.url("/"))));
    let line = pushing.unannounced("one", "refs/heads/main");
    for call in 1.. {
        let before = receiver.got().len();
        let inject = format!("inject={syscall}:signal=KILL:when={call}");
        let mut strace = pushing.sandbox.command("strace", "r.git");
        let trace = ["-qq", "-o", "/dev/null", "-e", "signal=none", "-e", &format!("trace={syscall}"), "-e", &inject];
        strace.args(trace).args([PROGRAM, "post-receive"]).env("GIT_DIR", ".");
        let out = super::feed(&mut strace, &line);
        let published = !pushing.pending().is_empty();
        eventually("drain leaves nothing", || {
            assert_eq!(pushing.drain(), Some(0), "{syscall} {call}: {}", pushing.records());
            pushing.pending().is_empty()
        });
        let got = messages(&receiver).split_off(before);
        assert!(!published || got.contains(&"one".to_owned()), "{syscall} {call}: recorded and not delivered");
        let was_killed = out.status.signal() == Some(9) || out.status.code() == Some(137);
        if !was_killed {
            assert_eq!(got, ["one"], "{syscall} {call}: undisturbed, each push is delivered once");
            return call - 1;
        }
    }
    unreachable!("the program makes so many calls and no more")
}

#[test]
fn wherever_the_hook_is_killed_a_push_on_disk_is_delivered() {
    if !needs("strace") {
        return;
    }
    for syscall in ["fsync", "rename", "write", "flock"] {
        assert!(killed_at(syscall) > 0, "{syscall} is made on the way");
    }
}
