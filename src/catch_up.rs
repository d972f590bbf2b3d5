//! Which ref updates nobody announced: a comparison of two looks at the refs with what was recorded in between. Pure: it
//! knows neither Git nor files nor the clock.
//!
//! A ref went from value to value, and each announced update is one of its steps. Where the steps fit together, every
//! value was left as often as it was reached. So for each value the two are counted against each other, and nothing need
//! be known about the order of recording, which is not always that of Git. A value that was reached once more than it
//! was left begins a gap; one that was left once more than it was reached ends one.
//!
//! A gap may also be a push whose hook has not recorded it yet. It is therefore remembered, and counts as missed when it
//! still stands after [`GRACE_MS`].

mod mark;
mod trail;

pub use mark::UpdateMark;

use crate::push::{ObjectId, RefName, RefUpdate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trail::{Gap, Trail};

/// So long a hook may take to record its push.
pub const GRACE_MS: i64 = 60_000;

/// The state of the refs after a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct RefSnapshot {
    /// The values of the refs.
    #[serde(with = "pairs")]
    pub refs: BTreeMap<RefName, ObjectId>,
    /// Moves that no record has announced yet; those of one ref in their order.
    pub gaps: Vec<UnannouncedMove>,
}

/// A move that may have been missed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct UnannouncedMove {
    /// From where to where; null as in a push.
    #[serde(flatten)]
    pub update: RefUpdate,
    /// When it was first seen: milliseconds since 1970.
    pub seen_ms: i64,
}

/// Compares. `announced` are the updates that were recorded since `before`, each once, `marks` those that the records do
/// not list, and `refs` what the refs hold now (read after the records, or else the newest of these would lead to
/// nowhere). Returns what was missed, by name, and what to remember.
pub fn missed(
    before: &RefSnapshot,
    announced: &[RefUpdate],
    marks: &[UpdateMark],
    refs: BTreeMap<RefName, ObjectId>,
    now_ms: i64,
) -> (Vec<RefUpdate>, RefSnapshot) {
    let (mut missed, mut gaps) = (Vec::new(), Vec::new());
    for (name, trail) in trails(before, announced, &refs) {
        let stand = trail.gaps(now_ms).into_iter();
        let stand = stand.filter(|gap| !mark::explain(marks, name, gap.start, gap.end));
        let (old, young): (Vec<_>, Vec<_>) =
            stand.partition(|gap| now_ms - gap.seen_ms >= GRACE_MS);
        missed.extend(joined(old).into_iter().filter_map(|gap| gap.update(name)));
        let unannounced = |gap: Gap<'_>| {
            Some(UnannouncedMove {
                update: gap.update(name)?,
                seen_ms: gap.seen_ms,
            })
        };
        gaps.extend(young.into_iter().filter_map(unannounced));
    }
    (missed, RefSnapshot { refs, gaps })
}

/// The ways of the refs of which anything has to be said: most have not moved.
fn trails<'a>(
    before: &'a RefSnapshot,
    announced: &'a [RefUpdate],
    refs: &'a BTreeMap<RefName, ObjectId>,
) -> BTreeMap<&'a RefName, Trail<'a>> {
    let mut trails: BTreeMap<&RefName, Trail<'_>> = BTreeMap::new();
    for (name, _) in before
        .refs
        .iter()
        .filter(|(name, id)| refs.get(*name) != Some(id))
    {
        trails.entry(name).or_default();
    }
    for name in refs.keys().filter(|name| !before.refs.contains_key(*name)) {
        trails.entry(name).or_default();
    }
    for update in announced {
        trails
            .entry(&update.name)
            .or_default()
            .announced
            .push((existing(&update.old), existing(&update.new)));
    }
    for unannounced in &before.gaps {
        trails
            .entry(&unannounced.update.name)
            .or_default()
            .open
            .push(Gap::from(unannounced));
    }
    for (name, trail) in &mut trails {
        (trail.from, trail.to) = (before.refs.get(*name), refs.get(*name));
    }
    trails
}

/// One move where the next begins at the end of the last.
fn joined(gaps: Vec<Gap<'_>>) -> Vec<Gap<'_>> {
    let mut joined: Vec<Gap<'_>> = Vec::new();
    for gap in gaps {
        match joined.last_mut().filter(|last| last.end == gap.start) {
            Some(last) => last.end = gap.end,
            None => joined.push(gap),
        }
    }
    joined
}

/// Parts of at most `size` updates in which no ref occurs twice, as in a push.
pub fn pushes(updates: Vec<RefUpdate>, size: usize) -> Vec<Vec<RefUpdate>> {
    let mut parts: Vec<Vec<RefUpdate>> = Vec::new();
    let mut times: BTreeMap<RefName, usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<RefUpdate>> = Vec::new();
    for update in updates {
        let round = times.entry(update.name.clone()).or_default();
        if rounds.len() <= *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push(update);
        *round += 1;
    }
    for round in rounds {
        parts.extend(round.chunks(size).map(<[RefUpdate]>::to_vec));
    }
    parts
}

/// The null id stands for no object.
fn existing(id: &ObjectId) -> Option<&ObjectId> {
    (!id.is_null()).then_some(id)
}

/// Names need not be UTF-8, and then cannot be the keys of a JSON object.
mod pairs {
    use super::{BTreeMap, Deserialize, ObjectId, RefName};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        refs: &BTreeMap<RefName, ObjectId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(refs)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<RefName, ObjectId>, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
