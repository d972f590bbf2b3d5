//! docs/events.md shows what is really sent.

use super::repo::Repo;
use crate::support::event_schema::problem_of_event;
use git_service_hook::outgoing::{Draft, Limits, MessageKind, Outgoing, Project};
use git_service_hook::push::{Push, PushEvent, Pusher};
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

/// What a receiver gets of an event without limits of size.
pub(super) fn body(event: PushEvent, project: Project) -> Value {
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
        trouble: None,
    };
    let limits = Limits {
        max_commits: usize::MAX,
        max_body: usize::MAX,
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
    Outgoing::new(draft, limits).body()
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
    let (mut shown, mut sent) = (Vec::new(), Vec::new());
    members(&example(), "", &mut shown);
    members(&body(event, project), "", &mut sent);
    assert_eq!(shown, sent);
}

#[test]
fn the_example_and_a_body_of_each_kind_fit_the_schema_and_unknown_members_do_not() {
    assert_eq!(problem_of_event(&example()), None);
    let mut strange = example();
    strange["commits"][0]["colour"] = "red".into();
    assert!(problem_of_event(&strange).is_some());
    let mut wrong = example();
    wrong["after"] = "short".into();
    assert!(problem_of_event(&wrong).is_some());
}
