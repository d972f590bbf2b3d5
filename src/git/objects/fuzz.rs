//! Fuzz targets: the files of the object store, which a pack that somebody pushed, or a damaged disk, may have made.

use super::pack_entry::{self, EntryReader};
use super::{Objects, kind_name};
use crate::fuzz::Scratch;
use crate::git::Repository;
use crate::push::{Needs, ObjectId as Id, RefName, RefUpdate};
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};

/// Entries of a pack that the input makes: a byte with kind and flags, a byte with the length, the content.
pub(crate) fn pack(data: &[u8]) {
    let scratch = repository_without_objects();
    let made = MadePack::new(data);
    scratch.write("objects/pack/pack-a.pack", &made.pack);
    scratch.write("objects/pack/pack-a.idx", &made.index());
    let repository = open(&scratch).expect("an empty repository opens");
    let objects = Objects::new(&repository.inner);
    for (id, _) in &made.entries {
        compare(&objects, id, true);
    }
}

/// As the program does, without the configuration of the machine, and with a limit that gix can fill in no time.
fn open(scratch: &Scratch) -> Option<Repository> {
    let options = gix::open::Options::isolated().config_overrides([
        "gitoxide.objects.allocLimit=1m".to_owned(),
        "core.useReplaceRefs=false".to_owned(),
    ]);
    let inner = gix::open_opts(scratch.path(), options).ok()?;
    Some(Repository {
        git_dir: scratch.path().to_owned(),
        inner,
    })
}

/// Reads an object both ways. Content that both have is the same; a kind too.
fn compare(objects: &Objects<'_>, id: &gix::oid, packs_agree: bool) {
    let repo = objects.repo;
    let mut theirs = Vec::new();
    let gix = repo.objects.try_find(id, &mut theirs);
    let gix = gix.ok().flatten().map(|data| (data.kind, data.data));
    if let Some(location) = objects.locate(id) {
        let (mut reader, mut bytes) = (EntryReader::default(), Vec::new());
        let kind = reader.bytes(&objects.store, location, &mut bytes);
        if packs_agree && let (Some(kind), Some((other, content))) = (kind, gix) {
            assert_eq!(kind, other, "{id}");
            assert!(bytes == content, "{id}: {bytes:?} is not {content:?}");
        }
        let (mut reader, mut head) = (EntryReader::default(), Vec::new());
        if let Some((head_kind, whole)) = reader.head(&objects.store, location, &mut head)
            && let Some(kind) = kind
        {
            assert_eq!(kind, head_kind);
            assert!(bytes.starts_with(&head) && (bytes == head) == (whole || bytes == head));
        }
        let shared = EntryReader::default().shared(&objects.store, location);
        if let (Some(shared), Some(kind)) = (shared, kind) {
            assert!(shared.0 == kind && *shared.1 == bytes);
        }
        let by_header = pack_entry::kind(&objects.store.packs, location);
        assert!(kind.is_none() || kind == by_header);
    }
    for expected in [Kind::Commit, Kind::Tree, Kind::Tag] {
        let mut bytes = Vec::new();
        let read = objects.read(expected, id, &mut bytes).is_ok();
        if let (true, true, Some((kind, content))) = (packs_agree, read, gix) {
            assert!(kind == expected && bytes == content, "{}", kind_name(kind));
        }
    }
    if let Ok(tree) = objects.tree(id) {
        let _valid = tree.find_marks();
    }
    let header = repo.objects.try_header(id).ok().flatten();
    if let (true, Ok(kind), Some(header)) = (packs_agree, objects.kind(id), header) {
        assert_eq!(kind, header.kind);
    }
}

fn repository_without_objects() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("HEAD", b"ref: refs/heads/main\n");
    scratch.write("config", b"[core]\n\tbare = true\n");
    scratch.write("refs/heads/.keep", b"");
    scratch
}

/// A pack with its entries' ids and offsets.
struct MadePack {
    pack: Vec<u8>,
    entries: Vec<(ObjectId, u32)>,
}

/// The content is compressed wrongly.
const BAD_STREAM: u8 = 0x80;
/// The size in the header is one more than it is.
const BAD_SIZE: u8 = 0x40;

impl MadePack {
    fn new(mut data: &[u8]) -> Self {
        let mut made = Self {
            pack: b"PACK\0\0\0\x02\0\0\0\0".to_vec(),
            entries: Vec::new(),
        };
        while let [kind, length, rest @ ..] = data
            && made.entries.len() < 40
        {
            let (content, after) = rest.split_at(rest.len().min((*length).into()));
            data = after;
            made.add(*kind, content);
        }
        let count = u32::try_from(made.entries.len()).unwrap_or_default();
        made.pack[8..12].copy_from_slice(&count.to_be_bytes());
        made.pack.extend([0; 20]);
        made
    }

    fn id(number: usize) -> ObjectId {
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        let mut bytes = [number; 20];
        bytes[0] = number.wrapping_mul(37);
        ObjectId::Sha1(bytes)
    }

    /// Kinds 0 to 3 are objects; 4 is a delta of an entry so far back as its first byte says, 5 one of the entry with the
    /// number of its first byte.
    fn add(&mut self, kind: u8, content: &[u8]) {
        let offset = self.pack.len();
        let number = self.entries.len();
        let (tag, base, content) = match (kind % 6, content) {
            (4, [back, delta @ ..]) => {
                let base = number.checked_sub(usize::from(*back));
                let base = base.and_then(|base| self.entries.get(base));
                let from = base.map_or(usize::from(*back), |(_, at)| *at as usize);
                (6, distance(offset.saturating_sub(from)), delta)
            }
            (5, [base, delta @ ..]) => (7, Self::id((*base).into()).as_bytes().to_vec(), delta),
            (kind, content) => (1 + kind % 4, Vec::new(), content),
        };
        let size = content.len() + usize::from(kind & BAD_SIZE != 0);
        self.pack.extend(header(tag, size));
        self.pack.extend(base);
        self.pack.extend(stored(content, kind & BAD_STREAM != 0));
        let offset = u32::try_from(offset).unwrap_or_default();
        self.entries.push((Self::id(number), offset));
    }

    /// An index of version 2.
    fn index(&self) -> Vec<u8> {
        let mut sorted = self.entries.clone();
        sorted.sort();
        let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
        for byte in 0..=255 {
            let count = sorted.iter().filter(|(id, _)| id.first_byte() <= byte);
            bytes.extend(
                u32::try_from(count.count())
                    .unwrap_or_default()
                    .to_be_bytes(),
            );
        }
        bytes.extend(sorted.iter().flat_map(|(id, _)| id.as_bytes()));
        bytes.extend(vec![0; 4 * sorted.len()]);
        bytes.extend(sorted.iter().flat_map(|(_, offset)| offset.to_be_bytes()));
        bytes.extend([0; 40]);
        bytes
    }
}

/// Type and size of an entry: four bits, then seven bits a byte.
fn header(tag: u8, size: usize) -> Vec<u8> {
    let low = |size: usize, bits: u32| u8::try_from(size & ((1 << bits) - 1)).unwrap_or_default();
    let mut bytes = vec![tag << 4 | low(size, 4)];
    let mut rest = size >> 4;
    while rest > 0 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push(low(rest, 7));
        rest >>= 7;
    }
    bytes
}

/// How far back a base is: seven bits a byte, the highest first, each but the last one less.
fn distance(mut back: usize) -> Vec<u8> {
    let low = |back: usize| u8::try_from(back & 0x7f).unwrap_or_default();
    let mut bytes = vec![low(back)];
    while back >= 0x80 {
        back = (back >> 7) - 1;
        bytes.insert(0, 0x80 | low(back));
    }
    bytes
}

/// A zlib stream with the content as it is.
fn stored(content: &[u8], damaged: bool) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or_default();
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in content {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let mut bytes = b"\x78\x01\x01".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(content);
    bytes.extend(((b << 16 | a) ^ u32::from(damaged)).to_be_bytes());
    bytes
}

/// The files of a repository; in each, a byte precedes the content.
const FILES: &[(&str, &[u8])] = &[
    (
        "objects/pack/pack-a.pack",
        include_bytes!("../../../tests/corpus/repository/pack"),
    ),
    (
        "objects/pack/pack-a.idx",
        include_bytes!("../../../tests/corpus/repository/idx"),
    ),
    (
        "objects/info/commit-graph",
        include_bytes!("../../../tests/corpus/repository/commit-graph"),
    ),
    (
        "objects/pack/multi-pack-index",
        include_bytes!("../../../tests/corpus/repository/multi-pack-index"),
    ),
    (
        "packed-refs",
        include_bytes!("../../../tests/corpus/repository/packed-refs"),
    ),
    (
        "shallow",
        include_bytes!("../../../tests/corpus/repository/shallow"),
    ),
];

/// One file of a repository is replaced: the first byte of the input selects it.
pub(crate) fn repository(data: &[u8]) {
    let Some((first, content)) = data.split_first() else {
        return;
    };
    let scratch = repository_without_objects();
    let replaced = usize::from(*first) % FILES.len();
    for (number, (name, original)) in FILES.iter().enumerate() {
        // Each is a repository without a shallow boundary, unless this one is about it.
        if *name == "shallow" && number != replaced {
            continue;
        }
        let original = &original[1..];
        scratch.write(
            name,
            if number == replaced {
                content
            } else {
                original
            },
        );
    }
    let Some(repository) = open(&scratch) else {
        return;
    };
    let objects = Objects::new(&repository.inner);
    let packs_agree = !matches!(
        FILES[replaced].0.rsplit('/').next(),
        Some("pack-a.idx" | "multi-pack-index")
    );
    let ids = ids();
    for id in &ids {
        compare(&objects, id, packs_agree);
    }
    let _refs = repository.refs();
    let tips = tips();
    assert!(tips.len() >= 4, "three refs and a null id");
    for (old, new) in tips.iter().zip(tips.iter().rev()) {
        let name = RefName::new("refs/heads/main");
        let (old, new) = (old.clone(), new.clone());
        let updates = [RefUpdate { old, new, name }];
        let computed = repository.events(&updates, &Needs::everything(20));
        assert_eq!(computed.len(), 1);
        assert!(computed[0].event.commits.len() <= 20);
    }
}

/// The ids in packed-refs of the corpus, and the null id.
fn tips() -> Vec<Id> {
    let text = String::from_utf8_lossy(&FILES[4].1[1..]);
    let ids = text.split(['\n', ' ', '^']).filter_map(Id::parse);
    let null = Id::parse(&"0".repeat(40));
    null.into_iter().chain(ids).collect()
}

/// The ids in the index of the corpus.
fn ids() -> Vec<ObjectId> {
    let index = &FILES[1].1[1..];
    let count = index[8 + 4 * 255..]
        .first_chunk()
        .map_or(0, |count| u32::from_be_bytes(*count));
    let ids = index[8 + 4 * 256..].chunks_exact(20).take(count as usize);
    ids.map(ObjectId::from_bytes_or_panic).collect()
}
