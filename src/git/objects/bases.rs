//! What was read and may be asked for again: two generations within a bound, the older one thrown away whole.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// Things that were read, by key. What is asked for stays; what is not has gone after one turn of the generations.
pub(super) struct Bases<K, T> {
    young: HashMap<K, (Arc<T>, usize), BuildHasherDefault<Mix>>,
    old: HashMap<K, (Arc<T>, usize), BuildHasherDefault<Mix>>,
    young_bytes: usize,
    /// Of one generation.
    bound: usize,
}

impl<K: Hash + Eq, T> Bases<K, T> {
    /// With room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            young_bytes: 0,
            bound: bytes / 2,
        }
    }

    pub(super) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<Arc<T>>
    where
        K: Borrow<Q>,
    {
        if let Some((found, _)) = self.young.get(key) {
            return Some(Arc::clone(found));
        }
        let (key, (found, bytes)) = self.old.remove_entry(key)?;
        self.keep(key, &found, bytes);
        Some(found)
    }

    /// Keeps it, unless it alone would fill a generation.
    pub(super) fn keep(&mut self, key: K, found: &Arc<T>, bytes: usize) {
        if bytes > self.bound {
            return;
        }
        if self.young_bytes + bytes > self.bound {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, (Arc::clone(found), bytes));
    }
}

/// Object ids are random already, and offsets in a pack need little mixing. Nobody can choose many ids with one hash:
/// that would be as hard as choosing the ids.
#[derive(Clone, Copy, Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.write_u64(u64::from_le_bytes(*first));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_bound_is_kept() {
        let mut bases = Bases::new(40);
        bases.keep(1u64, &Arc::new("often"), 5);
        for key in 2..100u64 {
            bases.keep(key, &Arc::new("once"), 5);
            assert!(bases.get(&1).is_some(), "after {key}");
            assert!(bases.young.len() + bases.old.len() <= 8);
        }
        assert!(bases.get(&2).is_none());
        bases.keep(1000, &Arc::new("huge"), 21);
        assert!(bases.get(&1000).is_none());
    }
}
