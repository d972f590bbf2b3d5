//! Ends waiting deliveries of one hook because a person wants it. The lane is taken for it: an attempt that is being made
//! ends first, and its result stands.

use super::backlog::Backlog;
use super::lane::Backoff;
use super::outcome;
use crate::spool::{DeliveryState, RecordFile, RecordLine, Spool};
use std::io;
use std::time::Duration;

/// Cancels the waiting deliveries of a hook that `selected` accepts by their ids. Returns the ids of those that are
/// cancelled now: others have ended before the lane was free. `WouldBlock`: another process sends for the hook for longer
/// than `patience`.
pub fn cancel(
    spool: &Spool,
    hook: &str,
    selected: &dyn Fn(&str) -> bool,
    (now_ms, patience): (i64, Duration),
) -> io::Result<Vec<String>> {
    let mut until = Backoff::new(patience);
    let lane = loop {
        match spool.lane(hook)? {
            Some(lane) => break lane,
            None if until.wait() => {}
            None => return Err(io::ErrorKind::WouldBlock.into()),
        }
    };
    let mut cancelled = Vec::new();
    // Read under the lock: nobody else sends for the hook now.
    let (backlog, _problems) = Backlog::scan_all(spool);
    for entry in backlog.for_hook(hook).entries {
        let id = &entry.delivery.planned.id;
        if !selected(id) || !is_pending(spool, &entry.record, id) {
            continue;
        }
        let ended = outcome::cancelled_by_person(&entry.delivery, now_ms);
        spool.append(&entry.record, &RecordLine::Ended(Box::new(ended)))?;
        cancelled.push(id.clone());
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
