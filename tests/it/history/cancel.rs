//! `cancel`.

use super::{complaints, log, reported, run};
use crate::delivery::{Pushing, busy, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use git_service_hook::spool::Spool;
use std::time::Duration;

/// Two hooks that cannot deliver, and two pushes.
fn waiting() -> (Receiver, Pushing) {
    let receiver = Receiver::start(|_| busy());
    let hooks = [
        webhook("ci", &receiver.url("/ci")),
        webhook("team", &receiver.url("/team")),
    ];
    let pushing = Pushing::new(&hooks.concat());
    let stays = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    drop(stays);
    (receiver, pushing)
}

fn states(pushing: &Pushing, hook: &str) -> Vec<String> {
    let rows = log(pushing, &["--hook", hook]);
    let state = |row: &serde_json::Value| row["state"].as_str().unwrap().to_owned();
    rows.iter().map(state).collect()
}

#[test]
fn cancelled_deliveries_are_never_sent_and_the_others_are() {
    let (receiver, pushing) = waiting();
    let id = log(&pushing, &["--hook", "ci"])[1]["id"].clone();
    let id = id.as_str().unwrap();
    let said = reported(&pushing, &["cancel", &id[28..]]);
    assert_eq!(said, format!("{}  ci: cancelled\n", &id[28..]));
    assert_eq!(states(&pushing, "ci"), ["pending", "cancelled"]);
    let said = reported(&pushing, &["cancel", "--pending", "--hook", "team"]);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert_eq!(states(&pushing, "team"), ["cancelled", "cancelled"]);
    let before = receiver.got().len();
    receiver.answer(|_| Answer::ok());
    eventually("what still waits is delivered", || {
        pushing.drain();
        pushing.pending().is_empty()
    });
    assert_eq!(messages(&receiver)[before..], ["two"]);
    let out = run(&pushing, &["cancel", "00000000"]);
    assert_eq!(out.status.code(), Some(1), "{}", complaints(&out));
    let out = run(&pushing, &["cancel", id]);
    assert!(
        out.status.code() == Some(1) && complaints(&out).contains("does not wait: it is cancelled"),
        "{}",
        complaints(&out)
    );
}

#[test]
fn everything_is_cancelled_only_when_a_person_says_so() {
    let (_receiver, pushing) = waiting();
    for wrong in [
        &["cancel"][..],
        &["cancel", "--pending"],
        &["cancel", "--hook", "ci"],
        &["cancel", "--yes"],
        &["cancel", "--pending", "0"],
    ] {
        assert_eq!(run(&pushing, wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(states(&pushing, "ci"), ["pending", "pending"]);
    let all = pushing.sandbox.path("");
    let all = all.to_str().unwrap();
    let out = pushing
        .sandbox
        .run("", &["cancel", "--pending", "--yes", "--all", all]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.code() == Some(0) && said.lines().count() == 4 && said.contains("/r.git: "),
        "{said}"
    );
    assert!(pushing.pending().is_empty());
}

#[test]
fn an_attempt_under_way_ends_first_and_its_result_stands() {
    let receiver = Receiver::start(|_| Answer::Late(Duration::from_secs(2), 200, b"{}".to_vec()));
    let hooks = webhook("ci", &receiver.url("/")) + "[deliver]\nwait = \"0s\"\n";
    let pushing = Pushing::new(&hooks);
    pushing.push("one");
    eventually("it is being sent", || receiver.got().len() == 1);
    let said = reported(&pushing, &["cancel", "--pending", "--hook", "ci"]);
    assert_eq!(said, "ci: 1 had ended before\n");
    assert_eq!(states(&pushing, "ci"), ["delivered"]);
}

#[test]
fn what_another_process_is_still_sending_for_is_not_cancelled_and_that_is_an_error() {
    let (_receiver, pushing) = waiting();
    let hooks = std::fs::read_to_string(pushing.sandbox.path("r.git/hooks.toml")).unwrap();
    pushing.configure(&hooks.replace("[hook.team]", "timeout = \"1s\"\n[hook.team]"));
    let spool = Spool::at(&pushing.sandbox.path("r.git"), 0);
    let lane = spool.lane("ci").unwrap().unwrap();
    let out = run(&pushing, &["cancel", "--pending", "--yes"]);
    let (said, why) = (String::from_utf8_lossy(&out.stdout), complaints(&out));
    assert_eq!(out.status.code(), Some(1), "{why}");
    assert!(
        why.contains("`ci`: not cancelled: another process is still sending for it"),
        "{why}"
    );
    assert_eq!(said.matches("team: cancelled").count(), 2, "{said}");
    drop(lane);
    assert_eq!(states(&pushing, "ci"), ["pending", "pending"]);
}
