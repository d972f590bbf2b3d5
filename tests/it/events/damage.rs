//! Missing or damaged objects, and updates that name none: there is an event in each case.

use super::repo::Repo;
use git_service_hook::push::{Change, PushEvent, RefUpdate};
use std::path::PathBuf;

const MAIN: &str = "refs/heads/main";
const NOWHERE: &str = "1234567890123456789012345678901234567890";

/// main at b; c and d on top, d not yet pushed; every object loose.
fn loose() -> Repo {
    let mut repo = Repo::new();
    repo.sandbox
        .git("repo.git", &["config", "fastimport.unpackLimit", "1000"]);
    repo.line(&[], &["a", "b", "c", "d"]);
    repo.set(MAIN, "b");
    repo
}

fn file(repo: &mut Repo, name: &str) -> PathBuf {
    let id = repo.id(name);
    repo.sandbox
        .path(&format!("repo.git/objects/{}/{}", &id[..2], &id[2..]))
}

fn remove(repo: &mut Repo, name: &str) {
    std::fs::remove_file(file(repo, name)).unwrap();
}

fn damage(repo: &mut Repo, name: &str) {
    let path = file(repo, name);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(path, "no zlib stream").unwrap();
}

/// The event alone: the refs stay, since Git would refuse to move them.
fn event_for(repo: &mut Repo, name: &str, old: &str, new: &str) -> PushEvent {
    let update = repo.update(name, old, new);
    compute_events(repo, &[update]).remove(0)
}

fn compute_events(repo: &Repo, updates: &[RefUpdate]) -> Vec<PushEvent> {
    repo.open()
        .events(updates, &repo.needs)
        .into_iter()
        .map(|computed| computed.event)
        .collect()
}

#[test]
fn a_deleted_branch_needs_no_object() {
    for spoil in [remove, damage] {
        let mut repo = loose();
        spoil(&mut repo, "d");
        let event = event_for(&mut repo, "refs/heads/topic", "d", "");
        assert_eq!((event.change, event.error), (Change::Deleted, None));
    }
}

#[test]
fn a_deleted_tag_with_a_missing_object_has_an_error() {
    let event = event_for(&mut loose(), "refs/tags/v1", NOWHERE, "");
    assert_eq!(event.change, Change::Deleted);
    assert_eq!(event.tag.unwrap().target_type, "unknown");
    assert_eq!(event.error.unwrap(), format!("object {NOWHERE} is missing"));
}

#[test]
fn a_missing_new_tip_leaves_the_update_of_git() {
    for spoil in [remove, damage] {
        let mut repo = loose();
        spoil(&mut repo, "d");
        let event = event_for(&mut repo, MAIN, "b", "d");
        assert_eq!(
            (event.change, event.total_commits, event.head_commit),
            (Change::Forced, 0, None)
        );
        assert!(event.error.unwrap().contains(&repo.id("d")));
        assert!(!event.total_commits_exact);
    }
}

#[test]
fn a_missing_old_tip_lists_commits_that_no_other_ref_had() {
    for spoil in [remove, damage] {
        let mut repo = loose();
        repo.set("refs/heads/other", "a");
        repo.commit("gone", &["b"]);
        spoil(&mut repo, "gone");
        let event = event_for(&mut repo, MAIN, "gone", "c");
        assert_eq!((event.change, event.total_commits), (Change::Forced, 2));
        assert!(!event.total_commits_exact);
        assert_eq!(event.head_commit.unwrap().message, "c");
        assert!(event.error.unwrap().contains(&repo.id("gone")));
    }
}

#[test]
fn a_missing_commit_in_the_middle_degrades_its_event_and_no_other() {
    for spoil in [remove, damage] {
        let mut repo = loose();
        spoil(&mut repo, "c");
        let updates = [
            repo.update(MAIN, "b", "d"),
            repo.update("refs/heads/whole", "", "b"),
        ];
        let events = compute_events(&repo, &updates);
        assert_eq!(
            (
                events[0].total_commits,
                events[0].head_commit.as_ref().unwrap().message.as_str()
            ),
            (1, "d")
        );
        assert!(events[0].error.as_ref().unwrap().contains(&repo.id("c")));
        assert!(!events[0].total_commits_exact && events[1].total_commits_exact);
        assert_eq!(events[1].error, None);
    }
}

#[test]
fn a_missing_tree_costs_the_file_lists_only() {
    let mut repo = loose();
    let id = repo.id("d");
    let tree = repo.git(&["rev-parse", &format!("{id}^{{tree}}")]);
    remove(&mut repo, &tree);
    let update = repo.update(MAIN, "b", "d");
    let computed = repo.open().events(&[update], &repo.needs).remove(0);
    let [c, d] = &computed.event.commits[..] else {
        panic!("two commits")
    };
    assert_eq!(
        (c.added.as_slice(), c.files_truncated),
        (&["c.txt".to_owned()][..], false)
    );
    assert_eq!((d.added.len(), d.files_truncated), (0, true));
    assert!(
        computed.scan.bounded,
        "a path filter fires where paths could not be read"
    );
}

#[test]
fn a_damaged_branch_elsewhere_does_not_stop_a_push() {
    let mut repo = loose();
    repo.commit("x", &["a"]);
    repo.set("refs/heads/broken", "x");
    damage(&mut repo, "x");
    repo.sandbox
        .write("repo.git/refs/heads/nonsense", "nonsense\n");
    let event = event_for(&mut repo, MAIN, "b", "c");
    assert_eq!((event.total_commits, event.error), (1, None));
    let event = event_for(&mut repo, "refs/heads/topic", "", "c");
    assert_eq!(event.head_commit.unwrap().message, "c");
    assert!(
        event.error.is_some(),
        "what the broken branch had may be listed as new"
    );
}

#[test]
fn a_truncated_tag_and_a_tag_of_itself_end() {
    let mut repo = loose();
    let broken = repo.object("tag", b"objekt nothing\n\nx");
    let event = event_for(&mut repo, "refs/tags/v1", "", &broken);
    assert_eq!(
        (
            event.tag.unwrap().target_type.as_str(),
            event.error.is_some()
        ),
        ("unknown", true)
    );
    let mut id = repo.id("a");
    let mut kind = "commit";
    for _ in 0..150 {
        id = repo.tag(&id, kind, "v1", "again\n");
        kind = "tag";
    }
    assert!(
        event_for(&mut repo, "refs/tags/v1", "", &id)
            .error
            .is_some()
    );
}

#[test]
fn ids_of_another_hash_name_nothing() {
    let mut repo = loose();
    let event = event_for(&mut repo, MAIN, &"1".repeat(64), &"2".repeat(64));
    assert!(event.error.is_some());
    assert_eq!(event.change, Change::Forced);
}

/// Ancestors of the missing commit may be listed as new, since nothing proves that the old tip had them.
#[test]
fn a_missing_ancestor_of_the_old_tip_is_admitted() {
    let mut repo = Repo::new();
    repo.sandbox
        .git("repo.git", &["config", "fastimport.unpackLimit", "1000"]);
    repo.line(&[], &["a", "gone", "old"]);
    repo.commit("side", &["a"]);
    repo.commit("merge", &["old", "side"]);
    repo.set(MAIN, "merge");
    remove(&mut repo, "gone");
    let event = event_for(&mut repo, MAIN, "old", "merge");
    assert_eq!(event.change, Change::Updated);
    assert_eq!(
        event.error,
        Some(format!("commit {} is missing", repo.id("gone")))
    );
}

#[test]
fn a_new_branch_beside_an_unreadable_one_has_an_error() {
    let mut repo = loose();
    repo.commit("e", &["b"]);
    repo.set("refs/heads/broken", "c");
    damage(&mut repo, "c");
    let event = event_for(&mut repo, "refs/heads/topic", "", "b");
    assert_eq!((event.total_commits, event.error), (0, None));
    let event = event_for(&mut repo, "refs/heads/topic", "", "e");
    assert_eq!(event.total_commits, 1);
    assert!(
        event
            .error
            .is_some_and(|error| error.contains(&repo.id("c")))
    );
}

/// Git takes the parents that follow the tree, and no others.
#[test]
fn a_parent_in_a_strange_place_is_none() {
    let mut repo = loose();
    let (a, b) = (repo.id("a"), repo.id("b"));
    let tree = repo.git(&["rev-parse", &format!("{a}^{{tree}}")]);
    let person = "Ann <ann@example.com> 1714521600 +0000";
    let text = format!(
        "tree {tree}\nparent {a}\nauthor {person}\nparent {b}\ncommitter {person}\n\nodd\n"
    );
    let odd = repo.object("commit", text.as_bytes());
    repo.set("refs/heads/main", "a");
    let event = repo.push_one("refs/heads/topic", "", &odd);
    assert_eq!(
        (event.total_commits, event.commits[0].parents.len()),
        (1, 1)
    );
}
