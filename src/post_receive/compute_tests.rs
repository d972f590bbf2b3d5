use super::*;
use crate::config;
use crate::environment::Environment;
use crate::push::{Commit, ObjectId, Person, Pusher, RefName};

fn push(names: &[&str]) -> Push {
    let id = |digit: &str| ObjectId::parse(&digit.repeat(40)).unwrap();
    let update = |name: &&str| RefUpdate {
        old: id("0"),
        new: id("1"),
        name: RefName::new(name.as_bytes()),
    };
    let pusher = Pusher {
        username: "ann".into(),
        name: "Ann".into(),
        email: None,
        source: "account".into(),
    };
    let (updates, options) = (names.iter().map(update).collect(), Vec::new());
    Push {
        id: "p".into(),
        time_ms: 1000,
        updates,
        pusher,
        options,
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    }
}

const POST: &str =
    "[hook.ci]\naction = \"webhook_http_post\"\nservice_url = \"http://a.example/\"\n";

/// What a configuration makes of a push.
fn computed(hooks: &str, names: &[&str]) -> ComputedPush {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(config::REPOSITORY_FILE), hooks).unwrap();
    let nowhere = dir.path().join("none.toml");
    let environment =
        Environment::from([(config::SERVER_FILE_VARIABLE, nowhere.to_str().unwrap())]);
    let loaded = config::load(dir.path(), &environment);
    assert_eq!(loaded.diagnostics, []);
    compute_without_repository(
        &Undecided::new(&loaded, &[]),
        &push(names),
        "the repository cannot be opened",
    )
}

const THREE: [&str; 3] = ["refs/heads/a", "refs/heads/b", "refs/tags/v1"];

#[test]
fn a_hook_has_one_delivery_a_ref_or_one_a_push() {
    let each = computed(POST, &THREE).events;
    assert_eq!(
        each.deliveries
            .iter()
            .map(|d| d.events.clone())
            .collect::<Vec<_>>(),
        [vec![0], vec![1], vec![2]]
    );
    assert!(each.deliveries.iter().all(|d| d.kind == MessageKind::Ref));
    let event: PushEvent = serde_json::from_str(each.events[1].get()).unwrap();
    assert_eq!(
        (event.ref_name().as_bytes(), event.index),
        (&b"refs/heads/b"[..], 1)
    );
    assert!(event.error.is_some(), "it could only be computed in part");

    let whole = computed(&format!("{POST}per = \"push\"\n"), &THREE).events;
    let delivery = &whole.deliveries[0];
    assert_eq!(
        (whole.deliveries.len(), delivery.kind),
        (1, MessageKind::Push)
    );
    assert_eq!(
        delivery.events.len() + delivery.rest.len(),
        3,
        "every ref is in it"
    );
}

#[test]
fn two_hooks_share_the_stored_events_and_no_delivery_id() {
    let events = computed(
        &format!("{POST}\n{}", POST.replace("hook.ci", "hook.two")),
        &THREE,
    )
    .events;
    assert_eq!((events.events.len(), events.deliveries.len()), (3, 6));
    let ids: std::collections::BTreeSet<_> = events.deliveries.iter().map(|d| &d.id).collect();
    assert_eq!(ids.len(), 6);
}

#[test]
fn refs_past_the_limit_are_one_summary_where_that_is_understood() {
    let summary = |hook: &str| {
        let ComputedPush { events, omitted } = computed(&format!("{hook}max_refs = 1\n"), &THREE);
        let last = events.deliveries.last().unwrap().clone();
        (last.kind == MessageKind::Summary)
            .then_some(last.rest)
            .ok_or(omitted)
    };
    assert_eq!(summary(POST).unwrap(), [1, 2]);
    assert_eq!(
        summary(&format!("{POST}template = \"${{updates}}\"\n")).unwrap(),
        [1, 2]
    );
    let untold = ["ci: 2 refs past `max_refs` (1) are not sent"];
    assert_eq!(
        summary(&format!("{POST}template = \"${{ref}}\"\n")).unwrap_err(),
        untold
    );
    assert_eq!(
        summary(&POST.replace("http_post", "http_get")).unwrap_err(),
        untold
    );
}

#[test]
fn filters_decide_and_a_push_that_nobody_wants_has_no_delivery() {
    let filtered =
        |branch: &str| computed(&format!("{POST}branches = [\"{branch}\"]\n"), &THREE).events;
    assert_eq!(filtered("b").deliveries.len(), 1);
    let nobody = filtered("c");
    assert!(nobody.deliveries.is_empty() && nobody.events.is_empty());
}

#[test]
fn a_stored_event_is_cut_in_order_and_says_so() {
    let person = Person {
        name: "Ann".into(),
        email: "a@example.com".into(),
        date: None,
    };
    let id = ObjectId::parse(&"1".repeat(40)).unwrap();
    let commit = |number: usize| Commit {
        id: id.clone(),
        tree_id: id.clone(),
        parents: Vec::new(),
        distinct: true,
        message: format!("{number} {}", "é".repeat(2000)),
        encoding_lossy: false,
        author: person.clone(),
        committer: person.clone(),
        added: (0..100).map(|n| format!("file {n}")).collect(),
        removed: Vec::new(),
        modified: Vec::new(),
        files_truncated: false,
        paths_lossy: false,
        message_truncated: false,
        signed: false,
        url: None,
    };
    let update = push(&["refs/heads/a"]).updates.remove(0);
    let commits: Vec<Commit> = (0..8).map(commit).collect();
    let event = PushEvent {
        commits,
        total_commits: 8,
        ..PushEvent::bare(update, 0)
    };
    let stored = |bytes: usize| {
        let json = event_within(event.clone(), bytes).unwrap();
        let event: PushEvent = serde_json::from_str(json.get()).unwrap();
        (json.get().len(), event)
    };
    let (_, whole) = stored(1 << 20);
    assert_eq!(whole, event);
    let (size, files) = stored(40_000);
    assert!(
        size <= 40_000
            && files.commits.len() == 8
            && files.commits.iter().all(|c| c.files_truncated)
    );
    let (size, fewer) = stored(20_000);
    assert!(size <= 20_000 && fewer.truncated && fewer.total_commits == 8);
    assert!(
        fewer.commits.last().unwrap().message.starts_with("7 "),
        "the newest stay"
    );
    let (size, shortest) = stored(3000);
    assert!(size <= 3000 && shortest.commits.len() == 1 && shortest.commits[0].message_truncated);
}
