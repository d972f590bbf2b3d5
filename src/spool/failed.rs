//! Finds deliveries that have failed permanently, without parsing the rest of the history.

use super::folder::{READ, read_bounded};
use super::{Delivery, DeliveryState, MAX_RECORD, Record, RecordFile, Spool, optional};
use std::io;

/// A record without this text has no such delivery.
const FAILED: &str = "\"outcome\":\"failed\"";

/// The clock of a file server may differ from ours by so much.
const SKEW_SECONDS: i64 = 3600;

/// A delivery that has failed permanently and that nobody has queued again.
#[derive(Clone, Debug)]
pub struct FailedDelivery {
    /// Name of its record.
    pub record: String,
    /// With its last end.
    pub delivery: Delivery,
    /// When it failed, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Spool {
    /// The deliveries that failed permanently at `since_ms` or later, in the order of their ends.
    pub fn failed_deliveries(&self, since_ms: i64) -> io::Result<Vec<FailedDelivery>> {
        let mut failed = Vec::new();
        for folder in ["pending", "done"] {
            for record in self.records_with_failures(folder, since_ms / 1000 - SKEW_SECONDS)? {
                failed.extend(failures_of(record));
            }
        }
        failed.retain(|failed| failed.at_ms >= since_ms);
        failed.sort_by(|a, b| (a.at_ms, &a.record).cmp(&(b.at_ms, &b.record)));
        // A record that is moved between the two listings is in both.
        failed.dedup_by(|a, b| a.delivery.planned.id == b.delivery.planned.id);
        Ok(failed)
    }

    fn records_with_failures(&self, name: &str, written: i64) -> io::Result<Vec<Record>> {
        let Some(folder) = optional(self.open_folder(name))? else {
            return Ok(Vec::new());
        };
        let mut records = Vec::new();
        for id in self.names(name)? {
            let is_old = |(_, at): (u64, i64)| at < written;
            if folder.size_and_time(&id).is_ok_and(is_old) {
                continue;
            }
            // What cannot be read is named by the commands that read everything.
            let Ok(Some(file)) = optional(folder.open(&id, READ)) else {
                continue;
            };
            let bytes = read_bounded(&file, MAX_RECORD).unwrap_or_default();
            if !String::from_utf8_lossy(&bytes).contains(FAILED) {
                continue;
            }
            if let RecordFile::Record(record) = Record::parse(&id, bytes) {
                records.push(*record);
            }
        }
        Ok(records)
    }
}

fn failures_of(record: Record) -> impl Iterator<Item = FailedDelivery> {
    let failed = |d: &Delivery| d.state == DeliveryState::Failed;
    let deliveries = record.deliveries.into_iter().filter(failed);
    deliveries.map(move |delivery| FailedDelivery {
        record: record.id.clone(),
        at_ms: delivery.last.as_ref().map_or(0, |last| last.at_ms),
        delivery,
    })
}
