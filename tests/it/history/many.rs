//! Commands about the deliveries of several repositories, hooks by their labels, and what a new hook has missed.

use super::{complaints, log, push_and_finish, reported, run};
use crate::delivery::{Pushing, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use serde_json::Value;

fn objects(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Two repositories, `r.git` and `srv/group/s.git`, each with one delivery that has failed permanently.
fn two_failed(receiver: &Receiver) -> Pushing {
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let sandbox = &pushing.sandbox;
    std::fs::create_dir_all(sandbox.path("srv/group")).unwrap();
    let (from, to) = (sandbox.path("r.git"), sandbox.path("srv/group/s.git"));
    std::fs::rename(&from, &to).unwrap();
    sandbox.bare("r.git");
    pushing.configure(&format!(
        "{}label = \"The CI\"\n",
        webhook("ci", &receiver.url("/"))
    ));
    push_and_finish(&pushing, "two");
    pushing
}

#[test]
fn with_all_the_newest_deliveries_of_several_directories_are_listed() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = two_failed(&receiver);
    let list = ["deliveries", "--all", "../srv", "."];
    let said = reported(&pushing, &list);
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].contains("TIME") && lines[0].contains("  REPOSITORY  "),
        "{said}"
    );
    assert!(lines[1].contains("  r.git        "), "{said}");
    assert!(lines[2].contains("  group/s.git  "), "{said}");
    let rows = objects(&reported(&pushing, &[&list[..], &["--json"]].concat()));
    let paths: Vec<_> = rows
        .iter()
        .map(|row| row["repository"].as_str().unwrap())
        .collect();
    assert!(
        paths.len() == 2 && paths[0].ends_with("/r.git") && paths[1].ends_with("/srv/group/s.git")
    );
    let newest = objects(&reported(
        &pushing,
        &[&list[..], &["-n", "1", "--json"]].concat(),
    ));
    assert_eq!(newest, rows[..1]);
    let of_label = [
        "deliveries",
        "--json",
        "--hook",
        "The CI",
        "--all",
        ".",
        "../srv",
    ];
    assert_eq!(
        objects(&reported(&pushing, &of_label)),
        rows[..1],
        "its name elsewhere is not a label"
    );
    assert_eq!(
        run(&pushing, &["deliveries", "1f", "--all", "."])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn redeliver_and_cancel_take_several_directories_and_print_json() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = two_failed(&receiver);
    let failed = ["redeliver", "--failed", "--all", "../srv", "."];
    let out = run(&pushing, &failed);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said.contains("group/s.git: ") && said.contains("The CI: failed permanently: 404"),
        "{said}"
    );
    receiver.answer(|_| Answer::json(503, "{}"));
    let rows = objects(&reported(&pushing, &[&failed[..], &["--json"]].concat()));
    let states: Vec<_> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["pending"; 2]);
    assert!(
        rows[0]["message"].as_str().unwrap().contains("503"),
        "{rows:?}"
    );
    let cancel = [
        "cancel",
        "--pending",
        "--yes",
        "--json",
        "--all",
        "../srv",
        ".",
    ];
    let rows = objects(&reported(&pushing, &cancel));
    let ended: Vec<_> = rows
        .iter()
        .map(|row| (&row["hook"], &row["state"]))
        .collect();
    assert_eq!(ended, [(&"ci".into(), &"cancelled".into()); 2]);
}

#[test]
fn hooks_are_found_by_their_labels() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&format!(
        "{}label = \"The CI\"\n",
        webhook("ci", &receiver.url("/"))
    ));
    push_and_finish(&pushing, "one");
    assert_eq!(log(&pushing, &["--hook", "The CI"]).len(), 1);
    assert_eq!(log(&pushing, &["--hook", "other"]).len(), 0);
    receiver.answer(|_| Answer::json(503, "{}"));
    let said = reported(&pushing, &["redeliver", "--failed", "--hook", "The CI"]);
    assert!(said.contains("503"), "{said}");
    let said = reported(&pushing, &["cancel", "--pending", "--hook", "The CI"]);
    assert!(said.contains("cancelled"), "{said}");
}

#[test]
fn since_restricts_the_selection_to_later_pushes() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    receiver.answer(|_| Answer::ok());
    let later = ["redeliver", "--failed", "--since", "2100-01-01"];
    assert_eq!(reported(&pushing, &later), "");
    assert!(reported(&pushing, &["redeliver", "--failed", "--since", "2h"]).contains("delivered"));
    let out = run(&pushing, &["redeliver", "--failed", "--since", "yesterday"]);
    assert!(out.status.code() == Some(2) && complaints(&out).contains("not a time"));
}

#[test]
fn a_new_hook_gets_what_it_has_missed_once_and_others_get_nothing() {
    let (ci, team) = (
        Receiver::start(|_| Answer::ok()),
        Receiver::start(|_| Answer::ok()),
    );
    let pushing = Pushing::new(&webhook("ci", &ci.url("/")));
    for message in ["one", "two"] {
        push_and_finish(&pushing, message);
    }
    let filtered = format!(
        "{}branches = [\"none\"]\n",
        webhook("odd", &team.url("/odd"))
    );
    let hooks = [
        &webhook("ci", &ci.url("/")),
        &webhook("team", &team.url("/")),
        &filtered,
    ];
    pushing.configure(&hooks.map(String::as_str).concat());
    let missed = |hook| ["redeliver", "--since", "2h", "--hook", hook];
    let said = reported(&pushing, &missed("team"));
    assert_eq!(said.matches("team: delivered").count(), 2, "{said}");
    assert_eq!(
        messages(&team),
        ["one", "two"],
        "in the order of the pushes"
    );
    let ids = |hook| log(&pushing, &["--hook", hook]);
    assert!(ids("team").len() == 2 && ids("ci").len() == 2);
    for hook in ["team", "odd"] {
        let out = run(&pushing, &missed(hook));
        let said = complaints(&out);
        assert!(
            out.status.success() && said.contains("has missed nothing"),
            "{said}"
        );
    }
    assert_eq!((ci.got().len(), team.got().len()), (2, 2));
    assert_eq!(run(&pushing, &missed("gone")).status.code(), Some(1));
    assert_eq!(
        run(&pushing, &["redeliver", "--since", "2h"]).status.code(),
        Some(2)
    );
    // Its history has the same event as that of the other hook.
    let shown = |hook| {
        let id = ids(hook)[0]["id"].as_str().unwrap().to_owned();
        let whole: Value =
            serde_json::from_str(&reported(&pushing, &["deliveries", &id, "--json"])).unwrap();
        whole["request"]["body_sha256"].clone()
    };
    assert_eq!(shown("ci"), shown("team"));
}

#[test]
fn a_record_without_events_is_completed_and_not_waited_for() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    // As after a crash of the machine: the line of the events is lost.
    let id = pushing.pending().remove(0);
    let path = pushing.sandbox.path("r.git/service-hook/pending").join(&id);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    receiver.answer(|_| Answer::ok());
    reported(&pushing, &["redeliver", "--pending"]);
    assert!(pushing.pending().is_empty());
    assert!(messages(&receiver).ends_with(&["one".into(), "two".into()]));
}

#[test]
fn if_nothing_is_selected_in_several_repositories_that_is_reported() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = two_failed(&receiver);
    for (command, words) in [
        (
            &["redeliver", "--since", "2h", "--hook", "typo"][..],
            "active in none of them",
        ),
        (
            &["redeliver", "--failed", "--hook", "typo"],
            "nothing has failed permanently",
        ),
        (&["redeliver", "--pending"], "nothing waits"),
        (&["cancel", "--pending", "--yes"], "nothing waits"),
    ] {
        let out = run(&pushing, &[command, &["--all", "../srv", "."]].concat());
        assert!(out.status.success());
        let said = complaints(&out);
        assert_eq!(
            (said.lines().count(), said.contains(words)),
            (1, true),
            "{said}"
        );
    }
    let out = run(&pushing, &["redeliver", "--failed", "--all", "../srv", "."]);
    assert!(
        !complaints(&out).contains("nothing"),
        "{}",
        complaints(&out)
    );
}
