//! The events of a whole push. Where many refs were updated, two threads tell half of them each, and what the second one
//! could not know is put right afterwards: which of its commits the first half has told already.

use super::events::{Told, tell};
use super::objects::Objects;
use crate::push::{Computed, Needs, ObjectId, RefUpdate};
use std::collections::HashSet;
use std::thread::Builder;

/// Fewer updates would be told before a second thread had begun.
const MANY: usize = 64;
/// Bytes of messages and paths of all events of a push.
const BYTES: usize = 64 << 20;

/// One event for each of the first `needs.max_refs` updates.
pub(super) fn compute(
    repo: &gix::Repository,
    updates: &[RefUpdate],
    needs: &Needs,
) -> Vec<Computed> {
    let objects = Objects::new(repo);
    let count = updates.len().min(needs.max_refs);
    let told = if count < MANY {
        None
    } else {
        by_two(&objects, updates, count, needs)
    };
    let told = told.unwrap_or_else(|| tell(&objects, updates, 0..count, needs, BYTES).0);
    told.into_iter().map(|told| told.computed).collect()
}

/// `None`: no second thread can be had.
fn by_two(
    objects: &Objects<'_>,
    updates: &[RefUpdate],
    count: usize,
    needs: &Needs,
) -> Option<Vec<Told>> {
    let half = count / 2;
    let (elsewhere, theirs, their_needs) = (objects.elsewhere(), updates.to_vec(), needs.clone());
    let second = Builder::new().name("refs".to_owned()).spawn(move || {
        let objects = elsewhere.objects();
        tell(&objects, &theirs, half..count, &their_needs, BYTES / 2).0
    });
    let second = second.ok()?;
    let (mut all, listed) = tell(objects, updates, 0..half, needs, BYTES / 2);
    let listed: HashSet<_> = listed.into_iter().collect();
    // Each event catches its own panics; a thread that failed all the same has left nothing.
    let others = second
        .join()
        .unwrap_or_else(|_| tell(objects, updates, half..count, needs, BYTES / 2).0);
    all.extend(others.into_iter().map(|mut told| {
        told.distinct.retain(|id| listed.contains(id));
        not_distinct(&mut told.computed, &told.distinct);
        told
    }));
    Some(all)
}

/// Takes back that these commits of an event are distinct.
fn not_distinct(computed: &mut Computed, ids: &[gix::ObjectId]) {
    if ids.is_empty() {
        return;
    }
    let event = &mut computed.event;
    event.total_distinct -= ids.len();
    let ids: HashSet<ObjectId> = ids.iter().map(|id| super::object::plain(id)).collect();
    for commit in event.commits.iter_mut().chain(&mut event.head_commit) {
        commit.distinct &= !ids.contains(&commit.id);
    }
}
