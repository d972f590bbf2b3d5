//! Receivers that misbehave are bounded, and reported as what they are.

use super::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use std::time::{Duration, Instant};

/// What the pusher sees of a receiver that answers so.
fn said_of(answer: &Answer) -> String {
    let answer = answer.clone();
    let receiver = Receiver::start(move |_| answer.clone());
    let pushing = Pushing::new(&format!(
        "{}timeout = \"1s\"\n",
        webhook("ci", &receiver.url("/"))
    ));
    let started = Instant::now();
    let said = pushing.push("one");
    assert!(started.elapsed() < Duration::from_secs(5), "{said}");
    said
}

#[test]
fn each_kind_of_trouble_has_its_words() {
    let unavailable = Answer::json(503, "{}");
    let cases = [
        (Answer::Hang, "ci: no complete answer within 1 s; "),
        (Answer::Drip, "ci: no complete answer within 1 s; "),
        (Answer::Garbage, "ci: the answer is not HTTP; "),
        (
            Answer::Close,
            "ci: connection closed before a complete answer; ",
        ),
        (Answer::Huge(100 << 20), "ci: delivered, "),
        (
            Answer::json(404, "{}"),
            "ci: failed permanently: 404 Not Found",
        ),
        (Answer::json(410, "{}"), "ci: failed permanently: 410 Gone"),
        (unavailable, "ci: 503 Service Unavailable; "),
    ];
    for (answer, words) in cases {
        let said = said_of(&answer);
        assert!(said.contains(words), "{answer:?}: {said}");
    }
}

#[test]
fn a_redirect_is_a_failure_and_is_not_followed() {
    let elsewhere = Receiver::start(|_| Answer::ok());
    let to = elsewhere.url("/elsewhere");
    let redirect = Answer::Reply(307, vec![("Location".into(), to)], Vec::new());
    let said = said_of(&redirect);
    assert!(
        said.contains("ci: failed permanently: 307 Temporary Redirect to http://127.0.0.1"),
        "{said}"
    );
    assert!(elsewhere.got().is_empty());
}

#[test]
fn what_a_receiver_echoes_of_our_secrets_is_seen_by_nobody() {
    let echo = |r: &crate::support::receiver::Received| {
        let authorization = r.header("Authorization").unwrap_or_default();
        Answer::Reply(
            403,
            Vec::new(),
            format!("{} {authorization} {}", r.target, r.text()).into_bytes(),
        )
    };
    let receiver = Receiver::start(echo);
    let hook = webhook(
        "ci",
        &receiver.url("/hooks/8c1f2a9e7d3b4560?token=q7x9z2w4v6"),
    );
    let pushing = Pushing::new(&format!(
        "{hook}username = \"bot\"\npassword = \"pa55word-x\"\ntoken = \"s1gn-secret\"\n"
    ));
    let said = pushing.push("one");
    let record = pushing.records();
    assert!(said.contains("failed permanently: 403 Forbidden"), "{said}");
    assert_eq!(
        receiver.got()[0]
            .header("Authorization")
            .map(|h| h.starts_with("Basic ")),
        Some(true)
    );
    for secret in [
        "q7x9z2w4v6",
        "pa55word-x",
        "s1gn-secret",
        "Ym90OnBhNTV3b3JkLXg=",
    ] {
        assert!(!record.contains(secret), "{secret} in {record}");
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(record.contains("\"status\":403"), "{record}");
}
