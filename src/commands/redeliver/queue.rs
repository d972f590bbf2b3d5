//! Queues the selected deliveries in their records.

use super::At;
use crate::commands::deliveries::find::Found;
use crate::commands::print;
use crate::spool::DeliveryState;
use std::collections::BTreeMap;
use std::io;

impl At<'_> {
    /// Queues them, a record at a time. Those for which that worked.
    pub(super) fn queue<'f>(&self, chosen: &'f [Found], now_ms: i64) -> Vec<&'f Found> {
        let mut records: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
        for found in chosen {
            records.entry(&found.record).or_default().push(found);
        }
        let mut queued = Vec::new();
        for (record, some) in records {
            let selected: Vec<(String, DeliveryState)> = some
                .iter()
                .map(|f| (f.delivery.planned.id.clone(), f.delivery.state))
                .collect();
            match self.spool.requeue(record, &selected, now_ms) {
                Ok(()) => queued.extend(some),
                Err(error) => {
                    let ids: Vec<&str> = selected.iter().map(|(id, _)| id.as_str()).collect();
                    print::error(&format!(
                        "{} cannot be queued: {}",
                        ids.join(", "),
                        why_not(&error)
                    ));
                }
            }
        }
        queued
    }
}

/// Why a record takes nothing.
pub(super) fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it has just been removed from the history".to_owned(),
        io::ErrorKind::WouldBlock => "another process holds its record; try again".to_owned(),
        _ => error.to_string(),
    }
}
