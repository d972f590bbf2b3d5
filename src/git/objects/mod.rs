//! Reads the objects of one repository: from packs by an own reader that caches every delta base, then loose objects, then
//! by gix, which handles the rest (packs that appeared or disappeared meanwhile, damage). Knows nothing of refs and
//! histories, and reads no blob. docs/design.md, "Reading objects", has the reasons.
//!
//! ```text
//! id ─► packs ─► pack_entry ─► delta, cached bases ─┬─► Tree, shared        (tree diffs)
//!         │ not found, or unusual                   └─► bytes in a buffer   (commits, tags)
//!         └─► loose object ─► gix
//! ```

mod delta;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod generation_cache;
mod pack_entry;
mod pack_index;
mod packs;
mod tree;

pub(super) use tree::{EntryMode, InvalidTree, Tree, TreeEntry};

use super::object::Unreadable;
use generation_cache::GenerationCache;
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};
use gix::odb::loose;
use pack_entry::{DecodedObjects, EntryReader};
use packs::Packs;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state that all threads share.
struct ObjectStore {
    packs: Packs,
    decoded: DecodedObjects,
    trees: Mutex<GenerationCache<ObjectId, Tree>>,
}

/// Reads objects, for one thread. Replacements (git-replace(1)) do not apply: `open` has disabled them for gix too.
pub(super) struct Objects<'r> {
    pub(super) repo: &'r gix::Repository,
    store: Arc<ObjectStore>,
    reader: RefCell<EntryReader>,
}

/// A handle to read the same repository on another thread.
pub(super) struct SharedObjects(gix::Repository, Arc<ObjectStore>);

impl SharedObjects {
    /// Opens the object store on this thread.
    pub(super) fn objects(&self) -> Objects<'_> {
        Objects {
            repo: &self.0,
            store: Arc::clone(&self.1),
            reader: RefCell::default(),
        }
    }
}

impl<'r> Objects<'r> {
    /// Opens no file yet.
    pub(super) fn new(repo: &'r gix::Repository) -> Self {
        let store = ObjectStore {
            packs: Packs::new(repo),
            decoded: DecodedObjects::default(),
            trees: Mutex::new(GenerationCache::new(TREE_BYTES)),
        };
        Self {
            repo,
            store: Arc::new(store),
            reader: RefCell::default(),
        }
    }

    /// A handle for another thread, which shares the caches.
    pub(super) fn share(&self) -> SharedObjects {
        SharedObjects(self.repo.clone(), Arc::clone(&self.store))
    }

    /// Reads an object of the `expected` kind into `buffer`.
    pub(super) fn read<'b>(
        &self,
        expected: Kind,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Unreadable> {
        let found = self.locate(id).and_then(|location| {
            self.reader
                .borrow_mut()
                .bytes(&self.store, location, buffer)
        });
        self.check_or_read(found, expected, id, buffer)?;
        Ok(buffer)
    }

    /// Reads a commit, of a large one perhaps only the first bytes. Also returns whether it is complete.
    pub(super) fn read_head<'b>(
        &self,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<(&'b [u8], bool), Unreadable> {
        let found = self
            .locate(id)
            .and_then(|location| self.reader.borrow_mut().head(&self.store, location, buffer));
        let whole = found.is_none_or(|(_, whole)| whole);
        self.check_or_read(found.map(|(kind, _)| kind), Kind::Commit, id, buffer)?;
        Ok((buffer, whole))
    }

    /// A tree, from the cache if it was read lately.
    pub(super) fn tree(&self, id: &gix::oid) -> Result<Arc<Tree>, Unreadable> {
        if let Some(tree) = self.trees().get(id) {
            return Ok(tree);
        }
        let found = self
            .locate(id)
            .and_then(|location| self.reader.borrow_mut().shared(&self.store, location));
        let bytes = if let Some((Kind::Tree, bytes)) = found.as_deref() {
            Arc::clone(bytes)
        } else {
            let mut bytes = Vec::new();
            self.check_or_read(found.map(|shared| shared.0), Kind::Tree, id, &mut bytes)?;
            Arc::new(bytes)
        };
        let size = bytes.len();
        let tree = Arc::new(Tree::new(bytes, self.repo.object_hash()));
        self.trees().insert(id.to_owned(), &tree, size);
        Ok(tree)
    }

    /// The kind of an object, without reading its content.
    pub(super) fn kind(&self, id: &gix::oid) -> Result<Kind, Unreadable> {
        if let Some(kind) = self
            .locate(id)
            .and_then(|location| pack_entry::kind(&self.store.packs, location))
        {
            return Ok(kind);
        }
        if let Some(kind) = self.loose_stores().find_map(|store| loose_kind(store, id)) {
            return Ok(kind);
        }
        match self.repo.objects.try_header(id) {
            Ok(Some(header)) => Ok(header.kind),
            Ok(None) => Err(Unreadable::Missing("object", id.to_owned())),
            Err(_) => Err(Unreadable::Damaged("object", id.to_owned())),
        }
    }

    fn trees(&self) -> MutexGuard<'_, GenerationCache<ObjectId, Tree>> {
        self.store
            .trees
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn locate(&self, id: &gix::oid) -> Option<packs::PackLocation> {
        self.store.packs.find(id)
    }

    /// The stores that may have an object as a loose file.
    fn loose_stores(&self) -> impl Iterator<Item = &loose::Store> {
        self.store.packs.loose().iter()
    }

    /// Checks the kind that was found in a pack; else reads the object from other stores.
    fn check_or_read(
        &self,
        found: Option<Kind>,
        expected: Kind,
        id: &gix::oid,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let what = kind_name(expected);
        let kind = match found {
            Some(kind) => Ok(Some(kind)),
            None => self.read_loose_or_by_gix(expected, id, buffer),
        };
        match kind {
            Ok(Some(kind)) if kind == expected => Ok(()),
            Ok(None) if expected == Kind::Tree && id.is_empty_tree() => {
                buffer.clear();
                Ok(())
            }
            Ok(None) => Err(Unreadable::Missing(what, id.to_owned())),
            Ok(Some(_)) | Err(()) => Err(Unreadable::Damaged(what, id.to_owned())),
        }
    }

    /// Does not read the content of an object of another kind, which may be a blob of any size. Verifies the hash: unlike
    /// Git, gix does not check the checksum of a loose object's stream.
    fn read_loose_or_by_gix(
        &self,
        expected: Kind,
        id: &gix::oid,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Kind>, ()> {
        for store in self.loose_stores() {
            let Ok(file) = store.object_path(id).metadata() else {
                continue;
            };
            if file.len() > LARGE
                && let Some(other) = loose_kind(store, id).filter(|kind| *kind != expected)
            {
                return Ok(Some(other));
            }
            if let Ok(Some(data)) = store.try_find(id, buffer)
                && data.verify_checksum(id).is_ok()
            {
                return Ok(Some(data.kind));
            }
        }
        let gix = &self.repo.objects;
        match gix
            .try_header(id)
            .map_err(|_| ())?
            .map(|header| header.kind)
        {
            Some(kind) if kind == expected => match gix.try_find(id, buffer).map_err(|_| ())? {
                Some(data) if data.verify_checksum(id).is_err() => Err(()),
                data => Ok(data.map(|data| data.kind)),
            },
            other => Ok(other),
        }
    }
}

fn loose_kind(store: &loose::Store, id: &gix::oid) -> Option<Kind> {
    store.try_header(id).ok().flatten().map(|(_, kind)| kind)
}

/// The largest object that is read, also by gix, so that a damaged size allocates no more. Git has no limit, but a tree of
/// this size would have millions of entries.
pub(super) const OBJECT_LIMIT: usize = 256 << 20;
/// Size of a loose file from which on its kind is read first.
const LARGE: u64 = 1 << 14;
/// Bytes of cached trees.
const TREE_BYTES: usize = 8 << 20;

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Tag => "tag",
        Kind::Blob => "blob",
    }
}
