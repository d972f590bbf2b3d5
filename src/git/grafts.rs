//! Reads what replaces the parents of commits: `info/grafts` and the boundary of a shallow repository.

use gix::ObjectId;
use std::collections::{HashMap, HashSet};

/// Parents that differ from those in the commit objects (gitrepository-layout(5)).
pub(super) struct Grafts {
    parents: HashMap<ObjectId, Vec<ObjectId>>,
    boundary: HashSet<ObjectId>,
}

impl Grafts {
    /// Reads both files of the repository.
    pub(super) fn read(repo: &gix::Repository) -> Self {
        let file = std::fs::read(repo.common_dir().join("info/grafts")).unwrap_or_default();
        let shallow = repo.shallow_commits().ok().flatten();
        Self {
            parents: parse(&file),
            boundary: shallow.iter().flat_map(|ids| ids.iter().copied()).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parents.is_empty() && self.boundary.is_empty()
    }

    /// Whether the commit is at the boundary of a shallow repository.
    pub(super) fn is_boundary(&self, id: &gix::oid) -> bool {
        !self.boundary.is_empty() && self.boundary.contains(id)
    }

    /// The parents of a commit for Git; `own` are those in the object.
    pub(super) fn apply(&self, id: &gix::oid, own: Vec<ObjectId>) -> Vec<ObjectId> {
        if self.is_boundary(id) {
            return Vec::new();
        }
        self.parents.get(id).cloned().unwrap_or(own)
    }
}

/// Parses lines of a commit and its parents.
fn parse(text: &[u8]) -> HashMap<ObjectId, Vec<ObjectId>> {
    let lines = text
        .split(|b| *b == b'\n')
        .filter(|line| !line.starts_with(b"#"));
    lines
        .filter_map(|line| {
            let words = line.split(u8::is_ascii_whitespace);
            let ids = words
                .filter(|word| !word.is_empty())
                .map(ObjectId::from_hex)
                .collect::<Result<Vec<_>, _>>();
            let (commit, parents) = ids.as_ref().ok()?.split_first()?;
            Some((*commit, parents.to_vec()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_invalid_ids_and_comments_are_skipped() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let grafts = parse(format!("# x\n{a} {b}\n{a} short\n\n{b}\n").as_bytes());
        let id = |hex: &str| ObjectId::from_hex(hex.as_bytes()).unwrap();
        assert_eq!(grafts.len(), 2);
        assert_eq!(grafts[&id(&a)], [id(&b)]);
        assert!(grafts[&id(&b)].is_empty());
    }
}
