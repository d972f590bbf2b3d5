//! Resolves revisions and finds the newest commits, for the commands that a person runs.

use super::history::History;
use super::object::from_gix;
use super::objects::Objects;
use super::program::git;
use super::refs;
use super::tag::peel;
use crate::push::{ObjectId, RefKind, RefName, RefUpdate};

/// Resolves a revision (gitrevisions(7)) by `git rev-parse`, which knows all of its forms.
pub(super) fn resolve(repo: &gix::Repository, revision: &str) -> Option<ObjectId> {
    if let Some(id) =
        ObjectId::parse(revision).filter(|id| super::object::to_gix(repo, id).is_some())
    {
        return Some(id);
    }
    let out = git(
        repo,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            revision,
        ],
    )
    .ok()?;
    ObjectId::parse(std::str::from_utf8(&out).ok()?.trim())
}

/// Whether a full name can be that of a ref (git-check-ref-format(1)).
pub(super) fn is_ref_name(name: &RefName) -> bool {
    gix::validate::reference::name(name.as_bytes().into()).is_ok()
}

/// The newest commit of a ref, as an update.
pub(super) fn newest_update(repo: &gix::Repository, name: Option<&RefName>) -> Option<RefUpdate> {
    let objects = Objects::new(repo);
    let mut history = History::new(&objects, true);
    let name = match name {
        Some(name) => name.clone(),
        None => refs::head(repo)
            .filter(|h| refs::target(repo, h).is_some())
            .or_else(|| newest_branch(repo, &objects, &mut history))?,
    };
    let tip = refs::target(repo, &name)?;
    let null = from_gix(&gix::ObjectId::null(repo.object_hash()));
    let old = match peel(&objects, tip).commit() {
        Some(commit) if name.kind() != RefKind::Tag => {
            let node = history.node(commit);
            let _unreadable = history.links(node);
            let parent = history.parents(node).first().copied();
            parent.map_or(null, |parent| from_gix(&history.id(parent)))
        }
        _ => null,
    };
    Some(RefUpdate {
        old,
        new: from_gix(&tip),
        name,
    })
}

/// The branch with the newest commit.
fn newest_branch(
    repo: &gix::Repository,
    objects: &Objects<'_>,
    history: &mut History<'_>,
) -> Option<RefName> {
    let branches = refs::list(repo, &["refs/heads/"]).0.into_iter();
    let dated = branches.filter_map(|found| {
        let node = history.node(peel(objects, found.target.ok()?).commit()?);
        Some((history.links(node).ok()?.date, found.name))
    });
    dated
        .max_by(|(a, left), (b, right)| a.cmp(b).then_with(|| right.cmp(left)))
        .map(|(_, name)| name)
}
