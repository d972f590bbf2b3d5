//! Adds to recorded pushes the deliveries that a hook has not got, because it is new, was disabled, or had a mistake.

use super::At;
use super::queue::why_not;
use crate::commands::deliveries::find::{Found, Log};
use crate::commands::{Failure, print};
use crate::config::Hook;
use crate::post_receive::compute_for_hook;
use crate::spool::{Delivery, Record};

impl At<'_> {
    /// Adds them to the pushes since then, oldest first, and whether that worked everywhere.
    pub(super) fn add_missed(
        &self,
        hook: &str,
        since_ms: i64,
        now_ms: i64,
    ) -> Result<(Vec<Found>, bool), Failure> {
        let name = self.loaded.name_of(hook);
        let Some(hook) = self.loaded.hooks.iter().find(|hook| hook.name == name) else {
            // In many repositories, a hook of the server's file is active in some.
            if !self.arguments.all.is_empty() {
                return Ok((Vec::new(), true));
            }
            return Err(Failure::new(format!(
                "no hook `{name}` is active here (see `git service-hook check`)"
            )));
        };
        let mut log = Log::open(&self.spool)?;
        let is_selected = |record: &Record| record.push.time_ms >= since_ms && record.is_decided();
        let mut records: Vec<Record> = log.by_ref().filter(is_selected).collect();
        log.report_problems();
        records.reverse();
        let (mut added, mut all) = (Vec::new(), true);
        for record in records {
            match self.add_to(hook, &record, now_ms) {
                Ok(found) => added.extend(found),
                Err(error) => {
                    print::error(&format!(
                        "{}: nothing is added: {}",
                        record.id,
                        why_not(&error)
                    ));
                    all = false;
                }
            }
        }
        Ok((added, all))
    }

    fn add_to(&self, hook: &Hook, record: &Record, now_ms: i64) -> std::io::Result<Vec<Found>> {
        let mut events = compute_for_hook(&self.repository, hook, record);
        let has = |id: &str| record.deliveries.iter().any(|d| d.planned.id == id);
        events.deliveries.retain(|planned| !has(&planned.id));
        if events.deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let found = events.deliveries.iter().map(|planned| Found {
            record: record.id.clone(),
            delivery: Delivery::new(planned, now_ms),
        });
        let found = found.collect();
        self.spool.add_deliveries(&record.id, events, now_ms)?;
        Ok(found)
    }
}
