//! How fast a receiver that was down gets what waited for it.

use serde::{Deserialize, Serialize};

/// Messages in the first second; twice as many in each further one.
const FIRST_SECOND: i64 = 4;

/// After so many seconds no receiver keeps up with the limit, and there is none.
const SECONDS: u32 = 20;

/// The time since a receiver accepts messages again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// In milliseconds since 1970.
    pub since_ms: i64,
    /// Messages that it has accepted since, the first one included.
    pub accepted: i64,
}

impl Recovery {
    /// When the next message may be sent; `None`: there is no limit any more.
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let elapsed = now_ms.saturating_sub(self.since_ms);
        if !(0..i64::from(SECONDS) * 1000).contains(&elapsed) {
            return None;
        }
        let mut place = self.accepted;
        for second in 0..SECONDS {
            let rate = FIRST_SECOND << second;
            if place < rate {
                return Some(self.since_ms + i64::from(second) * 1000 + place * 1000 / rate);
            }
            place -= rate;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_begins_at_four_a_second_and_doubles() {
        let next = |accepted| {
            let recovery = Recovery {
                since_ms: 0,
                accepted,
            };
            recovery.next_ms(0)
        };
        assert_eq!(
            [0, 1, 3, 4, 5, 12, 28].map(next),
            [0, 250, 750, 1000, 1125, 2000, 3000].map(Some)
        );
        let long_ago = Recovery {
            since_ms: -20_000,
            accepted: 1,
        };
        assert_eq!(long_ago.next_ms(0), None);
        assert_eq!(long_ago.next_ms(-30_000), None, "the clock was set back");
    }
}
