//! The body of a delivery: its members, and how it is cut to size.

use git_service_hook::outgoing::sample::{project, samples};
use git_service_hook::outgoing::{Draft, Limits, MessageKind, Outgoing, Project};
use git_service_hook::push::{Commit, PushEvent};
use serde_json::Value;
use std::path::Path;

const LIMITS: Limits = Limits {
    max_commits: 2048,
    max_body: 1 << 20,
};

fn sample(kind: MessageKind, at: usize) -> Outgoing {
    samples(&project(), "ci", LIMITS)
        .into_iter()
        .filter(|out| out.kind == kind)
        .nth(at)
        .unwrap()
}

fn body(out: &Outgoing) -> Value {
    serde_json::from_slice(&out.body_bytes()).unwrap()
}

#[test]
fn bodies_are_what_receivers_know() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/body");
    let names = [
        "updated",
        "created",
        "forced",
        "deleted",
        "annotated-tag",
        "deleted-tag",
        "told-in-part",
        "push",
        "push-of-one",
        "summary",
        "test",
        "recovered",
    ];
    let samples = samples(&project(), "ci", LIMITS);
    assert_eq!(samples.len(), names.len());
    for (out, name) in samples.iter().zip(names) {
        let text = format!("{:#}\n", body(out));
        let path = dir.join(name).with_extension("json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            text, expected,
            "{name}: to accept the change, run the test with UPDATE_GOLDEN=1"
        );
    }
}

#[test]
fn a_body_is_one_line_and_keeps_other_scripts_readable() {
    let mut out = sample(MessageKind::Ref, 0);
    out.events[0].commits[0].message = "修复 é 🚀".to_owned();
    let text = String::from_utf8(out.body_bytes()).unwrap();
    assert!(!text.contains('\n') && text.contains("修复 é 🚀") && text.contains("代码推送"));
}

#[test]
fn what_is_not_known_is_left_out_and_never_empty() {
    let mut out = sample(MessageKind::Ref, 0);
    out.project = Project {
        name: "payments".to_owned(),
        ..Project::default()
    };
    out.push.pusher.email = None;
    out.push.remote_addr = None;
    out.events[0].compare = None;
    let body = body(&out);
    for path in [
        "/repository/html_url",
        "/repository/url",
        "/repository/clone_url",
        "/repository/owner",
        "/repository/private",
        "/repository/default_branch",
        "/project/url",
        "/project/description",
        "/team",
        "/pusher/email",
        "/push/remote_addr",
        "/compare",
        "/compare_url",
        "/ref_base64",
        "/shallow",
        "/error",
        "/test",
        "/recovered",
        "/updates",
        "/discarded",
        "/tag",
        "/commits/0/files_truncated",
    ] {
        assert_eq!(body.pointer(path), None, "{path}");
    }
    assert_eq!(body["repository"]["full_name"], "payments");
}

#[test]
fn every_kind_says_what_it_is() {
    let refs = |out: &Outgoing| {
        body(out)["updates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|u| u["ref"].clone())
            .collect::<Vec<_>>()
    };
    let push = sample(MessageKind::Push, 0);
    assert_eq!(refs(&push).len(), 6);
    assert_eq!(body(&push)["ref"], refs(&push)[0]);
    assert_eq!(refs(&sample(MessageKind::Push, 1)).len(), 1);
    let summary = body(&sample(MessageKind::Summary, 0));
    assert_eq!(
        refs(&sample(MessageKind::Summary, 0)),
        ["refs/heads/a", "refs/tags/b", "refs/heads/c"]
    );
    assert_eq!(summary["updates"][1]["created"], true);
    assert_eq!(summary["updates"][2]["deleted"], true);
    assert!(
        summary["ref"].is_null()
            && summary["before"].is_null()
            && summary["commits"] == Value::Array(Vec::new())
    );
    let test = body(&sample(MessageKind::Test, 0));
    assert_eq!(
        (&test["event"], &test["test"]),
        (&Value::from("PING"), &Value::from(true))
    );
    let found_later = samples(&project(), "ci", LIMITS)
        .into_iter()
        .find(|out| out.push.recovered)
        .unwrap();
    assert_eq!(
        (&body(&found_later)["recovered"], &test.get("recovered")),
        (&Value::from(true), &None)
    );
    assert_eq!(
        body(&Outgoing {
            max_body: 0,
            ..found_later
        })["recovered"],
        true,
        "it survives every cut"
    );
}

#[test]
fn only_the_newest_commits_are_listed() {
    let out = sample(MessageKind::Ref, 0);
    let limits = Limits {
        max_commits: 1,
        ..LIMITS
    };
    let draft = Draft {
        kind: out.kind,
        delivery: out.delivery,
        hook: out.hook,
        project: out.project,
        push: out.push,
        push_total_commits: 2,
        events: out.events.clone(),
        rest: out.rest,
    };
    let cut = Outgoing::new(draft, limits);
    let body = body(&cut);
    assert_eq!(body["commits"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["commits"][0]["id"].as_str(),
        Some(out.events[0].commits[1].id.as_str())
    );
    assert_eq!(
        (&body["truncated"], &body["total_commits"]),
        (&Value::from(true), &Value::from(2))
    );
}

/// `count` commits of ten files and a message of about a kilobyte.
fn large(count: usize) -> Outgoing {
    let mut out = sample(MessageKind::Ref, 0);
    let event = &mut out.events[0];
    let model = event.commits[1].clone();
    let files = (0..10)
        .map(|i| format!("src/某个/\"file\"\\{i}.rs"))
        .collect::<Vec<_>>();
    event.commits = (0..count)
        .map(|i| Commit {
            message: format!("Commit {i}\n\n{}", "推送\u{1}\"\\🚀".repeat(60)),
            added: files.clone(),
            ..model.clone()
        })
        .collect();
    event.head_commit = event.commits.last().cloned();
    event.total_commits = count;
    out
}

#[test]
fn a_body_of_any_size_is_valid_and_within_its_bound() {
    let mut out = large(60);
    let whole = out.body_bytes().len();
    let mut size = 600;
    let mut commits = 0;
    while size < whole + 200 {
        out.max_body = size;
        let bytes = out.body_bytes();
        assert!(bytes.len() <= size, "{} > {size}", bytes.len());
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let listed = body["commits"].as_array().unwrap();
        assert!(listed.len() >= commits, "more room, fewer commits: {size}");
        commits = listed.len();
        if let Some(total) = body.get("total_commits") {
            assert_eq!(total, 60, "{size}");
            assert_eq!(body["truncated"], listed.len() < 60, "{size}");
        }
        for commit in listed {
            let files = commit["added"].as_array().unwrap().len();
            assert_eq!(
                commit.get("files_truncated").is_some(),
                files == 0,
                "{size}"
            );
        }
        if let Some(newest) = listed.last() {
            assert!(
                newest["message"].as_str().unwrap().starts_with("Commit 59"),
                "the newest stay: {size}"
            );
        }
        size += size / 7;
    }
    assert_eq!(commits, 60);
}

#[test]
fn file_lists_go_before_commits_and_commits_before_messages() {
    let mut out = large(10);
    out.max_body = out.body_bytes().len() - 1;
    let barely = body(&out);
    assert_eq!(barely["commits"].as_array().unwrap().len(), 10);
    assert_eq!(barely["commits"][0]["files_truncated"], true);
    assert_eq!(barely["commits"][1]["added"].as_array().unwrap().len(), 10);
    out.max_body = 9_000;
    let small = body(&out);
    let listed = small["commits"].as_array().unwrap();
    assert!(!listed.is_empty() && listed.len() < 10);
    assert!(listed.iter().all(|c| c.get("message_truncated").is_none()));
    out.max_body = 4_000;
    let smaller = body(&out);
    assert_eq!(smaller["commits"].as_array().unwrap().len(), 1);
    assert_eq!(smaller["commits"][0]["message_truncated"], true);
}

#[test]
fn a_large_push_is_cut_in_a_moment() {
    let mut out = large(2048);
    out.max_body = 64 * 1024;
    let start = std::time::Instant::now();
    assert!(out.body_bytes().len() <= out.max_body);
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn updates_are_cut_with_their_number() {
    let mut out = sample(MessageKind::Summary, 0);
    let one = out.rest[0].clone();
    out.rest = vec![one; 10_000];
    out.max_body = 20_000;
    let bytes = out.body_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let listed = body["updates"].as_array().unwrap().len();
    assert!(bytes.len() <= 20_000 && listed > 10);
    assert_eq!(body["updates_omitted"], 10_000 - listed);
}

#[test]
fn smaller_ends() {
    for mut out in samples(&project(), "ci", LIMITS)
        .into_iter()
        .chain([large(2048)])
    {
        let mut steps = 0;
        let mut before = out.body().to_string().len();
        while let Some(less) = out.smaller() {
            let after = less.body().to_string().len();
            assert!(after < before + 200, "{before} → {after}");
            (before, out) = (after, less);
            steps += 1;
        }
        assert!(steps < 40, "{steps}");
        let mut paths = out
            .events
            .iter()
            .flat_map(|e: &PushEvent| &e.commits)
            .flat_map(|c| &c.added);
        assert!(paths.next().is_none());
    }
}

#[test]
fn the_list_of_members_is_complete() {
    let mut seen: Vec<String> = Vec::new();
    for out in samples(&project(), "ci", LIMITS) {
        let names = out
            .body()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>();
        seen.extend(
            names
                .into_iter()
                .filter(|n| !seen.contains(n))
                .collect::<Vec<_>>(),
        );
    }
    let mut members = git_service_hook::outgoing::MEMBERS
        .map(str::to_owned)
        .to_vec();
    seen.sort();
    members.sort();
    assert_eq!(seen, members);
}
