//! Hooks with `on = ["trouble"]` hear of other hooks that are in trouble.

use crate::delivery::{Pushing, busy, webhook};
use crate::history::{log, push_and_finish, reported};
use crate::support::receiver::{Answer, Receiver};
use git_service_hook::clock;
use git_service_hook::spool::Spool;
use serde_json::{Value, json};
use std::path::Path;

const OPS: &str = "on = [\"trouble\"]\n";

/// A hook `ci`, and `ops` that hears of its trouble, each with its receiver.
fn watched(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (Receiver, Receiver, Pushing) {
    let (ci, ops) = (
        Receiver::start(move |_| answer()),
        Receiver::start(|_| Answer::ok()),
    );
    let hooks = webhook("ci", &ci.url("/")) + &webhook("ops", &ops.url("/")) + OPS;
    (ci, ops, Pushing::new(&hooks))
}

/// Changes members of a file of state, as if time had passed.
fn change(path: &Path, changes: Value) {
    let mut state: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let Value::Object(changes) = changes else {
        unreachable!()
    };
    for (name, value) in changes {
        state[name] = value;
    }
    std::fs::write(path, state.to_string()).unwrap();
}

fn minutes_ago(minutes: i64) -> i64 {
    clock::now_ms() - minutes * 60_000
}

/// As if three attempts of `ci` had failed in ten minutes.
fn make_down(pushing: &Pushing, repository: &str) {
    let lane = pushing
        .sandbox
        .path(&format!("{repository}/service-hook/lane/ci"));
    change(&lane, json!({ "failures": 3, "since_ms": minutes_ago(10) }));
}

/// What was reported: kinds and counts.
fn reports(receiver: &Receiver) -> Vec<String> {
    let report = |body: Value| {
        assert_eq!(body["event"], "TROUBLE", "{body}");
        format!("{} {} {}", body["hook"], body["kind"], body["count"]).replace('"', "")
    };
    receiver
        .got()
        .iter()
        .map(|got| report(got.json()))
        .collect()
}

#[test]
fn a_receiver_that_goes_down_and_comes_back_is_reported_once_each() {
    let (ci, ops, pushing) = watched(busy);
    let _stays = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    pushing.quiet();
    assert_eq!(reports(&ops), [""; 0], "one failed attempt is no outage");
    make_down(&pushing, "r.git");
    for _ in 0..2 {
        pushing.drain();
        assert_eq!(reports(&ops), ["ci down 2"]);
    }
    let down = &ops.got()[0];
    assert_eq!(down.header("X-Coding-Event"), Some("trouble"));
    let error = down.json()["last_error"].to_string();
    assert!(error.contains("503 Service Unavailable"), "{error}");
    assert!(down.json()["since"].as_str().unwrap().ends_with('Z'));
    ci.answer(|_| Answer::ok());
    pushing.sandbox.run("r.git", &["redeliver", "--pending"]);
    for _ in 0..2 {
        pushing.drain();
        assert_eq!(reports(&ops), ["ci down 2", "ci back 0"]);
    }
    assert!(pushing.pending().is_empty());
    let rows = log(&pushing, &["--hook", "ops"]);
    assert_eq!(rows.len(), 2);
    let shown = reported(&pushing, &["deliveries", rows[1]["id"].as_str().unwrap()]);
    assert!(shown.contains(" of ci: down, "), "{shown}");
}

#[test]
fn a_receiver_without_a_connection_is_reported_at_once_and_a_refused_event_is_not() {
    let ops = Receiver::start(|_| Answer::ok());
    let pushed = |url: &str| {
        let pushing = Pushing::new(&(webhook("ci", url) + &webhook("ops", &ops.url("/")) + OPS));
        let stays = pushing.nobody_stays();
        pushing.push("one");
        pushing.quiet();
        (pushing, stays)
    };
    let refusing = Receiver::start(|_| Answer::json(500, "{}"));
    let (pushing, _stays) = pushed(&refusing.url("/"));
    make_down(&pushing, "r.git");
    pushing.drain();
    assert_eq!(reports(&ops), [""; 0], "one event was refused");
    let (pushing, _stays) = pushed("http://127.0.0.1:1/");
    pushing.drain();
    assert_eq!(reports(&ops), ["ci down 1"]);
}

#[test]
fn permanent_failures_are_reported_by_the_process_that_makes_them_and_summed_for_an_hour() {
    let (_ci, ops, pushing) = watched(|| Answer::json(404, "{}"));
    push_and_finish(&pushing, "one");
    crate::support::eventually("it is reported", || reports(&ops) == ["ci failed 1"]);
    let error = ops.got()[0].json()["last_error"].to_string();
    assert!(error.contains("404 Not Found"), "{error}");
    push_and_finish(&pushing, "two");
    push_and_finish(&pushing, "three");
    pushing.quiet();
    pushing.drain();
    assert_eq!(reports(&ops), ["ci failed 1"]);
    let file = pushing.sandbox.path("r.git/service-hook/trouble");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    state["ci"]["failed_ms"] = json!(minutes_ago(61));
    std::fs::write(&file, state.to_string()).unwrap();
    pushing.drain();
    pushing.drain();
    assert_eq!(reports(&ops), ["ci failed 1", "ci failed 2"]);
}

#[test]
fn trouble_of_hooks_that_report_trouble_is_never_reported() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let both = "on = [\"push\", \"trouble\"]\n";
    let hooks = [("ci", ""), ("ops", both), ("team", both)];
    let hook = |(name, keys): &(&str, &str)| webhook(name, &receiver.url("/")) + keys;
    let pushing = Pushing::new(&hooks.iter().map(hook).collect::<String>());
    pushing.push("one");
    pushing.quiet();
    for _ in 0..3 {
        pushing.drain();
    }
    // Three deliveries of the push, and one report to each of two hooks.
    let rows = log(&pushing, &[]);
    assert_eq!(rows.len(), 5, "{rows:?}");
    assert!(rows.iter().all(|row| row["state"] == "failed"), "{rows:?}");
    assert_eq!(receiver.got().len(), 5);
}

#[test]
fn a_server_hears_of_a_destination_once_an_hour_and_a_repository_of_its_own_hooks_alone() {
    let (ci, ops, own) = (
        Receiver::start(|_| busy()),
        Receiver::start(|_| Answer::ok()),
        Receiver::start(|_| Answer::ok()),
    );
    let pushing = Pushing::new(&(webhook("own", &own.url("/")) + OPS));
    let state = pushing.sandbox.path("state");
    std::fs::create_dir(&state).unwrap();
    let hooks = webhook("ci", &ci.url("/")) + &webhook("ops", &ops.url("/")) + OPS;
    let server = format!("[deliver]\nstate_dir = {state:?}\n{hooks}");
    pushing.sandbox.write("server/hooks.toml", server);
    pushing.sandbox.bare("s.git");
    let second = pushing.sandbox.path("s.git");
    std::fs::create_dir(second.join("service-hook")).unwrap();
    let _stays = (
        pushing.nobody_stays(),
        Spool::at(&second, 0).lock_retry_wait().unwrap(),
    );
    pushing.push("one");
    pushing.sandbox.push("c", &["-q", "../s.git", "HEAD:main"]);
    pushing.quiet();
    let find = || {
        std::fs::read_dir(&state)
            .unwrap()
            .map(|e| e.unwrap().path())
    };
    let file = find().find(|path| std::fs::read_to_string(path).unwrap().contains("until_ms"));
    let file = file.unwrap();
    let probes = json!({ "first_ms": 0, "last_ms": 9, "count": 3, "at_ms": minutes_ago(1) });
    change(
        &file,
        json!({ "since_ms": minutes_ago(10), "failed_probes": probes }),
    );
    let drain = || drop(pushing.sandbox.run("", &["drain", "--all", "."]));
    drain();
    drain();
    let got = reports(&ops);
    assert!(got.len() == 1 && got[0].starts_with("ci down"), "{got:?}");
    assert_eq!(reports(&own), [""; 0]);
    ci.answer(|_| Answer::ok());
    for repository in ["r.git", "s.git"] {
        pushing.sandbox.run(repository, &["redeliver", "--pending"]);
    }
    drain();
    assert_eq!(reports(&ops).len(), 1, "within the hour");
    let mut shared: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    shared["reported"]["at_ms"] = json!(minutes_ago(61));
    std::fs::write(&file, shared.to_string()).unwrap();
    drain();
    drain();
    let got = reports(&ops);
    assert!(got.len() == 2 && got[1].starts_with("ci back"), "{got:?}");
}

/// What a command prints about these hooks.
fn said(hooks: &str, arguments: &[&str]) -> String {
    let pushing = Pushing::new(hooks);
    pushing.sandbox.push("c", &["-q", "origin", "HEAD:main"]);
    let out = pushing.sandbox.run("r.git", arguments);
    let words = String::from_utf8_lossy(&out.stdout).into_owned();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A robot that hears of trouble; nothing is sent to it.
fn robot(name: &str, url: &str, keys: &str) -> String {
    format!(
        "[hook.{name}]\naction = \"{name}_group_chat_robot\"\nservice_url = \"https://{url}x\"\n{OPS}{keys}"
    )
}

#[test]
fn preview_shows_trouble_in_each_dialect_and_language() {
    let robots = [
        robot("wecom", "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", ""),
        robot("dingding", "oapi.dingtalk.com/robot/send?access_token=", ""),
        robot("feishu", "open.feishu.cn/open-apis/bot/v2/hook/", ""),
    ]
    .concat();
    for (language, words, title) in [
        (
            "en",
            "has been down since 14:02; 3 deliveries waiting",
            "hook ci",
        ),
        ("zh", "自 14:02 起不可用，3 条消息等待投递", "钩子 ci"),
    ] {
        let settings = format!("{robots}[project]\nlanguage = \"{language}\"\n");
        let page = said(&settings, &["preview"]);
        assert_eq!(page.matches(words).count(), 3, "{page}");
        assert!(page.contains(title), "{page}");
    }
    for (flavor, header) in [
        ("default", "x-github-event: trouble"),
        ("coding", "x-coding-service-hook-event: TROUBLE"),
        ("github", "x-github-event: trouble"),
        ("gitea", "x-gitea-event: trouble"),
        ("gogs", "x-gogs-event: trouble"),
        ("gitlab", "x-gitlab-event: Trouble Hook"),
        // What its attributes have is masked.
        ("cloudevents", "ce-type: "),
        ("cloudevents-structured", "\"type\":\"com.github.trouble\""),
    ] {
        let hook = webhook("ops", "http://127.0.0.1:1/") + OPS;
        let page = said(&format!("{hook}flavor = \"{flavor}\"\n"), &["preview"]);
        assert!(page.contains(header), "{flavor}: {page}");
        assert!(page.contains("\"kind\":\"down\""), "{flavor}: {page}");
        assert!(!page.contains("GIT_PUSHED"), "{flavor}: {page}");
    }
}

#[test]
fn check_finds_what_cannot_report_trouble() {
    let at = "http://127.0.0.1:1";
    let ci = webhook("ci", at);
    let jenkins = format!(
        "[hook.j]\naction = \"jenkins_generic_build_job\"\nservice_url = \"{at}/generic-webhook-trigger/invoke\"\n"
    );
    let same = webhook("ops", at) + OPS;
    let silent = robot(
        "feishu",
        "open.feishu.cn/open-apis/bot/v2/hook/",
        "template = \"{% for c in commits %}${ c.title }{% endfor %}\"\n",
    );
    for (hooks, message) in [
        (
            jenkins + OPS,
            "`on`: `jenkins_generic_build_job` cannot report trouble",
        ),
        (
            ci.clone() + "on = [\"truoble\"]\n",
            "did you mean `trouble`",
        ),
        (ci.clone() + "on = []\n", "`on` is empty"),
        (ci + &same, "trouble of hook `ci` goes to the same receiver"),
        (
            silent.replace(OPS, "on = [\"push\", \"trouble\"]\n"),
            "and trouble of another hook: nothing can be sent then",
        ),
    ] {
        let page = said(&hooks, &["check"]);
        assert!(page.contains(message), "{message}: {page}");
    }
}
