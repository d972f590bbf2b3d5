use super::{RefUpdate, Trouble};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who pushed; never the committer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pusher {
    /// The login as the server knows it.
    pub username: String,
    /// A name for people; the login when nothing better is known.
    pub name: String,
    /// Only when the server knows it (a push certificate); never made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the name comes from: `gitolite`, `http`, `certificate`, the name of a variable of `[pusher] env`,
    /// `soft-serve`, `gitea`, `gitlab` or `account`; `unknown` for an anonymous push; `recovered` where nobody is known to
    /// have pushed.
    pub source: String,
}

impl Pusher {
    /// Somebody of whom no more than the name is known, as if it were an account's.
    pub fn named(name: &str) -> Self {
        Self {
            username: name.to_owned(),
            name: name.to_owned(),
            email: None,
            source: "account".to_owned(),
        }
    }
}

/// One run of post-receive: all that is known before any object is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// UUID version 7; also the name of the record in the spool.
    pub id: String,
    /// When it was received: milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// As Git gave them, in the order of the events (docs/events.md).
    pub updates: Vec<RefUpdate>,
    /// Who pushed.
    pub pusher: Pusher,
    /// `git push -o`, lossy where they are not UTF-8.
    #[serde(default)]
    pub options: Vec<String>,
    /// `REMOTE_ADDR`, or the first word of `SSH_CONNECTION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_addr: Option<String>,
    /// `GL_REPO`: a deliverer started by a timer does not see it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gl_repo: Option<String>,
    /// Nobody announced it: it was found by comparing the refs (docs/operating.md, "What was missed").
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
    /// The updates that are not in `updates`, because the push has too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<Unlisted>,
    /// It is no push: it reports trouble of a hook. Then there are no updates, and nobody is the pusher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What is known of the updates that a push does not list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    /// Their number.
    pub count: usize,
    /// For each hook by its name: how many of them may pass its filters, as far as this is known without their commits.
    pub passing: BTreeMap<String, usize>,
    /// Fingerprints of them for [`crate::catch_up`]; absent where nothing was compared at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

impl Push {
    /// The number of updates that Git reported.
    pub fn update_count(&self) -> usize {
        self.updates.len() + self.unlisted.as_ref().map_or(0, |unlisted| unlisted.count)
    }
}
