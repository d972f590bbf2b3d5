//! What delivering needs of the world: the time, and a way to the receivers. A test puts its own in the place.

use super::attempt::{self, Tried};
use crate::action::Attempt;
use crate::clock;
use crate::config::Hook;
use crate::outgoing::Outgoing;

pub(super) trait Carrier: Sync + std::fmt::Debug {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// Makes one attempt of what is to be said, or says why that cannot be said.
    fn carry(&self, hook: &Hook, outgoing: Result<Outgoing, String>, attempt: Attempt) -> Tried;
}

/// The real one.
#[derive(Debug)]
pub(super) struct Network;

impl Carrier for Network {
    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn carry(&self, hook: &Hook, outgoing: Result<Outgoing, String>, attempt: Attempt) -> Tried {
        attempt::make(hook, outgoing, attempt)
    }
}
