//! Checks that the folder of the records can be used.

use super::results::CheckResults;
use crate::commands::status;
use crate::config::Loaded;
use crate::spool::{Spool, held_problem};

/// Inspects every file in it, whether files can be locked, and who holds a lock for too long.
pub(super) fn check(loaded: &Loaded, spool: &Spool, results: &mut CheckResults) {
    let place = || spool.place().to_owned();
    if let n @ 1.. = spool.quarantined() {
        let message = format!("{n} in it that are not records: inspect and remove them");
        results.warn(format!("{}corrupt/", spool.place()), message);
    }
    if let Some(problem) = held_problem(spool.count_held()) {
        results.warn(format!("{}pending/", spool.place()), problem);
    }
    for defect in spool.defects() {
        results.mistake(place(), defect);
    }
    for name in spool.missing_folders() {
        let message = "is missing, with what was in it: it is created again when it is needed";
        results.warn(format!("{}{name}/", spool.place()), message);
    }
    if let Some(problem) = spool.lock_problem() {
        results.mistake(place(), format!("{problem}: nothing can be recorded"));
    }
    for hook in &loaded.hooks {
        if let Some(stuck) = spool.stuck_lane(&hook.name, hook.timeout) {
            results.mistake(
                format!("{}lane/{}", spool.place(), hook.name),
                stuck.to_string(),
            );
        }
    }
    for line in status::trouble_lines(spool) {
        results.warn(None, line);
    }
}
