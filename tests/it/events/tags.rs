//! Tags of every kind.

use super::repo::{Repo, distinct, messages};
use git_service_hook::outgoing::Project;
use git_service_hook::push::{Change, PushEvent, Tag};
use serde_json::Value;

const V1: &str = "refs/tags/v1";

fn repo() -> Repo {
    let mut repo = Repo::new();
    repo.line(&[], &["a", "b", "c"]);
    repo.set("refs/heads/main", "b");
    repo
}

fn tag(event: &PushEvent) -> &Tag {
    event.tag.as_ref().expect("it is a tag")
}

#[test]
fn a_lightweight_tag_on_an_old_commit_brings_nothing() {
    let mut repo = repo();
    let event = repo.push_one(V1, "", "a");
    assert_eq!(
        (tag(&event).annotated, event.total_commits, event.change),
        (false, 0, Change::Created)
    );
    assert_eq!(
        (tag(&event).name.as_str(), tag(&event).target_type.as_str()),
        ("v1", "commit")
    );
    assert_eq!(
        (tag(&event).message.clone(), tag(&event).tagger.clone()),
        (None, None)
    );
}

#[test]
fn a_lightweight_tag_on_a_new_commit_brings_it() {
    let event = repo().push_one(V1, "", "c");
    assert_eq!(
        (messages(&event), distinct(&event)),
        (vec!["c"], vec![true])
    );
}

#[test]
fn an_annotated_tag_has_tagger_message_and_commit() {
    let mut repo = repo();
    let object = repo.tag("b", "commit", "v1", "Version 1\n\nNotes\n");
    let event = repo.push_one(V1, "", &object);
    let commit = repo.id("b");
    assert_eq!(
        (tag(&event).message.as_deref(), tag(&event).target.as_str()),
        (Some("Version 1\n\nNotes"), &*commit)
    );
    let tagger = tag(&event).tagger.clone().unwrap();
    assert_eq!(
        (tagger.name.as_str(), tagger.date.as_deref()),
        ("Tag Ger", Some("2024-05-01T08:00:00+08:00"))
    );
    assert_eq!(event.head_commit.unwrap().id.as_str(), commit);
    assert_eq!(
        event.update.new.as_str(),
        object,
        "`after` is what Git gave"
    );
}

#[test]
fn characters_that_are_lost_in_a_tag_are_flagged() {
    let mut repo = repo();
    let commit = repo.id("b");
    let object_with = |message: &[u8]| {
        let head = format!("object {commit}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\n");
        repo.object("tag", &[head.as_bytes(), message].concat())
    };
    let (whole, lossy) = (object_with(b"caf\xc3\xa9\n"), object_with(b"caf\xe9\n"));
    let flag = |repo: &mut Repo, name: &str, id: &str| {
        let event = repo.push_one(name, "", id);
        super::document::body(event, Project::default())["tag"]["encoding_lossy"].clone()
    };
    assert_eq!(flag(&mut repo, V1, &whole), Value::Null);
    assert_eq!(flag(&mut repo, "refs/tags/v2", &lossy), Value::Bool(true));
}

#[test]
fn nested_tags_are_peeled_and_have_the_facts_of_the_outermost() {
    let mut repo = repo();
    let inner = repo.tag("c", "commit", "inner", "Inner\n");
    let outer = repo.tag(&inner, "tag", "v1", "Outer\n");
    let event = repo.push_one(V1, "", &outer);
    assert_eq!(
        (
            tag(&event).message.as_deref(),
            tag(&event).target_type.as_str()
        ),
        (Some("Outer"), "commit")
    );
    assert_eq!(messages(&event), ["c"]);
}

#[test]
fn a_tag_or_any_ref_may_name_a_tree_or_a_blob() {
    let mut repo = repo();
    let tree = repo.id("a");
    let tree = repo.git(&["rev-parse", &format!("{tree}^{{tree}}")]);
    let blob = repo.object("blob", b"text");
    for (object, kind) in [(&tree, "tree"), (&blob, "blob")] {
        let annotated = repo.tag(object, kind, "v1", "A thing\n");
        for (id, is_annotated) in [(object, false), (&annotated, true)] {
            let name = format!("refs/tags/{kind}-{is_annotated}");
            let event = repo.push_one(&name, "", id);
            assert_eq!(
                (tag(&event).target_type.as_str(), tag(&event).annotated),
                (kind, is_annotated)
            );
            assert_eq!((event.total_commits, event.head_commit.clone()), (0, None));
            let body = super::document::body(event.clone(), Project::default());
            assert_eq!(body["checkout_sha"], Value::Null, "it names no commit");
            assert_eq!(
                repo.push_one(&format!("refs/odd/{kind}-{is_annotated}"), "", id)
                    .error,
                None
            );
        }
    }
    repo.set("refs/tags/moved", &blob);
    assert_eq!(
        repo.push_one("refs/tags/moved", &blob, "b").change,
        Change::Forced
    );
    assert_eq!(
        repo.push_one("refs/tags/moved", "b", &tree).change,
        Change::Forced
    );
}

#[test]
fn a_tag_of_a_blob_hides_nothing_and_stops_no_walk() {
    let mut repo = repo();
    let blob = repo.object("blob", b"text");
    repo.set("refs/tags/blob", &blob);
    assert_eq!(messages(&repo.push_one("refs/heads/topic", "", "c")), ["c"]);
}

#[test]
fn a_moved_tag_is_an_update_between_peeled_commits() {
    let mut repo = repo();
    repo.set(V1, "a");
    let object = repo.tag("b", "commit", "v1", "Now annotated\n");
    let event = repo.push_one(V1, "a", &object);
    assert_eq!(
        (event.change, messages(&event), tag(&event).annotated),
        (Change::Updated, vec!["b"], true)
    );
    let event = repo.push_one(V1, &object, "a");
    assert_eq!(
        (event.change, event.total_discarded, tag(&event).annotated),
        (Change::Forced, 1, false)
    );
}

#[test]
fn a_deleted_tag_has_its_old_facts() {
    let mut repo = repo();
    let object = repo.tag("b", "commit", "v1", "Version 1\n");
    repo.set(V1, &object);
    let event = repo.push_one(V1, &object, "");
    assert_eq!(
        (event.change, tag(&event).annotated),
        (Change::Deleted, true)
    );
    assert_eq!(tag(&event).target.as_str(), repo.id("b"));
    assert_eq!((event.head_commit, event.total_commits), (None, 0));
}

#[test]
fn signatures_of_tags_and_commits_are_flagged_and_kept_out_of_the_text() {
    let mut repo = repo();
    let signature = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
    let tree = repo.id("a");
    let tree = repo.git(&["rev-parse", &format!("{tree}^{{tree}}")]);
    let commit = repo.object(
        "commit",
        format!("tree {tree}\nauthor A <a@b> 1714521600 +0000\ncommitter A <a@b> 1714521600 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\nmergetag object 1\n type commit\nx-unknown y\n\nSigned\n")
            .as_bytes(),
    );
    let object = repo.tag(&commit, "commit", "v1", &format!("Version 1\n{signature}"));
    let event = repo.push_one(V1, "", &object);
    assert_eq!(
        (tag(&event).message.as_deref(), tag(&event).signed),
        (Some("Version 1"), true)
    );
    assert_eq!(
        (event.commits[0].message.as_str(), event.commits[0].signed),
        ("Signed", true)
    );
    assert!(!repo.push_one("refs/heads/topic", "", "c").commits[0].signed);
}

#[test]
fn an_old_tag_without_a_tagger_has_none() {
    let mut repo = repo();
    let id = repo.id("b");
    let object = repo.object(
        "tag",
        format!("object {id}\ntype commit\ntag v1\n\nOld\n").as_bytes(),
    );
    let event = repo.push_one(V1, "", &object);
    assert_eq!(
        (tag(&event).tagger.clone(), tag(&event).message.as_deref()),
        (None, Some("Old"))
    );
}

#[test]
fn a_branch_and_a_tag_pushed_together_count_commits_once() {
    let mut repo = repo();
    let object = repo.tag("c", "commit", "v1", "Version 1\n");
    let events = repo.push(&[(V1, "", &object), ("refs/heads/main", "b", "c")]);
    assert_eq!(distinct(&events[0].event), [true]);
    assert_eq!(
        (messages(&events[1].event), distinct(&events[1].event)),
        (vec!["c"], vec![false])
    );
}
