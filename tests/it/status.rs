//! `status`: what needs attention, in words, in JSON and by the exit code.

use crate::delivery::{Pushing, busy, feed, webhook};
use crate::history::{push_and_finish, reported, run};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use serde_json::{Value, json};
use std::process::Stdio;

fn text(out: &std::process::Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// `status --json` of the repository.
fn status(pushing: &Pushing) -> Value {
    serde_json::from_str(&text(&run(pushing, &["status", "--json"]))).unwrap()
}

/// Changes members of the state of a hook, as if time had passed.
fn change_lane(pushing: &Pushing, changes: &[(&str, i64)]) {
    let path = pushing.sandbox.path("r.git/service-hook/lane/ci");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (name, value) in changes {
        state[*name] = json!(value);
    }
    std::fs::write(path, state.to_string()).unwrap();
}

fn now_ms() -> i64 {
    git_service_hook::clock::now_ms()
}

#[test]
fn all_is_well_where_everything_was_delivered() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let never = reported(&pushing, &["status"]);
    assert!(never.contains("r.git: ok\n  nothing waits"), "{never}");
    push_and_finish(&pushing, "one");
    run(&pushing, &["drain", "--timer"]);
    let said = reported(&pushing, &["status"]);
    assert!(
        said.contains("r.git: ok\n") && said.contains("a timer last ran"),
        "{said}"
    );
    let status = status(&pushing);
    assert_eq!(
        (&status["ok"], &status["waiting"], &status["oldest_at"]),
        (&json!(true), &json!(0), &Value::Null)
    );
    assert!(status["timer_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_receiver_is_down_after_three_failed_attempts_in_five_minutes() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    run(&pushing, &["drain", "--timer"]);
    let young = status(&pushing);
    assert_eq!(
        (
            &young["waiting"],
            &young["receivers"][0]["down"],
            &young["ok"]
        ),
        (&json!(2), &json!(false), &json!(true)),
        "one failed attempt is no outage"
    );
    for (failures, minutes) in [(2, 600), (3, 0)] {
        let since_ms = now_ms() - minutes * 60_000;
        change_lane(&pushing, &[("failures", failures), ("since_ms", since_ms)]);
        let down = &status(&pushing)["receivers"][0]["down"];
        assert_eq!(down, &json!(false), "{failures} in {minutes} minutes");
    }
    let since_ms = now_ms() - 600_000;
    change_lane(&pushing, &[("failures", 5), ("since_ms", since_ms)]);
    let out = run(&pushing, &["status"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out);
    assert!(
        said.contains("needs attention\n  ci: receiver down since ")
            && said.contains(" (5 failed attempts), 2 waiting, next attempt "),
        "{said}"
    );
    let status = status(&pushing);
    assert_eq!(status["receivers"][0]["down"], json!(true));
    assert!(status["oldest_seconds"].as_i64().is_some());
}

#[test]
fn a_permanent_failure_needs_a_person_for_a_day() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let out = run(&pushing, &["status"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out).contains("1 failed permanently since "),
        "{}",
        text(&out)
    );
    // The same two days later.
    let done = pushing.sandbox.path("r.git/service-hook/done");
    let record = done.join(&pushing.done()[0]);
    let old = std::fs::read_to_string(&record).unwrap();
    let lines = old.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        // As an earlier version wrote it: without a checksum.
        line.as_object_mut().unwrap().remove("crc");
        if let Some(ended) = line.get_mut("ended") {
            ended["at_ms"] = json!(ended["at_ms"].as_i64().unwrap() - 2 * 86_400_000);
        }
        line.to_string() + "\n"
    });
    std::fs::write(&record, lines.collect::<String>()).unwrap();
    let later = status(&pushing);
    assert_eq!(
        (&later["failed"], &later["failed_today"], &later["ok"]),
        (&json!(1), &json!(0), &json!(true))
    );
    receiver.answer(|_| Answer::ok());
    reported(&pushing, &["redeliver", "--failed"]);
    assert_eq!(status(&pushing)["failed"], json!(0));
}

#[test]
fn what_waits_without_a_timer_and_a_mistake_need_a_person() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    pushing.configure(&format!(
        "{}brnches = 1\n",
        webhook("ci", &receiver.url("/"))
    ));
    let out = run(&pushing, &["status"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out);
    assert!(
        said.contains("  no timer has run `drain --timer`")
            && said.contains("  hooks.toml:4:1: unknown key `brnches`"),
        "{said}"
    );
}

#[test]
fn each_file_that_is_no_record_and_a_timer_that_stopped_need_a_person() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    assert_eq!(status(&pushing)["ok"], json!(true));
    let hours_ago = |hours: i64| (now_ms() - hours * 3_600_000).to_string();
    for (file, text, problem) in [
        ("pending/a", "nonsense\n", "a is not a record"),
        (
            "pending/b",
            "{\"v\":99}\n",
            "b was written by a newer version (format 99)",
        ),
        (
            "corrupt/c",
            "nonsense\n",
            "1 in service-hook/corrupt/: not records",
        ),
        (
            "timer",
            &hours_ago(3),
            "no timer has run `drain --timer` in the last 2 hours",
        ),
    ] {
        let path = format!("r.git/service-hook/{file}");
        pushing.sandbox.write(&path, text);
        let found = status(&pushing);
        let problems = found["problems"].as_array().unwrap();
        assert!(
            problems.len() == 1 && problems[0].as_str().unwrap().contains(problem),
            "{file}: {found}"
        );
        assert_eq!(found["ok"], json!(false), "{file}");
        std::fs::remove_file(pushing.sandbox.path(&path)).unwrap();
    }
    pushing
        .sandbox
        .write("r.git/service-hook/timer", hours_ago(1));
    assert_eq!(status(&pushing)["ok"], json!(true), "a timer runs");
}

#[test]
fn of_many_repositories_those_with_something_to_say_are_listed_and_all_counted() {
    let sandbox = Sandbox::new();
    for name in ["a/one.git", "a/two.git", "b/three.git"] {
        sandbox.bare(name);
    }
    sandbox.write("b/three.git/hooks.toml", "[hook.ci]\nactoin = 1\n");
    let out = sandbox.run("", &["status", "--all", "a", "b", "a"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out);
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].ends_with("b/three.git: needs attention") && !said.contains("one.git"),
        "{said}"
    );
    assert_eq!(
        *lines.last().unwrap(),
        "3 repositories: 1 need attention, 2 ok; 0 waiting, 0 failed permanently"
    );
    let out = sandbox.run("", &["status", "--json", "--all", "a", "b"]);
    let said = text(&out);
    let ok: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["ok"].clone())
        .collect();
    assert_eq!(ok, [json!(true), json!(true), json!(false)]);
    for wrong in [
        &["-C", "a/one.git", "status", "--all", "a"][..],
        &["status", "--all"],
    ] {
        assert_eq!(sandbox.run("", wrong).status.code(), Some(2), "{wrong:?}");
    }
}

/// What promtool says about a text; nothing if it is right.
fn promtool(pushing: &Pushing, arguments: &[&str], stdin: &str) -> String {
    let mut command = pushing.sandbox.command("promtool", "");
    command.arg("check").args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let out = feed(&mut command, stdin);
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    assert_eq!(out.status.code(), Some(0), "{arguments:?}: {said}");
    said
}

#[needs("promtool")]
#[test]
fn metrics_and_the_alert_of_the_docs_pass_promtool() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    run(&pushing, &["drain", "--timer"]);
    let list = ["status", "--prometheus", "--all", ".", "../c"];
    let metrics = reported(&pushing, &list);
    assert_eq!(promtool(&pushing, &["metrics"], &metrics), "");
    let path = pushing.sandbox.path("r.git").canonicalize().unwrap();
    let label = format!("repository=\"{}\"", path.display());
    for sample in [
        format!("git_service_hook_ok{{{label}}} 1\n"),
        format!("git_service_hook_waiting_deliveries{{{label}}} 1\n"),
        format!("git_service_hook_receiver_down{{{label},hook=\"ci\"}} 0\n"),
        format!("git_service_hook_timer_last_run_timestamp_seconds{{{label}}} 1"),
    ] {
        assert!(metrics.contains(&sample), "{sample}{metrics}");
    }
    let docs = include_str!("../../docs/operating.md");
    let rule = docs.split("```yaml\n").nth(1).unwrap().split("```").next();
    pushing.sandbox.write("rules.yml", rule.unwrap());
    promtool(&pushing, &["rules", "rules.yml"], "");
}

#[test]
fn the_exit_code_of_metrics_says_whether_they_are_complete() {
    let receiver = Receiver::start(|_| Answer::json(404, "{}"));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let metrics = reported(&pushing, &["status", "--prometheus"]);
    assert!(
        metrics.contains("git_service_hook_failed_deliveries{"),
        "{metrics}"
    );
    let mut command = pushing.sandbox.command(PROGRAM, "r.git");
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = command
        .args(["status", "--prometheus"])
        .stdout(full)
        .status();
    assert_eq!(status.unwrap().code(), Some(1));
    let both = ["status", "--prometheus", "--json"];
    assert_eq!(run(&pushing, &both).status.code(), Some(2));
}

/// The reason that `status`, `drain` and the pusher give for what waits, with the answer of the receiver.
fn reasons(answer: fn() -> Answer) -> (String, String) {
    let receiver = Receiver::start(move |_| answer());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _one = pushing.nobody_stays();
    pushing.push("one");
    let pusher = pushing.push("two");
    run(&pushing, &["drain", "--timer"]);
    let reason = status(&pushing)["receivers"][0]["reason"].clone();
    let check = text(&run(&pushing, &["check"]));
    let reason = reason.as_str().unwrap().to_owned();
    let flat = check.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(&format!("warning: `ci`: {reason}, 2 waiting")),
        "{check}"
    );
    (pusher, reason)
}

#[test]
fn what_waits_for_a_refused_event_or_a_rate_limit_does_not_wait_for_a_receiver_that_is_down() {
    let (pusher, reason) = reasons(|| Answer::json(500, "{}"));
    assert!(
        pusher.contains("ci: queued behind 1, refuses the event of "),
        "{pusher}"
    );
    assert!(reason.starts_with("refuses the event of "), "{reason}");
    let limit = || Answer::Reply(429, vec![("Retry-After".into(), "600".into())], Vec::new());
    let (pusher, reason) = reasons(limit);
    assert!(
        pusher.contains("ci: queued behind 1, rate limited until "),
        "{pusher}"
    );
    assert!(reason.starts_with("rate limited until "), "{reason}");
}

#[test]
fn a_receiver_without_a_name_or_a_connection_is_down_at_once() {
    for (url, words) in [
        (
            "http://no-such-host.invalid/",
            "name lookup has failed since ",
        ),
        ("http://127.0.0.1:1/", "receiver down since "),
    ] {
        let pushing = Pushing::new(&webhook("ci", url));
        let _one = pushing.nobody_stays();
        pushing.push("one");
        let pusher = pushing.push("two");
        assert!(
            pusher.contains(&format!("ci: queued behind 1, {words}")),
            "{pusher}"
        );
        let receiver = status(&pushing)["receivers"][0].clone();
        assert_eq!(receiver["down"], json!(true), "{receiver}");
    }
}

#[test]
fn pushes_that_wait_for_a_configuration_are_counted_and_the_reason_is_named() {
    let pushing = Pushing::new("[hook.ci\n");
    pushing.push("one");
    pushing.push("two");
    let out = run(&pushing, &["status"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out);
    assert!(said.contains("  hooks.toml:1:"), "{said}");
    let found = status(&pushing);
    assert_eq!(
        found["waiting"],
        json!(2),
        "each push counts as one: {found}"
    );
    assert!(found["oldest_at"].is_string(), "{found}");

    // With a server's file that cannot be used.
    pushing.configure("");
    let server = pushing.sandbox.write("server.toml", "[hook\n");
    let mut status = pushing.sandbox.command(PROGRAM, "r.git");
    status
        .args(["status", "--json"])
        .env("GIT_SERVICE_HOOK_CONFIG", &server);
    let out = status.output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&out.stdout).unwrap();
    let problems = found["problems"].to_string();
    let why = format!("nothing is sent: {} is not TOML", server.display());
    assert!(problems.contains(&why), "{problems}");
}

#[needs(root)]
#[test]
fn a_disk_that_is_full_or_read_only_needs_a_person() {
    let sandbox = Sandbox::new();
    sandbox.init_bare("r.git");
    let mount = |options: &str| {
        let mut mount = sandbox.command("unshare", "");
        let script = format!(
            "mount -t tmpfs -o size=1m none disk && cp -r r.git disk && {options} {PROGRAM} -C disk/r.git status"
        );
        std::fs::create_dir_all(sandbox.path("disk")).unwrap();
        mount.args(["-m", "sh", "-c", &script]);
        mount.output().unwrap()
    };
    for (options, problem) in [
        ("", "  the disk is nearly full, only "),
        (
            "mount -o remount,ro disk;",
            "  the file system is read-only: ",
        ),
    ] {
        let out = mount(options);
        assert!(text(&out).contains(problem), "{}{out:?}", text(&out));
        assert_eq!(out.status.code(), Some(1));
    }
}
