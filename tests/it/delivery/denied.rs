//! No process may be started, and no thread: this one delivers, and says so.

use super::{Pushing, feed, messages, seen, webhook};
use crate::support::PROGRAM;
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;

/// Runs the hook under strace, which makes calls fail; what the pusher saw.
fn denied(pushing: &Pushing, inject: &str) -> String {
    let line = pushing.unannounced("one", "refs/heads/main");
    let mut strace = pushing.sandbox.command("strace", "r.git");
    strace.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "signal=none",
        "-e",
        &format!("inject={inject}"),
    ]);
    let out = feed(
        strace
            .args([PROGRAM, "post-receive"])
            .env("GIT_DIR", ".")
            .stderr(std::process::Stdio::piped()),
        &line,
    );
    assert_eq!(out.status.code(), Some(0), "{}", seen(&out));
    seen(&out)
}

#[needs("strace")]
#[test]
fn where_no_process_may_be_started_the_hook_delivers() {
    for inject in [
        "execve:error=EPERM:when=2+",
        "execve:error=EAGAIN:when=2+",
        "vfork,clone,clone3:error=EAGAIN",
    ] {
        let receiver = Receiver::start(|_| Answer::ok());
        let hooks = webhook("ci", &receiver.url("/")) + &webhook("team", &receiver.url("/"));
        let pushing = Pushing::new(&hooks);
        let said = denied(&pushing, inject);
        assert!(
            said.contains("ci: delivered") && said.contains("team: delivered"),
            "{inject}: {said}"
        );
        assert_eq!(
            (
                messages(&receiver).len(),
                pushing.pending().len(),
                pushing.done().len()
            ),
            (2, 0, 1),
            "{inject}"
        );
    }
}

#[needs("strace")]
#[test]
fn what_is_not_recorded_either_is_sent_or_reported_as_lost() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.sandbox.write("r.git/service-hook", "in the way");
    let said = denied(&pushing, "execve:error=EPERM:when=2+");
    assert!(
        said.contains("not recorded: ") && said.contains("ci: delivered"),
        "{said}"
    );
    assert_eq!(messages(&receiver), ["one"]);
}

#[needs("prlimit", "setpriv", root)]
#[test]
fn an_account_at_its_limit_of_processes_can_push() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let program = program_for_all(&pushing.sandbox);
    // An account of nobody else: the limit counts all that it runs.
    let user = "64217";
    let owned = std::process::Command::new("chown")
        .args(["-R", user])
        .arg(pushing.sandbox.path("r.git"))
        .status();
    assert!(owned.unwrap().success());
    let mut limited = pushing.sandbox.command("setpriv", "r.git");
    limited
        .args([
            "--reuid",
            user,
            "--regid",
            user,
            "--clear-groups",
            "prlimit",
            "--nproc=1",
        ])
        .arg(program);
    let out = feed(
        limited
            .arg("post-receive")
            .env("GIT_DIR", ".")
            .stderr(std::process::Stdio::piped()),
        &line,
    );
    assert!(seen(&out).contains("ci: delivered"), "{}", seen(&out));
    assert_eq!(
        (out.status.code(), messages(&receiver)),
        (Some(0), vec!["one".to_owned()])
    );
}
