//! Reads pack entries: inflates them and applies deltas. Caches every base of a delta chain, since neighbours in the
//! history use it too.

use super::delta;
use super::generation_cache::GenerationCache;
use super::packs::{PackLocation, Packs};
use super::{OBJECT_LIMIT, ObjectStore};
use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::data::{Entry, File};
use gix::zlib::{Decompress, FlushDecompress, Status};
use std::sync::{Arc, Mutex, PoisonError};

/// Compressed bytes that are read for the header of a commit: enough for nearly all. A limit of decompressed bytes would be
/// slower.
const HEAD_BYTES: usize = 240;
/// Bytes of cached delta bases.
const BASE_BYTES: usize = 16 << 20;
/// Spare room of the output: the decoder is fast only while a longest match fits.
const SLACK: usize = 320;
/// The largest compression ratio of deflate.
const RATIO: usize = 1032;

/// The kind and content of a decoded object.
pub(super) type DecodedObject = (Kind, Arc<Vec<u8>>);

/// The decoded objects of all threads.
pub(super) struct DecodedObjects(Mutex<GenerationCache<PackLocation, DecodedObject>>);

impl Default for DecodedObjects {
    fn default() -> Self {
        Self(Mutex::new(GenerationCache::new(BASE_BYTES)))
    }
}

impl DecodedObjects {
    fn get(&self, at: PackLocation) -> Option<Arc<DecodedObject>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&at)
    }

    fn insert(&self, at: PackLocation, kind: Kind, bytes: Vec<u8>) -> Arc<DecodedObject> {
        let size = bytes.len();
        let decoded = Arc::new((kind, Arc::new(bytes)));
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(at, &decoded, size);
        decoded
    }
}

/// Reads entries on one thread. All methods return `None` if gix has to read the object.
#[derive(Default)]
pub(super) struct EntryReader {
    inflate: Decompress,
    /// A buffer for inflated deltas.
    delta: Vec<u8>,
}

impl EntryReader {
    /// Reads the whole object into the buffer.
    pub(super) fn bytes(
        &mut self,
        store: &ObjectStore,
        location: PackLocation,
        buffer: &mut Vec<u8>,
    ) -> Option<Kind> {
        self.copy(store, location, usize::MAX, buffer)
            .map(|(kind, _)| kind)
    }

    /// Reads the object, or what its first [`HEAD_BYTES`] contain. Also returns whether it is complete.
    pub(super) fn head(
        &mut self,
        store: &ObjectStore,
        location: PackLocation,
        buffer: &mut Vec<u8>,
    ) -> Option<(Kind, bool)> {
        self.copy(store, location, HEAD_BYTES, buffer)
    }

    fn copy(
        &mut self,
        store: &ObjectStore,
        location: PackLocation,
        most: usize,
        buffer: &mut Vec<u8>,
    ) -> Option<(Kind, bool)> {
        let (pack, entry) = open(&store.packs, location)?;
        if let Some(kind) = entry.header.as_kind() {
            let whole = inflate(&mut self.inflate, pack, &entry, most, buffer)?;
            return Some((kind, whole));
        }
        let shared = self.shared(store, location)?;
        buffer.clear();
        buffer.extend_from_slice(&shared.1);
        Some((shared.0, true))
    }

    /// The object, from the cache or added to it.
    pub(super) fn shared(
        &mut self,
        store: &ObjectStore,
        location: PackLocation,
    ) -> Option<Arc<DecodedObject>> {
        let mut deltas = Vec::new();
        let mut at = location;
        let mut decoded = loop {
            if let Some(base) = store.decoded.get(at) {
                break base;
            }
            let (pack, entry) = open(&store.packs, at)?;
            if let Some(kind) = entry.header.as_kind() {
                let mut bytes = Vec::new();
                inflate(&mut self.inflate, pack, &entry, usize::MAX, &mut bytes)?;
                break store.decoded.insert(at, kind, bytes);
            }
            if deltas.len() >= CHAIN_LIMIT {
                return None;
            }
            let base = base_of(&store.packs, at, &entry)?;
            deltas.push((at, pack, entry));
            at = base;
        };
        while let Some((at, pack, entry)) = deltas.pop() {
            inflate(&mut self.inflate, pack, &entry, usize::MAX, &mut self.delta)?;
            let bytes = delta::apply(&decoded.1, &self.delta)?;
            decoded = store.decoded.insert(at, decoded.0, bytes);
        }
        Some(decoded)
    }
}

/// The longest delta chain. Git writes at most 4095. Fuzz targets meet many cycles and no long chain.
const CHAIN_LIMIT: usize = if cfg!(any(test, fuzzing)) { 64 } else { 4096 };

/// The kind of the object at the end of the delta chain. Inflates nothing.
pub(super) fn kind(packs: &Packs, mut at: PackLocation) -> Option<Kind> {
    for _ in 0..CHAIN_LIMIT {
        let (_, entry) = open(packs, at)?;
        match entry.header.as_kind() {
            Some(kind) => return Some(kind),
            None => at = base_of(packs, at, &entry)?,
        }
    }
    None
}

fn open(packs: &Packs, at: PackLocation) -> Option<(&File, Entry)> {
    let pack = packs.data(at.pack)?;
    Some((pack, pack.entry(at.offset).ok()?))
}

/// The base of a delta: an earlier entry of the same pack, or an object by id.
fn base_of(packs: &Packs, at: PackLocation, entry: &Entry) -> Option<PackLocation> {
    match &entry.header {
        Header::OfsDelta { base_distance } => {
            let offset = at
                .offset
                .checked_sub(*base_distance)
                .filter(|_| *base_distance > 0)?;
            Some(PackLocation {
                pack: at.pack,
                offset,
            })
        }
        Header::RefDelta { base_id } => packs.find(base_id),
        _ => None,
    }
}

/// Inflates an entry, or its first `most` compressed bytes. Returns whether it is complete.
fn inflate(
    state: &mut Decompress,
    pack: &File,
    entry: &Entry,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<bool> {
    let start = entry.data_offset;
    let input = pack.entry_slice(start..u64::try_from(pack.pack_end()).ok()?)?;
    let size = usize::try_from(entry.decompressed_size).ok()?;
    if size > OBJECT_LIMIT || size / RATIO > input.len() {
        return None;
    }
    let whole = input.len() <= most || size <= most;
    let (input, capacity) = if whole {
        (input, size)
    } else {
        (&input[..most], size.min(most * 8))
    };
    // Earlier bytes need not be cleared: the buffer is truncated to what the stream writes.
    if out.len() < capacity + SLACK {
        out.resize(capacity + SLACK, 0);
    }
    state.reset();
    let status = state
        .decompress(input, &mut out[..capacity + SLACK], FlushDecompress::Finish)
        .ok()?;
    let made = usize::try_from(state.total_out()).ok()?;
    out.truncate(made);
    let complete = status == Status::StreamEnd;
    let valid = if complete {
        made == size
    } else {
        !whole && made <= size
    };
    valid.then_some(complete)
}
