//! Processes, pipes and descriptors.

use super::{Pushing, feed, messages, seen, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn a_closed_stderr_is_no_trouble() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let script = format!("exec {PROGRAM} post-receive 2>&- 1>&-");
    let out = feed(
        pushing
            .sandbox
            .command("sh", "r.git")
            .args(["-c", &script])
            .env("GIT_DIR", "."),
        &line,
    );
    assert_eq!(
        (out.status.code(), messages(&receiver)),
        (Some(0), vec!["one".to_owned()])
    );
}

/// Linux's default.
const PIPE_CAPACITY: usize = 1 << 16;

#[test]
fn much_to_say_is_bounded_and_a_pipe_that_nobody_reads_holds_nothing_up() {
    let mut hooks = String::new();
    for n in 0..250 {
        write!(
            hooks,
            "[hook.h{n}]\naction = \"no_such_action_{}\"\n",
            "x".repeat(150)
        )
        .unwrap();
    }
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&(hooks + &webhook("ci", &receiver.url("/"))));
    let line = pushing.unannounced("one", "refs/heads/main");
    let out = pushing.receive(&line);
    assert!(
        out.stderr.len() <= 8192 && seen(&out).lines().count() <= 20,
        "{}",
        out.stderr.len()
    );

    // The same, with a pipe that is full before we begin.
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'x'; PIPE_CAPACITY]).unwrap();
    let mut child = pushing
        .hook()
        .stdin(Stdio::piped())
        .stderr(writer)
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(line.as_bytes())
        .unwrap();
    eventually("the hook ends while the pipe is full", || {
        let status = child.try_wait().unwrap();
        status.is_some_and(|status| status.code() == Some(0))
    });
    drop(reader);
    eventually("both are delivered", || receiver.got().len() == 2);
}

#[needs("flock")]
#[test]
fn the_deliverer_keeps_no_descriptor_of_the_caller() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"0s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let line = pushing.unannounced("one", "refs/heads/main");
    let script = format!("exec 9>lock; flock -n 9 || exit 3; {PROGRAM} post-receive");
    let out = feed(
        pushing
            .sandbox
            .command("sh", "r.git")
            .args(["-c", &script])
            .env("GIT_DIR", "."),
        &line,
    );
    assert_eq!(out.status.code(), Some(0));
    eventually("the deliverer is at work", || !receiver.got().is_empty());
    let free = pushing
        .sandbox
        .command("flock", "r.git")
        .args(["-n", "lock", "true"])
        .status()
        .unwrap();
    assert!(free.success(), "the lock was left to the deliverer");
}

#[test]
fn the_deliverer_sees_nothing_of_the_request() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = format!(
        "{}token = {{ env = \"OURS\" }}\n",
        webhook("ci", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hook);
    let line = pushing.unannounced("one", "refs/heads/main");
    let mut command = pushing.hook();
    command
        .env("OURS", "s3cret")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("REQUEST_METHOD", "POST");
    command.env("REMOTE_USER", "alice").env("GL_USER", "nobody");
    let out = feed(&mut command, &line);
    assert!(seen(&out).contains("ci: delivered"), "{}", seen(&out));
    let got = &receiver.got()[0];
    assert!(
        got.header("X-Coding-Signature").is_some(),
        "what is ours stays"
    );
    assert_eq!(
        got.json()["pusher"]["username"],
        "alice",
        "who pushed was known before"
    );
}

#[test]
fn what_is_in_post_receive_d_runs_after_us_with_the_whole_stdin() {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    let program = |name: &str, text: &str, mode: u32| {
        let path = pushing
            .sandbox
            .write(&format!("r.git/hooks/post-receive.d/{name}"), text);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    program(
        "10-first",
        "#!/bin/sh\nls service-hook/pending >>log; cat >>log; exit 1\n",
        0o755,
    );
    program("20-deaf", "#!/bin/sh\nexec 0<&-; echo deaf >>log\n", 0o755);
    program("30-not-executable", "#!/bin/sh\necho never >>log\n", 0o644);
    std::fs::create_dir(pushing.sandbox.path("r.git/hooks/post-receive.d/40-folder")).unwrap();
    let line = pushing.unannounced("one", "refs/heads/main");
    assert_eq!(pushing.receive(&line).status.code(), Some(0));
    let log = std::fs::read_to_string(pushing.sandbox.path("r.git/log")).unwrap();
    assert_eq!(
        log,
        format!("{}\n{line}deaf\n", pushing.pending()[0]),
        "recorded first, then in order of names"
    );

    std::fs::remove_file(pushing.sandbox.path("r.git/hooks.toml")).unwrap();
    pushing.receive(&line);
    let log = std::fs::read_to_string(pushing.sandbox.path("r.git/log")).unwrap();
    assert_eq!(
        log.matches("deaf").count(),
        2,
        "also without a configuration of ours"
    );
}
