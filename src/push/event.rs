use super::{Change, ObjectId, RefKind, RefName, RefUpdate};
use serde::{Deserialize, Serialize};

/// One updated ref, ready to be sent: what Git says, without what `[project]` adds. This is the stored form; the body
/// that receivers get is made from it in `outgoing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushEvent {
    /// The update itself.
    #[serde(flatten)]
    pub update: RefUpdate,
    /// Its place among the updates of the push, from 0.
    pub index: usize,
    /// Exactly one of four.
    pub change: Change,
    /// Merge base of a forced update, fork point of a created branch; `None` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ObjectId>,
    /// Oldest first, parents before children; at most `max_commits`, the newest stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Commit>,
    /// Whether `commits` was cut.
    #[serde(default)]
    pub truncated: bool,
    /// The real number of commits.
    #[serde(default)]
    pub total_commits: usize,
    /// How many of them are distinct.
    #[serde(default)]
    pub total_distinct: usize,
    /// False when the walk stopped at its bound; then the totals are lower bounds.
    #[serde(default = "yes")]
    pub total_commits_exact: bool,
    /// The newest commit, also when `commits` is empty or cut; `None` when deleted or when a tag names no commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_commit: Option<Commit>,
    /// Forced: reachable from `before`, not from `after`; at most 20, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discarded: Vec<ObjectId>,
    /// The number of discarded commits.
    #[serde(default)]
    pub total_discarded: usize,
    /// For refs below `refs/tags/`; the old tag when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Whether a walk ended at the boundary of a shallow repository.
    #[serde(default)]
    pub shallow: bool,
    /// Why the event is incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Absolute URL of the comparison page; filled by `outgoing`, not stored.
    #[serde(skip)]
    pub compare: Option<String>,
}

fn yes() -> bool {
    true
}

impl PushEvent {
    /// An event with only what Git put on stdin.
    pub fn bare(update: RefUpdate, index: usize) -> Self {
        Self {
            change: update.change(),
            update,
            index,
            base: None,
            commits: Vec::new(),
            truncated: false,
            total_commits: 0,
            total_distinct: 0,
            total_commits_exact: true,
            head_commit: None,
            discarded: Vec::new(),
            total_discarded: 0,
            tag: None,
            shallow: false,
            error: None,
            compare: None,
        }
    }

    /// Where the ref lives.
    pub fn kind(&self) -> RefKind {
        self.update.name.kind()
    }

    /// Full name of the ref.
    pub fn ref_name(&self) -> &RefName {
        &self.update.name
    }
}

/// Author, committer or tagger as it stands in the object, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// May be empty.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// RFC 3339 with the person's offset; `None` when the object holds no valid time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its tree.
    pub tree_id: ObjectId,
    /// In their order.
    pub parents: Vec<ObjectId>,
    /// Not reachable from any branch or tag before this push, nor listed by an earlier event of it.
    pub distinct: bool,
    /// The whole message, decoded by the `encoding` header.
    pub message: String,
    /// Whether decoding replaced something.
    #[serde(default)]
    pub encoding_lossy: bool,
    /// Who wrote it.
    pub author: Person,
    /// Who committed it.
    pub committer: Person,
    /// Paths against the first parent; bytes that are not UTF-8 become U+FFFD.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// As `added`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// As `added`; mode and type changes and submodules included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modified: Vec<String>,
    /// Whether the lists were cut (3000 paths, or the size budget), or could not be computed.
    #[serde(default)]
    pub files_truncated: bool,
    /// Whether some path was not UTF-8.
    #[serde(default)]
    pub paths_lossy: bool,
    /// Whether the message was cut by the size budget.
    #[serde(default)]
    pub message_truncated: bool,
    /// Whether it carries a signature (not verified).
    #[serde(default)]
    pub signed: bool,
    /// Absolute URL of its page; filled by `outgoing`, not stored.
    #[serde(skip)]
    pub url: Option<String>,
}

impl Commit {
    /// The first line of the message that is not blank, blanks trimmed.
    pub fn title(&self) -> &str {
        let mut lines = self.message.lines().map(str::trim);
        lines.find(|line| !line.is_empty()).unwrap_or("")
    }
}

/// What a tag ref names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Short name of the ref.
    pub name: String,
    /// Whether the ref names a tag object.
    pub annotated: bool,
    /// Message of the (outermost) tag object, without its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `None` for lightweight tags and old tag objects without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagger: Option<Person>,
    /// The object in the end, peeled through nested tags.
    pub target: ObjectId,
    /// `commit`, `tree`, `blob`; `unknown` when it cannot be read.
    pub target_type: String,
    /// Whether decoding the message or the tagger replaced something.
    #[serde(default)]
    pub encoding_lossy: bool,
    /// Whether the tag object carries a signature (not verified).
    pub signed: bool,
}
