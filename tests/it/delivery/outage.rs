//! Receivers in trouble: early retries, one poisoned delivery, several hooks and repositories with one receiver.

use super::{Pushing, busy, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Received, Receiver};
use git_service_hook::spool::{DestinationState, ExclusiveLock, LaneState, Spool};
use std::path::Path;
use std::time::{Duration, Instant};

/// As if so much time had passed for what is kept in a file of a lane or destination.
fn age(file: &Path, ms: i64) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    for name in ["next_ms", "until_ms", "failed_ms", "due_ms"] {
        if let Some(at) = state[name].as_i64() {
            state[name] = (at - ms).into();
        }
    }
    for at in state
        .get_mut("sent")
        .and_then(|sent| sent.as_array_mut())
        .into_iter()
        .flatten()
    {
        *at = (at.as_i64().unwrap() - ms).into();
    }
    std::fs::write(file, state.to_string()).unwrap();
}

fn standing(pushing: &Pushing) -> LaneState {
    let text = std::fs::read_to_string(pushing.sandbox.path("r.git/service-hook/lane/ci")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_early_retry_needs_nobody_else() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    receiver.answer(|_| Answer::ok());
    eventually(
        "the process that delivered the push has stayed for it",
        || pushing.done().len() == 1,
    );
    assert_eq!(messages(&receiver), ["one", "one"]);
}

#[test]
fn one_process_stays_and_it_ends_with_its_repository() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    let spool = Spool::at(&pushing.sandbox.path("r.git"), 0);
    eventually("somebody stays", || {
        spool.lock_retry_wait().unwrap().is_none()
    });
    pushing.push("two");
    receiver.answer(|_| Answer::ok());
    eventually("both are delivered, in order", || pushing.done().len() == 2);
    let got = messages(&receiver);
    assert_eq!(got[got.len() - 2..], ["one", "two"]);
    eventually("nobody stays when nothing is left", || {
        spool.lock_retry_wait().unwrap().is_some()
    });

    receiver.answer(|_| busy());
    pushing.push("three");
    eventually("somebody stays again", || {
        spool.lock_retry_wait().unwrap().is_none()
    });
    let lock = std::fs::File::open(pushing.sandbox.path("r.git/service-hook/stay.lock")).unwrap();
    std::fs::remove_dir_all(pushing.sandbox.path("r.git")).unwrap();
    eventually("they leave with the repository", || lock.try_lock().is_ok());
}

#[test]
fn nobody_stays_for_a_hook_that_has_gone() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let stays = pushing.nobody_stays();
    pushing.push("one");
    pushing.quiet();
    assert!(standing(&pushing).due_ms.is_some());
    pushing.configure(&webhook("other", &receiver.url("/")));
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(
        standing(&pushing).due_ms,
        None,
        "nothing is due of it any more"
    );
    drop(stays);
}

#[test]
fn one_poisoned_delivery_does_not_starve_the_rest() {
    let poisoned = |r: &Received| {
        if r.text().contains("\"poison\"") {
            Answer::json(503, "{}")
        } else {
            Answer::ok()
        }
    };
    let receiver = Receiver::start(poisoned);
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _stay = pushing.nobody_stays();
    for message in ["poison", "two", "three"] {
        pushing.push(message);
    }
    let lane = pushing.sandbox.path("r.git/service-hook/lane/ci");
    for probe in 1..=3 {
        eventually("the oldest is the probe", || {
            pushing.drain();
            standing(&pushing).failures == probe
        });
        assert_eq!(messages(&receiver), vec!["poison"; probe as usize]);
        age(&lane, 3_600_000);
    }
    eventually("then the next one is, and the others follow it", || {
        pushing.drain();
        pushing.done().len() == 2
    });
    assert_eq!(
        messages(&receiver),
        ["poison", "poison", "poison", "two", "three"]
    );
    assert!(
        pushing.records().contains("\"alone\""),
        "{}",
        pushing.records()
    );
    pushing.push("four");
    eventually("nobody waits for it any more", || pushing.done().len() == 3);
    assert!(pushing.pending().len() == 1, "it still waits for its time");
    receiver.answer(|_| Answer::ok());
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    let out = pushing.sandbox.run("r.git", &["redeliver", &id]);
    assert!(
        out.status.success() && pushing.pending().is_empty(),
        "and can be asked for"
    );
    assert_eq!(
        messages(&receiver).last().map(String::as_str),
        Some("poison")
    );
}

#[test]
fn a_push_during_an_outage_only_queues_and_returns_at_once() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let hook = webhook("ci", &receiver.url("/")) + "timeout = \"1s\"\n";
    let pushing = Pushing::new(&hook);
    let _stay = pushing.nobody_stays();
    let said = pushing.push("one");
    assert!(
        said.contains("ci: no complete answer within 1 s; will be tried again"),
        "{said}"
    );
    let started = Instant::now();
    let said = pushing.push("two");
    assert!(
        said.contains("ci: queued behind 1, no answer since "),
        "{said}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "a push that queues does not wait: {:?}",
        started.elapsed()
    );
    assert_eq!(receiver.got().len(), 1);
}

/// Some repositories whose hook has the same receiver, each with a push that waits and nobody who stays; the names.
fn fleet(pushing: &Pushing, hooks: &str, size: usize) -> (Vec<String>, Vec<ExclusiveLock>) {
    let names: Vec<String> = (0..size).map(|n| format!("fleet/{n:02}.git")).collect();
    let mut stays = Vec::new();
    for name in &names {
        std::fs::create_dir_all(pushing.sandbox.path("fleet")).unwrap();
        pushing.sandbox.bare(name);
        pushing.sandbox.write(&format!("{name}/hooks.toml"), hooks);
        std::fs::create_dir(pushing.sandbox.path(&format!("{name}/service-hook"))).unwrap();
        stays.push(
            Spool::at(&pushing.sandbox.path(name), 0)
                .lock_retry_wait()
                .unwrap()
                .unwrap(),
        );
        let place = pushing.sandbox.path(name);
        pushing
            .sandbox
            .push("c", &["-q", place.to_str().unwrap(), "HEAD:main"]);
    }
    (names, stays)
}

#[test]
fn a_run_over_many_repositories_tries_a_receiver_that_is_down_once() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new("");
    let (names, _stays) = fleet(&pushing, &webhook("ci", &receiver.url("/")), 6);
    for name in &names {
        let lane = pushing
            .sandbox
            .path(&format!("{name}/service-hook/lane/ci"));
        eventually("each has tried it", || {
            lane.exists() && std::fs::read_to_string(&lane).unwrap().contains("next_ms")
        });
        age(&lane, 3_600_000);
    }
    assert_eq!(receiver.got().len(), 6);
    let drain = || {
        pushing
            .sandbox
            .run("", &["drain", "--all", "fleet"])
            .status
            .code()
    };
    assert_eq!(
        (drain(), receiver.got().len()),
        (Some(0), 7),
        "one finds out for all"
    );
    receiver.answer(|_| Answer::ok());
    for name in &names {
        age(
            &pushing
                .sandbox
                .path(&format!("{name}/service-hook/lane/ci")),
            3_600_000,
        );
    }
    assert_eq!(
        (drain(), receiver.got().len()),
        (Some(0), 13),
        "and all go on when it is back"
    );
}

#[test]
fn with_a_state_dir_one_repository_finds_out_for_all() {
    // Longer than the pushes take on the busiest machine.
    let later = || vec![("Retry-After".to_owned(), "600".to_owned())];
    let receiver = Receiver::start(move |_| Answer::Reply(503, later(), b"come back".to_vec()));
    let pushing = Pushing::new("");
    let state = pushing.sandbox.path("state");
    std::fs::create_dir(&state).unwrap();
    pushing.sandbox.write(
        "server/hooks.toml",
        format!("[deliver]\nstate_dir = {state:?}\n"),
    );
    let (names, _stays) = fleet(&pushing, &webhook("ci", &receiver.url("/")), 4);
    assert_eq!(receiver.got().len(), 1, "the others have only queued");
    let file = std::fs::read_dir(&state)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let shared: DestinationState =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(
        shared.until_ms.is_some() && shared.since_ms.is_some(),
        "{shared:?}"
    );
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(
        name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()),
        "no address is printed: {name}"
    );
    receiver.answer(|_| Answer::ok());
    age(&file, 3_600_000);
    for name in &names {
        age(
            &pushing
                .sandbox
                .path(&format!("{name}/service-hook/lane/ci")),
            3_600_000,
        );
    }
    let drain = || {
        pushing
            .sandbox
            .run("", &["drain", "--all", "fleet"])
            .status
            .code()
    };
    eventually("everything is delivered when it is back", || {
        drain();
        receiver.got().len() == 5
    });
}

/// Three pushes to a Jenkins hook, then `drain` until it was tried three times.
fn tried_three_times(hook: &str) -> Pushing {
    let pushing = Pushing::new(hook);
    let stay = pushing.nobody_stays();
    for message in ["one", "two", "three"] {
        pushing.push(message);
    }
    for _ in 0..3 {
        age(
            &pushing.sandbox.path("r.git/service-hook/lane/ci"),
            3_600_000,
        );
        pushing.drain();
    }
    drop(stay);
    pushing
}

#[test]
fn after_an_outage_jenkins_builds_the_newest_push_of_a_branch() {
    let receiver = Receiver::start(|_| busy());
    let url = receiver.url("/generic-webhook-trigger/invoke");
    let pushing = tried_three_times(&format!(
        "[hook.ci]\naction = \"jenkins_generic_build_job\"\nservice_url = \"{url}\"\n"
    ));
    receiver.answer(|_| Answer::json(200, ""));
    age(
        &pushing.sandbox.path("r.git/service-hook/lane/ci"),
        3_600_000,
    );
    let before = receiver.got().len();
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(messages(&receiver)[before..], ["three"]);
    let records = pushing.records();
    assert_eq!(
        records.matches("\"why\":\"superseded by 0").count(),
        2,
        "{records}"
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_no_outage() {
    let receiver = Receiver::start(|_| Answer::json(200, ""));
    let url = receiver.url("/generic-webhook-trigger/invoke");
    let pushing = tried_three_times(&format!(
        "[hook.ci]\naction = \"jenkins_generic_build_job\"\nservice_url = \"{url}\"\nbuild_token = {{ file = \"token\" }}\n"
    ));
    pushing.sandbox.write("r.git/token", "secret-of-jenkins");
    age(
        &pushing.sandbox.path("r.git/service-hook/lane/ci"),
        3_600_000,
    );
    pushing.drain();
    assert_eq!(messages(&receiver), ["one", "two", "three"]);
}
