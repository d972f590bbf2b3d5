//! Remembers which permanent failures a timer's `drain` has reported, so that each is reported once.

use super::folder::{READ, read_bounded};
use super::{FailedDelivery, Spool, modes};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;
use std::os::unix::fs::FileExt;

/// The file.
const NAME: &str = "reported";

/// Before the first report, failures of this time are new.
const FIRST_MS: i64 = 24 * 3600 * 1000;

/// A failure may be written so much later than its own time says.
const OVERLAP_MS: i64 = 10 * 60 * 1000;

/// Entries that are kept at most: where thousands fail within minutes, some are reported twice.
const MOST: usize = 10_000;

/// A larger file was not written by this program.
const MAX_READ: u64 = 1 << 20;

/// The time of the last report, and the failures shortly before it, which the next one finds again: each by its time and
/// its delivery.
struct Reported {
    at_ms: i64,
    known: BTreeSet<(i64, String)>,
}

impl Spool {
    /// The deliveries that have failed permanently since the last [`Spool::mark_reported`], in the order of their ends.
    pub fn unreported_failures(&self, now_ms: i64) -> io::Result<Vec<FailedDelivery>> {
        let Some(reported) = self.reported() else {
            return self.failed_deliveries(now_ms - FIRST_MS);
        };
        // The clock may have been set back since.
        let mut failed = self.failed_deliveries(reported.at_ms.min(now_ms) - OVERLAP_MS)?;
        failed.retain(|failed| !reported.known.contains(&key(failed)));
        Ok(failed)
    }

    /// Notes that these were reported: what [`Spool::unreported_failures`] found at that time.
    pub fn mark_reported(&self, failed: &[FailedDelivery], now_ms: i64) -> io::Result<()> {
        let before = self.reported().map(|reported| reported.known);
        let known: BTreeSet<_> = before
            .into_iter()
            .flatten()
            .chain(failed.iter().map(key))
            .filter(|(at_ms, _)| *at_ms >= now_ms - OVERLAP_MS)
            .collect();
        let mut text = format!("{now_ms}\n");
        for (at_ms, id) in known.iter().skip(known.len().saturating_sub(MOST)) {
            let _ = writeln!(text, "{at_ms} {id}");
        }
        // Where the disk is full, most of what stood there before stays.
        let file = modes::create_state(&self.create_root()?, NAME, self.shared)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.set_len(text.len() as u64)
    }

    fn reported(&self) -> Option<Reported> {
        let file = self.open_root().and_then(|root| root.open(NAME, READ));
        let text = String::from_utf8(read_bounded(&file.ok()?, MAX_READ).ok()?).ok()?;
        let mut lines = text.lines();
        let at_ms = lines.next()?.parse().ok()?;
        let entry = |line: &str| {
            let (at_ms, id) = line.split_once(' ')?;
            Some((at_ms.parse().ok()?, id.to_owned()))
        };
        let known = lines.filter_map(entry).collect();
        Some(Reported { at_ms, known })
    }
}

fn key(failed: &FailedDelivery) -> (i64, String) {
    (failed.at_ms, failed.delivery.planned.id.clone())
}
