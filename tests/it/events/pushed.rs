//! Real pushes through git receive-pack: accepted refs have events, and no others.

use crate::delivery::{Pushing, feed, seen, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use serde_json::Value;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

/// A repository with one webhook, and its receiver.
fn pushing() -> (Pushing, Receiver) {
    let receiver = Receiver::start(|_| Answer::ok());
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}",
        webhook("here", &receiver.url("/"))
    );
    (Pushing::new(&hooks), receiver)
}

/// The refs of the events since.
fn refs(receiver: &Receiver, since: usize) -> Vec<String> {
    receiver.got()[since..]
        .iter()
        .map(|got| got.json()["ref"].as_str().unwrap_or("null").to_owned())
        .collect()
}

fn hook(pushing: &Pushing, name: &str, text: &str) {
    let path = pushing.sandbox.write(&format!("r.git/hooks/{name}"), text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A push that may fail; the bodies that it brought.
fn try_push(pushing: &Pushing, receiver: &Receiver, arguments: &[&str]) -> Vec<Value> {
    let since = receiver.got().len();
    pushing
        .sandbox
        .command("git", "c")
        .arg("push")
        .args(arguments)
        .output()
        .unwrap();
    receiver.got()[since..]
        .iter()
        .map(crate::support::receiver::Received::json)
        .collect()
}

#[test]
fn deleting_a_missing_ref_is_no_event_and_other_refs_have_theirs() {
    let (pushing, receiver) = pushing();
    pushing.push("one");
    let since = receiver.got().len();
    assert_eq!(
        try_push(&pushing, &receiver, &["origin", ":refs/heads/nothing"]).len(),
        0
    );
    try_push(
        &pushing,
        &receiver,
        &["origin", ":refs/heads/nothing", "HEAD:refs/heads/something"],
    );
    assert_eq!(refs(&receiver, since), ["refs/heads/something"]);
}

#[test]
fn refused_refs_have_no_event_and_none_has_in_an_atomic_push() {
    let (pushing, receiver) = pushing();
    pushing.push("one");
    hook(
        &pushing,
        "update",
        "#!/bin/sh\ntest \"$1\" != refs/heads/bad\n",
    );
    let refspecs = [
        "HEAD:refs/heads/good",
        "HEAD:refs/heads/bad",
        "HEAD:refs/tags/good",
    ];
    let atomic = [&["--atomic", "origin"][..], &refspecs].concat();
    assert_eq!(try_push(&pushing, &receiver, &atomic).len(), 0);
    let since = receiver.got().len();
    try_push(&pushing, &receiver, &[&["origin"][..], &refspecs].concat());
    assert_eq!(
        refs(&receiver, since),
        ["refs/heads/good", "refs/tags/good"]
    );
    hook(&pushing, "pre-receive", "#!/bin/sh\nexit 1\n");
    assert_eq!(
        try_push(&pushing, &receiver, &["origin", "HEAD:refs/heads/other"]).len(),
        0
    );
}

#[test]
fn a_non_fast_forward_has_an_event_only_if_forced() {
    let (pushing, receiver) = pushing();
    pushing.push("one");
    pushing.push("two");
    pushing
        .sandbox
        .git("c", &["commit", "-q", "--amend", "-m", "other"]);
    assert_eq!(
        try_push(&pushing, &receiver, &["origin", "HEAD:main"]).len(),
        0
    );
    let event = try_push(&pushing, &receiver, &["--force", "origin", "HEAD:main"]);
    assert_eq!(
        (&event[0]["forced"], &event[0]["total_commits"]),
        (&Value::Bool(true), &Value::from(1))
    );
}

#[test]
fn the_commits_of_a_push_are_counted_over_all_its_refs_also_those_that_no_hook_wants() {
    let (pushing, receiver) = pushing();
    let hooks = pushing.sandbox.path("r.git/hooks.toml");
    let only_main = std::fs::read_to_string(&hooks).unwrap() + "branches = [\"main\"]\n";
    std::fs::write(&hooks, only_main).unwrap();
    pushing.push("one");
    for text in ["two", "three"] {
        pushing
            .sandbox
            .git("c", &["commit", "-q", "--allow-empty", "-m", text]);
    }
    let refs = ["origin", "HEAD:topic", "HEAD~1:main"];
    let events = try_push(&pushing, &receiver, &refs);
    let numbers = |event: &Value| (event["total_commits"].clone(), event["push"].clone());
    let (of_main, push) = numbers(&events[0]);
    assert_eq!((events.len(), of_main), (1, 1.into()));
    assert_eq!(
        (&push["ref_count"], &push["total_commits"]),
        (&2.into(), &2.into())
    );
}

#[test]
fn push_options_keep_order_and_repeats_and_are_decoded() {
    let (pushing, receiver) = pushing();
    assert_eq!(
        try_push(&pushing, &receiver, &["origin", "HEAD:main"])[0]["push"]["options"],
        Value::Array(Vec::new())
    );
    pushing
        .sandbox
        .git("r.git", &["config", "receive.advertisePushOptions", "true"]);
    let odd = std::ffi::OsStr::from_bytes(b"odd=\xff");
    let mut push = pushing.sandbox.command("git", "c");
    push.args(["push", "-o", "a=1", "-o", "a=2", "-o", "a=1", "-o"])
        .arg(odd)
        .args(["origin", "HEAD:refs/heads/few"]);
    assert!(push.output().unwrap().status.success());
    let many: Vec<_> = (0..100).map(|n| format!("--push-option=n={n}")).collect();
    let many: Vec<_> = many
        .iter()
        .map(String::as_str)
        .chain(["origin", "HEAD:refs/heads/many"])
        .collect();
    let event = try_push(&pushing, &receiver, &many);
    assert_eq!(
        receiver.got()[1].json()["push"]["options"],
        serde_json::json!(["a=1", "a=2", "a=1", "odd=\u{fffd}"])
    );
    assert_eq!(event[0]["push"]["options"].as_array().unwrap().len(), 100);
}

/// Signed with an SSH key, which needs no key ring.
#[needs("ssh-keygen")]
#[test]
fn the_signer_of_a_push_certificate_is_the_pusher() {
    let (pushing, receiver) = pushing();
    let mut keygen = pushing.sandbox.command("ssh-keygen", "");
    assert!(
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "sue", "-f", "key"])
            .status()
            .unwrap()
            .success()
    );
    let key = std::fs::read_to_string(pushing.sandbox.path("key.pub")).unwrap();
    let allowed = pushing
        .sandbox
        .write("allowed", format!("sue@example.com {key}"));
    for (name, value) in [
        ("gpg.format", "ssh"),
        (
            "user.signingKey",
            pushing.sandbox.path("key.pub").to_str().unwrap(),
        ),
        ("gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()),
        ("receive.certNonceSeed", "seed"),
    ] {
        pushing
            .sandbox
            .git("", &["config", "--global", name, value]);
    }
    let event = try_push(&pushing, &receiver, &["--signed", "origin", "HEAD:main"]);
    assert_eq!(
        (
            &event[0]["pusher"]["source"],
            &event[0]["pusher"]["username"]
        ),
        (&"certificate".into(), &"sue@example.com".into())
    );
    std::fs::write(allowed, "").unwrap();
    let event = try_push(
        &pushing,
        &receiver,
        &["--signed", "origin", "HEAD:refs/heads/unknown"],
    );
    assert_eq!(
        event[0]["pusher"]["source"], "account",
        "a signature of nobody that is known"
    );
}

#[test]
fn a_work_tree_that_follows_its_pushes_has_its_own_name() {
    let (pushing, receiver) = pushing();
    pushing.sandbox.git("", &["clone", "-q", "c", "work tree"]);
    pushing.sandbox.git(
        "work tree",
        &["config", "receive.denyCurrentBranch", "updateInstead"],
    );
    let program = crate::support::PROGRAM;
    std::os::unix::fs::symlink(
        program,
        pushing.sandbox.path("work tree/.git/hooks/post-receive"),
    )
    .unwrap();
    pushing.sandbox.write(
        "work tree/.git/hooks.toml",
        webhook("here", &receiver.url("/")),
    );
    pushing.sandbox.commit("c", "new.txt", "new\n", "New");
    pushing
        .sandbox
        .push("c", &["-q", "../work tree", "HEAD:main"]);
    eventually("the event arrives", || !receiver.got().is_empty());
    let event = receiver.got()[0].json();
    assert_eq!(
        (&event["project"]["name"], &event["commits"][0]["added"][0]),
        (&"work tree".into(), &"new.txt".into())
    );
    assert!(pushing.sandbox.path("work tree/new.txt").exists());
}

/// A mirror of ten thousand refs, one of which Git refuses.
#[test]
fn ten_thousand_refs_are_a_few_events_and_one_summary() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}max_refs = 3\n",
        webhook("here", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    pushing
        .sandbox
        .git("r.git", &["config", "receive.hideRefs", "refs/heads/n5000"]);
    let head = pushing.sandbox.git("c", &["rev-parse", "HEAD"]);
    let mut packed = String::new();
    for n in 0..10_000 {
        writeln!(packed, "{head} refs/heads/n{n:04}").unwrap();
    }
    pushing.sandbox.write("c/.git/packed-refs", packed);
    try_push(
        &pushing,
        &receiver,
        &["-q", "origin", "refs/heads/n*:refs/heads/n*"],
    );
    eventually("all events arrive", || receiver.got().len() == 4);
    let event: Vec<_> = receiver
        .got()
        .iter()
        .map(crate::support::receiver::Received::json)
        .collect();
    assert_eq!(
        refs(&receiver, 0),
        [
            "refs/heads/n0000",
            "refs/heads/n0001",
            "refs/heads/n0002",
            "null"
        ]
    );
    assert!(
        event[..3]
            .iter()
            .all(|event| event["push"]["ref_count"] == 9999)
    );
    let rest = event[3]["updates"].as_array().unwrap();
    let omitted = event[3]["updates_omitted"].as_u64().unwrap_or_default();
    assert_eq!(rest.len() as u64 + omitted, 9996);
    assert!(
        rest.iter()
            .all(|update| update["ref"] != "refs/heads/n5000")
    );
}

#[test]
fn twenty_thousand_lines_without_a_last_newline_are_read_to_the_end() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}max_refs = 1\n",
        webhook("here", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    let (old, new) = ("1".repeat(40), "0".repeat(40));
    let lines: Vec<_> = (0..20_000)
        .map(|n| format!("{old} {new} refs/heads/n{n}"))
        .collect();
    let out = feed(&mut pushing.hook(), &lines.join("\n"));
    assert_eq!(out.status.code(), Some(0), "{}", seen(&out));
    eventually("all events arrive", || receiver.got().len() == 2);
    let summary = receiver.got()[1].json();
    let omitted = summary["updates_omitted"].as_u64().unwrap_or_default();
    assert_eq!(
        summary["updates"].as_array().unwrap().len() as u64 + omitted,
        19_999
    );
}

#[test]
fn an_event_with_missing_objects_is_delivered_in_part() {
    let (pushing, receiver) = pushing();
    let (old, new) = (
        pushing.sandbox.git("c", &["rev-parse", "HEAD"]),
        "1".repeat(40),
    );
    let out = pushing.receive(&format!("{old} {new} refs/heads/main\n"));
    assert!(seen(&out).contains("here: delivered"), "{}", seen(&out));
    let event = receiver.got()[0].json();
    assert_eq!(
        (&event["after"], &event["head_commit"]),
        (&Value::from(new), &Value::Null)
    );
    assert!(event["error"].as_str().unwrap().contains("is missing"));
}

/// As review servers do: a push to one ref becomes other refs, which the hook moves by itself (githooks(5)).
#[test]
fn proc_receive_reports_the_names_of_the_events() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}refs = [\"**\"]\n",
        webhook("here", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    let (head, null) = (
        pushing.sandbox.git("c", &["rev-parse", "HEAD"]),
        "0".repeat(40),
    );
    pushing
        .sandbox
        .git("r.git", &["config", "receive.procReceiveRefs", "refs/for"]);
    let mut script =
        "#!/bin/sh\npkt() { printf '%04x%s' $((${#1} + 4)) \"$1\"; }\npkt version=1; printf 0000\n"
            .to_owned();
    for change in ["refs/changes/01/1/1", "refs/changes/02/2/1"] {
        let option = |text: String| format!("pkt 'option {text}'\n");
        writeln!(
            script,
            "git update-ref {change} {head}\npkt 'ok refs/for/main'"
        )
        .unwrap();
        script.push_str(&option(format!("refname {change}")));
        script.push_str(&(option(format!("old-oid {null}")) + &option(format!("new-oid {head}"))));
    }
    hook(
        &pushing,
        "proc-receive",
        &(script + "printf 0000\ncat >/dev/null\n"),
    );
    try_push(&pushing, &receiver, &["origin", "HEAD:refs/for/main"]);
    assert_eq!(
        refs(&receiver, 0),
        ["refs/changes/01/1/1", "refs/changes/02/2/1"]
    );
}

#[test]
fn a_push_from_a_shallow_clone_ends_where_the_clone_ends() {
    let (pushing, receiver) = pushing();
    for message in ["one", "two", "three"] {
        pushing.sandbox.commit("c", "file.txt", message, message);
    }
    let url = format!("file://{}", pushing.sandbox.path("c").display());
    pushing
        .sandbox
        .git("", &["clone", "-q", "--depth=2", &url, "shallow"]);
    pushing
        .sandbox
        .git("r.git", &["config", "receive.shallowUpdate", "true"]);
    pushing
        .sandbox
        .push("shallow", &["-q", "../r.git", "HEAD:refs/heads/shallow"]);
    let event = receiver.got()[0].json();
    assert_eq!(
        (&event["shallow"], &event["total_commits"]),
        (&Value::Bool(true), &Value::from(2))
    );
    assert_eq!(event["error"], Value::Null);
}
