//! Caches values in two generations of bounded size, and drops the older one whole.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// Values by key. A value that is used stays; others are dropped with their generation.
pub(super) struct GenerationCache<K, T> {
    young: HashMap<K, (Arc<T>, usize), BuildHasherDefault<IdHasher>>,
    old: HashMap<K, (Arc<T>, usize), BuildHasherDefault<IdHasher>>,
    young_bytes: usize,
    /// Bytes of one generation.
    limit: usize,
}

impl<K: Hash + Eq, T> GenerationCache<K, T> {
    /// A cache of `bytes` in total.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            young_bytes: 0,
            limit: bytes / 2,
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
        self.insert(key, &found, bytes);
        Some(found)
    }

    /// Adds a value, unless it alone exceeds a generation.
    pub(super) fn insert(&mut self, key: K, found: &Arc<T>, bytes: usize) {
        if bytes > self.limit {
            return;
        }
        if self.young_bytes + bytes > self.limit {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, (Arc::clone(found), bytes));
    }
}

/// A fast hasher: object ids are random, and offsets in a pack need little mixing. An attacker who wants many equal hashes
/// would have to choose the ids.
#[derive(Clone, Copy, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
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
    fn used_values_stay_and_the_size_is_bounded() {
        let mut cache = GenerationCache::new(40);
        cache.insert(1u64, &Arc::new("often"), 5);
        for key in 2..100u64 {
            cache.insert(key, &Arc::new("once"), 5);
            assert!(cache.get(&1).is_some(), "after {key}");
            assert!(cache.young.len() + cache.old.len() <= 8);
        }
        assert!(cache.get(&2).is_none());
        cache.insert(1000, &Arc::new("huge"), 21);
        assert!(cache.get(&1000).is_none());
    }
}
