//! Looks up objects in the index of one pack (gitformat-pack(5)).
//!
//! gix maps an index and checks all of it, which for a large pack costs more than all else in a small push. So the first
//! lookups read only the few bytes that they need.

use gix::odb::pack;
use std::cmp::Ordering;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The number of lookups without mapping, and the bytes of an index that allow one of them.
const UNMAPPED_LOOKUPS: u64 = 100;
const BYTES_PER_LOOKUP: u64 = 1 << 16;
/// Bytes of the header and the fan-out table.
const FRONT: usize = 8 + 256 * 4;
/// Ids to read before and after the likely position.
const AROUND: u64 = 100;

/// An index that is opened at the first lookup.
#[derive(Default)]
pub(super) struct PackIndex {
    lookups: AtomicU64,
    file: OnceLock<Option<(File, u64)>>,
    mapped: OnceLock<Option<pack::index::File>>,
}

impl PackIndex {
    /// The offset of an object; `None` if the index lacks it or cannot be read.
    pub(super) fn offset(&self, path: &Path, id: &gix::oid) -> Option<u64> {
        if self.mapped.get().is_none() {
            let open = || {
                File::open(path)
                    .and_then(|file| Ok((file.metadata()?.len(), file)))
                    .ok()
            };
            let (file, length) = self
                .file
                .get_or_init(|| open().map(|(length, file)| (file, length)))
                .as_ref()?;
            if self.lookups.fetch_add(1, Relaxed) < UNMAPPED_LOOKUPS.min(length / BYTES_PER_LOOKUP)
                && let Ok(found) = read_offset(file, *length, id)
            {
                return found;
            }
            self.lookups.store(UNMAPPED_LOOKUPS, Relaxed);
        }
        let map = || pack::index::File::at(path, id.kind()).ok();
        let index = self.mapped.get_or_init(map).as_ref()?;
        Some(index.pack_offset_at_index(position(index, id)?))
    }
}

/// The mapped index is needed: an old version, an uneven distribution of ids, damage.
struct NeedsMapping;

impl From<std::io::Error> for NeedsMapping {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

/// Reads an index of version 2: ids, checksums, offsets, large offsets; each table has an entry for each object.
fn read_offset(file: &File, length: u64, id: &gix::oid) -> Result<Option<u64>, NeedsMapping> {
    let mut front = [0; FRONT];
    file.read_exact_at(&mut front, 0)?;
    let count = |at: usize| {
        front[8 + 4 * at..]
            .first_chunk()
            .map_or(0, |bytes| u64::from(u32::from_be_bytes(*bytes)))
    };
    let (size, first, objects) = (
        id.kind().len_in_bytes() as u64,
        usize::from(id.first_byte()),
        count(255),
    );
    let (low, high) = (first.checked_sub(1).map_or(0, count), count(first));
    let smallest = FRONT as u64 + objects * (size + 8) + 2 * size;
    if !front.starts_with(b"\xfftOc\0\0\0\x02") || low > high || high > objects || length < smallest
    {
        return Err(NeedsMapping);
    }
    let fraction = id.as_bytes()[1..]
        .first_chunk()
        .map_or(0, |bytes| u64::from(u32::from_be_bytes(*bytes)));
    let likely = low + ((fraction * (high - low)) >> 32);
    let (from, to) = (
        likely.saturating_sub(AROUND).max(low),
        (likely + AROUND).min(high),
    );
    let mut ids = vec![0; usize::try_from((to - from) * size).map_err(|_| NeedsMapping)?];
    file.read_exact_at(&mut ids, FRONT as u64 + from * size)?;
    let mut ids = ids.chunks_exact(id.as_bytes().len());
    let Some(at) = (from..)
        .zip(&mut ids)
        .find(|(_, other)| *other >= id.as_bytes())
    else {
        return if to == high {
            Ok(None)
        } else {
            Err(NeedsMapping)
        };
    };
    match at {
        (at, found) if found == id.as_bytes() => {
            read_pack_offset(file, length, objects, size, at).map(Some)
        }
        (at, _) if at == from && from > low => Err(NeedsMapping),
        _ => Ok(None),
    }
}

fn read_pack_offset(
    file: &File,
    length: u64,
    objects: u64,
    size: u64,
    at: u64,
) -> Result<u64, NeedsMapping> {
    const LARGE: u32 = 1 << 31;
    let offsets = FRONT as u64 + objects * (size + 4);
    let mut small = [0; 4];
    file.read_exact_at(&mut small, offsets + 4 * at)?;
    let small = u32::from_be_bytes(small);
    if small & LARGE == 0 {
        return Ok(small.into());
    }
    let position = offsets + 4 * objects + 8 * u64::from(small & !LARGE);
    if position + 8 + 2 * size > length {
        return Err(NeedsMapping);
    }
    let mut large = [0; 8];
    file.read_exact_at(&mut large, position)?;
    Ok(u64::from_be_bytes(large))
}

/// The position of an id. Ids are spread evenly, so a few interpolated guesses come close; then follows binary search.
fn position(index: &pack::index::File, id: &gix::oid) -> Option<u32> {
    const GUESSES: u32 = 3;
    let key = |id: &gix::oid| {
        id.as_bytes()
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first))
    };
    let target = key(id);
    let (mut low, mut high) = (0, index.num_objects());
    let (mut low_key, mut high_key) = (0, u64::MAX);
    let mut guesses = 0..GUESSES;
    while low < high {
        let at = match guesses.next() {
            // 32 bits of the keys, so that the product fits.
            Some(_) => {
                let share = ((target - low_key) >> 32) * u64::from(high - low)
                    / (((high_key - low_key) >> 32) + 1);
                low + u32::try_from(share).ok()?.min(high - low - 1)
            }
            None => low + (high - low) / 2,
        };
        let found = index.oid_at_index(at);
        let found_key = key(found);
        match target.cmp(&found_key).then_with(|| id.cmp(found)) {
            Ordering::Equal => return Some(at),
            Ordering::Less => (high, high_key) = (at, found_key),
            Ordering::Greater => (low, low_key) = (at + 1, found_key),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use gix::ObjectId;

    /// An index of version 2 in which the n-th object stands at offset n, the last one far away.
    fn index(ids: &[ObjectId]) -> Vec<u8> {
        let count = |byte: u8| {
            u32::try_from(ids.iter().filter(|id| id.first_byte() <= byte).count()).unwrap()
        };
        let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
        bytes.extend((0..=255).flat_map(|byte| count(byte).to_be_bytes()));
        bytes.extend(ids.iter().flat_map(|id| id.as_bytes()));
        bytes.extend(vec![0; 4 * ids.len()]);
        bytes.extend((1..u32::try_from(ids.len()).unwrap()).flat_map(u32::to_be_bytes));
        bytes.extend(0x8000_0000u32.to_be_bytes());
        bytes.extend((1u64 << 33).to_be_bytes());
        bytes.extend([0; 40]);
        bytes
    }

    /// Looks up every id and as many absent ones, by reading and by mapping.
    fn check_lookups(ids: &[ObjectId]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack.idx");
        std::fs::write(&path, index(ids)).unwrap();
        for lookups in [0, UNMAPPED_LOOKUPS] {
            let index = PackIndex::default();
            for (n, id) in (1u64..).zip(ids) {
                index.lookups.store(lookups, Relaxed);
                let expected = if n == ids.len() as u64 { 1 << 33 } else { n };
                assert_eq!(
                    index.offset(&path, id),
                    Some(expected),
                    "{n} of {}",
                    ids.len()
                );
                let mut absent = id.as_bytes().to_vec();
                absent[19] ^= 1;
                assert_eq!(
                    index.offset(&path, &ObjectId::from_bytes_or_panic(&absent)),
                    None
                );
            }
        }
    }

    #[test]
    fn objects_are_found_for_any_distribution_of_ids() {
        let id = |n: u32, spread: u32| {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&n.wrapping_mul(spread).to_be_bytes());
            bytes[4..8].copy_from_slice(&(n * 2).to_be_bytes());
            ObjectId::from_bytes_or_panic(&bytes)
        };
        for (count, spread) in [
            (1, 1),
            (3000, 1_431_655),
            (3000, 0),
            (3000, 1),
            (5000, 70_000),
        ] {
            let mut ids: Vec<_> = (1..=count).map(|n| id(n, spread)).collect();
            ids.sort();
            check_lookups(&ids);
        }
    }

    #[test]
    fn a_damaged_index_has_no_objects() {
        let id = ObjectId::from_bytes_or_panic(&[7; 20]);
        let whole = index(&[id]);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack.idx");
        for cut in [0, 7, 500, FRONT + 10, whole.len() - 41] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(PackIndex::default().offset(&path, &id), None, "{cut}");
        }
    }
}
