//! Which pack holds an object, and where. Indexes and packs are opened when they are first asked: opening the index of a
//! large pack costs as much as reading a hundred objects.

use super::index::Index;
use gix::odb::{alternate, loose, pack};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::SystemTime;

/// Alternates of alternates that are followed, as far as Git does.
const NESTED: usize = 5;

/// Where a pack entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Number of the pack in [`Packs`].
    pub(super) pack: u32,
    pub(super) offset: u64,
}

/// All packs of the repository and its alternates, as they were when first asked for.
pub(super) struct Packs {
    hash: gix::hash::Kind,
    objects: PathBuf,
    found: OnceLock<Found>,
    /// The pack that had the last object: it probably has the next one.
    last: AtomicUsize,
}

#[derive(Default)]
struct Found {
    packs: Vec<Pack>,
    /// multi-pack-index files, each with the numbers of its packs.
    several: Vec<(pack::multi_index::File, Vec<Option<usize>>)>,
    loose: Vec<loose::Store>,
}

struct Pack {
    /// Of the index.
    path: PathBuf,
    /// Whether a multi-pack-index knows all its objects.
    covered: bool,
    index: Index,
    data: OnceLock<Option<pack::data::File>>,
}

impl Packs {
    pub(super) fn new(repo: &gix::Repository) -> Self {
        let objects = repo.objects.store_ref().path().to_owned();
        Self {
            hash: repo.object_hash(),
            objects,
            found: OnceLock::new(),
            last: AtomicUsize::new(0),
        }
    }

    /// `None` also when an index cannot be read.
    pub(super) fn find(&self, id: &gix::oid) -> Option<Place> {
        let found = self.found();
        let last = self.last.load(Relaxed);
        let at = |number: usize| {
            let pack = found.packs.get(number)?;
            let offset = pack.index.offset(&pack.path, id)?;
            self.last.store(number, Relaxed);
            place(number, offset)
        };
        let several = || {
            found.several.iter().find_map(|(index, numbers)| {
                let (number, offset) = index
                    .pack_id_and_pack_offset_at_index(index.lookup(id)?)
                    .ok()?;
                place((*numbers.get(usize::try_from(number).ok()?)?)?, offset)
            })
        };
        let alone = |number: &usize| *number != last && !found.packs[*number].covered;
        let covered = found.packs.get(last).is_some_and(|pack| pack.covered);
        if covered { None } else { at(last) }
            .or_else(several)
            .or_else(|| (0..found.packs.len()).filter(alone).find_map(at))
    }

    /// The mapped pack.
    pub(super) fn data(&self, pack: u32) -> Option<&pack::data::File> {
        let pack = self.found().packs.get(usize::try_from(pack).ok()?)?;
        let open = || pack::data::File::at(pack.path.with_extension("pack"), self.hash).ok();
        pack.data.get_or_init(open).as_ref()
    }

    /// The stores of loose objects, the repository's own first.
    pub(super) fn loose(&self) -> &[loose::Store] {
        &self.found().loose
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(|| {
            let mut found = Found::default();
            for objects in directories(&self.objects) {
                found.add(&objects.join("pack"), self.hash);
                found.loose.push(loose::Store::at(objects, self.hash));
            }
            found
        })
    }
}

fn place(number: usize, offset: u64) -> Option<Place> {
    Some(Place {
        pack: u32::try_from(number).ok()?,
        offset,
    })
}

impl Found {
    /// The packs of one directory, newest first, since what was pushed last is asked for first.
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
            index: Index::default(),
            data: OnceLock::new(),
        }));
        let several = dir.join("multi-pack-index");
        if let Some(index) = pack::multi_index::File::at(several, None)
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
            self.several.push((index, numbers));
        }
    }
}

/// The object directory and its alternates, as Git takes them (gitrepository-layout(5)): each once, relative ones from
/// the directory that names them, without those that are gone. gix would take none of them where one is gone or names
/// one that led to it.
fn directories(objects: &Path) -> Vec<PathBuf> {
    let mut all = vec![objects.to_owned()];
    let mut seen: Vec<_> = objects.canonicalize().into_iter().collect();
    let (mut from, mut depth) = (0, 0);
    while from < all.len() && depth <= NESTED {
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
