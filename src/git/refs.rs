//! Reads refs from files, or from `git` if they are stored as reftable, which gix cannot read. Reads no objects.

use super::Refs;
use super::program::git;
use super::ref_files;
use super::settings::HiddenRefs;
use crate::push::{RefKind, RefName, RefUpdate};
use gix::ObjectId;
use gix::refs::Target;
use std::collections::HashMap;

/// Symbolic refs that are followed in a row, the limit of Git.
const SYMBOLIC: usize = 5;

/// A ref and its target.
#[derive(Clone, Debug)]
pub(super) struct Ref {
    pub(super) name: RefName,
    /// The object, or the name of another ref.
    pub(super) target: Result<ObjectId, RefName>,
    /// The object after peeling, if packed-refs has it.
    pub(super) peeled: Option<ObjectId>,
}

/// All refs below these prefixes. Returns `false` if some could not be read.
pub(super) fn list(repo: &gix::Repository, prefixes: &[&str]) -> (Vec<Ref>, bool) {
    if is_reftable(repo) {
        return list_by_git(repo, prefixes).map_or((Vec::new(), false), |refs| (refs, true));
    }
    ref_files::list(repo, prefixes)
}

fn from_gix_ref(reference: gix::refs::Reference) -> Ref {
    let target = match reference.target {
        Target::Object(id) => Ok(id),
        Target::Symbolic(name) => Err(RefName::new(name.as_bstr().to_vec())),
    };
    Ref {
        name: RefName::new(reference.name.as_bstr().to_vec()),
        target,
        peeled: reference.peeled,
    }
}

/// One ref by its full name.
pub(super) fn find(repo: &gix::Repository, name: &RefName) -> Option<Ref> {
    if is_reftable(repo) {
        let text = std::str::from_utf8(name.as_bytes()).ok()?;
        return list_by_git(repo, &[text])
            .ok()?
            .into_iter()
            .find(|found| found.name == *name);
    }
    let full = gix::refs::FullName::try_from(gix::bstr::BString::from(name.as_bytes())).ok()?;
    let found = from_gix_ref(
        repo.try_find_reference(full.as_ref().as_partial_name())
            .ok()??
            .inner,
    );
    (found.name == *name).then_some(found)
}

/// The object that a ref names, through symbolic refs.
pub(super) fn target(repo: &gix::Repository, name: &RefName) -> Option<ObjectId> {
    let end = resolve_symbolic(repo, name);
    find(repo, &end)?.target.ok()
}

/// Follows symbolic refs to the last name.
pub(super) fn resolve_symbolic(repo: &gix::Repository, name: &RefName) -> RefName {
    let mut name = name.clone();
    for _ in 0..SYMBOLIC {
        match find(repo, &name).map(|found| found.target) {
            Some(Err(next)) => name = next,
            _ => break,
        }
    }
    name
}

/// The branch that HEAD names, which may not exist; `None` if HEAD is detached.
pub(super) fn head(repo: &gix::Repository) -> Option<RefName> {
    if is_reftable(repo) {
        let name = git(repo, &["symbolic-ref", "-q", "HEAD"]).ok()?;
        return Some(RefName::new(name.strip_suffix(b"\n").unwrap_or(&name)));
    }
    let name = repo.head_name().ok()??;
    Some(RefName::new(name.as_bstr().to_vec()))
}

/// All refs; `None` if a ref cannot be read. Hidden refs are left out: nobody can push to them.
pub(super) fn current(repo: &gix::Repository) -> Option<Refs> {
    let (found, complete) = list(repo, &["refs/"]);
    let hidden = HiddenRefs::from_config(repo);
    let mut refs = Refs::default();
    for found in found.into_iter().filter(|found| !hidden.hides(&found.name)) {
        match found.target {
            Ok(id) => drop(
                refs.objects
                    .insert(found.name, super::object::from_gix(&id)),
            ),
            Err(next) => drop(refs.symbolic.insert(found.name, next)),
        }
    }
    complete.then_some(refs)
}

impl Refs {
    /// Follows symbolic refs to the last name.
    pub fn resolve_symbolic<'a>(&'a self, mut name: &'a RefName) -> &'a RefName {
        for _ in 0..SYMBOLIC {
            name = self.symbolic.get(name).unwrap_or(name);
        }
        name
    }
}

/// The objects that branches and tags named before the push: what they name now, with the updates reverted. Tags are
/// peeled if packed-refs says so. Refs that receive.hideRefs hides do not count. Packed refs are not kept: there may be
/// millions.
pub(super) fn tips_before(repo: &gix::Repository, updates: &[RefUpdate]) -> (Vec<ObjectId>, bool) {
    const PREFIXES: [&str; 2] = ["refs/heads/", "refs/tags/"];
    if is_reftable(repo) {
        let (refs, complete) = list(repo, &PREFIXES);
        let mut tips = Tips::new(repo, updates, symbolic(refs.iter()));
        for found in &refs {
            tips.add(found);
        }
        return (tips.finish(), complete);
    }
    let (loose, complete) = ref_files::loose(repo, &PREFIXES);
    let links = loose
        .iter()
        .filter_map(|(name, target)| Some((name.clone(), target.as_ref().err()?.clone())));
    let mut tips = Tips::new(repo, updates, links.collect());
    let packed = ref_files::each_packed(repo, &PREFIXES, &loose, &mut |found| tips.add(&found));
    for (name, target) in loose {
        tips.add(&Ref {
            name,
            target,
            peeled: None,
        });
    }
    (tips.finish(), complete && packed)
}

/// Symbolic refs and the names they point to.
type Links = HashMap<RefName, RefName>;

fn symbolic<'a>(refs: impl Iterator<Item = &'a Ref>) -> Links {
    refs.filter_map(|r| Some((r.name.clone(), r.target.as_ref().err()?.clone())))
        .collect()
}

/// Collects the objects that the refs named before the push.
struct Tips<'r> {
    repo: &'r gix::Repository,
    links: Links,
    /// The objects of the updated refs before the push.
    old: HashMap<RefName, Option<ObjectId>>,
    hidden: HiddenRefs,
    ids: Vec<ObjectId>,
}

impl<'r> Tips<'r> {
    fn new(repo: &'r gix::Repository, updates: &[RefUpdate], links: Links) -> Self {
        let old = |u: &RefUpdate| {
            let name = follow(&links, &u.name).clone();
            (name, super::object::to_gix(repo, &u.old))
        };
        Self {
            repo,
            old: updates.iter().map(old).collect(),
            links,
            hidden: HiddenRefs::from_config(repo),
            ids: Vec::new(),
        }
    }

    /// Adds a ref as it is now, unless the push has updated it.
    fn add(&mut self, found: &Ref) {
        if self.old.contains_key(follow(&self.links, &found.name)) || self.hidden.hides(&found.name)
        {
            return;
        }
        let id = match &found.target {
            Ok(id) => Some(found.peeled.unwrap_or(*id)),
            Err(name) => target(self.repo, name),
        };
        if let Some(id) = id.filter(|id| self.ids.last() != Some(id)) {
            self.ids.push(id);
        }
    }

    fn finish(mut self) -> Vec<ObjectId> {
        let counted = |name: &RefName| name.kind() != RefKind::Other;
        let reverted = self
            .old
            .iter()
            .filter(|(name, _)| counted(name))
            .filter_map(|(_, id)| *id)
            .filter(|id| !id.is_null());
        self.ids.extend(reverted);
        self.ids.sort_unstable();
        self.ids.dedup();
        self.ids
    }
}

/// Follows symbolic refs to the last name.
fn follow<'a>(links: &'a Links, mut name: &'a RefName) -> &'a RefName {
    for _ in 0..SYMBOLIC {
        name = links.get(name).unwrap_or(name);
    }
    name
}

pub(super) fn is_reftable(repo: &gix::Repository) -> bool {
    let storage = repo.config_snapshot().string("extensions.refStorage");
    storage.is_some_and(|s| s.eq_ignore_ascii_case(b"reftable") || s.starts_with(b"reftable:"))
}

/// Runs `git for-each-ref`, which prints lines of `ID NUL NAME NUL SYMREF`.
fn list_by_git(repo: &gix::Repository, prefixes: &[&str]) -> Result<Vec<Ref>, ()> {
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
        Some(Ref {
            name: RefName::new(name),
            target,
            peeled: None,
        })
    });
    Ok(refs.collect())
}
