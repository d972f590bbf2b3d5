//! docs/events.md shows what is really sent.

use super::repo::Repo;
use git_service_hook::outgoing::{Draft, Limits, MessageKind, Outgoing, Project};
use git_service_hook::push::{Push, Pusher};
use serde_json::Value;

/// The example of the page.
fn example() -> Value {
    let page = include_str!("../../../docs/events.md");
    let (_, rest) = page
        .split_once("```json\n")
        .expect("the page has an example");
    serde_json::from_str(rest.split_once("```").expect("the example ends").0)
        .expect("the example is JSON")
}

/// Every member of the body, with its path, in its order.
fn members(value: &Value, path: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                all.push(format!("{path}.{name}"));
                members(value, &format!("{path}.{name}"), all);
            }
        }
        Value::Array(items) => items
            .iter()
            .take(1)
            .for_each(|item| members(item, &format!("{path}[]"), all)),
        _ => {}
    }
}

#[test]
fn the_example_has_the_members_of_a_body() {
    let mut repo = Repo::new();
    repo.line(&[], &["a", "b"]);
    repo.set("refs/heads/main", "a");
    let mut event = repo.push_one("refs/heads/main", "a", "b");
    let url = || Some("https://git.example.com/x".to_owned());
    event.compare = url();
    event
        .commits
        .iter_mut()
        .chain(&mut event.head_commit)
        .for_each(|commit| commit.url = url());
    let text = || Some("x".to_owned());
    let project = Project {
        name: "team/payments".into(),
        url: url(),
        clone_url: url(),
        ssh_url: text(),
        description: text(),
        display_name: text(),
        team: text(),
        private: Some(true),
        default_branch: text(),
        ..Project::default()
    };
    let push = Push {
        id: "x".into(),
        time_ms: 1_714_521_602_500,
        updates: vec![event.update.clone()],
        pusher: Pusher {
            username: "ann".into(),
            name: "ann".into(),
            email: None,
            source: "http".into(),
        },
        options: Vec::new(),
        remote_addr: Some("192.0.2.7".into()),
        gl_repo: None,
        recovered: false,
        unlisted: None,
    };
    let limits = Limits {
        max_commits: 10,
        max_body: 1 << 20,
    };
    let draft = Draft {
        kind: MessageKind::Ref,
        delivery: "d".into(),
        hook: "h".into(),
        project,
        push,
        push_total_commits: 1,
        events: vec![event],
        rest: Vec::new(),
    };
    let out = Outgoing::new(draft, limits);
    let (mut shown, mut sent) = (Vec::new(), Vec::new());
    members(&example(), "", &mut shown);
    members(&out.body(), "", &mut sent);
    assert_eq!(shown, sent);
}
