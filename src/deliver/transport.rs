//! What delivering needs from outside: the time, and a way to send. Tests have an implementation of their own.

use super::attempt;
use super::outcome::AttemptResult;
use crate::action::Attempt;
use crate::clock;
use crate::config::Hook;
use crate::outgoing::Outgoing;
use crate::schedule::Uptime;

pub(super) trait Transport: Sync + std::fmt::Debug {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// The time since the machine was started.
    fn uptime(&self) -> Uptime;

    /// Makes one attempt. An `Err` in `outgoing` says why there is nothing to send.
    fn send(
        &self,
        hook: &Hook,
        outgoing: Result<Outgoing, String>,
        attempt: Attempt,
    ) -> AttemptResult;
}

/// Sends over the network.
#[derive(Debug)]
pub(super) struct HttpTransport;

impl Transport for HttpTransport {
    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn uptime(&self) -> Uptime {
        Uptime {
            boot: clock::boot_id(),
            ms: clock::monotonic_ms(),
        }
    }

    fn send(
        &self,
        hook: &Hook,
        outgoing: Result<Outgoing, String>,
        attempt: Attempt,
    ) -> AttemptResult {
        attempt::make(hook, outgoing, attempt)
    }
}
