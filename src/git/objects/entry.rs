//! Pack entries: inflated, and made from their deltas. Every base on the way is kept, since its neighbours in the
//! history are made from it too.

use super::bases::Bases;
use super::delta;
use super::packs::{Packs, Place};
use super::{MOST_BYTES, Store};
use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::data::{Entry, File};
use gix::zlib::{Decompress, FlushDecompress, Status};
use std::sync::{Arc, Mutex, PoisonError};

/// Compressed bytes of a commit that are read for its links: enough for the headers of nearly all. Their end is decoded
/// slowly, so a bound for what comes out of them would cost more.
const HEAD_BYTES: usize = 240;
/// Bytes of objects that are kept because others are made from them.
const BASE_BYTES: usize = 16 << 20;
/// Room past the end of what is wanted: the decoder is fast only as long as a longest match would still fit.
const SLACK: usize = 320;
/// What deflate makes of one byte at most.
const RATIO: usize = 1032;

/// An object's bytes, shared with whoever asks for them again.
pub(super) type Shared = (Kind, Arc<Vec<u8>>);

/// What all readers have made.
pub(super) struct Made(Mutex<Bases<Place, Shared>>);

impl Default for Made {
    fn default() -> Self {
        Self(Mutex::new(Bases::new(BASE_BYTES)))
    }
}

impl Made {
    fn get(&self, at: Place) -> Option<Arc<Shared>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&at)
    }

    fn keep(&self, at: Place, kind: Kind, bytes: Vec<u8>) -> Arc<Shared> {
        let size = bytes.len();
        let made = Arc::new((kind, Arc::new(bytes)));
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keep(at, &made, size);
        made
    }
}

/// Reads entries, for one thread. `None` everywhere: ask gix.
#[derive(Default)]
pub(super) struct Reader {
    inflate: Decompress,
    /// The last inflated delta.
    delta: Vec<u8>,
}

impl Reader {
    /// Fills the buffer with the whole object.
    pub(super) fn bytes(
        &mut self,
        store: &Store,
        place: Place,
        buffer: &mut Vec<u8>,
    ) -> Option<Kind> {
        self.copy(store, place, usize::MAX, buffer)
            .map(|(kind, _)| kind)
    }

    /// Fills the buffer with the object, or with what its first [`HEAD_BYTES`] give. Says whether that is all.
    pub(super) fn head(
        &mut self,
        store: &Store,
        place: Place,
        buffer: &mut Vec<u8>,
    ) -> Option<(Kind, bool)> {
        self.copy(store, place, HEAD_BYTES, buffer)
    }

    fn copy(
        &mut self,
        store: &Store,
        place: Place,
        most: usize,
        buffer: &mut Vec<u8>,
    ) -> Option<(Kind, bool)> {
        let (pack, entry) = open(&store.packs, place)?;
        if let Some(kind) = entry.header.as_kind() {
            let whole = inflate(&mut self.inflate, pack, &entry, most, buffer)?;
            return Some((kind, whole));
        }
        let shared = self.shared(store, place)?;
        buffer.clear();
        buffer.extend_from_slice(&shared.1);
        Some((shared.0, true))
    }

    /// The object, kept for what is made from it.
    pub(super) fn shared(&mut self, store: &Store, place: Place) -> Option<Arc<Shared>> {
        let mut deltas = Vec::new();
        let mut at = place;
        let mut made = loop {
            if let Some(base) = store.made.get(at) {
                break base;
            }
            let (pack, entry) = open(&store.packs, at)?;
            if let Some(kind) = entry.header.as_kind() {
                let mut bytes = Vec::new();
                inflate(&mut self.inflate, pack, &entry, usize::MAX, &mut bytes)?;
                break store.made.keep(at, kind, bytes);
            }
            if deltas.len() >= LONGEST {
                return None;
            }
            let base = base_of(&store.packs, at, &entry)?;
            deltas.push((at, pack, entry));
            at = base;
        };
        while let Some((at, pack, entry)) = deltas.pop() {
            inflate(&mut self.inflate, pack, &entry, usize::MAX, &mut self.delta)?;
            let bytes = delta::apply(&made.1, &self.delta)?;
            made = store.made.keep(at, made.0, bytes);
        }
        Some(made)
    }
}

/// Deltas that are made one from another. Git itself writes at most 4095.
const LONGEST: usize = 4096;

/// The kind of the object, told by the end of its chain; nothing is inflated.
pub(super) fn kind(packs: &Packs, mut at: Place) -> Option<Kind> {
    for _ in 0..LONGEST {
        let (_, entry) = open(packs, at)?;
        match entry.header.as_kind() {
            Some(kind) => return Some(kind),
            None => at = base_of(packs, at, &entry)?,
        }
    }
    None
}

fn open(packs: &Packs, at: Place) -> Option<(&File, Entry)> {
    let pack = packs.data(at.pack)?;
    Some((pack, pack.entry(at.offset).ok()?))
}

/// What a delta is made from: an earlier entry of the same pack, or an object by id.
fn base_of(packs: &Packs, at: Place, entry: &Entry) -> Option<Place> {
    match &entry.header {
        Header::OfsDelta { base_distance } => {
            let offset = at
                .offset
                .checked_sub(*base_distance)
                .filter(|_| *base_distance > 0)?;
            Some(Place {
                pack: at.pack,
                offset,
            })
        }
        Header::RefDelta { base_id } => packs.find(base_id),
        _ => None,
    }
}

/// Inflates an entry, or what its first `most` compressed bytes give. Says whether that is all.
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
    if size > MOST_BYTES || size / RATIO > input.len() {
        return None;
    }
    let whole = input.len() <= most || size <= most;
    let (input, wanted) = if whole {
        (input, size)
    } else {
        (&input[..most], size.min(most * 8))
    };
    // What stands there already need not be cleared: only what the stream has written is left.
    if out.len() < wanted + SLACK {
        out.resize(wanted + SLACK, 0);
    }
    state.reset();
    let status = state
        .decompress(input, &mut out[..wanted + SLACK], FlushDecompress::Finish)
        .ok()?;
    let made = usize::try_from(state.total_out()).ok()?;
    out.truncate(made);
    let complete = status == Status::StreamEnd;
    let good = if complete {
        made == size
    } else {
        !whole && made <= size
    };
    good.then_some(complete)
}
