//! What delivering needs from outside: the time, and a way to send. Tests have an implementation of their own.

use super::attempt;
use super::outcome::AttemptResult;
use crate::action::Attempt;
use crate::clock;
use crate::config::Hook;
use crate::outgoing::Outgoing;
use crate::shutdown;
use std::time::Duration;

pub(super) trait Transport: Sync + std::fmt::Debug {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// Milliseconds since the machine was started.
    fn uptime_ms(&self) -> i64;

    /// Whether no other attempt is to be made.
    fn is_stopping(&self) -> bool;

    /// Waits until this moment, in milliseconds since 1970; a second at most.
    fn pause(&self, until_ms: i64);

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

    fn uptime_ms(&self) -> i64 {
        clock::monotonic_ms()
    }

    fn is_stopping(&self) -> bool {
        shutdown::is_requested()
    }

    fn pause(&self, until_ms: i64) {
        let pause = u64::try_from(until_ms - clock::now_ms()).unwrap_or(0);
        std::thread::sleep(Duration::from_millis(pause.min(1000)));
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
