//! What `drain` prints: the permanent failures since the timer's last run, whichever process made the attempt.

use super::{log, push_and_finish, reported, run};
use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use std::process::Output;

fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// A repository where a push has failed permanently, by the process that delivered it.
fn failed_once() -> (Receiver, Pushing) {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    (receiver, pushing)
}

#[test]
fn a_failure_of_another_process_is_printed_until_a_timer_has_reported_it() {
    let (receiver, pushing) = failed_once();
    let row = log(&pushing, &[]).remove(0);
    let id = row["id"].as_str().unwrap();
    let line = format!(
        "r.git: ci: 404 Not Found (check `service_url`) ({})\n",
        &id[id.len() - 8..]
    );
    for arguments in [&["drain"][..], &["drain"], &["drain", "--timer"]] {
        let out = run(&pushing, arguments);
        assert_eq!((text(&out), out.status.code()), (line.clone(), Some(1)));
    }
    for arguments in [&["drain", "--timer"], &["drain", "--now"]] {
        let out = run(&pushing, arguments);
        assert_eq!((text(&out), out.status.code()), (String::new(), Some(0)));
    }
    // The same delivery fails once more.
    run(&pushing, &["redeliver", "--failed"]);
    assert_eq!(text(&run(&pushing, &["drain", "--timer"])), line);
    receiver.answer(|_| Answer::ok());
    reported(&pushing, &["redeliver", "--failed"]);
    assert_eq!(run(&pushing, &["drain"]).status.code(), Some(0));
}

#[test]
fn with_all_a_failure_is_named_by_the_path_below_that_directory() {
    let (_receiver, pushing) = failed_once();
    let sandbox = &pushing.sandbox;
    std::fs::create_dir_all(sandbox.path("srv/group")).unwrap();
    std::fs::rename(sandbox.path("r.git"), sandbox.path("srv/group/pay.git")).unwrap();
    let out = sandbox.run("", &["drain", "--timer", "--all", "srv", "c"]);
    let said = text(&out);
    assert!(
        said.starts_with("group/pay.git: ci: 404 Not Found (check"),
        "{said}"
    );
    assert_eq!((said.lines().count(), out.status.code()), (1, Some(1)));
}

#[test]
fn only_a_run_with_timer_counts_as_one() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    run(&pushing, &["drain"]);
    assert!(pushing.push("one").contains("(no timer seen"));
    run(&pushing, &["drain", "--timer"]);
    assert!(pushing.push("two").contains("behind 1"));
    let said = reported(&pushing, &["redeliver", "--pending"]);
    assert!(said.contains("retrying until "), "{said}");
}

#[test]
fn now_sends_what_waits_for_a_later_attempt() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    receiver.answer(|_| Answer::ok());
    assert_eq!(run(&pushing, &["drain"]).status.code(), Some(0));
    assert_eq!(pushing.pending().len(), 2, "it is not due yet");
    assert_eq!(run(&pushing, &["drain", "--now"]).status.code(), Some(0));
    assert_eq!(pushing.pending().len(), 0);
}

#[needs("script")]
#[test]
fn a_terminal_shows_what_waits_and_a_pipe_does_not() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    assert_eq!(text(&run(&pushing, &["drain"])), "");
    let mut terminal = pushing.sandbox.command("script", "r.git");
    let command = format!("{} drain", crate::support::PROGRAM);
    terminal.args(["-qec", &command, "/dev/null"]);
    let said = text(&terminal.output().unwrap());
    assert!(
        said.starts_with("r.git: ci: ") && said.contains(", 1 waiting, next attempt "),
        "{said}"
    );
}
