//! `deliveries`.

use super::{complaints, log, push_and_finish, reported, run};
use crate::delivery::{Pushing, busy, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use git_service_hook::spool::{RecordLine, Spool, Started};

#[test]
fn the_newest_come_first_and_no_more_than_asked_for() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    assert_eq!(log(&pushing, &[]).len(), 0, "nothing was ever pushed");
    for message in ["one", "two", "three"] {
        push_and_finish(&pushing, message);
    }
    let sent: Vec<_> = receiver
        .got()
        .iter()
        .map(|r| r.header("X-Coding-Delivery").unwrap().to_owned())
        .collect();
    let ids = |arguments: &[&str]| {
        log(&pushing, arguments)
            .iter()
            .map(|d| d["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&[]),
        [sent[2].clone(), sent[1].clone(), sent[0].clone()]
    );
    assert_eq!(ids(&["-n", "1"]), [sent[2].clone()]);
    assert_eq!(ids(&["-n", "0"]).len(), 3);
    // What is not asked for is not read.
    pushing
        .sandbox
        .write("r.git/service-hook/done/0", "no record\n");
    let said = |n: &str| complaints(&run(&pushing, &["deliveries", "-n", n]));
    assert!(
        !said("2").contains("no record") && said("0").contains("0 is not a record"),
        "{}",
        said("0")
    );
}

#[test]
fn a_row_for_scripts_has_these_members() {
    let receiver = Receiver::start(|_| Answer::json(400, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let row = &log(&pushing, &[])[0];
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    assert_eq!(row["id"], id.as_str());
    assert_eq!(row["push_id"], pushing.done()[0].as_str());
    assert_eq!(
        (&row["hook"], &row["ref"]),
        (&"ci".into(), &"refs/heads/main".into())
    );
    assert_eq!(
        (&row["state"], &row["attempts"], &row["status"]),
        (&"failed".into(), &1.into(), &400.into())
    );
    assert!(row["error"].as_str().unwrap().contains("400"), "{row}");
    assert!(row["next_attempt_at"].is_null(), "{row}");
    let created = row["created_at"].as_str().unwrap();
    assert!(
        created.len() == 20 && created.starts_with("20") && created.ends_with('Z'),
        "{created}"
    );
}

#[test]
fn hooks_and_states_are_distinguished() {
    let (good, down) = (
        Receiver::start(|_| Answer::ok()),
        Receiver::start(|_| busy()),
    );
    let hooks = [
        webhook("good", &good.url("/")),
        webhook("bad", &good.url("/bad")),
        webhook("down", &down.url("/")),
    ];
    let pushing = Pushing::new(&hooks.concat());
    good.answer(|r| {
        if r.target == "/bad" {
            Answer::json(404, "{}")
        } else {
            Answer::ok()
        }
    });
    pushing.push("one");
    eventually("every hook has had its turn", || {
        log(&pushing, &[])
            .iter()
            .all(|d| d["attempts"] == 1 && d["sending"] == false)
    });
    for (hook, state) in [
        ("good", "delivered"),
        ("bad", "failed"),
        ("down", "pending"),
    ] {
        let by_hook = log(&pushing, &["--hook", hook]);
        assert_eq!((by_hook.len(), &by_hook[0]["state"]), (1, &state.into()));
        let by_state = log(&pushing, &["--state", state]);
        assert_eq!((by_state.len(), &by_state[0]["hook"]), (1, &hook.into()));
    }
    let waiting = &log(&pushing, &["--hook", "down"])[0];
    assert!(
        waiting["next_attempt_at"].as_str().unwrap().ends_with('Z'),
        "{waiting}"
    );
    assert_eq!(waiting["error"], "503 Service Unavailable");
    assert!(log(&pushing, &["--hook", "good"])[0]["error"].is_null());
    assert_eq!(
        run(&pushing, &["deliveries", "--state", "lost"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn people_get_a_table() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let table = reported(&pushing, &["deliveries"]);
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines[0].starts_with("ID        TIME         HOOK  REF   STATE   TRY  LAST"),
        "{table}"
    );
    assert!(
        lines[1].starts_with(&id[id.len() - 8..])
            && lines[1].contains("ci    main  failed  1    404"),
        "{table}"
    );
}

#[test]
fn an_attempt_without_an_end_reads_as_what_it_is() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let hooks = format!(
        "[deliver]\nwait = \"0s\"\ntimeout = \"2s\"\n{}",
        webhook("ci", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    pushing.push("one");
    eventually("it is being sent", || receiver.got().len() == 1);
    let row = &log(&pushing, &[])[0];
    assert_eq!(
        (&row["sending"], &row["error"]),
        (&true.into(), &serde_json::Value::Null),
        "{row}"
    );
    assert!(reported(&pushing, &["deliveries"]).contains("being sent now"));
    eventually("nobody sends any more", || {
        log(&pushing, &[])[0]["status"].is_null() && log(&pushing, &[])[0]["sending"] == false
    });
    let id = row["id"].as_str().unwrap();
    // As if the next process had died in its attempt.
    let started = Started {
        delivery: id.to_owned(),
        attempt: 2,
        at_ms: git_service_hook::clock::now_ms(),
    };
    Spool::at(&pushing.sandbox.path("r.git"), 0)
        .append(&pushing.pending()[0], &RecordLine::Started(started))
        .unwrap();
    let row = &log(&pushing, &[])[0];
    assert_eq!(
        (&row["sending"], &row["state"]),
        (&false.into(), &"pending".into())
    );
    assert_eq!(row["error"], "interrupted: the sending process died");
    assert!(
        reported(&pushing, &["deliveries", "show", id])
            .contains("interrupted: the sending process died")
    );
}

#[test]
fn a_delivery_that_was_reported_with_others_says_so() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    let row = &log(&pushing, &[])[0];
    let id = row["id"].as_str().unwrap();
    let ended = format!(
        "{{\"ended\":{{\"delivery\":\"{id}\",\"at_ms\":2000000000000,\"outcome\":\"delivered\",\"digest\":12}}}}\n"
    );
    let record = crate::delivery::record_path(&pushing, &pushing.pending()[0]);
    std::fs::write(&record, std::fs::read_to_string(&record).unwrap() + &ended).unwrap();
    assert_eq!(log(&pushing, &[])[0]["digest"], 12);
    assert!(
        reported(&pushing, &["deliveries"]).contains("one of 12 in one"),
        "{}",
        reported(&pushing, &["deliveries"])
    );
    let shown = reported(&pushing, &["deliveries", "show", id]);
    assert!(
        shown.contains("one of 12 in one message") && shown.contains("which is not rendered again"),
        "{shown}"
    );
}
