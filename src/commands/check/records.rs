//! Checks that the folder of the records can be used.

use super::results::CheckResults;
use crate::spool::Spool;

/// Inspects every file in it, and whether files can be locked.
pub(super) fn check(spool: &Spool, results: &mut CheckResults) {
    let place = || spool.place().to_owned();
    if let n @ 1.. = spool.quarantined() {
        let message = format!("{n} in it that are no records: look at them and remove them");
        results.warn(format!("{}corrupt/", spool.place()), message);
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
}
