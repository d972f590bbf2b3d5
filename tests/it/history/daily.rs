//! Once a day a push says what has failed permanently.

use crate::delivery::{Pushing, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};

const TOLD: &str = "failed permanently since 20";

/// A repository with one failure that its pusher did not see.
fn with_failure(wait: &str) -> (Receiver, Pushing) {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"0s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    pushing.push("one");
    eventually("it has failed", || {
        pushing.done().len() == 1 && failed(&pushing).lines().count() == 1
    });
    receiver.answer(|_| Answer::ok());
    pushing.configure(&format!(
        "[deliver]\nwait = \"{wait}\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    (receiver, pushing)
}

fn failed(pushing: &Pushing) -> String {
    std::fs::read_to_string(pushing.sandbox.path("r.git/service-hook/failed")).unwrap_or_default()
}

#[test]
fn the_next_push_says_it_and_the_one_after_does_not() {
    let (receiver, pushing) = with_failure("5s");
    let said = pushing.push("two");
    let line = "1 delivery has failed permanently since 20";
    assert!(
        said.contains(line) && said.contains("(see `git service-hook deliveries --state failed`)"),
        "{said}"
    );
    assert!(
        said.find("ci: delivered") < said.find(line),
        "what became of this push comes first: {said}"
    );
    assert!(!pushing.push("three").contains(TOLD));
    // More failures are reported a day later, and counts from there.
    receiver.answer(|_| Answer::json(404, "{}"));
    for message in ["four", "five"] {
        assert!(
            !pushing.push(message).contains(TOLD),
            "a person who has just read it does not read it again"
        );
    }
    receiver.answer(|_| Answer::ok());
    assert!(!pushing.push("six").contains(TOLD), "it is not a day yet");
    let yesterday = git_service_hook::clock::now_ms() - 86_400_000;
    pushing
        .sandbox
        .write("r.git/service-hook/told", format!("{yesterday}\n"));
    let said = pushing.push("seven");
    assert!(
        said.contains("2 deliveries have failed permanently since 20"),
        "{said}"
    );
}

#[test]
fn a_person_who_has_just_read_it_is_not_reported_twice() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let said = pushing.push("one");
    assert!(
        said.contains("ci: failed permanently: 404") && !said.contains(TOLD),
        "{said}"
    );
    eventually("it is kept for the next", || !failed(&pushing).is_empty());
    receiver.answer(|_| Answer::ok());
    let said = pushing.push("two");
    assert!(
        said.contains("1 delivery has failed permanently since"),
        "{said}"
    );
}

#[test]
fn only_what_nobody_has_read_is_counted() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    pushing.sandbox.run("r.git", &["redeliver", "--failed"]);
    assert_eq!(
        failed(&pushing).lines().count(),
        1,
        "a person who requests it again reads what came of it"
    );
    let said = pushing.push("two");
    assert!(said.contains("ci: failed permanently: 404"), "{said}");
    assert!(
        said.contains("1 delivery has failed permanently since"),
        "its own is left for the next: {said}"
    );
    assert_eq!(failed(&pushing).lines().count(), 1);
}

#[test]
fn without_waiting_nothing_is_said_and_nothing_is_forgotten() {
    let (_receiver, pushing) = with_failure("0s");
    assert!(!pushing.push("two").contains(TOLD));
    assert_eq!(failed(&pushing).lines().count(), 1);
}

#[test]
fn what_cannot_be_read_costs_nothing() {
    let (_receiver, pushing) = with_failure("5s");
    pushing
        .sandbox
        .write("r.git/service-hook/failed", b"\xff\xfe\n");
    let said = pushing.push("two");
    assert!(
        said.contains("ci: delivered") && !said.contains(TOLD),
        "{said}"
    );
}
