//! The refs of a repository, from loose and packed files, or from Git itself where they are kept as reftable, which gix
//! cannot read. Objects are not looked at.

use super::Refs;
use super::loose;
use super::program::git;
use super::settings::Hidden;
use crate::push::{RefKind, RefName, RefUpdate};
use gix::ObjectId;
use gix::refs::Target;
use std::collections::HashMap;

/// Steps from a symbolic ref to its end, as many as Git follows.
const SYMBOLIC: usize = 5;

/// A ref and what it holds.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) name: RefName,
    /// The object, or the name of another ref.
    pub(super) target: Result<ObjectId, RefName>,
    /// What the object, a tag, names in the end, where packed-refs says so.
    pub(super) peeled: Option<ObjectId>,
}

/// All refs below these prefixes. What cannot be read is left out and said with `false`.
pub(super) fn list(repo: &gix::Repository, prefixes: &[&str]) -> (Vec<Found>, bool) {
    if is_reftable(repo) {
        return from_git(repo, prefixes).map_or((Vec::new(), false), |refs| (refs, true));
    }
    loose::list(repo, prefixes)
}

fn plain(reference: gix::refs::Reference) -> Found {
    let target = match reference.target {
        Target::Object(id) => Ok(id),
        Target::Symbolic(name) => Err(RefName::new(name.as_bstr().to_vec())),
    };
    Found {
        name: RefName::new(reference.name.as_bstr().to_vec()),
        target,
        peeled: reference.peeled,
    }
}

/// One ref by its full name.
pub(super) fn find(repo: &gix::Repository, name: &RefName) -> Option<Found> {
    if is_reftable(repo) {
        let text = std::str::from_utf8(name.as_bytes()).ok()?;
        return from_git(repo, &[text])
            .ok()?
            .into_iter()
            .find(|found| found.name == *name);
    }
    let full = gix::refs::FullName::try_from(gix::bstr::BString::from(name.as_bytes())).ok()?;
    let found = plain(
        repo.try_find_reference(full.as_ref().as_partial_name())
            .ok()??
            .inner,
    );
    (found.name == *name).then_some(found)
}

/// The object that a ref names, through symbolic refs.
pub(super) fn target(repo: &gix::Repository, name: &RefName) -> Option<ObjectId> {
    let end = end_of(repo, name);
    find(repo, &end)?.target.ok()
}

/// Where a symbolic ref ends; another ref is its own end.
pub(super) fn end_of(repo: &gix::Repository, name: &RefName) -> RefName {
    let mut name = name.clone();
    for _ in 0..SYMBOLIC {
        match find(repo, &name).map(|found| found.target) {
            Some(Err(next)) => name = next,
            _ => break,
        }
    }
    name
}

/// The branch that HEAD names, whether it exists or not; `None` when HEAD is detached.
pub(super) fn head(repo: &gix::Repository) -> Option<RefName> {
    if is_reftable(repo) {
        let name = git(repo, &["symbolic-ref", "-q", "HEAD"]).ok()?;
        return Some(RefName::new(name.strip_suffix(b"\n").unwrap_or(&name)));
    }
    let name = repo.head_name().ok()??;
    Some(RefName::new(name.as_bstr().to_vec()))
}

/// What everything below `refs/` holds now; `None` when a ref cannot be read. Hidden refs are left out: nobody can push
/// to them.
pub(super) fn now(repo: &gix::Repository) -> Option<Refs> {
    let (found, whole) = list(repo, &["refs/"]);
    let hidden = Hidden::of(repo);
    let mut refs = Refs::default();
    for found in found.into_iter().filter(|found| !hidden.hides(&found.name)) {
        match found.target {
            Ok(id) => drop(refs.objects.insert(found.name, super::object::plain(&id))),
            Err(next) => drop(refs.symbolic.insert(found.name, next)),
        }
    }
    whole.then_some(refs)
}

impl Refs {
    /// Where a symbolic ref ends; another name is its own end.
    pub fn end_of<'a>(&'a self, mut name: &'a RefName) -> &'a RefName {
        for _ in 0..SYMBOLIC {
            name = self.symbolic.get(name).unwrap_or(name);
        }
        name
    }
}

/// The objects that branches and tags named before the push: what they name now, with its updates taken back. Tags are
/// peeled where that is written down. Refs that receive.hideRefs hides do not count.
pub(super) fn before(repo: &gix::Repository, updates: &[RefUpdate]) -> (Vec<ObjectId>, bool) {
    let (refs, whole) = list(repo, &["refs/heads/", "refs/tags/"]);
    let symbolic: HashMap<_, _> = refs
        .iter()
        .filter_map(|r| Some((r.name.clone(), r.target.as_ref().err()?.clone())))
        .collect();
    let end = |name: &RefName| {
        let mut name = name;
        for _ in 0..SYMBOLIC {
            name = symbolic.get(name).unwrap_or(name);
        }
        name.clone()
    };
    let old: HashMap<_, _> = updates
        .iter()
        .map(|u| (end(&u.name), super::object::id(repo, &u.old)))
        .collect();
    let hidden = Hidden::of(repo);
    let kept = refs
        .iter()
        .filter(|r| !old.contains_key(&end(&r.name)) && !hidden.hides(&r.name));
    let kept = kept.filter_map(|r| match &r.target {
        Ok(id) => Some(r.peeled.unwrap_or(*id)),
        Err(name) => target(repo, name),
    });
    let counted = |name: &RefName| name.kind() != RefKind::Other;
    let back = old
        .iter()
        .filter(|(name, _)| counted(name))
        .filter_map(|(_, id)| *id)
        .filter(|id| !id.is_null());
    let mut tips: Vec<_> = kept.chain(back).collect();
    tips.sort_unstable();
    tips.dedup();
    (tips, whole)
}

pub(super) fn is_reftable(repo: &gix::Repository) -> bool {
    let storage = repo.config_snapshot().string("extensions.refStorage");
    storage.is_some_and(|s| s.eq_ignore_ascii_case(b"reftable") || s.starts_with(b"reftable:"))
}

/// Asks Git: `ID NUL NAME NUL SYMREF` a line.
fn from_git(repo: &gix::Repository, prefixes: &[&str]) -> Result<Vec<Found>, ()> {
    let format = "--format=%(objectname)%00%(refname)%00%(symref)";
    let text = git(repo, &[&["for-each-ref", format], prefixes].concat())?;
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let refs = lines.filter_map(|line| {
        let mut parts = line.split(|b| *b == 0);
        let (id, name, symbolic) = (parts.next()?, parts.next()?, parts.next()?);
        let target = if symbolic.is_empty() {
            Ok(ObjectId::from_hex(id).ok()?)
        } else {
            Err(RefName::new(symbolic))
        };
        Some(Found {
            name: RefName::new(name),
            target,
            peeled: None,
        })
    });
    Ok(refs.collect())
}
