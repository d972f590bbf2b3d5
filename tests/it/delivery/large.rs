//! Pushes of more refs than a record can hold: the pusher cannot choose what they cost, and nothing of them is said twice.

use super::{Pushing, feed, seen, webhook};
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::{PROGRAM, eventually};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// `count` lines of created refs at one commit.
fn lines(pushing: &Pushing, count: usize) -> String {
    let id = pushing.sandbox.git("c", &["rev-parse", "HEAD"]);
    let line = |n| format!("{} {id} refs/heads/b{n:07}\n", "0".repeat(40));
    (0..count).map(line).collect()
}

/// Writes packed-refs, as if Git had moved the refs of these lines; with the line of `main` first it stays sorted.
fn pack_refs(pushing: &Pushing, lines: &[&str]) {
    let main = pushing.sandbox.git("c", &["rev-parse", "HEAD"]);
    let mut text = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    for line in lines {
        let parts: Vec<&str> = line.split(' ').collect();
        writeln!(text, "{} {}", parts[1], parts[2]).unwrap();
    }
    writeln!(text, "{main} refs/heads/main").unwrap();
    pushing.sandbox.write("r.git/packed-refs", text);
}

#[test]
fn a_million_refs_are_recorded_in_bounded_memory_and_the_last_one_that_passes_a_filter_is_sent() {
    let receiver = Receiver::start(|_| Answer::ok());
    let filter = "branches = [\"b0900000\"]\n";
    let pushing = Pushing::new(&(webhook("one", &receiver.url("/")) + filter));
    pushing
        .sandbox
        .push("c", &["-q", "origin", "HEAD:refs/keep/1"]);
    let mut command = pushing.sandbox.command("sh", "r.git");
    let limited = format!("ulimit -v 400000; exec {PROGRAM} post-receive");
    command.args(["-c", &limited]).env("GIT_DIR", ".");
    let mut hook = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = hook.stdin.take().unwrap();
    for chunk in lines(&pushing, 1_000_000).as_bytes().chunks(1 << 20) {
        stdin.write_all(chunk).unwrap();
    }
    drop(stdin);
    let output = hook.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", seen(&output));
    assert!(pushing.records().len() < 64 << 10, "the record is small");
    eventually("it is sent", || !receiver.got().is_empty());
    let got = receiver.got()[0].json();
    assert_eq!(got["ref"], "refs/heads/b0900000");
    assert_eq!(got["push"]["ref_count"], 1_000_000);
    assert_eq!(receiver.got().len(), 1);
}

#[test]
fn refs_that_a_record_does_not_list_are_counted_in_the_summary_and_in_the_message() {
    let receiver = Receiver::start(|_| Answer::json(200, "{\"errcode\":0}"));
    let robot = format!(
        "[hook.robot]\naction = \"dingding_group_chat_robot\"\nservice_url = \"{}\"\n",
        receiver.url("/robot/send?access_token=t")
    );
    let hooks = webhook("ci", &receiver.url("/ci")) + "max_refs = 2\n" + &robot;
    let pushing = Pushing::new(&hooks);
    pushing
        .sandbox
        .push("c", &["-q", "origin", "HEAD:refs/keep/1"]);
    let output = pushing.receive(&lines(&pushing, 12_345));
    let said = seen(&output);
    assert!(
        said.contains("12343 refs past `max_refs` (2) are sent in one summary"),
        "{said}"
    );
    eventually("all are sent", || receiver.got().len() == 4);
    let got = receiver.got();
    let bodies: Vec<_> = got.iter().map(Received::json).collect();
    let summary = bodies.iter().find(|body| body["updates"].is_array());
    let summary = summary.expect("a summary");
    let shown = summary["updates"].as_array().unwrap().len() as u64;
    let omitted = summary["updates_omitted"].as_u64().unwrap();
    assert_eq!(shown + omitted, 12_343);
    assert_eq!(summary["push"]["ref_count"], 12_345);
    let message = got.iter().find(|r| r.target.contains("robot"));
    let message = message.expect("a message").text();
    assert!(message.contains("12345 refs"), "{message}");
    // The refs that are not listed hide what is new, so the event does not claim an exact number.
    let event = bodies.iter().find(|body| body["ref"].is_string()).unwrap();
    assert_eq!(event["total_commits_exact"], false);
    assert!(
        event["error"]
            .as_str()
            .unwrap()
            .starts_with("too many refs")
    );
    let listed = pushing.sandbox.run("r.git", &["deliveries", "--json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("\"ref_count\":12343"), "{listed}");
}

#[test]
fn catching_up_does_not_repeat_refs_that_a_record_does_not_list_and_finds_what_was_missed() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&(webhook("ci", &receiver.url("/")) + "max_refs = 1\n"));
    pushing.push("one");
    let look = || {
        let out = pushing.sandbox.run("r.git", &["drain", "--catch-up"]);
        assert!(out.status.success(), "{}", seen(&out));
    };
    look();
    let text = lines(&pushing, 12_000);
    let all: Vec<&str> = text.lines().collect();
    pack_refs(&pushing, &all);
    pushing.receive(&text);
    let state = pushing.sandbox.path("r.git/service-hook/refs");
    let gaps = || {
        let state: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
        state["state"]["gaps"].as_array().unwrap().len()
    };
    look();
    assert_eq!(gaps(), 0, "all of them were announced");
    pack_refs(&pushing, &all[..11_999]);
    look();
    assert_eq!(gaps(), 1, "a later change is found");

    // The same where the record is pruned between two runs.
    let delete = |line: &&str| {
        let parts: Vec<&str> = line.split(' ').collect();
        format!("{} {} {}\n", parts[1], parts[0], parts[2])
    };
    let deleted: String = all[..11_999].iter().map(delete).collect();
    pack_refs(&pushing, &[]);
    pushing.receive(&deleted);
    eventually("it is sent", || pushing.pending().is_empty());
    let bounds = "[deliver]\nkeep_size = \"1KiB\"\n";
    pushing.configure(&(bounds.to_owned() + &webhook("ci", &receiver.url("/"))));
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(pushing.done().len(), 0, "the records are pruned");
    look();
    assert_eq!(gaps(), 1);
}

#[test]
fn the_hooks_of_others_get_all_of_a_large_push() {
    let pushing = Pushing::new("");
    let script = "#!/bin/sh\ncksum >../seen\n";
    let path = pushing
        .sandbox
        .write("r.git/hooks/post-receive.d/10-other", script);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    let text = lines(&pushing, 50_000);
    let output = pushing.receive(&text);
    assert!(output.status.success(), "{}", seen(&output));
    let sum = feed(
        pushing.sandbox.command("cksum", "").stdout(Stdio::piped()),
        &text,
    );
    let found = std::fs::read(pushing.sandbox.path("seen")).unwrap();
    assert_eq!(found, sum.stdout);
}
