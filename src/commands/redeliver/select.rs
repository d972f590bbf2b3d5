//! Selects recorded deliveries: by ids, or by state, hook and time.

use super::At;
use crate::commands::deliveries::find::{Found, Log, by_ids};
use crate::commands::{Failure, print};
use crate::spool::{Delivery, DeliveryState};

impl At<'_> {
    /// The named ones, each once, and whether all of them are there.
    pub(super) fn by_ids(&self) -> Result<(Vec<Found>, bool), Failure> {
        let mut log = Log::open(&self.spool)?;
        let (mut chosen, mut all_found) = (Vec::<Found>::new(), true);
        for found in by_ids(&mut log, &self.arguments.ids) {
            match found {
                Ok(found)
                    if chosen
                        .iter()
                        .any(|c| c.delivery.planned.id == found.delivery.planned.id) => {}
                Ok(found) => chosen.push(found),
                Err(failure) => {
                    print::error(&failure.message);
                    all_found = false;
                }
            }
        }
        log.report_problems();
        Ok((chosen, all_found))
    }

    /// Those in a state, oldest first.
    pub(super) fn in_state(&self, state: DeliveryState) -> Result<Vec<Found>, Failure> {
        let mut log = Log::open(&self.spool)?;
        let is_held = |d: &Delivery| d.is_held && d.state == DeliveryState::Pending;
        let is_selected =
            |d: &Delivery| d.state == state && !is_held(d) && self.is_of_hook(&d.planned.hook);
        let mut chosen = Vec::new();
        for record in log.by_ref() {
            if self
                .arguments
                .since
                .is_some_and(|since_ms| record.push.time_ms < since_ms)
            {
                continue;
            }
            let selected = record.deliveries.into_iter().rev().filter(&is_selected);
            chosen.extend(selected.map(|delivery| Found {
                record: record.id.clone(),
                delivery,
            }));
        }
        chosen.reverse();
        log.report_problems();
        Ok(chosen)
    }
}
