//! Order, ids, and hooks that do not wait for each other.

use super::{Pushing, busy, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

#[test]
fn what_failed_is_delivered_in_order_under_the_same_id_once_the_receiver_is_back() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _stay = pushing.nobody_stays();
    let said = pushing.push("one");
    assert!(
        said.contains(
            "ci: 503 Service Unavailable; will be tried again at the next push (no timer seen"
        ),
        "{said}"
    );
    let started = Instant::now();
    let said = pushing.push("two");
    assert!(
        said.contains("ci: queued behind 1, unavailable since "),
        "{said}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "a push that queues does not wait"
    );
    assert_eq!(
        (receiver.got().len(), pushing.pending().len()),
        (1, 2),
        "a receiver in trouble is left alone"
    );

    receiver.answer(|_| Answer::ok());
    eventually("drain delivers both", || {
        assert_eq!(pushing.drain(), Some(0));
        pushing.pending().is_empty()
    });
    assert_eq!(messages(&receiver), ["one", "one", "two"]);
    let ids: Vec<_> = receiver
        .got()
        .iter()
        .map(|r| r.header("X-Coding-Delivery").unwrap().to_owned())
        .collect();
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[test]
fn the_next_push_delivers_what_is_due() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _stay = pushing.nobody_stays();
    pushing.push("one");
    receiver.answer(|_| Answer::ok());
    std::thread::sleep(Duration::from_millis(1100));
    let said = pushing.push("two");
    assert!(said.contains("ci: delivered"), "{said}");
    eventually("nothing is left", || pushing.pending().is_empty());
    assert_eq!(messages(&receiver), ["one", "one", "two"]);
}

#[test]
fn a_delivery_is_given_up_right_after_an_attempt_past_its_time() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&format!(
        "{}retry_for = \"1s\"\n",
        webhook("ci", &receiver.url("/"))
    ));
    let _stay = pushing.nobody_stays();
    let said = pushing.push("one");
    assert!(
        said.contains("ci: 503 Service Unavailable; will be tried again"),
        "{said}"
    );
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(
        (
            pushing.drain(),
            pushing.pending().len(),
            pushing.done().len()
        ),
        (Some(1), 0, 1)
    );
    assert!(
        pushing
            .records()
            .contains("503 Service Unavailable; given up"),
        "{}",
        pushing.records()
    );
    assert_eq!(receiver.got().len(), 2);
}

#[test]
fn a_timer_makes_the_promise_to_retry() {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    pushing.sandbox.run("r.git", &["drain", "--timer"]);
    let said = pushing.push("one");
    assert!(
        said.contains("ci: connection refused; retrying until 20"),
        "{said}"
    );
}

#[test]
fn a_hook_in_trouble_does_not_stop_the_others() {
    let (good, slow) = (
        Receiver::start(|_| Answer::ok()),
        Receiver::start(|_| Answer::Hang),
    );
    let hooks = [
        "[deliver]\nwait = \"3s\"\n".to_owned(),
        webhook("dead", "http://127.0.0.1:1/"),
        webhook("slow", &slow.url("/")),
        webhook("typo", &good.url("/typo")).replace("service_url", "serviceurl"),
        webhook("good", &good.url("/good")),
    ];
    let pushing = Pushing::new(&hooks.concat());
    let said = pushing.push("one");
    assert!(
        said.contains("good: delivered") && said.contains("dead: connection refused"),
        "{said}"
    );
    assert!(
        said.contains("hook `typo` is disabled until this is fixed"),
        "{said}"
    );
    assert!(
        said.contains("slow: still sending after 3 s, goes on in the background"),
        "{said}"
    );
    let said = pushing.push("two");
    assert!(said.contains("good: delivered"), "{said}");
    assert_eq!(messages(&good), ["one", "two"]);
}

#[test]
fn pushes_at_the_same_time_are_each_delivered_once_in_the_order_of_recording() {
    let receiver =
        Receiver::start(|_| Answer::Late(Duration::from_millis(20), 200, b"{}".to_vec()));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let line = pushing.unannounced("one", "refs/heads/x");
    let outputs = std::thread::scope(|scope| {
        let one = |n: usize| {
            let (pushing, line) = (&pushing, line.replace("heads/x", &format!("heads/x{n}")));
            scope.spawn(move || pushing.receive(&line))
        };
        let running: Vec<_> = (0..12).map(one).collect();
        running
            .into_iter()
            .map(|r| r.join().unwrap())
            .collect::<Vec<_>>()
    });
    for out in outputs {
        let said = super::seen(&out);
        assert!(
            said.contains("ci: delivered"),
            "every pusher sees their own: {said}"
        );
    }
    let ids: Vec<String> = receiver
        .got()
        .iter()
        .map(|r| r.json()["push"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (ids.len(), ids.iter().collect::<BTreeSet<_>>().len()),
        (12, 12),
        "each once"
    );
    eventually("all records are finished", || pushing.done().len() == 12);
    assert_eq!(ids, pushing.done(), "arrival is the order of recording");
}

/// Attempts that were begun long ago, and never ended.
fn cut_off(pushing: &Pushing, times: usize) {
    let record = pushing
        .sandbox
        .path("r.git/service-hook/pending")
        .join(&pushing.pending()[0]);
    let mut text = std::fs::read_to_string(&record).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("{\"started\""))
        .unwrap()
        .to_owned();
    let mut started: serde_json::Value = serde_json::from_str(&line).unwrap();
    started["started"]["at_ms"] = 1.into();
    started.as_object_mut().unwrap().remove("crc");
    text += &format!("{started}\n").repeat(times);
    std::fs::write(record, text).unwrap();
    std::fs::remove_file(pushing.sandbox.path("r.git/service-hook/lane/team")).unwrap();
}

#[test]
fn a_robot_whose_sender_dies_each_time_gets_two_more_tries_and_then_it_has_failed() {
    for (times, sent, states) in [(2, 2, (0, 1)), (3, 1, (0, 1))] {
        let receiver = Receiver::start(|_| busy());
        let url = receiver.url("/robot/send?access_token=x");
        let robot = "action = \"dingding_group_chat_robot\"";
        let pushing = Pushing::new(&format!("[hook.team]\n{robot}\nservice_url = \"{url}\"\n"));
        let _stay = pushing.nobody_stays();
        pushing.push("one");
        receiver.answer(|_| Answer::json(200, r#"{"errcode":0}"#));
        cut_off(&pushing, times);
        pushing.drain();
        assert_eq!(
            (pushing.pending().len(), pushing.done().len()),
            states,
            "{}",
            pushing.records()
        );
        assert_eq!(
            receiver.got().len(),
            sent,
            "after {times} attempts that were cut off"
        );
        assert_eq!(
            pushing.records().contains("the process that sent it died"),
            times == 3
        );
    }
}
