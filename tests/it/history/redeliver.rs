//! `redeliver`.

use super::{complaints, log, push_and_finish, reported, run};
use crate::delivery::{Pushing, busy, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;
use git_service_hook::spool::{DeliveryState, Spool};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

fn id_of(pushing: &Pushing, index: usize) -> String {
    log(pushing, &[])[index]["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_failed_is_sent_again_under_the_same_id() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let hooks = [
        webhook("ci", &receiver.url("/ci")),
        webhook("team", &receiver.url("/team")),
    ];
    let pushing = Pushing::new(&hooks.concat());
    push_and_finish(&pushing, "one");
    receiver.answer(|_| Answer::ok());
    let said = reported(&pushing, &["redeliver", "--failed", "--hook", "ci"]);
    assert!(
        said.lines().count() == 1 && said.contains("  ci: delivered, "),
        "{said}"
    );
    let got = receiver.got();
    assert_eq!(
        (got.len(), got[2].target.as_str()),
        (3, "/ci"),
        "the other hook's waits for nobody"
    );
    let first = got.iter().find(|r| r.target == "/ci").unwrap();
    assert_eq!(
        first.header("X-Coding-Delivery"),
        got[2].header("X-Coding-Delivery")
    );
    assert!(pushing.pending().is_empty());
    let row = &log(&pushing, &["--hook", "ci"])[0];
    assert_eq!(
        (&row["state"], &row["attempts"]),
        (&"delivered".into(), &2.into())
    );
    let text = reported(
        &pushing,
        &["deliveries", "show", row["id"].as_str().unwrap()],
    );
    let (first, again, second) = (
        text.find("1  20"),
        text.find("queued again"),
        text.find("2  20"),
    );
    assert!(first < again && again < second && first.is_some(), "{text}");
}

#[test]
fn what_was_delivered_or_cancelled_is_sent_again_when_it_is_named() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    assert_eq!(
        reported(&pushing, &["redeliver", "--failed"]),
        "",
        "only what has failed"
    );
    let id = id_of(&pushing, 0);
    reported(&pushing, &["redeliver", &id[28..]]);
    assert_eq!(messages(&receiver), ["one", "one"]);

    receiver.answer(|_| busy());
    pushing.push("two");
    pushing.configure(&webhook("other", &receiver.url("/")));
    eventually("its hook has gone", || {
        pushing.drain();
        log(&pushing, &[])[0]["state"] == "cancelled"
    });
    pushing.configure(&webhook("ci", &receiver.url("/")));
    receiver.answer(|_| Answer::ok());
    let id = id_of(&pushing, 0);
    assert!(reported(&pushing, &["redeliver", &id]).contains("ci: delivered"));
    assert_eq!(messages(&receiver).last().unwrap(), "two");
}

#[test]
fn what_waits_is_due_now() {
    let receiver = Receiver::start(|_| {
        Answer::Reply(503, vec![("Retry-After".into(), "3000".into())], Vec::new())
    });
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    receiver.answer(|_| Answer::ok());
    let said = reported(&pushing, &["redeliver", &id_of(&pushing, 0)]);
    assert!(said.contains("ci: delivered"), "{said}");
    assert!(pushing.pending().is_empty());
}

#[test]
fn everything_that_waits_for_a_hook_is_due_now() {
    let receiver = Receiver::start(|_| {
        Answer::Reply(503, vec![("Retry-After".into(), "3000".into())], Vec::new())
    });
    let hooks = [
        webhook("ci", &receiver.url("/ci")),
        webhook("team", &receiver.url("/team")),
    ];
    let pushing = Pushing::new(&hooks.concat());
    pushing.push("one");
    pushing.push("two");
    receiver.answer(|_| Answer::ok());
    let said = reported(&pushing, &["redeliver", "--pending", "--hook", "ci"]);
    assert_eq!(said.matches("ci: delivered").count(), 2, "{said}");
    let waiting = log(&pushing, &["--state", "pending"]);
    assert!(
        waiting.len() == 2 && waiting.iter().all(|row| row["hook"] == "team"),
        "{waiting:?}"
    );
    let id = waiting[1]["id"].as_str().unwrap();
    assert_eq!(
        reported(&pushing, &["deliveries", &id[28..]]),
        reported(&pushing, &["deliveries", "show", &id[28..]])
    );
    let whole = log(&pushing, &[&id[28..]]);
    assert_eq!(
        (&whole[0]["id"], &whole[0]["log"][0]["number"]),
        (&waiting[1]["id"], &1.into())
    );
    assert_eq!(
        run(&pushing, &["deliveries", id, "--hook", "ci"])
            .status
            .code(),
        Some(2)
    );
    reported(&pushing, &["redeliver", "--pending"]);
    assert!(pushing.pending().is_empty());
    let out = run(&pushing, &["redeliver", "--pending"]);
    assert!(
        out.status.code() == Some(0) && complaints(&out).contains("nothing waits"),
        "{}",
        complaints(&out)
    );
    let both = ["redeliver", "--pending", "--failed"];
    assert_eq!(run(&pushing, &both).status.code(), Some(2));
}

#[test]
fn the_exit_code_says_whether_all_is_queued_and_nothing_failed() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = id_of(&pushing, 0);
    let out = run(&pushing, &["redeliver", &id]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.code() == Some(1) && said.contains("ci: failed permanently: 404"),
        "{said}"
    );
    receiver.answer(|_| busy());
    let out = run(&pushing, &["redeliver", &id]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.code() == Some(0) && said.contains("503 Service Unavailable; will be tried"),
        "{said}"
    );
    receiver.answer(|_| Answer::ok());
    let out = run(&pushing, &["redeliver", "ffffffff", &id]);
    assert!(
        out.status.code() == Some(1) && complaints(&out).contains("no delivery `ffffffff`"),
        "{}",
        complaints(&out)
    );
    assert_eq!(
        log(&pushing, &[])[0]["state"],
        "delivered",
        "what was named rightly is sent"
    );
    for wrong in [
        &["redeliver"][..],
        &["redeliver", "--failed", &id],
        &["redeliver", &id, "--hook", "ci"],
    ] {
        assert_eq!(run(&pushing, wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn another_sender_is_not_disturbed_and_strands_nothing() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = id_of(&pushing, 0);
    receiver.answer(|_| Answer::Late(Duration::from_secs(2), 200, b"{}".to_vec()));
    let said = std::thread::scope(|scope| {
        let push = scope.spawn(|| pushing.push("two"));
        eventually("the push is being sent", || receiver.got().len() == 2);
        let said = reported(&pushing, &["redeliver", &id]);
        push.join().unwrap();
        said
    });
    assert!(
        said.contains("ci: delivered"),
        "nobody else would have sent it: {said}"
    );
    assert_eq!(messages(&receiver), ["one", "two", "one"]);
}

#[test]
fn with_a_state_dir_what_waits_is_due_now_and_asked_for_once() {
    let receiver = Receiver::start(|_| {
        Answer::Reply(503, vec![("Retry-After".into(), "3000".into())], Vec::new())
    });
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let state = pushing.sandbox.path("state");
    std::fs::create_dir(&state).unwrap();
    pushing.sandbox.write(
        "server/hooks.toml",
        format!("[deliver]\nstate_dir = {state:?}\n"),
    );
    pushing.push("one");
    let id = id_of(&pushing, 0);
    let said = reported(&pushing, &["redeliver", &id]);
    assert!(
        said.contains("503 Service Unavailable; will be tried"),
        "{said}"
    );
    assert_eq!(
        (pushing.drain(), receiver.got().len()),
        (Some(0), 2),
        "that was that"
    );
    receiver.answer(|_| Answer::ok());
    let said = reported(&pushing, &["redeliver", &id]);
    assert!(said.contains("ci: delivered"), "{said}");
}

#[test]
fn a_mistake_keeps_it_queued_and_is_reported() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    pushing.configure(&format!(
        "{}brnches = 1\n",
        webhook("ci", &receiver.url("/"))
    ));
    let out = run(&pushing, &["redeliver", &id_of(&pushing, 0)]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        said.contains("ci: queued, sent when the mistake") && complaints(&out).contains("brnches"),
        "{said}"
    );
}

#[test]
fn a_record_that_is_held_is_neither_moved_nor_queued() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let (record, id) = (pushing.done()[0].clone(), id_of(&pushing, 0));
    let held = std::fs::File::open(
        pushing
            .sandbox
            .path("r.git/service-hook/done")
            .join(&record),
    )
    .unwrap();
    held.lock().unwrap();
    let out = run(&pushing, &["redeliver", &id]);
    assert!(
        out.status.code() == Some(1)
            && complaints(&out).contains("another process holds its record")
    );
    assert_eq!((pushing.done().len(), receiver.got().len()), (1, 1));
    drop(held);
    let spool = Spool::at(&pushing.sandbox.path("r.git"), 0);
    spool
        .requeue(&record, &[(id.clone(), DeliveryState::Delivered)], 1)
        .unwrap();
    spool.finish(&record).unwrap();
    assert_eq!(
        pushing.pending(),
        [record],
        "what has something to do again does not go back"
    );
    assert_eq!(log(&pushing, &[])[0]["state"], "pending");
}

#[test]
fn at_the_same_time_as_others_nothing_is_lost() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = id_of(&pushing, 0);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (pushing, id) = (&pushing, &id);
            scope.spawn(move || {
                if n % 2 == 0 {
                    assert_eq!(run(pushing, &["redeliver", id]).status.code(), Some(0));
                } else {
                    pushing.drain();
                }
            });
        }
    });
    eventually("nothing is left", || {
        pushing.drain();
        pushing.pending().is_empty()
    });
    let delivered = log(&pushing, &[]);
    assert_eq!(
        (delivered.len(), &delivered[0]["state"]),
        (1, &"delivered".into()),
        "{delivered:?}"
    );
    assert!(
        (2..=5).contains(&receiver.got().len()),
        "{}",
        receiver.got().len()
    );
}

#[needs(root)]
#[test]
fn root_does_it_as_the_owner() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = id_of(&pushing, 0);
    let program = program_for_all(&pushing.sandbox);
    pushing.sandbox.git(
        "",
        &["config", "--file", "r.git/config", "core.bare", "true"],
    );
    let nobody = pushing
        .sandbox
        .command("chown", "")
        .args(["-R", "65534:65534", "r.git"])
        .status()
        .unwrap();
    assert!(nobody.success());
    let run = |arguments: &[&str]| {
        let out = pushing
            .sandbox
            .command(program.to_str().unwrap(), "")
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", complaints(&out));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let said = run(&["redeliver", "-C", "r.git", &id]);
    assert!(said.contains("ci: delivered"), "{said}");
    assert!(run(&["deliveries", "-C", "r.git"]).contains("delivered"));
    // Directories are relative to that of root, not to that of the child.
    let team = pushing.sandbox.path("srv/team");
    std::fs::create_dir_all(&team).unwrap();
    let (there, here) = (team.join("r.git"), pushing.sandbox.path("r.git"));
    std::fs::rename(&here, &there).unwrap();
    let again = [
        "redeliver",
        "--since",
        "2h",
        "--hook",
        "new",
        "--all",
        "srv",
    ];
    let hooks = std::fs::read_to_string(there.join("hooks.toml")).unwrap();
    let new = webhook("new", &receiver.url("/"));
    std::fs::write(there.join("hooks.toml"), hooks + &new).unwrap();
    let said = run(&again);
    assert!(said.starts_with("team/r.git: "), "{said}");
    std::fs::rename(&there, &here).unwrap();
    let done = pushing
        .sandbox
        .path("r.git/service-hook/done")
        .join(&pushing.done()[0]);
    assert_eq!(done.metadata().unwrap().uid(), 65534);
}
