//! The content of one delivery: a ref's event, a whole push, a summary or a test; its body, truncated to a size. Knows no
//! action and no hook's configuration.

mod body;
mod commit;
mod cut;
pub mod sample;

pub use body::MEMBERS;

use crate::push::{Push, PushEvent, RefUpdate};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The wording of chat messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

/// `[project]`, complete: every template in it evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Path-like, such as `team/payments`.
    pub name: String,
    /// As configured; else the leading segments of the name count.
    pub owner: Option<String>,
    /// The login name of the account that owns the Git directory; only where there is no other owner.
    pub account: Option<String>,
    /// As configured.
    pub id: Option<u32>,
    /// Web page of the project.
    pub url: Option<String>,
    /// As configured.
    pub clone_url: Option<String>,
    /// As configured.
    pub ssh_url: Option<String>,
    /// As configured.
    pub description: Option<String>,
    /// As configured.
    pub display_name: Option<String>,
    /// As configured.
    pub team: Option<String>,
    /// As configured.
    pub private: Option<bool>,
    /// Short name of HEAD's branch.
    pub default_branch: Option<String>,
    /// Wording of chat messages.
    pub language: Language,
}

impl Project {
    /// Whose project it is.
    pub fn owner(&self) -> Option<&str> {
        let leading = self.name.rsplit_once('/').map(|(owner, _)| owner);
        self.owner.as_deref().or(leading)
    }

    /// The owner; else the account of the Git directory, for receivers that cannot do without.
    pub fn owner_or_account(&self) -> Option<&str> {
        self.owner().or(self.account.as_deref())
    }

    /// The last segment of the name.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// The id; else a positive number that stays the same as long as the name does.
    pub fn id_or_derived(&self) -> u32 {
        let derived = || {
            let digest = Sha256::digest(self.name.as_bytes());
            let number = digest[..4]
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            (number >> 1).max(1)
        };
        self.id.unwrap_or_else(derived)
    }
}

/// What kind of message this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// One updated ref.
    Ref,
    /// The whole push: the first event plus `updates`.
    Push,
    /// Refs past `max_refs`: `updates`, no commits.
    Summary,
    /// The `test` command: marked, so that nobody takes it for a push.
    Test,
    /// Trouble of another hook: the push has it.
    Trouble,
    /// Several deliveries of a robot in one message: a backlog. Never stored, only said.
    Digest,
}

/// One delivery of a digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its push.
    pub push: Push,
    /// When that was, for people: `clock::local_moment` of its `time_ms`. Empty: nothing is said of it.
    pub time: String,
    /// Its events, with `url` and `compare` filled.
    pub events: Vec<PushEvent>,
    /// Refs of the push that have no event of their own.
    pub rest: Vec<RefUpdate>,
}

/// What one attempt has to say. `events` is never empty, except for a summary and a digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Which one.
    pub kind: MessageKind,
    /// Delivery id: a UUID, the same over all attempts.
    pub delivery: String,
    /// Name of the hook.
    pub hook: String,
    /// Whose event it is.
    pub project: Project,
    /// The push.
    pub push: Push,
    /// Distinct commits of all refs of the push.
    pub push_total_commits: usize,
    /// With `url` and `compare` filled.
    pub events: Vec<PushEvent>,
    /// Refs of the same push that have no event of their own (past `max_refs`).
    pub rest: Vec<RefUpdate>,
    /// Whether the body has `updates`.
    pub whole_push: bool,
    /// Updates that are not in `updates`: cut for lack of room, or not listed by the record.
    pub updates_omitted: usize,
    /// Bytes that the body may have.
    pub max_body: usize,
    /// What a digest reports, oldest first; else empty.
    pub backlog: Vec<Waiting>,
    /// When the trouble began, for people: `clock::local_moment`; else empty.
    pub since: String,
}

/// How much one delivery may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commits listed for each event; the newest stay.
    pub max_commits: usize,
    /// Bytes of the body.
    pub max_body: usize,
}

/// What a delivery is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which one.
    pub kind: MessageKind,
    /// Delivery id.
    pub delivery: String,
    /// Name of the hook.
    pub hook: String,
    /// Whose event it is.
    pub project: Project,
    /// The push.
    pub push: Push,
    /// Distinct commits of all refs of the push.
    pub push_total_commits: usize,
    /// With `url` and `compare` filled.
    pub events: Vec<PushEvent>,
    /// Refs of the same push that have no event of their own.
    pub rest: Vec<RefUpdate>,
}

impl Outgoing {
    /// Truncates the commits of every event to the newest `max_commits`.
    pub fn new(draft: Draft, limits: Limits) -> Self {
        let Draft {
            kind,
            delivery,
            hook,
            project,
            push,
            push_total_commits,
            mut events,
            rest,
        } = draft;
        newest(&mut events, limits.max_commits);
        Self {
            whole_push: matches!(kind, MessageKind::Push | MessageKind::Summary),
            kind,
            delivery,
            hook,
            project,
            push,
            push_total_commits,
            events,
            rest,
            updates_omitted: 0,
            max_body: limits.max_body,
            backlog: Vec::new(),
            since: String::new(),
        }
    }

    /// Several deliveries of one hook in one message. It has the id of the first, which is the oldest; `None` if there
    /// is none.
    pub fn digest(
        delivery: String,
        hook: String,
        project: Project,
        mut backlog: Vec<Waiting>,
        limits: Limits,
    ) -> Option<Self> {
        let push = backlog.first()?.push.clone();
        for waiting in &mut backlog {
            newest(&mut waiting.events, limits.max_commits);
        }
        let draft = Draft {
            kind: MessageKind::Digest,
            delivery,
            hook,
            project,
            push,
            push_total_commits: 0,
            events: Vec::new(),
            rest: Vec::new(),
        };
        let out = Self::new(draft, limits);
        Some(Self { backlog, ..out })
    }

    /// The body of docs/events.md: the first event, with `updates` where the kind has it. A digest is a message only:
    /// its body names no ref.
    pub fn body(&self) -> Value {
        body::to_json(self)
    }

    /// [`Self::body`] as one line of JSON within `max_body`: file lists are cut first, then commits, then messages,
    /// each with its flag. A bound below what the bare facts of an update need (about 500 bytes) is not kept.
    pub fn body_bytes(&self) -> Vec<u8> {
        self.bytes_as(&|_, body| body)
    }

    /// The same for a body that `adapt` makes of [`Self::body`].
    pub fn bytes_as(&self, adapt: &dyn Fn(&Self, Value) -> Value) -> Vec<u8> {
        cut::to_size(self, adapt)
    }

    /// When the push was made, in RFC 3339.
    pub fn push_time(&self) -> Option<String> {
        let time = jiff::Timestamp::from_millisecond(self.push.time_ms).ok()?;
        Some(time.to_string())
    }

    /// The same with less in it: file lists first, then commits, then messages; `None` when nothing is left to cut.
    /// Each step about halves what it cuts, so that a caller tries a few dozen times at most.
    #[must_use]
    pub fn smaller(&self) -> Option<Self> {
        cut::smaller(self)
    }
}

/// Keeps so many commits of each event.
fn newest(events: &mut [PushEvent], max_commits: usize) {
    for event in events {
        let surplus = event.commits.len().saturating_sub(max_commits);
        if surplus > 0 {
            event.commits.drain(..surplus);
            event.truncated = true;
        }
    }
}
