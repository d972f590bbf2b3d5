//! Stubs of Jenkins' plugins, which no package of these tests has: what their source requires of a request, and where
//! it looks for the newest commit.

use super::pushes::{SECRET, nine_changes};
use super::table;
use crate::support::receiver::{Answer, Received, Receiver};
use git_service_hook::signature::hmac_sha256_hex;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What a plugin requires.
struct Plugin {
    name: &'static str,
    flavor: &'static str,
    /// The header with the event's name.
    event: &'static str,
    /// Members that must be there, as JSON pointers.
    members: &'static [&'static str],
    is_signed: fn(&Received) -> bool,
}

fn has(request: &Received, header: &str, value: &str) -> bool {
    request.header(header) == Some(value)
}

/// Why the plugin refuses the request, and otherwise what it reads.
fn read(plugin: &Plugin, request: &Received) -> Result<Value, String> {
    if !has(request, "Content-Type", "application/json") {
        return Err("Hook should contain payload".to_owned());
    }
    if !(plugin.is_signed)(request) {
        return Err("the signature is missing or wrong".to_owned());
    }
    let body = request.json();
    let event = request.header(plugin.event).ok_or("no event")?;
    if ["create", "delete"].contains(&event) {
        return Ok(json!({"event": event, "ref": body["ref"]}));
    }
    for pointer in plugin.members {
        let member = body.pointer(pointer).unwrap_or_default();
        if member.is_null() {
            return Err(format!("no {pointer}"));
        }
    }
    let commits = body["commits"].as_array().ok_or("no commits")?;
    let listed = match plugin.flavor {
        "gitea" | "gogs" => commits.first(),
        _ => commits.last(),
    };
    let newest = listed.map(|commit| &commit["id"]);
    Ok(json!({"event": event, "ref": body["ref"], "newest": newest}))
}

#[track_caller]
fn accepts_all(plugin: Plugin) {
    let (name, flavor) = (plugin.name, plugin.flavor);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let log = reports.clone();
    let receiver = Receiver::start(move |request| {
        let read = read(&plugin, request);
        let status = if read.is_ok() { 200 } else { 400 };
        log.lock().unwrap().push(read.unwrap_or_else(Value::from));
        Answer::json(status, "{}")
    });
    let keys = format!("flavor = \"{flavor}\"\ntoken = \"{SECRET}\"");
    let mut collect = || std::mem::take(&mut *reports.lock().unwrap());
    let pushes = nine_changes(&receiver.url("/?job=app"), &keys, &mut collect);
    for push in &pushes {
        let [report] = push.reports.as_slice() else {
            panic!("{}: {:?}", push.name, push.reports);
        };
        assert!(
            push.seen.contains("ci: delivered"),
            "{}: {report}",
            push.name
        );
        let read = report["ref"].as_str().unwrap();
        assert!(push.ref_name.ends_with(read), "{}: {report}", push.name);
        if let Some(newest) = report["newest"].as_str() {
            assert_eq!(Some(newest), push.newest.as_deref(), "{}", push.name);
        }
    }
    let count = pushes.len();
    let made =
        format!("{count} of {count} changes meet its conditions; the right ref and newest commit");
    let sent = format!("`flavor = \"{flavor}\"`, `token`");
    let receiver = format!("Jenkins' {name} plugin, a stub");
    table::agrees(&receiver, "none", &sent, &made);
}

#[test]
fn every_change_meets_the_conditions_of_the_github_plugin_of_jenkins() {
    accepts_all(Plugin {
        name: "GitHub",
        flavor: "github",
        event: "X-GitHub-Event",
        members: &["/repository/html_url", "/pusher/name"],
        is_signed: |request| {
            let expected = format!("sha256={}", hmac_sha256_hex(SECRET, &request.body));
            has(request, "X-Hub-Signature-256", &expected)
        },
    });
}

#[test]
fn every_change_meets_the_conditions_of_the_gitea_plugin_of_jenkins() {
    accepts_all(Plugin {
        name: "Gitea",
        flavor: "gitea",
        event: "X-Gitea-Event",
        members: &["/repository/owner/username", "/repository/html_url"],
        is_signed: |_| true,
    });
}

#[test]
fn every_change_meets_the_conditions_of_the_gitlab_plugin_of_jenkins() {
    accepts_all(Plugin {
        name: "GitLab",
        flavor: "gitlab",
        event: "X-Gitlab-Event",
        members: &[
            "/user_name",
            "/project_id",
            "/project/namespace",
            "/project/web_url",
            "/repository/url",
            "/repository/git_ssh_url",
            "/repository/git_http_url",
        ],
        is_signed: |request| has(request, "X-Gitlab-Token", SECRET),
    });
}

#[test]
fn every_change_meets_the_conditions_of_the_gogs_plugin_of_jenkins() {
    accepts_all(Plugin {
        name: "Gogs",
        flavor: "gogs",
        event: "X-Gogs-Event",
        members: &["/ref", "/before", "/commits/0"],
        is_signed: |request| {
            let expected = hmac_sha256_hex(SECRET, &request.body);
            request.target.ends_with("?job=app") && has(request, "X-Gogs-Signature", &expected)
        },
    });
}
