//! What Git says about a push, as plain facts.
//!
//! This room knows `std` and serde and nothing else: no gix, no configuration, no HTTP. Everything left of the
//! delivery speaks in these types.

mod event;
mod id;
mod needs;
mod pusher;
mod trouble;
mod update;

pub use event::{Commit, Person, PushEvent, Tag};
pub use id::ObjectId;
pub use needs::{Computed, Needs, Scan};
pub use pusher::{Push, Pusher, Unlisted};
pub use trouble::{Trouble, TroubleKind};
pub use update::{BadLine, Change, RefKind, RefName, RefUpdate, parse_update, parse_updates};
