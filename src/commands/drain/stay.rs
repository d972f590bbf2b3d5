//! Waits for early retries: one process for each repository, until the next delivery is due too late. The next push, a
//! timer or `drain` sends the rest.

use crate::clock;
use crate::shutdown;
use crate::spool::{Spool, time_of_id};
use std::path::Path;
use std::time::Duration;

/// So long after the newest push somebody stays: long enough for the first three retries.
const STAY_MS: i64 = 5 * 60 * 1000;

/// Between two looks: what another process has deferred meanwhile may be due earlier.
const LOOK: Duration = Duration::from_secs(1);

/// Runs `pass` whenever something is due, if nobody else does.
pub(super) fn while_due(git_dir: &Path, spool: &Spool, pass: &mut dyn FnMut()) {
    while is_worth_it(spool) {
        let Ok(Some(_one)) = spool.lock_retry_wait() else {
            return;
        };
        while let Some(due_ms) = due(spool).filter(|_| !shutdown::is_requested()) {
            // The repository was removed, or taken away: there is nothing to stay for.
            if !git_dir.is_dir() {
                return;
            }
            let left = u64::try_from(due_ms - clock::now_ms()).unwrap_or(0);
            std::thread::sleep(Duration::from_millis(left).clamp(LOOK / 20, LOOK));
            if due_ms <= clock::now_ms() {
                pass();
                // What is due and could not be sent is somebody else's at the moment.
                if due(spool).is_some_and(|next_ms| next_ms <= due_ms) {
                    std::thread::sleep(LOOK);
                }
            }
        }
        // Given back. Whoever found it taken a moment ago has gone: hence one more look.
    }
}

fn is_worth_it(spool: &Spool) -> bool {
    due(spool).is_some() && !shutdown::is_requested()
}

/// When something is due that is worth staying for.
fn due(spool: &Spool) -> Option<i64> {
    let newest = time_of_id(spool.pending().ok()?.last()?);
    let now_ms = clock::now_ms();
    if newest > now_ms + STAY_MS {
        // Its push was recorded before the clock was set back.
        return None;
    }
    // A moment that has passed may be that of a hook that nothing waits for any more: it is no reason to stay for ever.
    spool
        .next_due_ms()
        .filter(|due_ms| now_ms.max(*due_ms) <= newest + STAY_MS)
}
