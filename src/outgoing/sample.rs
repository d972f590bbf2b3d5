//! Sample events of every kind and change, for `check` and for tests: templates and messages are tried on them. Their
//! texts hold what breaks careless templates: quotes, backslashes, line ends, markup. Between them they have every
//! member that an event can have.

use super::{Draft, Limits, MessageKind, Outgoing, Project};
use crate::push::{
    Change, Commit, ObjectId, Person, Push, PushEvent, Pusher, RefName, RefUpdate, Tag, Trouble,
    TroubleKind,
};
use serde_json::Value;
use std::sync::OnceLock;

const COMPARE: &str = "https://git.example.com/team/payments/compare/old...new";

/// One of each kind and change, for `project` and `hook`.
pub fn samples(project: &Project, hook: &str, limits: Limits) -> Vec<Outgoing> {
    let outgoing = |kind, events: Vec<PushEvent>, rest: Vec<RefUpdate>| {
        let push = push(
            events
                .iter()
                .map(|e| e.update.clone())
                .chain(rest.iter().cloned())
                .collect(),
        );
        let draft = Draft {
            kind,
            delivery: "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2c".to_owned(),
            hook: hook.to_owned(),
            project: project.clone(),
            push,
            push_total_commits: 2,
            events,
            rest,
        };
        Outgoing::new(draft, limits)
    };
    let single = [
        updated(),
        created(),
        forced(),
        deleted(),
        annotated_tag(),
        deleted_tag(),
        reported_in_part(),
    ];
    let mut samples = single
        .map(|event| outgoing(MessageKind::Ref, vec![event], Vec::new()))
        .to_vec();
    let many = vec![updated(), created(), forced(), deleted(), annotated_tag()];
    samples.push(outgoing(
        MessageKind::Push,
        many,
        vec![update(1, 2, "refs/heads/rest")],
    ));
    samples.push(outgoing(MessageKind::Push, vec![updated()], Vec::new()));
    let rest = vec![
        update(1, 2, "refs/heads/a"),
        update(0, 2, "refs/tags/b"),
        update(2, 0, "refs/heads/c"),
    ];
    samples.push(outgoing(MessageKind::Summary, Vec::new(), rest));
    samples.push(outgoing(MessageKind::Test, vec![updated()], Vec::new()));
    samples.push(recovered(outgoing(
        MessageKind::Ref,
        vec![updated()],
        Vec::new(),
    )));
    samples
}

/// Trouble of each kind, for the same.
pub fn troubles(project: &Project, hook: &str, limits: Limits) -> Vec<Outgoing> {
    let of_kind = |kind| {
        let trouble = Trouble {
            hook: "ci".to_owned(),
            kind,
            since_ms: 1_714_521_600_123,
            count: 3,
            last_error: match kind {
                TroubleKind::Back => String::new(),
                _ => "503 \"Service\" <Unavailable>".to_owned(),
            },
        };
        let push = Push {
            pusher: Pusher::default(),
            options: Vec::new(),
            remote_addr: None,
            trouble: Some(trouble),
            ..push(Vec::new())
        };
        let draft = Draft {
            kind: MessageKind::Trouble,
            delivery: "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2c".to_owned(),
            hook: hook.to_owned(),
            project: project.clone(),
            push,
            push_total_commits: 0,
            events: Vec::new(),
            rest: Vec::new(),
        };
        Outgoing {
            since: "14:02".to_owned(),
            ..Outgoing::new(draft, limits)
        }
    };
    TroubleKind::ALL.map(of_kind).to_vec()
}

/// [`samples`] for a project of which everything is known.
pub fn complete() -> &'static [Outgoing] {
    static SAMPLES: OnceLock<Vec<Outgoing>> = OnceLock::new();
    let limits = Limits {
        max_commits: usize::MAX,
        max_body: usize::MAX,
    };
    SAMPLES.get_or_init(|| samples(&project(), "sample", limits))
}

/// Their bodies: the shape of all events.
pub fn bodies() -> &'static [Value] {
    static BODIES: OnceLock<Vec<Value>> = OnceLock::new();
    BODIES.get_or_init(|| {
        let limits = Limits {
            max_commits: 0,
            max_body: usize::MAX,
        };
        let troubles = troubles(&project(), "sample", limits);
        complete()
            .iter()
            .chain(&troubles)
            .map(Outgoing::body)
            .collect()
    })
}

/// A project of which everything is known.
pub fn project() -> Project {
    let url = "https://git.example.com/team/payments";
    Project {
        name: "team/payments".to_owned(),
        owner: None,
        account: None,
        id: Some(7),
        url: Some(url.to_owned()),
        clone_url: Some(format!("{url}.git")),
        ssh_url: Some("ssh://git@git.example.com/team/payments.git".to_owned()),
        description: Some("Pays \"everybody\"".to_owned()),
        display_name: Some("Payments".to_owned()),
        team: Some("Team".to_owned()),
        private: Some(true),
        default_branch: Some("main".to_owned()),
        language: super::Language::English,
    }
}

fn id(digit: u8) -> ObjectId {
    ObjectId::parse(&digit.to_string().repeat(40)).expect("40 decimal digits are hexadecimal ones")
}

fn update(old: u8, new: u8, name: &str) -> RefUpdate {
    RefUpdate {
        old: id(old),
        new: id(new),
        name: RefName::new(name),
    }
}

fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        email: "ann@example.com".to_owned(),
        date: Some("2024-05-01T08:00:00+08:00".to_owned()),
    }
}

fn commit(digit: u8, message: &str) -> Commit {
    Commit {
        id: id(digit),
        tree_id: id(9),
        parents: if digit > 1 {
            vec![id(digit - 1)]
        } else {
            Vec::new()
        },
        distinct: true,
        message: message.to_owned(),
        encoding_lossy: false,
        author: person("Ann \"O'Neil\" <Author>"),
        committer: person("Ann [Author]"),
        added: vec!["docs/a \"new\" file.md".to_owned()],
        removed: vec!["old\\name".to_owned()],
        modified: vec!["src/<x>.rs".to_owned()],
        files_truncated: false,
        paths_lossy: false,
        message_truncated: false,
        signed: false,
        url: Some(format!(
            "https://git.example.com/team/payments/commit/{}",
            id(digit)
        )),
    }
}

fn event(update: RefUpdate, commits: Vec<Commit>) -> PushEvent {
    let total = commits.len();
    PushEvent {
        head_commit: (!update.new.is_null())
            .then(|| commit(2, "Mend \"quotes\" & [links](http://evil)\n\nWhy \\ how")),
        commits,
        total_commits: total,
        total_distinct: total,
        ..PushEvent::bare(update, 0)
    }
}

fn updated() -> PushEvent {
    let commits = vec![
        commit(1, "Add <b>bold</b>\n"),
        commit(2, "Mend \"quotes\" & [links](http://evil)\n\nWhy \\ how"),
    ];
    PushEvent {
        compare: Some(COMPARE.to_owned()),
        ..event(update(3, 2, "refs/heads/feature/\"x\"<y>[z]"), commits)
    }
}

fn created() -> PushEvent {
    PushEvent {
        base: Some(id(1)),
        compare: Some(COMPARE.to_owned()),
        ..event(update(0, 2, "refs/heads/new"), Vec::new())
    }
}

fn forced() -> PushEvent {
    PushEvent {
        change: Change::Forced,
        compare: Some(COMPARE.to_owned()),
        base: Some(id(1)),
        discarded: vec![id(3)],
        total_discarded: 1,
        ..event(
            update(3, 2, "refs/heads/main"),
            vec![commit(2, "Rewritten\r\n")],
        )
    }
}

fn deleted() -> PushEvent {
    PushEvent {
        compare: commit(3, "").url,
        ..event(update(3, 0, "refs/heads/gone"), Vec::new())
    }
}

fn tag() -> Tag {
    Tag {
        name: "v1.0".to_owned(),
        annotated: true,
        message: Some("The \"first\" release\n\n* <all> of it\n".to_owned()),
        tagger: Some(person("Ann")),
        target: id(2),
        target_type: "commit".to_owned(),
        encoding_lossy: false,
        signed: true,
    }
}

fn annotated_tag() -> PushEvent {
    PushEvent {
        tag: Some(tag()),
        compare: commit(2, "").url,
        ..event(update(0, 4, "refs/tags/v1.0"), vec![commit(2, "Release\n")])
    }
}

fn deleted_tag() -> PushEvent {
    PushEvent {
        tag: Some(tag()),
        compare: commit(2, "").url,
        ..event(update(4, 0, "refs/tags/v1.0"), Vec::new())
    }
}

/// With every flag set that is seldom set.
fn reported_in_part() -> PushEvent {
    let cut = Commit {
        encoding_lossy: true,
        files_truncated: true,
        paths_lossy: true,
        message_truncated: true,
        signed: true,
        ..commit(2, "")
    };
    PushEvent {
        truncated: true,
        total_commits_exact: false,
        shallow: true,
        error: Some("an object is missing".to_owned()),
        ..event(
            RefUpdate {
                name: RefName::new(&b"refs/heads/\xff"[..]),
                ..update(1, 2, "")
            },
            vec![cut],
        )
    }
}

fn push(updates: Vec<RefUpdate>) -> Push {
    Push {
        id: "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2b".to_owned(),
        time_ms: 1_714_521_600_123,
        updates,
        pusher: Pusher {
            username: "ann".to_owned(),
            name: "Ann \"A\" <b>".to_owned(),
            email: Some("ann@example.com".to_owned()),
            source: "http".to_owned(),
        },
        options: vec!["ci.skip".to_owned(), "note=\"[x]\"".to_owned()],
        remote_addr: Some("192.0.2.7".to_owned()),
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    }
}

/// As if nobody had announced the push: nothing is known of how it came.
fn recovered(out: Outgoing) -> Outgoing {
    let unknown = "unknown".to_owned();
    let pusher = Pusher {
        username: unknown.clone(),
        name: unknown,
        email: None,
        source: "recovered".to_owned(),
    };
    let push = Push {
        pusher,
        options: Vec::new(),
        remote_addr: None,
        recovered: true,
        unlisted: None,
        trouble: None,
        ..out.push
    };
    Outgoing { push, ..out }
}
