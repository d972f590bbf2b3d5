//! Ends waiting deliveries of one hook because a person wants it. The lane is taken for it: an attempt that is being made
//! ends first, and its result stands.

use super::backlog::Backlog;
use super::outcome;
use crate::spool::{DeliveryState, RecordFile, RecordLine, Spool};
use std::io;
use std::time::Duration;

/// Between two tries to lock the lane.
const PAUSE: Duration = Duration::from_millis(50);

/// What became of the deliveries that were to be cancelled.
#[derive(Debug, Default)]
pub struct Cancelled {
    /// Ids of those that are cancelled now.
    pub ids: Vec<String>,
    /// Those that had ended already when the lane was free.
    pub ended: usize,
}

/// Cancels the waiting deliveries of a hook that `selected` accepts by their ids. `WouldBlock`: another process sends for
/// the hook for longer than `patience`.
pub fn cancel(
    spool: &Spool,
    hook: &str,
    selected: &dyn Fn(&str) -> bool,
    (now_ms, patience): (i64, Duration),
) -> io::Result<Cancelled> {
    let mut tries = patience.as_millis() / PAUSE.as_millis();
    let lane = loop {
        match spool.lane(hook)? {
            Some(lane) => break lane,
            None if tries == 0 => return Err(io::ErrorKind::WouldBlock.into()),
            None => std::thread::sleep(PAUSE),
        }
        tries -= 1;
    };
    let mut cancelled = Cancelled::default();
    // Read under the lock: nobody else sends for the hook now.
    let (backlog, _problems) = Backlog::scan(spool);
    for entry in backlog.for_hook(hook).entries {
        let id = &entry.delivery.planned.id;
        if !selected(id) {
            continue;
        }
        if !is_pending(spool, &entry.record, id) {
            cancelled.ended += 1;
            continue;
        }
        let ended = outcome::cancelled_by_person(&entry.delivery, now_ms);
        spool.append(&entry.record, &RecordLine::Ended(Box::new(ended)))?;
        cancelled.ids.push(id.clone());
        spool.finish(&entry.record)?;
    }
    drop(lane);
    Ok(cancelled)
}

fn is_pending(spool: &Spool, record: &str, id: &str) -> bool {
    let Ok(RecordFile::Record(record)) = spool.read(record) else {
        return false;
    };
    let mut deliveries = record.deliveries.iter();
    deliveries.any(|d| d.planned.id == id && d.state == DeliveryState::Pending)
}
