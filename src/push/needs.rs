use super::PushEvent;
use std::collections::BTreeSet;

/// What the hooks at hand want to know, so that nothing else is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Commits to list for each ref; the newest stay.
    pub max_commits: usize,
    /// `added`, `removed`, `modified` of the listed commits.
    pub paths: bool,
    /// [`Scan::paths`]: some hook filters by path.
    pub all_paths: bool,
    /// [`Scan::authors`]: some hook filters by author.
    pub all_authors: bool,
    /// `discarded` of forced updates.
    pub discarded: bool,
    /// Events to compute; the updates after these get none (`max_refs` of docs/events.md).
    pub max_refs: usize,
}

impl Needs {
    /// Everything, for `event`, `preview` and `test`.
    pub fn everything(max_commits: usize) -> Self {
        Self {
            max_commits,
            paths: true,
            all_paths: true,
            all_authors: true,
            discarded: true,
            max_refs: usize::MAX,
        }
    }

    /// The numbers of commits and nothing else.
    pub fn only_counts() -> Self {
        Self {
            max_commits: 0,
            paths: false,
            all_paths: false,
            all_authors: false,
            discarded: false,
            max_refs: usize::MAX,
        }
    }

    /// What both sides need.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            max_commits: self.max_commits.max(other.max_commits),
            paths: self.paths || other.paths,
            all_paths: self.all_paths || other.all_paths,
            all_authors: self.all_authors || other.all_authors,
            discarded: self.discarded || other.discarded,
            max_refs: self.max_refs.max(other.max_refs),
        }
    }
}

/// What filters need and no receiver gets: over all commits of the event, whatever `max_commits` is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Every changed path of the commits and of before → after of an updated branch; exact bytes.
    pub paths: BTreeSet<Vec<u8>>,
    /// Name and e-mail of every author.
    pub authors: BTreeSet<(String, String)>,
    /// Whether the walk or a tree could not be read to its end: a path filter fires then.
    pub bounded: bool,
}

/// An event, and what its filters look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// For the receivers.
    pub event: PushEvent,
    /// For the filters.
    pub scan: Scan,
}
