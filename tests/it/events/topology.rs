//! Refs and the shape of history.

use super::repo::{Repo, distinct, messages};
use git_service_hook::push::{Change, RefKind};

const MAIN: &str = "refs/heads/main";
const TOPIC: &str = "refs/heads/topic";

/// main at c, with a and b before it.
fn main_of_three() -> Repo {
    let mut repo = Repo::new();
    repo.line(&[], &["a", "b", "c"]);
    repo.set(MAIN, "c");
    repo
}

#[test]
fn the_first_push_into_an_empty_repository_is_a_created_ref_with_all_its_files_added() {
    let mut repo = Repo::new();
    repo.commit("a", &[]);
    let event = repo.push_one(MAIN, "", "a");
    assert_eq!(
        (event.change, event.base.clone(), event.total_commits),
        (Change::Created, None, 1)
    );
    assert_eq!(event.commits[0].added, ["a.txt"]);
}

#[test]
fn branches_pushed_together_list_shared_commits_each_and_count_them_once() {
    let mut repo = Repo::new();
    repo.commits(&[("a", &[]), ("b", &["a"]), ("x", &["a"]), ("y", &["a"])]);
    let events = repo.push(&[
        ("refs/heads/z", "", "y"),
        (MAIN, "", "b"),
        ("refs/heads/x", "", "x"),
    ]);
    let names: Vec<_> = events
        .iter()
        .map(|e| e.event.ref_name().short().into_owned())
        .collect();
    assert_eq!(names, ["main", "x", "z"]);
    assert_eq!(distinct(&events[0].event), [true, true]);
    assert_eq!(distinct(&events[1].event), [false, true]);
    assert_eq!(
        events
            .iter()
            .map(|e| e.event.total_distinct)
            .collect::<Vec<_>>(),
        [2, 1, 1]
    );
}

#[test]
fn a_new_branch_at_a_known_commit_has_no_commits_but_a_head() {
    let mut repo = main_of_three();
    let event = repo.push_one(TOPIC, "", "c");
    assert_eq!((event.total_commits, event.change), (0, Change::Created));
    let head = event.head_commit.unwrap();
    assert_eq!((head.message.as_str(), head.distinct), ("c", false));
    assert_eq!(head.added, ["c.txt"]);
}

#[test]
fn a_new_branch_lists_its_own_commits_and_the_fork_point() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e"]);
    let event = repo.push_one(TOPIC, "", "e");
    assert_eq!(messages(&event), ["d", "e"]);
    assert_eq!(event.base.unwrap().as_str(), repo.id("c"));
    repo.commit("f", &["a"]);
    let event = repo.push_one("refs/heads/old", "", "f");
    assert_eq!(messages(&event), ["f"]);
    assert_eq!(event.base.unwrap().as_str(), repo.id("a"));
}

#[test]
fn the_fork_point_of_a_branch_that_merged_main_is_the_merged_commit() {
    let mut repo = main_of_three();
    repo.commits(&[("d", &["a"]), ("m", &["d", "c"]), ("e", &["m"])]);
    let event = repo.push_one(TOPIC, "", "e");
    assert_eq!(event.base.unwrap().as_str(), repo.id("c"));
}

#[test]
fn an_orphan_branch_lists_all_commits_and_has_no_base() {
    let mut repo = main_of_three();
    repo.line(&[], &["o", "p"]);
    let event = repo.push_one(TOPIC, "", "p");
    assert_eq!(
        (messages(&event), event.base.clone(), event.compare.clone()),
        (vec!["o", "p"], None, None)
    );
}

#[test]
fn an_orphan_root_forced_over_main_discards_everything_and_has_no_base() {
    let mut repo = main_of_three();
    repo.commit("o", &[]);
    let event = repo.push_one(MAIN, "c", "o");
    assert_eq!(
        (event.change, event.base, event.total_discarded),
        (Change::Forced, None, 3)
    );
}

#[test]
fn a_fast_forward_lists_its_commits_oldest_first() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e", "f"]);
    let event = repo.push_one(MAIN, "c", "d");
    assert_eq!(
        (messages(&event), event.change, event.base.clone()),
        (vec!["d"], Change::Updated, None)
    );
    assert_eq!(messages(&repo.push_one(MAIN, "d", "f")), ["e", "f"]);
}

#[test]
fn a_rewind_is_forced_without_commits_and_lists_the_discarded() {
    let mut repo = main_of_three();
    let event = repo.push_one(MAIN, "c", "a");
    assert_eq!(
        (event.change, event.total_commits, event.total_discarded),
        (Change::Forced, 0, 2)
    );
    assert_eq!(event.base.unwrap().as_str(), repo.id("a"));
    assert_eq!(event.head_commit.unwrap().message, "a");
}

#[test]
fn a_rebase_and_an_amended_tip_are_forced_with_both_sides() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e", "f"]);
    repo.set(TOPIC, "f");
    repo.line(&["b"], &["d2", "e2", "f2"]);
    let event = repo.push_one(TOPIC, "f", "f2");
    assert_eq!((event.total_commits, event.total_discarded), (3, 4));
    assert_eq!(event.base.unwrap().as_str(), repo.id("b"));
    repo.commit("f3", &["e2"]);
    let event = repo.push_one(TOPIC, "f2", "f3");
    assert_eq!(
        (event.total_commits, event.total_discarded, event.change),
        (1, 1, Change::Forced)
    );
}

#[test]
fn discarded_commits_are_listed_even_if_another_ref_has_them() {
    let mut repo = main_of_three();
    let events = repo.push(&[(MAIN, "c", "a"), ("refs/heads/keep", "", "c")]);
    assert_eq!(
        (
            events[0].event.total_commits,
            events[0].event.total_discarded
        ),
        (0, 2)
    );
    assert_eq!(events[1].event.total_commits, 0);
}

#[test]
fn only_the_newest_twenty_discarded_commits_are_listed_but_all_are_counted() {
    let mut repo = Repo::new();
    let names: Vec<_> = (0..30).map(|n| format!("c{n}")).collect();
    repo.line(&[], &names.iter().map(String::as_str).collect::<Vec<_>>());
    repo.set(MAIN, "c29");
    let event = repo.push_one(MAIN, "c29", "c0");
    assert_eq!((event.discarded.len(), event.total_discarded), (20, 29));
    assert_eq!(
        event.discarded[0].as_str(),
        repo.id("c29"),
        "the newest first"
    );
}

#[test]
fn a_merge_lists_its_side_and_its_files_against_the_first_parent() {
    let mut repo = main_of_three();
    repo.commits(&[("s1", &["a"]), ("s2", &["s1"])]);
    repo.commit_with("m", &["c", "s2"], |draft| {
        draft.file("s1.txt", "s1").file("s2.txt", "s2")
    });
    let event = repo.push_one(MAIN, "c", "m");
    assert_eq!(messages(&event), ["s1", "s2", "m"]);
    assert_eq!(event.commits[2].added, ["s1.txt", "s2.txt"]);
    assert_eq!(event.commits[2].parents.len(), 2);
}

#[test]
fn an_evil_merge_shows_what_it_changed() {
    let mut repo = main_of_three();
    repo.commit("s", &["a"]);
    repo.commit_with("m", &["c", "s"], |draft| {
        draft.file("s.txt", "s").file("a.txt", "evil")
    });
    assert_eq!(
        repo.push_one(MAIN, "c", "m").head_commit.unwrap().modified,
        ["a.txt"]
    );
}

#[test]
fn an_octopus_has_all_its_parents_and_counts_each_side_once() {
    let mut repo = main_of_three();
    repo.commits(&[("p", &["a"]), ("q", &["a"]), ("r", &["b"]), ("s", &["b"])]);
    repo.commit("m", &["c", "p", "q", "r", "s"]);
    let event = repo.push_one(MAIN, "c", "m");
    assert_eq!(
        (event.commits[4].parents.len(), event.total_commits),
        (5, 5)
    );
}

#[test]
fn a_criss_cross_merge_lists_no_commit_twice_and_has_one_of_its_bases() {
    let mut repo = main_of_three();
    repo.commits(&[
        ("x", &["c"]),
        ("y", &["c"]),
        ("x2", &["x", "y"]),
        ("y2", &["y", "x"]),
        ("z", &["x2"]),
    ]);
    repo.set(TOPIC, "y2");
    assert_eq!(repo.push_one(MAIN, "c", "x2").total_commits, 3);
    let event = repo.push_one(TOPIC, "y2", "z");
    assert_eq!((event.change, event.total_commits), (Change::Forced, 2));
}

#[test]
fn unrelated_histories_merged_bring_both_roots() {
    let mut repo = main_of_three();
    repo.line(&[], &["o", "p"]);
    repo.commit("m", &["c", "p"]);
    assert_eq!(messages(&repo.push_one(MAIN, "c", "m")), ["o", "p", "m"]);
}

#[test]
fn a_subtree_merge_lists_prefixed_paths() {
    let mut repo = main_of_three();
    repo.commit("o", &[]);
    repo.commit_with("m", &["c", "o"], |draft| {
        draft.file("vendor/lib/o.txt", "o")
    });
    assert_eq!(
        repo.push_one(MAIN, "c", "m").head_commit.unwrap().added,
        ["vendor/lib/o.txt"]
    );
}

#[test]
fn a_fast_forward_to_commits_of_another_branch_lists_them_as_known() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e"]);
    repo.set(TOPIC, "e");
    let event = repo.push_one(MAIN, "c", "e");
    assert_eq!(
        (distinct(&event), event.total_distinct),
        (vec![false, false], 0)
    );
}

#[test]
fn the_same_commit_pushed_to_two_branches_is_distinct_once() {
    let mut repo = main_of_three();
    repo.set(TOPIC, "c");
    repo.commit("d", &["c"]);
    let events = repo.push(&[(TOPIC, "c", "d"), (MAIN, "c", "d")]);
    assert_eq!(
        (distinct(&events[0].event), distinct(&events[1].event)),
        (vec![true], vec![false])
    );
}

#[test]
fn a_deleted_branch_has_neither_commits_nor_head() {
    let mut repo = main_of_three();
    let event = repo.push_one(MAIN, "c", "");
    assert_eq!(
        (event.change, event.total_commits, event.total_discarded),
        (Change::Deleted, 0, 0)
    );
    assert_eq!(
        (event.head_commit, event.tag, event.base),
        (None, None, None)
    );
    assert_eq!(
        repo.open().default_branch().as_deref(),
        Some("main"),
        "HEAD still names it"
    );
}

#[test]
fn a_branch_renamed_by_a_push_brings_nothing_new() {
    let mut repo = main_of_three();
    let events = repo.push(&[(MAIN, "c", ""), ("refs/heads/trunk", "", "c")]);
    assert_eq!(
        events
            .iter()
            .map(|e| e.event.total_commits)
            .collect::<Vec<_>>(),
        [0, 0]
    );
}

#[test]
fn refs_past_the_limit_have_no_event() {
    let mut repo = main_of_three();
    repo.needs.max_refs = 2;
    let events = repo.push(&[
        (TOPIC, "", "c"),
        ("refs/heads/u", "", "c"),
        ("refs/heads/v", "", "c"),
    ]);
    assert_eq!(events.len(), 2);
}

#[test]
fn ref_names_are_kept_byte_for_byte() {
    let mut repo = main_of_three();
    let long = format!("refs/heads/{}", "n".repeat(200));
    for name in [
        "refs/heads/a/b/c",
        "refs/heads/a@b",
        "refs/heads/功能/分支",
        &long,
    ] {
        let event = repo.push_one(name, "", "c");
        assert_eq!(event.ref_name().display(), name);
        assert_eq!(event.ref_name().short(), &name["refs/heads/".len()..]);
    }
}

#[test]
fn a_name_that_is_not_utf8_is_shown_replaced_and_kept_exactly() {
    let mut repo = main_of_three();
    let mut update = repo.update(TOPIC, "b", "c");
    update.name = git_service_hook::push::RefName::new(&b"refs/heads/caf\xe9"[..]);
    let event = repo.open().events(&[update], &repo.needs).remove(0).event;
    assert_eq!((event.error, event.total_commits), (None, 1));
    assert_eq!(event.update.name.display(), "refs/heads/caf\u{fffd}");
    assert_eq!(event.update.name.as_bytes(), b"refs/heads/caf\xe9");
}

#[test]
fn a_branch_and_a_tag_of_one_name_are_two_refs() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e"]);
    let events = repo.push(&[("refs/tags/v1", "", "d"), ("refs/heads/v1", "", "e")]);
    assert_eq!(events[0].event.kind(), RefKind::Branch);
    assert_eq!(
        (messages(&events[1].event), distinct(&events[1].event)),
        (vec!["d"], vec![false])
    );
}

#[test]
fn refs_elsewhere_are_of_another_kind_and_never_make_a_commit_known() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e"]);
    for name in [
        "refs/meta/config",
        "refs/changes/1/1",
        "refs/for/main",
        "refs/remotes/origin/main",
        "refs/pull/1/head",
    ] {
        let event = repo.push_one(name, "", "d");
        assert_eq!(
            (event.kind(), messages(&event)),
            (RefKind::Other, vec!["d"]),
            "{name}"
        );
    }
    let event = repo.push_one(MAIN, "c", "e");
    assert_eq!(distinct(&event), [true, true]);
}

#[test]
fn hidden_branches_do_not_make_a_commit_known() {
    let mut repo = main_of_three();
    repo.commit("d", &["c"]);
    repo.set("refs/heads/secret/x", "d");
    repo.git(&["config", "receive.hideRefs", "refs/heads/secret"]);
    let update = repo.update(MAIN, "c", "d");
    repo.set(MAIN, "d");
    let event = repo.open().events(&[update], &repo.needs).remove(0).event;
    assert_eq!(distinct(&event), [true]);
}

/// The hook of the first push looks when the second one has moved the ref on already.
#[test]
fn a_second_push_to_the_same_ref_changes_nothing_of_the_first() {
    let mut repo = main_of_three();
    repo.line(&["c"], &["d", "e", "f"]);
    let (first, second) = (repo.update(MAIN, "c", "d"), repo.update(MAIN, "d", "f"));
    repo.set(MAIN, "f");
    let event_of = |update| repo.open().events(&[update], &repo.needs).remove(0).event;
    let (first, second) = (event_of(first), event_of(second));
    assert_eq!(
        (messages(&first), distinct(&first)),
        (vec!["d"], vec![true])
    );
    assert_eq!(
        (messages(&second), distinct(&second)),
        (vec!["e", "f"], vec![true, true])
    );
    assert_eq!(
        first.head_commit.unwrap().message,
        "d",
        "`after` is what was given"
    );
}

#[test]
fn notes_list_the_paths_of_their_tree_which_are_the_annotated_objects() {
    let mut repo = main_of_three();
    let object = repo.id("a");
    repo.commit_with("n", &[], |draft| draft.file(&object, "well done"));
    let event = repo.push_one("refs/notes/commits", "", "n");
    assert_eq!((event.kind(), event.tag.is_none()), (RefKind::Other, true));
    assert_eq!(event.commits[0].added, [object]);
}

#[test]
fn a_symbolic_branch_that_was_pushed_counts_as_its_target() {
    let mut repo = main_of_three();
    repo.git(&["symbolic-ref", "refs/heads/alias", MAIN]);
    repo.commit("d", &["c"]);
    let update = repo.update("refs/heads/alias", "c", "d");
    repo.set(MAIN, "d");
    let event = repo.open().events(&[update], &repo.needs).remove(0).event;
    assert_eq!(
        (messages(&event), distinct(&event)),
        (vec!["d"], vec![true])
    );
}

#[test]
fn events_come_in_one_order_everywhere() {
    let mut repo = main_of_three();
    let mut updates: Vec<_> = [
        "refs/tags/b",
        "refs/notes/x",
        "refs/heads/b",
        "refs/heads/a",
        "refs/heads/main",
        "refs/tags/a",
    ]
    .iter()
    .map(|name| repo.update(name, "a", "b"))
    .collect();
    repo.open().order(&mut updates);
    let names: Vec<_> = updates
        .iter()
        .map(|u| u.name.display().into_owned())
        .collect();
    let expected = [
        "refs/heads/main",
        "refs/heads/a",
        "refs/heads/b",
        "refs/tags/a",
        "refs/tags/b",
        "refs/notes/x",
    ];
    assert_eq!(names, expected);
}
