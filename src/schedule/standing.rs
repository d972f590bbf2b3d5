//! Why a hook cannot deliver: a receiver that is down is something else than one that refuses an event.

use super::OUTAGE;
use serde::{Deserialize, Serialize};

/// Failed attempts show that a receiver is down if they span so much, in milliseconds.
const DOWN_AFTER_MS: i64 = 5 * 60 * 1000;

/// How an attempt failed that may be repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The name of the receiver has no address, or no name server answers.
    NameLookup,
    /// There is no connection, or TLS failed.
    Unreachable,
    /// The request was sent, and no complete answer came.
    Unanswered,
    /// Something answers that the receiver cannot be used now: 502, 503, 504.
    #[default]
    Unavailable,
    /// The receiver got more messages than it takes.
    RateLimited,
    /// The receiver answered that it cannot take this event now.
    Refused,
    /// This server's set-up prevents it: a secret that cannot be read, an address that is denied.
    Held,
}

/// The failed attempts of a hook since it last delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How the newest failed.
    #[serde(default)]
    pub obstacle: Obstacle,
    /// How many.
    #[serde(default)]
    pub failures: usize,
    /// When the first ended, in milliseconds since 1970.
    #[serde(default)]
    pub since_ms: i64,
    /// When the newest ended.
    #[serde(default)]
    pub failed_ms: i64,
    /// Nothing is sent before.
    #[serde(default)]
    pub until_ms: i64,
    /// When the only event that was tried was pushed; `None`: several were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_ms: Option<i64>,
}

impl Standing {
    /// Whether the receiver is down: at once where it cannot be reached, else after three failed attempts over five minutes,
    /// and never by the refusal of one event.
    pub fn is_down(&self) -> bool {
        let is_long =
            self.failures >= OUTAGE as usize && self.failed_ms - self.since_ms >= DOWN_AFTER_MS;
        match self.obstacle {
            Obstacle::NameLookup | Obstacle::Unreachable => true,
            Obstacle::Unanswered | Obstacle::Unavailable => is_long,
            Obstacle::Refused => is_long && self.event_ms.is_none(),
            Obstacle::RateLimited | Obstacle::Held => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_down_at_once_or_after_a_while_and_never_by_one_refused_event() {
        let down = |obstacle, failures, minutes: i64, event_ms| {
            let standing = Standing {
                obstacle,
                failures,
                failed_ms: minutes * 60_000,
                event_ms,
                ..Standing::default()
            };
            standing.is_down()
        };
        for obstacle in [Obstacle::NameLookup, Obstacle::Unreachable] {
            assert!(down(obstacle, 1, 0, Some(1)));
        }
        for obstacle in [
            Obstacle::Unanswered,
            Obstacle::Unavailable,
            Obstacle::Refused,
        ] {
            assert!(!down(obstacle, 2, 9, None) && !down(obstacle, 3, 4, None));
            assert!(down(obstacle, 3, 5, None), "{obstacle:?}");
        }
        assert!(down(Obstacle::Unavailable, 3, 5, Some(1)));
        for obstacle in [Obstacle::Refused, Obstacle::RateLimited, Obstacle::Held] {
            assert!(!down(obstacle, 9, 60, Some(1)), "{obstacle:?}");
        }
    }
}
