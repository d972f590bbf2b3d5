//! The format of a record: one JSON object a line.

use super::{DeliveryState, FileId};
use crate::outgoing::MessageKind;
use crate::push::Push;
use crate::schedule::Standing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version of the format. A record of a newer version is left alone.
pub const VERSION: u32 = 1;

/// Line 1: what Git reported. It is written before anything else is done with the push.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FirstLine {
    pub(super) v: u32,
    /// The receive-pack that took the push, where Git may start this program twice. It follows the version directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) receive_pack: Option<String>,
    /// The file that it was written to: any other one is a copy. Earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<FileId>,
    pub(super) push: Push,
}

/// The version of a JSON object that is newer than `known`.
pub(super) fn newer_version(json: &[u8], known: u32) -> Option<u32> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u32,
    }
    let Versioned { v } = serde_json::from_slice(json).ok()?;
    (v > known).then_some(v)
}

/// The last member of a line: CRC-32 of everything before it, in eight hexadecimal digits.
const SEAL: &[u8] = b",\"crc\":\"";
const SEAL_LENGTH: usize = SEAL.len() + 8 + 2;

/// A JSON object with its checksum as last member, and the end of the line.
pub(super) fn seal(object: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(object)?;
    line.pop();
    let crc = crc32fast::hash(&line);
    line.extend_from_slice(SEAL);
    line.extend_from_slice(format!("{crc:08x}\"}}\n").as_bytes());
    Ok(line)
}

/// What a line of a record turns out to be.
pub(super) enum Unsealed<T> {
    Intact(T),
    /// Its checksum says that it is not what was written.
    Damaged,
    /// It has no checksum, and is not a `T`.
    Unknown,
    /// Written in part, empty, or of a kind that this version does not know.
    Skipped,
}

/// Reads a line. One of an earlier version has no checksum. The checksum is removed in place: a line may be large.
pub(super) fn unseal<T: DeserializeOwned>(line: &mut [u8]) -> Unsealed<T> {
    let start = line.len().saturating_sub(SEAL_LENGTH);
    if !line[start..].starts_with(SEAL) {
        return match line.last() {
            Some(b'}') => serde_json::from_slice(line).map_or(Unsealed::Unknown, Unsealed::Intact),
            _ => Unsealed::Skipped,
        };
    }
    let crc = format!("{:08x}\"}}", crc32fast::hash(&line[..start]));
    if line[start + SEAL.len()..] != *crc.as_bytes() {
        return Unsealed::Damaged;
    }
    line[start] = b'}';
    serde_json::from_slice(&line[..=start]).map_or(Unsealed::Skipped, Unsealed::Intact)
}

/// The lines that are a `T`; others are skipped.
pub(super) fn json_lines<T: DeserializeOwned>(bytes: &mut [u8]) -> impl Iterator<Item = T> + '_ {
    bytes
        .split_mut(|b| *b == b'\n')
        .filter_map(|line| match unseal(line) {
            Unsealed::Intact(line) => Some(line),
            Unsealed::Damaged | Unsealed::Unknown | Unsealed::Skipped => None,
        })
}

/// Every line after the first: an object with one member, named after the variant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordLine {
    /// A process is about to compute the events: milliseconds since 1970.
    Computing(i64),
    /// The events and their deliveries. The first such line counts; one that decides for some hooks alone is followed by
    /// a second one.
    Events(Box<Events>),
    /// An attempt is about to be made.
    Started(Started),
    /// The result of an attempt.
    Ended(Box<Ended>),
    /// It waits behind others. Shown to the pusher; does not change the state.
    Queued(Queued),
    /// It is to be delivered again, under the same id.
    Requeued {
        /// Id of the delivery.
        delivery: String,
        /// `retry_for` counts from this moment, in milliseconds since 1970.
        at_ms: i64,
        /// The file that has this line: a copy of it holds the delivery.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<FileId>,
        /// How it stood when it was selected. If it has changed since, because an attempt has ended, the line has no effect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<DeliveryState>,
    },
    /// The record was copied or restored, and a person wants what waits in it to be sent. `retry_for` counts from this moment.
    Adopted {
        /// Milliseconds since 1970.
        at_ms: i64,
        /// The file that has this line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<FileId>,
    },
    /// Deliveries that a hook missed are added; those that the record has already are left out.
    Added {
        /// `retry_for` counts from this moment, in milliseconds since 1970.
        at_ms: i64,
        /// The file that has this line: a copy of it holds the deliveries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<FileId>,
        /// What they report.
        events: Box<Events>,
    },
    /// Its push was recorded by a wrong clock: `retry_for` counts from this moment.
    Dated {
        /// Id of the delivery.
        delivery: String,
        /// Milliseconds since 1970.
        at_ms: i64,
    },
    /// The receiver accepts others but not this one: from now on it is sent alone, and no other waits for it.
    Alone {
        /// Id of the delivery.
        delivery: String,
        /// Milliseconds since 1970.
        at_ms: i64,
    },
}

impl RecordLine {
    /// The id of the delivery that it is about.
    pub(super) fn delivery(&self) -> Option<&str> {
        match self {
            Self::Computing(_) | Self::Events(_) | Self::Added { .. } | Self::Adopted { .. } => {
                None
            }
            Self::Started(started) => Some(&started.delivery),
            Self::Ended(ended) => Some(&ended.delivery),
            Self::Queued(queued) => Some(&queued.delivery),
            Self::Requeued { delivery, .. }
            | Self::Dated { delivery, .. }
            | Self::Alone { delivery, .. } => Some(delivery),
        }
    }
}

/// The events of a push, computed once.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Events {
    /// Short name of HEAD's branch when the events were computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// Distinct commits of all refs.
    pub push_total_commits: usize,
    /// Each one a `PushEvent` in JSON.
    pub events: Vec<Box<RawValue>>,
    /// In the order in which they are to be sent.
    pub deliveries: Vec<Planned>,
    /// The hooks that were decided, where the others wait for a hooks.toml that can be read. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Vec<String>>,
}

impl Events {
    /// Adds the events of a later line, for hooks that waited.
    pub(super) fn append(&mut self, later: Self) {
        let known = self.events.len();
        let shifted = later.deliveries.into_iter().map(|planned| Planned {
            events: planned.events.iter().map(|index| index + known).collect(),
            ..planned
        });
        self.deliveries.extend(shifted);
        self.events.extend(later.events);
        self.default_branch = self.default_branch.take().or(later.default_branch);
        // Each line has computed as many refs as its own hooks need.
        self.push_total_commits = self.push_total_commits.max(later.push_total_commits);
        self.hooks = self.hooks.take().zip(later.hooks).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }
}

/// One delivery: which events go to which hook, under which id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Planned {
    /// UUID version 7, the same over all attempts.
    pub id: String,
    /// The hook's name.
    pub hook: String,
    /// Whether it reports one ref, a push, or a summary.
    pub kind: MessageKind,
    /// Indexes into [`Events::events`].
    pub events: Vec<usize>,
    /// Indexes into `push.updates` of refs that have no event of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<usize>,
    /// How many refs it is for that the record does not list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: usize,
}

/// Written before an attempt, so that one without an end counts as failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Started {
    /// Id of the delivery.
    pub delivery: String,
    /// From 1, over all attempts.
    pub attempt: u32,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// The result of an attempt, as the record keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver confirmed it.
    Delivered,
    /// The answer confirms nothing; counts as delivered.
    Accepted,
    /// To be tried again at `next_attempt_ms`.
    Deferred,
    /// To be tried once more at once, in the plain form.
    Simplify,
    /// Not tried again, unless a person requeues it.
    Failed,
    /// Its hook was removed or disabled.
    Cancelled,
}

/// The end of an attempt, with secrets removed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ended {
    /// Id of the delivery.
    pub delivery: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The result.
    pub outcome: Outcome,
    /// For people: a note when it was delivered, the reason otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Whether the receiver may have processed the request although no answer says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Whether the receiver or the hook's configuration is at fault, so that later deliveries of the hook wait as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_hook: bool,
    /// How many deliveries the message was for; 0: this one alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub digest: usize,
    /// Whether it needs a message of its own from now on, because a digest was refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// When it is due again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_ms: Option<i64>,
    /// Request and answer; absent when no request was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One request and its answer, masked. The body is not kept: it can be rendered again from the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Exchange {
    /// `GET` or `POST`.
    pub method: String,
    /// Masked.
    pub url: String,
    /// Masked.
    pub headers: Vec<(String, String)>,
    /// SHA-256 of the body in hexadecimal digits.
    pub body_sha256: String,
    /// Bytes of the body.
    pub body_size: usize,
    /// Status of the answer; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer's body, masked, at most 2 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// From the name lookup to the last byte read.
    pub took_ms: u64,
}

/// A delivery that waits for others.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Queued {
    /// Id of the delivery.
    pub delivery: String,
    /// How many deliveries of its hook precede it.
    pub behind: usize,
    /// Since when the receiver has accepted nothing, in milliseconds since 1970.
    pub since_ms: i64,
    /// Whether the first one was interrupted: its process died, and the result is not known.
    #[serde(
        rename = "cut_off",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub interrupted: bool,
    /// Whether the receiver's rate limit is reached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paced: bool,
    /// Why the hook cannot deliver, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}
