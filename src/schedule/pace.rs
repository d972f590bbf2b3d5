//! How many messages a receiver takes in which time, held beforehand so that it never has to say so.

use std::time::Duration;

/// So many messages in so long, for each of some windows; none: as many as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(pub &'static [(usize, Duration)]);

impl Pace {
    /// Whether there is a limit at all.
    pub fn is_limited(self) -> bool {
        !self.0.is_empty()
    }

    /// How many more may be sent now; `sent` are the moments of earlier ones, in milliseconds since 1970.
    pub fn room(self, sent: &[i64], now_ms: i64) -> usize {
        let left = self
            .0
            .iter()
            .map(|(most, window)| most.saturating_sub(within(sent, *window, now_ms).count()));
        left.min().unwrap_or(usize::MAX)
    }

    /// When the next one may be sent: `now_ms`, or later.
    pub fn free_at(self, sent: &[i64], now_ms: i64) -> i64 {
        let free = self.0.iter().filter_map(|(most, window)| {
            let mut inside: Vec<i64> = within(sent, *window, now_ms).collect();
            inside.sort_unstable();
            // The one that must have left the window before another may enter.
            let oldest = inside.len().checked_sub(*most)?;
            inside.get(oldest).map(|at| at + millis(*window))
        });
        free.max().map_or(now_ms, |at| at.max(now_ms))
    }

    /// Drops the moments that no window sees any more.
    pub fn forget(self, sent: &mut Vec<i64>, now_ms: i64) {
        let longest = self
            .0
            .iter()
            .map(|(_, window)| *window)
            .max()
            .unwrap_or_default();
        let seen: Vec<i64> = within(sent, longest, now_ms).collect();
        *sent = seen;
    }
}

/// Those inside a window that ends now. A moment further ahead than a window was written before the clock was set
/// back, and would hold everything up until it comes.
fn within(sent: &[i64], window: Duration, now_ms: i64) -> impl Iterator<Item = i64> {
    let window = millis(window);
    sent.iter()
        .copied()
        .filter(move |at| now_ms - at < window && at - now_ms <= window)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEISHU: Pace = Pace(&[(5, Duration::from_secs(1)), (100, Duration::from_secs(60))]);

    #[test]
    fn no_window_ever_holds_more_than_it_may() {
        let (mut sent, mut now) = (Vec::new(), 1_000_000);
        for _ in 0..1000 {
            now = FEISHU.free_at(&sent, now);
            assert!(
                FEISHU.room(&sent, now) > 0,
                "it is free when it was said to be"
            );
            FEISHU.forget(&mut sent, now);
            sent.push(now);
            assert!(sent.len() <= 100);
        }
        assert_eq!(
            now - 1_000_000,
            9 * 60_000 + 19_000,
            "as fast as a hundred a minute and five a second allow"
        );
    }

    #[test]
    fn a_full_window_says_when_it_has_room() {
        let sent = [1000, 1100, 1200, 1300, 1400];
        assert_eq!(
            (FEISHU.room(&sent, 1500), FEISHU.free_at(&sent, 1500)),
            (0, 2000)
        );
        assert_eq!(
            (FEISHU.room(&sent, 2000), FEISHU.free_at(&sent, 2000)),
            (1, 2000)
        );
        assert_eq!(FEISHU.room(&sent[..2], 1500), 3);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_hold_everything_up() {
        assert_eq!(FEISHU.room(&[9_000_000; 200], 1_000_000), 5);
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        assert_eq!(
            (Pace(&[]).room(&[1, 1], 1), Pace(&[]).free_at(&[1], 1)),
            (usize::MAX, 1)
        );
    }
}
