//! Folders of the spool that have gone, cannot be read, or cannot be locked.

use super::{Pushing, seen, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually};
use std::process::{Command, Stdio};

/// `check` as one line of words, and its exit code.
fn check(pushing: &Pushing) -> (String, Option<i32>) {
    let out = pushing.sandbox.run("r.git", &["check"]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let words: Vec<_> = text.split_whitespace().collect();
    (words.join(" "), out.status.code())
}

/// The program with a system call that fails each time, in all of its processes.
fn failing(pushing: &Pushing, call: &str, error: &str, arguments: &[&str]) -> Command {
    let mut strace = pushing.sandbox.command("strace", "r.git");
    strace
        .args(["-f", "-qq", "-o", "../trace", "-e", "signal=none", "-e"])
        .arg(format!("trace={call}"))
        .arg("-e")
        .arg(format!("inject={call}:error={error}"))
        .arg(PROGRAM)
        .args(arguments)
        .env("GIT_DIR", ".")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    strace
}

#[test]
fn a_folder_that_has_gone_is_named_and_comes_back() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("first");
    let folder = pushing.sandbox.path("r.git/service-hook");
    for (n, name) in ["pending", "done", "corrupt", "lane"].iter().enumerate() {
        std::fs::remove_dir_all(folder.join(name)).unwrap();
        let (text, code) = check(&pushing);
        let named = format!("service-hook/{name}/: warning: is missing");
        assert!(text.contains(&named), "{text}");
        assert_eq!(code, Some(0), "{text}");
        let said = pushing.push(name);
        assert!(said.contains("ci: delivered"), "{name}: {said}");
        assert_eq!(receiver.got().len(), n + 2, "{name}");
        eventually("the record is finished", || pushing.pending().is_empty());
        assert!(folder.join(name).is_dir(), "{name}");
    }
    assert_eq!(pushing.done().len(), 3, "two were removed with `done/`");
}

/// The folders go after the push was recorded: what finishes it must not need them.
#[test]
fn what_waits_is_delivered_and_finished_without_the_other_folders() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    super::durable::killed_after_publishing(&pushing, "one");
    let folder = pushing.sandbox.path("r.git/service-hook");
    std::fs::write(folder.join("pending/x"), "no record\n").unwrap();
    for name in ["done", "corrupt", "lane"] {
        std::fs::remove_dir_all(folder.join(name)).unwrap();
    }
    let out = pushing.sandbox.run("r.git", &["drain"]);
    assert!(seen(&out).contains("moved to corrupt/"), "{}", seen(&out));
    assert_eq!(receiver.got().len(), 1);
    assert!(folder.join("corrupt/x").is_file());
    assert!(pushing.pending().is_empty() && pushing.done().len() == 1);
}

#[needs("strace")]
#[test]
fn a_file_system_without_locks_is_named_with_what_to_do() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        let before = receiver.got().len();
        let line = pushing.unannounced(error, "refs/heads/main");
        let out = super::feed(
            &mut failing(&pushing, "flock", error, &["post-receive"]),
            &line,
        );
        let why = "files cannot be locked on this file system";
        assert!(seen(&out).contains("not recorded"), "{}", seen(&out));
        assert!(seen(&out).contains(why), "{}", seen(&out));
        assert_eq!(receiver.got().len() - before, 1, "it is sent from memory");
        let out = failing(&pushing, "flock", error, &["check"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let words: Vec<_> = text.split_whitespace().collect();
        assert!(words.join(" ").contains(why), "{text}");
        assert_eq!(out.status.code(), Some(1));
    }
}

#[needs("strace")]
#[test]
fn a_folder_that_cannot_be_read_is_not_empty() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("first");
    for _ in 0..2 {
        pushing.sandbox.run("r.git", &["drain", "--catch-up"]);
    }
    pushing.push("second");
    let before = receiver.got().len();
    for arguments in [
        &["drain"][..],
        &["drain", "--catch-up"],
        &["drain", "--catch-up"],
        &["drain", "--all", ".."],
        &["deliveries"],
        &["check"],
    ] {
        let out = failing(&pushing, "getdents64", "EIO", arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &seen(&out);
        assert!(text.contains("Input/output error"), "{arguments:?}: {text}");
        assert_eq!(out.status.code(), Some(1), "{arguments:?}: {text}");
    }
    pushing.sandbox.run("r.git", &["drain", "--catch-up"]);
    assert_eq!(receiver.got().len(), before, "nothing is reported again");
}

/// The process that holds the lane, from its file.
fn holder(pushing: &Pushing) -> String {
    let file = pushing.sandbox.path("r.git/service-hook/lane/ci");
    let state: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    state["holder"]["process"].to_string()
}

fn signal(name: &str, process: &str) {
    let sent = Command::new("kill").args([name, process]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_stopped_sender_is_named_by_drain_check_status_and_to_the_pusher() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let url = receiver.url("/");
    let hooks = |wait: u32, timeout: u32| {
        let hook = webhook("ci", &url);
        format!("{hook}timeout = \"{timeout}s\"\n[deliver]\nwait = \"{wait}s\"\n")
    };
    let pushing = Pushing::new(&hooks(0, 300));
    pushing.push("first");
    eventually("it sends", || !receiver.got().is_empty());
    let process = holder(&pushing);
    signal("-STOP", &process);
    pushing.configure(&hooks(1, 1));
    let named = format!("process {process} holds its lane");
    eventually("drain names it", || {
        let out = pushing.sandbox.run("r.git", &["drain"]);
        let is_named = seen(&out).contains(&named);
        assert_eq!(out.status.code(), Some(i32::from(is_named)));
        is_named
    });
    let (text, code) = check(&pushing);
    assert!(
        text.contains(&format!("service-hook/lane/ci: {named}")),
        "{text}"
    );
    assert_eq!(code, Some(1), "{text}");
    let status = pushing.sandbox.run("r.git", &["status"]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(text.contains(&format!("  `ci`: {named}")), "{text}");
    assert_eq!(status.status.code(), Some(1));
    let said = pushing.push("second");
    assert!(
        said.contains(&format!("ci: recorded, not sent yet; {named}")),
        "{said}"
    );
    signal("-KILL", &process);
    receiver.answer(|_| Answer::ok());
    eventually("all is delivered", || {
        pushing.drain();
        pushing.pending().is_empty()
    });
}
