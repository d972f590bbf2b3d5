//! Resolves words of the command line to a ref update, or explains why they cannot be resolved.

use super::super::Failure;
use super::EventSelection;
use super::hook_names::names;
use crate::config::Loaded;
use crate::git::{Repository, is_ref_name};
use crate::push::{ObjectId, RefKind, RefName, RefUpdate};
use crate::suggest;

/// A word with this many digits may be an abbreviated object id.
const ID: usize = 7;

/// Resolves the selected update. `loaded` provides hook names for "did you mean".
pub(super) fn resolve(
    repo: &Repository,
    selection: &EventSelection<'_>,
    loaded: &Loaded,
) -> Result<RefUpdate, Failure> {
    let name = selection
        .name
        .filter(|name| *name != "HEAD")
        .map(|name| full_name(repo, name))
        .transpose()?;
    let Some((old, new)) = selection.range else {
        let newest = repo.newest(name.as_ref());
        return newest.ok_or_else(|| {
            Failure::new(explain_missing(
                repo,
                selection.name.filter(|name| *name != "HEAD"),
            ))
        });
    };
    let name = match (name, repo.default_branch()) {
        (Some(name), _) => name,
        (None, Some(branch)) => RefName::new(format!("refs/heads/{branch}")),
        (None, None) => return Err(Failure::new("HEAD is detached: say which ref with --ref")),
    };
    let id = |word| id(repo, word, loaded);
    let (old, new) = (id(old)?, id(new)?);
    let (old, new) = (
        old.unwrap_or_else(|| null_like(new.as_ref())),
        new.unwrap_or_else(|| null_like(None)),
    );
    let new = if new.is_null() {
        null_like(Some(&old))
    } else {
        new
    };
    if old.is_null() && new.is_null() {
        return Err(Failure::new("one of OLD and NEW must be an object"));
    }
    if old == new {
        return Err(Failure::new(
            "OLD and NEW are the same object: nothing would be pushed",
        ));
    }
    Ok(RefUpdate { old, new, name })
}

/// Explains why no update is found.
fn explain_missing(repo: &Repository, name: Option<&str>) -> String {
    let refs = short_names(repo);
    match name {
        _ if refs.is_empty() => "the repository has no commits yet: push one first".to_owned(),
        None => "HEAD names no commit: say which ref with --ref".to_owned(),
        Some(name) if refs.iter().any(|known| known == name) => format!("`{name}` names no commit"),
        Some(name) => {
            let (name, before) = match name
                .strip_prefix("refs/heads/")
                .or_else(|| name.strip_prefix("refs/tags/"))
            {
                Some(short) => (short, &name[..name.len() - short.len()]),
                None => (name, ""),
            };
            let hint = suggest::near(name, refs.iter().map(String::as_str));
            let hint = hint.map(suggest::did_you_mean);
            let hint = hint.unwrap_or_else(|| " (has it been pushed here?)".to_owned());
            format!("there is no ref `{before}{name}` here{hint}")
        }
    }
}

/// `None` for the null id in any length.
fn id(repo: &Repository, word: &str, loaded: &Loaded) -> Result<Option<ObjectId>, Failure> {
    if !word.is_empty() && word.bytes().all(|b| b == b'0') {
        return Ok(None);
    }
    repo.resolve(word).map(Some).ok_or_else(|| {
        let is_id = word.len() >= ID && word.bytes().all(|b| b.is_ascii_hexdigit());
        let pushed = || {
            if is_id {
                " (has it been pushed here?)".to_owned()
            } else {
                String::new()
            }
        };
        let refs = short_names(repo);
        // `main~3` is misspelt as `mian~3`.
        let (name, _) = word.split_at(word.find(['~', '^', '@', ':']).unwrap_or(word.len()));
        let known = refs.iter().map(String::as_str).chain(names(loaded));
        let hint = suggest::near(name, known).map(suggest::did_you_mean);
        let none = if refs.is_empty() {
            ": the repository has no commits yet"
        } else {
            ""
        };
        Failure::new(format!(
            "`{word}` names no object here{none}{}",
            hint.unwrap_or_else(pushed)
        ))
    })
}

/// Short names of branches and tags, full names of other refs.
fn short_names(repo: &Repository) -> Vec<String> {
    let refs = repo.refs().unwrap_or_default();
    let name = |name: &RefName| match name.kind() {
        RefKind::Other => name.display().into_owned(),
        RefKind::Branch | RefKind::Tag => name.short().into_owned(),
    };
    refs.objects.keys().map(name).collect()
}

/// The null id of the object format of `other`.
fn null_like(other: Option<&ObjectId>) -> ObjectId {
    let digits = other.map_or(40, |id| id.as_str().len());
    ObjectId::parse(&"0".repeat(digits)).expect("40 or 64 zeroes are an object id")
}

/// The full name of a ref: a short one is a tag if only the tag exists, else a branch.
fn full_name(repo: &Repository, name: &str) -> Result<RefName, Failure> {
    let candidates = [
        name.to_owned(),
        format!("refs/heads/{name}"),
        format!("refs/tags/{name}"),
    ];
    let [full, branch, tag] = candidates;
    let chosen = if full.starts_with("refs/") {
        full
    } else if repo.resolve(&branch).is_none() && repo.resolve(&tag).is_some() {
        tag
    } else {
        branch
    };
    let chosen = RefName::new(chosen);
    if is_ref_name(&chosen) {
        Ok(chosen)
    } else {
        Err(Failure::new(format!(
            "`{name}` cannot be the name of a ref"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_id_has_the_length_of_its_neighbour() {
        let long = ObjectId::parse(&"a".repeat(64)).unwrap();
        assert_eq!(null_like(Some(&long)).as_str().len(), 64);
        assert!(null_like(None).is_null());
    }
}
