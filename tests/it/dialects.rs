//! The dialects of `webhook_http_post`: the requests for the nine changes that a push can report.

use crate::actions::{Configured, json, mistakes, sample};
use git_service_hook::action::Finding;
use git_service_hook::http::Request;
use git_service_hook::outgoing::sample::{project, samples};
use git_service_hook::outgoing::{Limits, MessageKind, Outgoing};
use git_service_hook::push::{Change, PushEvent};
use git_service_hook::signature::{hmac_sha1, hmac_sha256_hex};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const POST: &str =
    "action = \"webhook_http_post\"\nservice_url = \"https://ci.example.com/hook\"\n";

/// Each change by name.
fn changes() -> Vec<(&'static str, Outgoing)> {
    let limits = Limits {
        max_commits: 2048,
        max_body: 1 << 20,
    };
    let all = samples(&project(), "ci", limits);
    let changed = |at: usize, change: &dyn Fn(&mut PushEvent)| {
        let mut out = all[at].clone();
        change(&mut out.events[0]);
        out
    };
    let own = |_: &mut PushEvent| {};
    let updated = all[0].events[0].clone();
    vec![
        (
            "branch created with commits",
            changed(1, &|event| event.commits.clone_from(&updated.commits)),
        ),
        ("branch updated", changed(0, &own)),
        ("branch created at an old commit", changed(1, &own)),
        ("branch rewritten", changed(2, &own)),
        ("branch rewound", changed(2, &|event| event.commits.clear())),
        ("annotated tag created", changed(4, &own)),
        (
            "light tag created",
            changed(4, &|event| {
                let tag = event.tag.as_mut().unwrap();
                (tag.annotated, tag.message, tag.tagger) = (false, None, None);
                event.update.new = tag.target.clone();
            }),
        ),
        ("branch deleted", changed(3, &own)),
        ("tag deleted", changed(5, &own)),
    ]
}

fn flavored(flavor: &str) -> Configured {
    Configured::new(&format!("{POST}flavor = \"{flavor}\"\ntoken = \"123\""))
}

/// Headers, then each member of the body on a line of its own.
fn shown(request: &Request) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = String::new();
    for (name, value) in &request.headers {
        writeln!(text, "{name}: {}", value.replace(version, "VERSION")).unwrap();
    }
    for (name, value) in json(request).as_object().unwrap() {
        writeln!(text, "  {name}: {value}").unwrap();
    }
    text
}

#[track_caller]
fn agrees(flavor: &str) {
    let configured = flavored(flavor);
    let mut text = String::new();
    for (name, out) in changes() {
        writeln!(text, "# {name}\n{}", shown(&configured.request(&out))).unwrap();
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dialect");
    let path = dir.join(flavor).with_extension("txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "{flavor}: to accept the change, run the test with UPDATE_GOLDEN=1"
    );
}

#[test]
fn default_sends_every_change_as_its_receivers_read_it() {
    agrees("default");
}

#[test]
fn coding_sends_every_change_as_its_receivers_read_it() {
    agrees("coding");
}

#[test]
fn github_sends_every_change_as_its_receivers_read_it() {
    agrees("github");
}

#[test]
fn gitea_sends_every_change_as_its_receivers_read_it() {
    agrees("gitea");
}

#[test]
fn gogs_sends_every_change_as_its_receivers_read_it() {
    agrees("gogs");
}

#[test]
fn gitlab_sends_every_change_as_its_receivers_read_it() {
    agrees("gitlab");
}

#[test]
fn cloudevents_sends_every_change_as_its_receivers_read_it() {
    agrees("cloudevents");
}

#[test]
fn cloudevents_structured_sends_every_change_as_its_receivers_read_it() {
    agrees("cloudevents-structured");
}

/// The requests of all changes, by name.
fn requests(flavor: &str) -> Vec<(&'static str, Request)> {
    let configured = flavored(flavor);
    changes()
        .into_iter()
        .map(|(name, out)| (name, configured.request(&out)))
        .collect()
}

fn first_commit(body: &Value) -> Option<&str> {
    body["commits"][0]["id"].as_str()
}

#[test]
fn json_has_the_bare_content_type_except_in_coding() {
    for flavor in ["default", "github", "gitea", "gogs", "gitlab"] {
        for (name, request) in requests(flavor) {
            let content_type = request.header("Content-Type");
            assert_eq!(content_type, Some("application/json"), "{flavor}: {name}");
        }
        let template =
            format!("{POST}flavor = \"{flavor}\"\ntemplate = '{{\"ref\": \"${{ref}}\"}}'");
        let request = Configured::new(&template).request(&sample(MessageKind::Ref));
        assert_eq!(request.header("Content-Type"), Some("application/json"));
    }
    let (_, coding) = requests("coding").remove(0);
    assert_eq!(
        coding.header("Content-Type"),
        Some("application/json; charset=UTF-8")
    );
}

#[test]
fn no_dialect_carries_the_headers_of_another() {
    let families = [
        ("default", vec!["X-Coding-", "X-GitHub-", "X-Hub-"]),
        ("coding", vec!["X-Coding-"]),
        ("github", vec!["X-GitHub-", "X-Hub-"]),
        ("gitea", vec!["X-Gitea-", "X-Hub-"]),
        ("gogs", vec!["X-Gogs-"]),
        ("gitlab", vec!["X-Gitlab-"]),
        ("cloudevents", vec!["X-Hub-"]),
        ("cloudevents-structured", vec!["X-Hub-"]),
    ];
    for (flavor, own) in families {
        for (name, request) in requests(flavor) {
            for (header, _) in request.headers.iter().filter(|(n, _)| n.starts_with("X-")) {
                let is_own = own.iter().any(|prefix| header.starts_with(prefix));
                assert!(is_own, "{flavor}: {name}: {header}");
            }
        }
    }
}

#[test]
fn the_newest_commit_is_where_the_readers_of_the_dialect_look() {
    for (name, request) in requests("gitea").into_iter().chain(requests("gogs")) {
        let body = json(&request);
        if let Some(first) = first_commit(&body) {
            assert_eq!(Some(first), body["head_commit"]["id"].as_str(), "{name}");
        }
    }
    for flavor in ["github", "gitlab"] {
        for (name, request) in requests(flavor) {
            let body = json(&request);
            let last = body["commits"].as_array().unwrap().last().cloned();
            if let Some(last) = last {
                assert_eq!(last["id"], body["head_commit"]["id"], "{flavor}: {name}");
            }
        }
    }
}

#[test]
fn a_reader_of_gogs_that_takes_the_first_commit_always_finds_one() {
    for (name, request) in requests("gogs") {
        if request.header("X-Gogs-Event") == Some("push") {
            assert!(first_commit(&json(&request)).is_some(), "{name}");
        }
    }
}

#[test]
fn gitea_pushes_no_deletion_and_gogs_no_tag() {
    let events = |flavor: &str, header: &str| {
        let event = |(name, request): &(&'static str, Request)| {
            (*name, request.header(header).unwrap().to_owned())
        };
        let all = requests(flavor).iter().map(event).collect::<Vec<_>>();
        all.into_iter()
            .filter(|(_, event)| event != "push")
            .collect::<Vec<_>>()
    };
    assert_eq!(
        events("gitea", "X-Gitea-Event"),
        [
            ("branch deleted", "delete".to_owned()),
            ("tag deleted", "delete".to_owned()),
        ]
    );
    assert_eq!(
        events("gogs", "X-Gogs-Event"),
        [
            ("annotated tag created", "create".to_owned()),
            ("light tag created", "create".to_owned()),
            ("branch deleted", "delete".to_owned()),
            ("tag deleted", "delete".to_owned()),
        ]
    );
    let gitea = requests("gitea");
    let tag = json(
        &gitea
            .iter()
            .find(|(n, _)| *n == "light tag created")
            .unwrap()
            .1,
    );
    assert_eq!(tag["commits"], serde_json::json!([]));
}

#[test]
fn signatures_are_those_that_the_family_verifies() {
    for (flavor, header, value) in [
        ("github", "X-Hub-Signature", "sha1"),
        ("github", "X-Hub-Signature-256", "sha256="),
        ("gitea", "X-Hub-Signature-256", "sha256="),
        ("gitea", "X-Gitea-Signature", ""),
        ("gogs", "X-Gogs-Signature", ""),
    ] {
        for (name, request) in requests(flavor) {
            let expected = if value == "sha1" {
                hmac_sha1("123", &request.body)
            } else {
                format!("{value}{}", hmac_sha256_hex("123", &request.body))
            };
            assert_eq!(request.header(header), Some(&*expected), "{flavor}: {name}");
        }
    }
    let (_, gitlab) = requests("gitlab").remove(0);
    assert_eq!(gitlab.header("X-Gitlab-Token"), Some("123"));
    assert!(gitlab.secrets.redact("token 123 ").contains("***"));
}

#[test]
fn a_project_without_an_owner_gets_the_account_where_readers_need_one() {
    let mut out = sample(MessageKind::Ref);
    out.project.name = "payments".to_owned();
    out.project.account = Some("git".to_owned());
    out.project.id = None;
    for flavor in ["github", "gitea", "gogs"] {
        let body = json(&flavored(flavor).request(&out));
        assert_eq!(body["repository"]["owner"]["username"], "git", "{flavor}");
        assert_eq!(body["repository"]["full_name"], "payments", "{flavor}");
    }
    let gitlab = json(&flavored("gitlab").request(&out));
    assert_eq!(gitlab["project"]["namespace"], "git");
    let id = gitlab["project_id"].as_u64().unwrap();
    assert!((1..1 << 31).contains(&id));
    assert_eq!(gitlab["project"]["id"], id);
    for flavor in ["default", "coding"] {
        let body = json(&flavored(flavor).request(&out));
        assert_eq!(body["repository"].get("owner"), None, "{flavor}");
        assert_eq!(body["repository"].get("id"), None, "{flavor}");
    }
    out.project.owner = Some("platform".to_owned());
    let body = json(&flavored("github").request(&out));
    assert_eq!(body["repository"]["owner"]["login"], "platform");
}

#[test]
fn a_project_is_private_unless_it_is_configured_otherwise() {
    let (_, mut out) = changes().remove(1);
    for (configured, sent) in [(None, true), (Some(true), true), (Some(false), false)] {
        out.project.private = configured;
        for flavor in ["github", "gitea", "gogs"] {
            let body = json(&flavored(flavor).request(&out));
            assert_eq!(body["repository"]["private"], sent, "{flavor}");
        }
    }
}

#[test]
fn each_ref_of_a_push_lists_its_commits_in_the_order_of_the_dialect() {
    let (_, mut out) = changes().remove(1);
    (out.kind, out.whole_push) = (MessageKind::Push, true);
    out.events.push(out.events[0].clone());
    for flavor in ["gitea", "gogs"] {
        let body = json(&flavored(flavor).request(&out));
        let updates = body["updates"].as_array().unwrap();
        assert_eq!(updates.len(), 2, "{flavor}");
        for update in updates {
            let commits = update["commits"].as_array().unwrap();
            assert!(commits.len() > 1, "{flavor}: {update}");
            assert_eq!(commits[0]["id"], update["head_commit"]["id"], "{flavor}");
        }
    }
}

#[test]
fn check_names_the_keys_that_the_receivers_of_a_dialect_need() {
    let lacks = |flavor: &str, change: &dyn Fn(&mut git_service_hook::outgoing::Project)| {
        let mut project = project();
        change(&mut project);
        let configured = flavored(flavor);
        let found = configured.hook().parameters.lint_project(&project);
        found.iter().map(Finding::sentence).collect::<Vec<_>>()
    };
    for flavor in ["default", "coding", "github", "gitea", "gogs", "gitlab"] {
        assert_eq!(lacks(flavor, &|_| {}), [""; 0], "{flavor}");
    }
    for flavor in ["github", "gitea", "gogs", "gitlab"] {
        let found = lacks(flavor, &|project| project.url = None);
        assert!(
            found.len() == 1 && found[0].starts_with("`flavor` needs `[project] url`: "),
            "{flavor}: {found:?}"
        );
        let found = lacks(flavor, &|project| project.name = "solo".to_owned());
        assert!(
            found.len() == 1 && found[0].starts_with("`flavor` needs `[project] owner`: "),
            "{flavor}: {found:?}"
        );
    }
    let found = lacks("gitlab", &|project| {
        (project.id, project.clone_url, project.ssh_url) = (None, None, None);
    });
    assert!(found[0].contains("`[project] id`") && found[1].contains("clone_url"));
}

#[test]
fn a_dialect_without_a_test_event_is_tested_by_a_push() {
    for (flavor, has_ping) in [
        ("default", true),
        ("coding", true),
        ("github", true),
        ("gitea", false),
        ("gogs", false),
        ("gitlab", false),
        ("cloudevents", true),
        ("cloudevents-structured", true),
    ] {
        let configured = flavored(flavor);
        assert_eq!(
            configured.hook().parameters.has_ping(),
            has_ping,
            "{flavor}"
        );
    }
    let ping = flavored("github").request(&sample(MessageKind::Test));
    assert_eq!(ping.header("X-GitHub-Event"), Some("ping"));
}

#[test]
fn an_unknown_flavor_is_a_mistake_that_lists_the_dialects() {
    let found = mistakes(&format!("{POST}flavor = \"gitae\""));
    assert!(
        found[0].contains("`cloudevents` or `cloudevents-structured`, did you mean `gitea`?"),
        "{found:?}"
    );
}

#[test]
fn a_dialect_is_cut_to_size_like_every_body() {
    for flavor in ["github", "gitea", "gogs", "gitlab"] {
        let mut out = sample(MessageKind::Ref);
        let commit = out.events[0].commits[1].clone();
        out.events[0].commits = vec![commit; 400];
        out.max_body = 8192;
        let request = flavored(flavor).request(&out);
        assert!(request.body.len() <= 8192, "{flavor}");
        assert_eq!(json(&request)["truncated"], true, "{flavor}");
        assert_eq!(out.events[0].change, Change::Updated);
    }
}

#[test]
fn a_cloudevent_has_its_attributes_encoded_in_headers_and_as_they_are_in_the_body() {
    let mut out = sample(MessageKind::Ref);
    out.project.url = None;
    out.project.name = "team/my app".to_owned();
    out.events[0].update.name = git_service_hook::push::RefName::new("refs/heads/修 \"50%\"");
    let binary = flavored("cloudevents").request(&out);
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-id", out.delivery.as_str()),
        ("ce-source", "/team/my%2520app"),
        ("ce-type", "com.github.push"),
        ("ce-subject", "refs/heads/%E4%BF%AE%20%2250%25%22"),
        ("ce-time", "2024-05-01T00:00:00.123Z"),
        ("Content-Type", "application/json"),
    ] {
        assert_eq!(binary.header(name), Some(value), "{name}");
    }
    assert_eq!(json(&binary)["event"], "GIT_PUSHED");
    let structured = flavored("cloudevents-structured").request(&out);
    let event = json(&structured);
    assert_eq!(
        structured.header("Content-Type"),
        Some("application/cloudevents+json")
    );
    assert_eq!(event["source"], "/team/my%20app");
    assert_eq!(event["subject"], "refs/heads/修 \"50%\"");
    assert_eq!(event["data"], json(&binary));
}

#[test]
fn a_cloudevent_fits_into_what_intermediaries_forward() {
    let mut out = sample(MessageKind::Ref);
    let commit = out.events[0].commits[1].clone();
    out.events[0].commits = vec![commit; 2000];
    for flavor in ["cloudevents", "cloudevents-structured"] {
        let request = flavored(flavor).request(&out);
        assert!(request.body.len() <= 60 * 1024, "{flavor}");
        let text = String::from_utf8(request.body).unwrap();
        assert!(text.contains("\"truncated\":true"), "{flavor}");
    }
    let keys = format!("{POST}flavor = \"cloudevents-structured\"\ntemplate = \"x\"");
    assert!(mistakes(&keys)[0].contains("`template` cannot replace the whole CloudEvent"));
}
