//! Robots get no more than they take, and everything all the same.

use super::Pushing;
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::{eventually, ours_below};
use std::sync::Mutex;
use std::time::Instant;

/// A robot of DingTalk that takes so many messages a minute, and then says so.
fn robot(takes: usize) -> Receiver {
    let seen: Mutex<Vec<Instant>> = Mutex::default();
    Receiver::start(move |_: &Received| {
        let mut seen = seen.lock().unwrap();
        seen.retain(|at| at.elapsed().as_secs() < 60);
        seen.push(Instant::now());
        let rate_limited = seen.len() > takes;
        Answer::json(
            200,
            if rate_limited {
                r#"{"errcode":130101,"errmsg":"send too fast"}"#
            } else {
                r#"{"errcode":0}"#
            },
        )
    })
}

fn hooks(receiver: &Receiver) -> String {
    format!(
        "[deliver]\nwait = \"0s\"\n[hook.team]\naction = \"dingding_group_chat_robot\"\nservice_url = \"{}\"\n",
        receiver.url("/robot/send?access_token=x")
    )
}

/// As if a minute had passed since the last message.
fn a_minute_later(file: &std::path::Path) {
    let mut state: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    state["sent"] = serde_json::json!([]);
    std::fs::write(file, state.to_string()).unwrap();
}

#[test]
fn many_pushes_in_a_minute_are_all_reported_and_the_robot_never_has_to_refuse() {
    let pushes = if std::env::var_os("GIT_SERVICE_HOOK_FULL").is_some() {
        500
    } else {
        60
    };
    let receiver = robot(20);
    let pushing = Pushing::new(&hooks(&receiver));
    let _stay = pushing.nobody_stays();
    let line = pushing.unannounced("one", "refs/heads/x");
    for n in 0..pushes {
        pushing.receive(&line.replace("heads/x", &format!("heads/x{n}")));
    }
    eventually("nobody is at it", || {
        ours_below(&pushing.sandbox.path("")).is_empty()
    });
    assert_eq!(pushing.drain(), Some(0));
    let reported = receiver.got().len();
    assert!(reported <= 20, "{reported} messages in a minute");
    assert!(!pushing.pending().is_empty(), "more pushes than messages");
    a_minute_later(&pushing.sandbox.path("r.git/service-hook/lane/team"));
    receiver.answer(|_| Answer::json(200, r#"{"errcode":0}"#));
    assert_eq!(
        (
            pushing.drain(),
            pushing.pending().len(),
            pushing.done().len()
        ),
        (Some(0), 0, pushes)
    );
    assert_eq!(
        receiver.got().len(),
        reported + 1,
        "what was left is one message"
    );
    let records = pushing.records();
    assert!(
        !records.contains("130101"),
        "no rate limit was ever provoked"
    );
    assert_eq!(records.matches("\"outcome\":\"delivered\"").count(), pushes);
}

#[test]
fn a_state_dir_that_cannot_be_used_lifts_no_pace() {
    let receiver = robot(20);
    let pushing = Pushing::new(&hooks(&receiver));
    pushing.sandbox.write(
        "server/hooks.toml",
        "[deliver]\nstate_dir = \"/nowhere/at/all\"\n",
    );
    let _stay = pushing.nobody_stays();
    let line = pushing.unannounced("one", "refs/heads/x");
    for n in 0..25 {
        pushing.receive(&line.replace("heads/x", &format!("heads/x{n}")));
    }
    eventually("the robot has got what it takes", || {
        pushing.drain();
        receiver.got().len() >= 20 || pushing.pending().is_empty()
    });
    pushing.drain();
    assert!(
        !pushing.records().contains("130101"),
        "{} messages",
        receiver.got().len()
    );
}

#[test]
fn one_robot_of_many_repositories_is_paced_over_all_of_them() {
    let receiver = robot(20);
    let pushing = Pushing::new("");
    let state = pushing.sandbox.path("state");
    std::fs::create_dir(&state).unwrap();
    pushing.sandbox.write(
        "server/hooks.toml",
        format!("[deliver]\nstate_dir = {state:?}\n"),
    );
    for n in 0..25 {
        let name = format!("fleet/{n:02}.git");
        std::fs::create_dir_all(pushing.sandbox.path("fleet")).unwrap();
        let place = pushing.sandbox.bare(&name);
        pushing
            .sandbox
            .write(&format!("{name}/hooks.toml"), hooks(&receiver));
        std::fs::create_dir(place.join("service-hook")).unwrap();
        let _stay = git_service_hook::spool::Spool::at(&place, 0)
            .lock_retry_wait()
            .unwrap()
            .unwrap();
        pushing
            .sandbox
            .push("c", &["-q", place.to_str().unwrap(), "HEAD:main"]);
    }
    let drain = || {
        pushing
            .sandbox
            .run("", &["drain", "--all", "fleet"])
            .status
            .code()
    };
    assert_eq!(
        (drain(), receiver.got().len()),
        (Some(0), 20),
        "twenty a minute"
    );
    let file = std::fs::read_dir(&state)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    a_minute_later(&file);
    receiver.answer(|_| Answer::json(200, r#"{"errcode":0}"#));
    assert_eq!((drain(), receiver.got().len()), (Some(0), 25));
}
