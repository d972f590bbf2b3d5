//! Colours and progress are for terminals alone, and the log says what waits and what is broken.

use crate::delivery::{Pushing, webhook};
use crate::history::{complaints, reported, run};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox, eventually, ours_below};
use std::fmt::Write;

/// What is seen in a terminal of 80 columns, carriage returns and colours included.
fn seen(sandbox: &Sandbox, arguments: &str, environment: &[(&str, &str)]) -> String {
    let mut command = sandbox.command("script", "r.git");
    let line = format!("stty cols 80; {PROGRAM} {arguments}");
    command
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh");
    let out = command.envs(environment.iter().copied()).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[needs("script")]
#[test]
fn colour_is_for_terminals_that_want_it() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    eventually("it has failed", || pushing.done().len() == 1);
    for command in ["deliveries", "preview", "test"] {
        let coloured = seen(&pushing.sandbox, command, &[]);
        assert!(
            coloured.contains("\x1b[") && !coloured.contains('\u{fffd}'),
            "{command}: {coloured:?}"
        );
        for off in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = seen(&pushing.sandbox, command, &[off]);
            assert!(
                !plain.contains('\x1b') && plain.len() > 40,
                "{command} {off:?}: {plain:?}"
            );
        }
        let piped = run(&pushing, &[command]);
        assert!(
            !String::from_utf8_lossy(&piped.stdout).contains('\x1b'),
            "{command}"
        );
    }
    pushing.configure(&(webhook("ci", &receiver.url("/")) + "template = \"a\\u001b[31mb\"\n"));
    let hostile = seen(&pushing.sandbox, "preview", &[]);
    assert!(
        hostile.contains("\u{fffd}[31mb"),
        "what is sent drives no terminal: {hostile:?}"
    );
    let log = seen(&pushing.sandbox, "deliveries", &[]);
    assert!(log.contains("\x1b[31mfailed\x1b[0m"), "{log:?}");
}

#[needs("script")]
#[test]
fn progress_is_a_line_that_goes_away() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    for message in ["one", "two"] {
        pushing.push(message);
    }
    eventually("both have failed", || pushing.done().len() == 2);
    receiver.answer(|_| Answer::Late(std::time::Duration::from_millis(700), 200, Vec::new()));
    let said = seen(&pushing.sandbox, "redeliver --failed", &[]);
    assert!(
        said.contains("\r\x1b[K0 of 2 deliveries sent\r")
            && said.contains("1 of 2 deliveries sent\r"),
        "{said:?}"
    );
    let (_, after) = said.rsplit_once("\r\x1b[K").unwrap();
    assert!(
        after
            .lines()
            .filter(|line| line.contains("ci: delivered"))
            .count()
            == 2,
        "gone at the end: {said:?}"
    );
    let out = run(&pushing, &["drain", "--all", ".."]);
    assert!(
        !complaints(&out).contains('\x1b'),
        "nothing of it where nobody looks"
    );
}

#[test]
fn what_waits_says_when_it_is_due() {
    let receiver = Receiver::start(|_| {
        Answer::Reply(503, vec![("Retry-After".into(), "3000".into())], Vec::new())
    });
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _nobody = pushing.nobody_stays();
    pushing.push("one");
    let table = reported(&pushing, &["deliveries"]);
    let row = table.lines().nth(1).unwrap();
    assert!(
        row.contains("pending  1    due ") && row.contains("503 Service"),
        "{table}"
    );
    assert!(row.chars().count() <= 80, "{table}");
}

#[test]
fn broken_records_that_nobody_asked_for_are_counted() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    crate::history::push_and_finish(&pushing, "one");
    // Whoever delivered it looks through the history at last.
    eventually("nobody is at work any more", || {
        ours_below(&pushing.sandbox.path("")).is_empty()
    });
    pushing
        .sandbox
        .write("r.git/service-hook/done/0", "no record\n");
    pushing
        .sandbox
        .write("r.git/service-hook/done/00", "{\"v\":1");
    let said = |n: &str| complaints(&run(&pushing, &["deliveries", "-n", n]));
    assert_eq!(
        said("1").matches("2 older records are broken").count(),
        1,
        "{}",
        said("1")
    );
    assert!(
        said("0").contains("0 is not a record") && !said("0").contains("older"),
        "{}",
        said("0")
    );
}

#[test]
fn what_was_reported_alone_has_no_digest() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    crate::history::push_and_finish(&pushing, "one");
    let row = &crate::history::log(&pushing, &[])[0];
    let shown = reported(
        &pushing,
        &["deliveries", "show", row["id"].as_str().unwrap(), "--json"],
    );
    assert!(!shown.contains("digest"), "{shown}");
}

#[test]
fn wide_names_leave_the_columns_where_they_are() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.sandbox.commit("c", "f", "x\n", "one");
    pushing.sandbox.push(
        "c",
        &[
            "-q",
            "origin",
            "HEAD:refs/heads/提交/很长的分支名字",
            "HEAD:refs/heads/a",
        ],
    );
    eventually("both are delivered", || pushing.done().len() == 1);
    let table = reported(&pushing, &["deliveries"]);
    let mut places = String::new();
    for line in table.lines().skip(1) {
        let before = line.split("delivered").next().unwrap();
        let _ = write!(places, "{} ", git_service_hook::terminal::columns(before));
    }
    let places: Vec<_> = places.split_whitespace().collect();
    assert!(places.len() == 2 && places[0] == places[1], "{table}");
}
