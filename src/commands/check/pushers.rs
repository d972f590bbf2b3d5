//! Checks whether people can be distinguished: where all of them push through one account, events and messages name it.

use super::results::CheckResults;
use crate::config::Loaded;
use crate::spool::{RecordFile, Spool};
use std::collections::BTreeSet;

/// The newest pushes that are read.
const PUSHES: usize = 20;

/// Fewer pushes say nothing.
const FEWEST: usize = 5;

/// Warns if all recent pushes came from one account and from several machines, and nothing names the person.
pub(super) fn check(loaded: &Loaded, spool: &Spool, results: &mut CheckResults) {
    let Ok(ids) = spool.record_ids() else {
        return;
    };
    let records = ids.iter().take(PUSHES).map(|id| spool.read_anywhere(id));
    let (mut accounts, mut machines, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    for record in records {
        let Ok(RecordFile::Record(record)) = record else {
            continue;
        };
        let push = record.push;
        if push.recovered {
            continue;
        }
        if push.pusher.source != "account" {
            return;
        }
        accounts.insert(push.pusher.username);
        machines.extend(push.remote_addr);
        count += 1;
    }
    if count < FEWEST || machines.len() < 2 || accounts.len() > 1 {
        return;
    }
    let account = accounts.first().map_or("unknown", String::as_str);
    let remedy = if loaded.pusher_env.is_empty() {
        "`[pusher] env` in the server's file names a variable that says who it was"
    } else {
        "none of the variables of `[pusher] env` was set"
    };
    results.warn(
        None,
        format!(
            "the last {count} pushes came from {} machines, all as the account `{account}`, which events and messages \
             name as the pusher: {remedy} (docs/who-pushed.md)",
            machines.len()
        ),
    );
}
