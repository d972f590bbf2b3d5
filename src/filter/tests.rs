use super::*;
use crate::push::{Commit, ObjectId, Person, Pusher, RefName, Scan};

#[expect(clippy::unnecessary_wraps, reason = "filters hold an option")]
fn globs(text: &str) -> Option<Globs> {
    let patterns = text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    Some(Globs::new(&patterns).unwrap())
}

fn id(digit: char) -> ObjectId {
    ObjectId::parse(&digit.to_string().repeat(40)).unwrap()
}

fn push() -> Push {
    Push {
        id: "1".into(),
        time_ms: 0,
        updates: Vec::new(),
        pusher: Pusher {
            username: "ann".into(),
            name: "Ann A".into(),
            email: Some("ann@x.org".into()),
            source: "http".into(),
        },
        options: Vec::new(),
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    }
}

fn event(name: &str, change: Change) -> Computed {
    let (old, new) = match change {
        Change::Created => ('0', '2'),
        Change::Deleted => ('1', '0'),
        _ => ('1', '2'),
    };
    let update = RefUpdate {
        old: id(old),
        new: id(new),
        name: RefName::new(name),
    };
    Computed {
        event: PushEvent {
            change,
            ..PushEvent::bare(update, 0)
        },
        scan: Scan::default(),
    }
}

fn commit(message: &str) -> Commit {
    serde_json::from_value(serde_json::json!({
        "id": id('2'), "tree_id": id('3'), "parents": [], "distinct": true, "message": message, "signed": false,
        "author": Person::default(), "committer": Person::default(),
    }))
    .unwrap()
}

/// "" when it fires, else the reason.
fn reason(filters: &Filters, computed: &Computed) -> String {
    shown(decide(std::slice::from_ref(filters), &push(), computed))
}

fn shown(decision: Decision) -> String {
    match decision {
        Decision::Fire => String::new(),
        Decision::Skip(refusal) => refusal.to_string(),
    }
}

#[test]
fn branches_tags_and_refs_by_name() {
    let (b, t, n) = ("refs/heads/main", "refs/tags/v1", "refs/notes/commits");
    let none = Filters::default();
    let branches = Filters {
        branches: globs("main release/**"),
        ..none.clone()
    };
    let tags = Filters {
        tags: globs("v*"),
        ..none.clone()
    };
    let both = Filters {
        branches: globs("dev"),
        tags: globs("v*"),
        ..none.clone()
    };
    let refs = Filters {
        refs: globs("refs/notes/* refs/heads/main"),
        ..none.clone()
    };
    let mixed = Filters {
        branches: globs("main"),
        refs: globs("refs/notes/*"),
        ..none.clone()
    };
    let only = "`refs` is not given: only branches and tags fire";
    let table = [
        (&none, b, ""),
        (&none, t, ""),
        (&none, n, only),
        (&branches, b, ""),
        (&branches, "refs/heads/release/1/2", ""),
        (
            &branches,
            "refs/heads/dev",
            "`branches` does not match `dev`",
        ),
        (
            &branches,
            t,
            "`branches` is given without `tags`: tags do not fire",
        ),
        (&branches, n, only),
        (&tags, t, ""),
        (&tags, "refs/tags/x", "`tags` does not match `x`"),
        (
            &tags,
            b,
            "`tags` is given without `branches`: branches do not fire",
        ),
        (&both, b, "`branches` does not match `main`"),
        (&both, t, ""),
        (&refs, b, ""),
        (&refs, n, ""),
        (&refs, t, "`refs` does not match `refs/tags/v1`"),
        (&mixed, n, ""),
        (&mixed, b, ""),
        (
            &mixed,
            t,
            "`branches` is given without `tags`: tags do not fire",
        ),
    ];
    for (filters, name, expected) in table {
        assert_eq!(
            reason(filters, &event(name, Change::Updated)),
            expected,
            "{filters:?} {name}"
        );
    }
}

#[test]
fn the_last_match_wins_and_an_exclusion_in_front_begins_with_everything() {
    let list = globs("release/** !release/old-* release/old-1").unwrap();
    let passes = |list: &Globs, text: &str| list.matches(text.as_bytes());
    assert!(passes(&list, "release/2") && passes(&list, "release/old-1"));
    assert!(!passes(&list, "release/old-2") && !passes(&list, "main"));
    let all_but = globs("!wip/**").unwrap();
    assert!(passes(&all_but, "main") && !passes(&all_but, "wip/x"));
}

#[test]
fn changes_are_named() {
    let filters = Filters {
        changes: Some(vec![Change::Created, Change::Updated]),
        ..Filters::default()
    };
    assert_eq!(
        reason(&filters, &event("refs/heads/a", Change::Updated)),
        ""
    );
    assert_eq!(
        reason(&filters, &event("refs/heads/a", Change::Forced)),
        "`changes` leaves out `forced`"
    );
    assert_eq!(
        reason(&filters, &event("refs/heads/a", Change::Deleted)),
        "`changes` leaves out `deleted`"
    );
}

#[test]
fn paths_match_any_changed_path() {
    let filters = Filters {
        paths: globs("src/** !**/*.md"),
        ..Filters::default()
    };
    let only = "`paths` does not match the only changed path: `src/a.md`";
    let none = "`paths` matches nothing: no path has changed";
    let with = |paths: &[&str], change| {
        let mut computed = event("refs/heads/main", change);
        computed.scan.paths = paths.iter().map(|p| p.as_bytes().to_vec()).collect();
        computed
    };
    assert_eq!(
        reason(&filters, &with(&["README.md", "src/a.rs"], Change::Updated)),
        ""
    );
    assert_eq!(
        reason(&filters, &with(&["src/a.md"], Change::Updated)),
        only
    );
    let many = reason(
        &filters,
        &with(&["1.md", "2.md", "3.md", "4.md"], Change::Updated),
    );
    assert_eq!(
        many,
        "`paths` matches none of the 4 changed paths: `1.md`, `2.md`, `3.md`, …"
    );
    // A branch created without new commits has no paths.
    assert_eq!(reason(&filters, &with(&[], Change::Created)), none);
    assert_eq!(reason(&filters, &with(&[], Change::Deleted)), "");
    assert_eq!(
        reason(&filters, &event("refs/tags/v1", Change::Created)),
        ""
    );
    let mut bounded = with(&[], Change::Updated);
    bounded.scan.bounded = true;
    assert_eq!(reason(&filters, &bounded), "");
    let mut broken = with(&[], Change::Updated);
    broken.event.error = Some("an object is missing".into());
    assert_eq!(reason(&filters, &broken), "");
}

#[test]
fn people_are_known_by_login_name_or_mail() {
    for list in ["ann", "Ann?A", "*@x.org", "!bob"] {
        let filters = Filters {
            pushers: globs(list),
            ..Filters::default()
        };
        assert_eq!(
            reason(&filters, &event("refs/heads/a", Change::Updated)),
            "",
            "{list}"
        );
    }
    for list in ["!ann", "!*@x.org", "ann !Ann*"] {
        let filters = Filters {
            pushers: globs(list),
            ..Filters::default()
        };
        assert_ne!(
            reason(&filters, &event("refs/heads/a", Change::Updated)),
            "",
            "{list} leaves Ann out by any name"
        );
    }
    let filters = Filters {
        pushers: globs("bob"),
        ..Filters::default()
    };
    assert_eq!(
        reason(&filters, &event("refs/tags/a", Change::Deleted)),
        "`pushers` does not match `ann` (Ann A, ann@x.org)"
    );

    let filters = Filters {
        authors: globs("*@example.com"),
        ..Filters::default()
    };
    let mut computed = event("refs/heads/a", Change::Updated);
    assert_eq!(
        reason(&filters, &computed),
        "`authors` matches nothing: no commit is new"
    );
    computed
        .scan
        .authors
        .insert(("Eve".into(), "eve@example.com".into()));
    assert_eq!(reason(&filters, &computed), "");
    assert_eq!(
        reason(&filters, &event("refs/heads/a", Change::Deleted)),
        ""
    );
    let filters = Filters {
        authors: globs("bob"),
        ..Filters::default()
    };
    let only = "`authors` does not match the only author: `Eve <eve@example.com>`";
    assert_eq!(reason(&filters, &computed), only);
}

#[test]
fn builds_are_skipped_by_message_or_push_option() {
    let filters = Filters {
        skip_ci: true,
        ..Filters::default()
    };
    let mut computed = event("refs/heads/a", Change::Updated);
    computed.event.head_commit = Some(commit("Fix\n\n[Skip CI]"));
    let expected = "`skip_ci` is on, and line 3 of the message of 22222222, the newest commit, has `[skip ci]`";
    assert_eq!(reason(&filters, &computed), expected);
    assert_eq!(reason(&Filters::default(), &computed), "");
    let with_option = Push {
        options: vec!["ci.skip".into()],
        ..push()
    };
    let skip = decide(
        std::slice::from_ref(&filters),
        &with_option,
        &event("refs/heads/a", Change::Updated),
    );
    assert_eq!(
        shown(skip),
        "`skip_ci` is on, and the push option `ci.skip` was given"
    );
}

#[test]
fn both_sets_must_let_the_event_pass() {
    let server = Filters {
        branches: globs("main dev"),
        ..Filters::default()
    };
    let repository = Filters {
        branches: globs("dev"),
        ..Filters::default()
    };
    let decide = |name| {
        decide(
            &[server.clone(), repository.clone()],
            &push(),
            &event(name, Change::Updated),
        )
    };
    assert_eq!(decide("refs/heads/dev"), Decision::Fire);
    let refused = |name| match decide(name) {
        Decision::Skip(refusal) => (refusal.set, refusal.to_string()),
        Decision::Fire => unreachable!("{name} fires"),
    };
    assert_eq!(
        refused("refs/heads/main"),
        (1, "`branches` does not match `main`".into())
    );
    assert_eq!(
        refused("refs/heads/x"),
        (0, "`branches` does not match `x`".into())
    );
}

#[test]
fn push_options_leave_out_one_hook_or_all() {
    let with = |option: &str| Push {
        options: vec!["x".into(), option.into()],
        ..push()
    };
    assert_eq!(
        skip_option("ci", &with("service-hook.skip"))
            .unwrap()
            .to_string(),
        "push option `service-hook.skip`"
    );
    assert_eq!(
        skip_option("ci", &with("service-hook.skip=ci"))
            .unwrap()
            .to_string(),
        "push option `service-hook.skip=ci`"
    );
    for option in [
        "service-hook.skip=team",
        "service-hook.skipper",
        "service-hook.skip=",
        "skip",
    ] {
        assert_eq!(skip_option("ci", &with(option)), None, "{option}");
    }
}

#[test]
fn names_decide_before_an_event_is_computed() {
    let filters = Filters {
        branches: globs("main"),
        changes: Some(vec![Change::Updated]),
        paths: globs("src/**"),
        ..Filters::default()
    };
    let early = |name, change| {
        decide_early(
            std::slice::from_ref(&filters),
            &push(),
            &event(name, change).event.update,
        )
    };
    assert_eq!(early("refs/heads/main", Change::Forced), Decision::Fire);
    assert_ne!(early("refs/heads/x", Change::Updated), Decision::Fire);
    assert_ne!(early("refs/heads/main", Change::Created), Decision::Fire);
}
