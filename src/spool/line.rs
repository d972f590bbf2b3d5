use crate::outgoing::Kind;
use crate::push::Push;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The format of records that this program writes. A record of a newer version is left alone.
pub const VERSION: u32 = 1;

/// Line 1: what Git said. Written before anything else is done with the push.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct First {
    pub(super) v: u32,
    /// Where Git may start us twice for one push: the receive-pack that took it. Stands right behind the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) receive_pack: Option<String>,
    pub(super) push: Push,
}

/// Enough of line 1 to tell a newer version from something that is not ours.
#[derive(Debug, Deserialize)]
pub(super) struct VersionOnly {
    pub(super) v: u32,
}

/// Every line after the first: an object with one member that says what it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Somebody is about to compute the events: milliseconds since 1970.
    Computing(i64),
    /// The events and who gets them. The first such line counts.
    Events(Box<Events>),
    /// An attempt is about to be made.
    Started(Started),
    /// What came of it.
    Ended(Box<Ended>),
    /// It waits behind others; for the pusher's eyes, without effect on the state.
    Queued(Queued),
    /// It is to be delivered again, under the same id.
    Requeued {
        /// Of which delivery.
        delivery: String,
        /// When: its time to give up counts from here.
        at_ms: i64,
    },
    /// The receiver takes others but not this one: from now on it goes alone, and nothing waits for it.
    Alone {
        /// Which delivery.
        delivery: String,
        /// When.
        at_ms: i64,
    },
}

/// What a push means, computed once.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Events {
    /// Short name of HEAD's branch at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// Distinct commits of all refs.
    pub push_total_commits: usize,
    /// Each one a `PushEvent` in JSON.
    pub events: Vec<Box<RawValue>>,
    /// In the order in which they are to be made.
    pub deliveries: Vec<Planned>,
}

/// One delivery: which events go to which hook, under which id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Planned {
    /// UUID version 7, the same over all attempts.
    pub id: String,
    /// Name of the hook.
    pub hook: String,
    /// What kind of message it is.
    pub kind: Kind,
    /// Places in [`Events::events`].
    pub events: Vec<usize>,
    /// Places in `push.updates` of refs that have no event of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<usize>,
}

/// Written before an attempt: a crash in the middle counts as a failed one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Started {
    /// Of which delivery.
    pub delivery: String,
    /// From 1, over all attempts.
    pub attempt: u32,
    /// When.
    pub at_ms: i64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver said yes.
    Delivered,
    /// The receiver said nothing that confirms it; counts as delivered.
    Accepted,
    /// To be tried again at `next_attempt_ms`.
    Deferred,
    /// To be tried once more at once, in the plain form.
    Simplify,
    /// Never again, unless somebody asks for it.
    Failed,
    /// Its hook has gone or is off.
    Cancelled,
}

/// The end of an attempt, without anything that is secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ended {
    /// Of which delivery.
    pub delivery: String,
    /// When.
    pub at_ms: i64,
    /// How.
    pub outcome: Outcome,
    /// For people: a note when it was delivered, the reason otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Whether the request may have had its effect all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Whether the receiver, or the hook's set-up, is at fault, so that later deliveries of the hook wait as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_hook: bool,
    /// How many deliveries were told by the same message; 0: this one alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub digest: usize,
    /// Whether it must have a message of its own from now on, because one for several was refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// When it is due again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_ms: Option<i64>,
    /// What went over the line; absent when no request was made.
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

/// One request and its answer, masked. The body is not kept: it can be made again from the events.
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
    /// Of the answer; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer's body, masked, at most 2 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// From the name lookup to the last byte that was read.
    pub took_ms: u64,
}

/// A delivery whose turn has not come.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Queued {
    /// Of which delivery.
    pub delivery: String,
    /// How many deliveries of its hook are before it.
    pub behind: usize,
    /// Since when the receiver has not taken anything, in milliseconds since 1970.
    pub since_ms: i64,
    /// Whether the one in front was cut off: its process died, and what came of it is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_off: bool,
    /// Whether the receiver has got as many messages as it takes in a minute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paced: bool,
}
