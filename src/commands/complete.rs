//! Completes records whose process ended before it had computed the events.

use crate::clock;
use crate::config::Loaded;
use crate::git::Repository;
use crate::post_receive::{
    ComputedPush, Undecided, compute_deliveries, compute_without_repository,
};
use crate::spool::{Record, RecordFile, RecordLine, Spool};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// So often the events of a push are computed; after that, the push is reported as Git gave it. So a
/// repository that crashes this program does so twice at most.
const COMPUTED: u32 = 2;

/// Computes the events of pushes whose process ended before it could. What cannot be completed, in words.
pub(super) fn all(repository: &Repository, loaded: &Loaded, spool: &Spool) -> Vec<String> {
    let mut problems = Vec::new();
    if loaded.hold.is_some() {
        return problems;
    }
    if loaded.unresolved {
        problems.push("pushes wait until hooks.toml can be read (see `check`)".to_owned());
    }
    let pending = spool.pending().unwrap_or_else(|error| {
        problems.push(format!("the records cannot be listed: {error}"));
        Vec::new()
    });
    for id in pending {
        if let Err(error) = one(repository, loaded, spool, &id) {
            problems.push(format!("{id} cannot be completed: {error}"));
        }
    }
    problems
}

fn one(repository: &Repository, loaded: &Loaded, spool: &Spool, id: &str) -> std::io::Result<()> {
    // A file that is not a record is left for the delivery run that follows: it moves the file to `corrupt/` and reports it.
    let is_stuck = |record: &Record| Undecided::new(loaded, record.decided_hooks()).is_stuck();
    let has_work = |record: &Record| !record.is_decided() && !is_stuck(record);
    if !matches!(spool.read_anywhere(id)?, RecordFile::Record(record) if has_work(&record)) {
        return Ok(());
    }
    // Locked: somebody is at it right now. And once we have the lock they may just have finished.
    let Some(lock) = spool.lock_record(id)? else {
        return Ok(());
    };
    let RecordFile::Record(record) = spool.read(id)? else {
        return Ok(());
    };
    if !has_work(&record) {
        return Ok(());
    }
    let undecided = Undecided::new(loaded, record.decided_hooks());
    let ComputedPush { events, .. } = if record.computing < COMPUTED {
        lock.append(&RecordLine::Computing(clock::now_ms()))?;
        let computed = catch_unwind(AssertUnwindSafe(|| {
            compute_deliveries(repository, &undecided, &record.push)
        }));
        computed.map_err(|_| std::io::Error::other("an internal error"))?
    } else {
        compute_without_repository(&undecided, &record.push, "its commits could not be read")
    };
    let nobody = events.deliveries.is_empty();
    lock.append(&RecordLine::Events(Box::new(events)))?;
    drop(lock);
    if nobody { spool.finish(id) } else { Ok(()) }
}
