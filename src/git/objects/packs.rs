//! Finds the pack that has an object, and the offset. Opens indexes and packs at the first use: opening the index of a
//! large pack costs as much as reading a hundred objects.

use super::pack_index::PackIndex;
use gix::odb::{alternate, loose, pack};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::SystemTime;

/// Nested alternates that are followed, the limit of Git.
const ALTERNATE_DEPTH: usize = 5;

/// The position of a pack entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PackLocation {
    /// Index of the pack in [`Packs`].
    pub(super) pack: u32,
    pub(super) offset: u64,
}

/// All packs of the repository and its alternates, listed at the first use.
pub(super) struct Packs {
    hash: gix::hash::Kind,
    objects: PathBuf,
    list: OnceLock<PackList>,
    /// The pack of the last object, which probably has the next one.
    last: AtomicUsize,
}

#[derive(Default)]
struct PackList {
    packs: Vec<Pack>,
    /// multi-pack-index files, each with the indexes of its packs.
    multi_indexes: Vec<(pack::multi_index::File, Vec<Option<usize>>)>,
    loose: Vec<loose::Store>,
}

struct Pack {
    /// The path of its index.
    path: PathBuf,
    /// Whether a multi-pack-index has all its objects.
    covered: bool,
    index: PackIndex,
    data: OnceLock<Option<pack::data::File>>,
}

impl Packs {
    pub(super) fn new(repo: &gix::Repository) -> Self {
        let objects = repo.objects.store_ref().path().to_owned();
        Self {
            hash: repo.object_hash(),
            objects,
            list: OnceLock::new(),
            last: AtomicUsize::new(0),
        }
    }

    /// The location of an object; also `None` if an index cannot be read.
    pub(super) fn find(&self, id: &gix::oid) -> Option<PackLocation> {
        let files = self.list();
        let last = self.last.load(Relaxed);
        let at = |number: usize| {
            let pack = files.packs.get(number)?;
            let offset = pack.index.offset(&pack.path, id)?;
            self.last.store(number, Relaxed);
            location(number, offset)
        };
        let by_multi_index = || {
            files.multi_indexes.iter().find_map(|(index, numbers)| {
                let (number, offset) = index
                    .pack_id_and_pack_offset_at_index(index.lookup(id)?)
                    .ok()?;
                location((*numbers.get(usize::try_from(number).ok()?)?)?, offset)
            })
        };
        let alone = |number: &usize| *number != last && !files.packs[*number].covered;
        let covered = files.packs.get(last).is_some_and(|pack| pack.covered);
        if covered { None } else { at(last) }
            .or_else(by_multi_index)
            .or_else(|| (0..files.packs.len()).filter(alone).find_map(at))
    }

    /// The mapped pack.
    pub(super) fn data(&self, pack: u32) -> Option<&pack::data::File> {
        let pack = self.list().packs.get(usize::try_from(pack).ok()?)?;
        let open = || pack::data::File::at(pack.path.with_extension("pack"), self.hash).ok();
        pack.data.get_or_init(open).as_ref()
    }

    /// The stores of loose objects, that of the repository first.
    pub(super) fn loose(&self) -> &[loose::Store] {
        &self.list().loose
    }

    fn list(&self) -> &PackList {
        self.list.get_or_init(|| {
            let mut list = PackList::default();
            for objects in object_directories(&self.objects) {
                list.add(&objects.join("pack"), self.hash);
                list.loose.push(loose::Store::at(objects, self.hash));
            }
            list
        })
    }
}

fn location(number: usize, offset: u64) -> Option<PackLocation> {
    Some(PackLocation {
        pack: u32::try_from(number).ok()?,
        offset,
    })
}

impl PackList {
    /// Adds the packs of one directory, newest first, since a push needs the newest objects.
    fn add(&mut self, dir: &Path, hash: gix::hash::Kind) {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let indexes = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "idx"));
        let mut indexes: Vec<_> = indexes.collect();
        if indexes.len() > 1 {
            let age = |path: &PathBuf| {
                path.metadata()
                    .and_then(|m| m.modified())
                    .unwrap_or(SystemTime::UNIX_EPOCH)
            };
            indexes.sort_by_cached_key(|path| std::cmp::Reverse(age(path)));
        }
        let first = self.packs.len();
        self.packs.extend(indexes.into_iter().map(|path| Pack {
            path,
            covered: false,
            index: PackIndex::default(),
            data: OnceLock::new(),
        }));
        let path = dir.join("multi-pack-index");
        if let Some(index) = pack::multi_index::File::at(path, None)
            .ok()
            .filter(|i| i.object_hash() == hash)
        {
            let own = &mut self.packs[first..];
            let number = |name: &PathBuf| {
                let at = own
                    .iter()
                    .position(|pack| pack.path.file_name() == Some(name.as_os_str()))?;
                own[at].covered = true;
                Some(first + at)
            };
            let numbers = index.index_names().iter().map(number).collect();
            self.multi_indexes.push((index, numbers));
        }
    }
}

/// The object directory and its alternates, as in Git (gitrepository-layout(5)): each once, relative ones from the
/// directory that names them, without missing ones. gix uses none of them if one is missing or part of a cycle.
fn object_directories(objects: &Path) -> Vec<PathBuf> {
    let mut all = vec![objects.to_owned()];
    let mut seen: Vec<_> = objects.canonicalize().into_iter().collect();
    let (mut from, mut depth) = (0, 0);
    while from < all.len() && depth <= ALTERNATE_DEPTH {
        let level = from..all.len();
        (from, depth) = (all.len(), depth + 1);
        for at in level {
            let named = std::fs::read(all[at].join("info/alternates")).unwrap_or_default();
            for path in alternate::parse(&named).unwrap_or_default() {
                if let Ok(path) = all[at].join(path).canonicalize()
                    && !seen.contains(&path)
                {
                    seen.push(path.clone());
                    all.push(path);
                }
            }
        }
    }
    all
}
