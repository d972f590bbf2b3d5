use super::{UnannouncedMove, existing};
use crate::push::{ObjectId, RefName, RefUpdate};
use std::collections::{BTreeMap, BTreeSet};

/// What a ref held; `None` while it did not exist.
type Value<'a> = Option<&'a ObjectId>;

/// A move that nobody announced, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap<'a> {
    pub(super) start: Value<'a>,
    pub(super) end: Value<'a>,
    pub(super) seen_ms: i64,
}

impl<'a> From<&'a UnannouncedMove> for Gap<'a> {
    fn from(unannounced: &'a UnannouncedMove) -> Self {
        let update = &unannounced.update;
        Self {
            start: existing(&update.old),
            end: existing(&update.new),
            seen_ms: unannounced.seen_ms,
        }
    }
}

impl Gap<'_> {
    /// As in a push; `None` when it leads from nothing to nothing.
    pub(super) fn update(&self, name: &RefName) -> Option<RefUpdate> {
        let known = self.start.or(self.end)?;
        let id = |value: Value<'_>| value.map_or_else(|| known.to_null(), ObjectId::clone);
        Some(RefUpdate {
            old: id(self.start),
            new: id(self.end),
            name: name.clone(),
        })
    }
}

/// A start and an end of a gap.
type Pair<'a> = (Value<'a>, Value<'a>);

/// The way of one ref between two runs.
#[derive(Default)]
pub(super) struct Trail<'a> {
    pub(super) from: Value<'a>,
    pub(super) to: Value<'a>,
    /// Old and new, in the order of recording.
    pub(super) announced: Vec<(Value<'a>, Value<'a>)>,
    /// Gaps of earlier runs, which led to `from` as far as was known then.
    pub(super) open: Vec<Gap<'a>>,
}

impl<'a> Trail<'a> {
    /// The gaps that stand now. Those that stood before keep their time, unless it lies in the future.
    pub(super) fn gaps(mut self, now_ms: i64) -> Vec<Gap<'a>> {
        let (starts, mut ends) = self.ends();
        let (mut gaps, mut rest): (Vec<Gap<'a>>, _) = (Vec::new(), Vec::new());
        for start in starts {
            match self.known(start, &mut ends, now_ms) {
                Some(path) => gaps.extend(path),
                None => rest.push(start),
            }
        }
        for gap in &mut gaps {
            gap.seen_ms = gap.seen_ms.min(now_ms);
        }
        let (returns, new) = self.paired(rest, ends);
        if !self.announced.is_empty() && returns.len() + new.len() > 0 {
            // What was recorded just now may lie anywhere inside of what was seen before.
            for gap in &mut gaps {
                gap.seen_ms = now_ms;
            }
        }
        for (start, end) in returns {
            split(&mut gaps, start, end);
        }
        gaps.extend(new.into_iter().map(|(start, end)| Gap {
            start,
            end,
            seen_ms: now_ms,
        }));
        gaps
    }

    /// The values that were reached more often than left, and those that were left more often than reached, in the order
    /// in which the ref is likely to have held them. Both are equally many.
    fn ends(&self) -> (Vec<Value<'a>>, Vec<Value<'a>>) {
        let gaps = || self.open.iter().map(|g| (g.start, g.end));
        let reached = gaps()
            .map(|g| g.0)
            .chain([self.from])
            .chain(self.announced.iter().map(|a| a.1));
        let left = gaps()
            .map(|g| g.1)
            .chain(self.announced.iter().map(|a| a.0))
            .chain([self.to]);
        let mut balance: BTreeMap<Value<'a>, i64> = BTreeMap::new();
        for value in reached.clone() {
            *balance.entry(value).or_default() += 1;
        }
        for value in left.clone() {
            *balance.entry(value).or_default() -= 1;
        }
        let mut take = |value: &Value<'a>, sign: i64| {
            let left = balance.get_mut(value).filter(|left| **left * sign > 0);
            left.map(|left| *left -= sign).is_some()
        };
        let starts = reached.filter(|value| take(value, 1)).collect();
        let ends = left.filter(|value| take(value, -1)).collect();
        (starts, ends)
    }

    /// The earlier gaps that lead from `start` to one of the ends. If the ref has moved on without a word from where it
    /// stood, they lead there, and the last step is new.
    fn known(
        &mut self,
        start: Value<'a>,
        ends: &mut Vec<Value<'a>>,
        now_ms: i64,
    ) -> Option<Vec<Gap<'a>>> {
        let (mut path, mut open, mut at) = (Vec::new(), self.open.clone(), start);
        while let Some(next) = open.iter().position(|gap| gap.start == at) {
            let gap = open.remove(next);
            at = gap.end;
            path.push(gap);
            let end = ends.iter().position(|end| *end == at);
            if end.is_none() && self.moved_on_from(at) && !ends.is_empty() {
                path.push(Gap {
                    start: at,
                    end: ends.remove(0),
                    seen_ms: now_ms,
                });
            } else if let Some(index) = end {
                ends.remove(index);
            } else {
                continue;
            }
            self.open = open;
            return Some(path);
        }
        None
    }

    fn moved_on_from(&self, value: Value<'a>) -> bool {
        let announced = self
            .announced
            .iter()
            .any(|(old, new)| *old == value || *new == value);
        value == self.from && value != self.to && !announced
    }

    /// Each start with an end, in their order, but not with one from which announced updates lead back to it, if that can
    /// be avoided. Such pairs come first.
    fn paired(
        &self,
        starts: Vec<Value<'a>>,
        ends: Vec<Value<'a>>,
    ) -> (Vec<Pair<'a>>, Vec<Pair<'a>>) {
        let steps = Steps::new(&self.announced);
        let mut pairs: Vec<Pair<'a>> = starts.into_iter().zip(ends).collect();
        for index in 0..pairs.len() {
            let (start, end) = pairs[index];
            if steps.lead(end, start) {
                let fits =
                    |other: &Pair<'a>| !steps.lead(other.1, start) && !steps.lead(end, other.0);
                if let Some(other) = pairs.iter().position(fits) {
                    (pairs[index].1, pairs[other].1) = (pairs[other].1, end);
                }
            }
        }
        pairs
            .into_iter()
            .partition(|(start, end)| steps.lead(*end, *start))
    }
}

/// Where announced updates lead from each value.
struct Steps<'a>(BTreeMap<Value<'a>, Vec<Value<'a>>>);

impl<'a> Steps<'a> {
    fn new(announced: &[(Value<'a>, Value<'a>)]) -> Self {
        let mut steps: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (old, new) in announced {
            steps.entry(*old).or_default().push(*new);
        }
        Self(steps)
    }

    /// Whether one leads to the other.
    fn lead(&self, from: Value<'a>, to: Value<'a>) -> bool {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(value) = next.pop() {
            if seen.insert(value) {
                next.extend(self.0.get(&value).into_iter().flatten());
            }
        }
        seen.contains(&to)
    }
}

/// A start from which announced updates lead back to its end: the ref did not move back, but they were under way when
/// their effect was first seen. They are the last part of an earlier gap, or lie inside the last one most likely; or,
/// without any, before all that is known.
fn split<'a>(gaps: &mut Vec<Gap<'a>>, start: Value<'a>, end: Value<'a>) {
    if let Some(gap) = gaps.iter_mut().find(|gap| gap.end == start) {
        gap.end = end;
    } else if let Some(around) = gaps.pop_if(|gap| gap.start != start) {
        gaps.push(Gap { end, ..around });
        gaps.push(Gap { start, ..around });
    }
}
