//! The object store of one repository: packs by a reader of our own, which keeps every delta base that it has made, then
//! loose objects, then gix, which knows all that is left (packs that came or went meanwhile, replacements, damage).
//! Knows nothing of refs and histories, and reads no blob.
//!
//! ```text
//! id ─► packs ─► entry ─► delta, bases ─┬─► Tree, shared        (paths)
//!         │ not there, or odd           └─► bytes in a buffer   (commits, tags)
//!         └─► loose ─► gix
//! ```

mod bases;
mod delta;
mod entry;
mod index;
mod packs;
mod tree;

pub(super) use tree::{Entry, Mode, NoTree, Tree};

use super::object::Unreadable;
use bases::Bases;
use entry::{Made, Reader};
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};
use gix::odb::loose;
use packs::Packs;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all threads that read one repository have in common.
struct Store {
    packs: Packs,
    made: Made,
    trees: Mutex<Bases<ObjectId, Tree>>,
    replaced: HashSet<ObjectId>,
}

/// Reads objects, for one thread. Replacements (git-replace(1)) apply, as for every Git command.
pub(super) struct Objects<'r> {
    pub(super) repo: &'r gix::Repository,
    store: Arc<Store>,
    reader: RefCell<Reader>,
}

/// What another thread needs in order to read the same repository.
pub(super) struct Elsewhere(gix::Repository, Arc<Store>);

impl Elsewhere {
    /// There.
    pub(super) fn objects(&self) -> Objects<'_> {
        Objects {
            repo: &self.0,
            store: Arc::clone(&self.1),
            reader: RefCell::default(),
        }
    }
}

impl<'r> Objects<'r> {
    /// Opens nothing yet.
    pub(super) fn new(repo: &'r gix::Repository) -> Self {
        let store = Store {
            packs: Packs::new(repo),
            made: Made::default(),
            trees: Mutex::new(Bases::new(TREE_BYTES)),
            replaced: repo
                .objects
                .store_ref()
                .replacements()
                .map(|(id, _)| id)
                .collect(),
        };
        Self {
            repo,
            store: Arc::new(store),
            reader: RefCell::default(),
        }
    }

    /// For another thread, with what was read already.
    pub(super) fn elsewhere(&self) -> Elsewhere {
        Elsewhere(self.repo.clone(), Arc::clone(&self.store))
    }

    /// Whether some object is replaced by another one.
    pub(super) fn has_replacements(&self) -> bool {
        !self.store.replaced.is_empty()
    }

    /// The bytes of an object that must be a `wanted`; `buffer` holds them.
    pub(super) fn read<'b>(
        &self,
        wanted: Kind,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Unreadable> {
        let found = self
            .place(id)
            .and_then(|place| self.reader.borrow_mut().bytes(&self.store, place, buffer));
        self.kind_or_stock(found, wanted, id, buffer)?;
        Ok(buffer)
    }

    /// The same, but of a large commit perhaps only the beginning: [`HEAD_BYTES`] or more. Says whether that is all.
    pub(super) fn read_head<'b>(
        &self,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<(&'b [u8], bool), Unreadable> {
        let found = self
            .place(id)
            .and_then(|place| self.reader.borrow_mut().head(&self.store, place, buffer));
        let whole = found.is_none_or(|(_, whole)| whole);
        self.kind_or_stock(found.map(|(kind, _)| kind), Kind::Commit, id, buffer)?;
        Ok((buffer, whole))
    }

    /// A tree, shared with whoever asks for it again soon.
    pub(super) fn tree(&self, id: &gix::oid) -> Result<Arc<Tree>, Unreadable> {
        if let Some(tree) = self.trees().get(id) {
            return Ok(tree);
        }
        let found = self
            .place(id)
            .and_then(|place| self.reader.borrow_mut().shared(&self.store, place));
        let bytes = if let Some((Kind::Tree, bytes)) = found.as_deref() {
            Arc::clone(bytes)
        } else {
            let mut bytes = Vec::new();
            self.kind_or_stock(found.map(|shared| shared.0), Kind::Tree, id, &mut bytes)?;
            Arc::new(bytes)
        };
        let size = bytes.len();
        let tree = Arc::new(Tree::new(bytes, self.repo.object_hash()));
        self.trees().keep(id.to_owned(), &tree, size);
        Ok(tree)
    }

    /// What kind of object an id names, without reading its content.
    pub(super) fn kind(&self, id: &gix::oid) -> Result<Kind, Unreadable> {
        if let Some(kind) = self
            .place(id)
            .and_then(|place| entry::kind(&self.store.packs, place))
        {
            return Ok(kind);
        }
        if let Some(kind) = self.loose(id).find_map(|store| kind_of_loose(store, id)) {
            return Ok(kind);
        }
        match self.repo.objects.try_header(id) {
            Ok(Some(header)) => Ok(header.kind),
            Ok(None) => Err(Unreadable::Missing("object", id.to_owned())),
            Err(_) => Err(Unreadable::Damaged("object", id.to_owned())),
        }
    }

    fn trees(&self) -> MutexGuard<'_, Bases<ObjectId, Tree>> {
        self.store
            .trees
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, id: &gix::oid) -> Option<packs::Place> {
        if !self.store.replaced.is_empty() && self.store.replaced.contains(id) {
            return None;
        }
        self.store.packs.find(id)
    }

    /// Where the object may stand in a file of its own.
    fn loose(&self, id: &gix::oid) -> impl Iterator<Item = &loose::Store> {
        let replaced = self.store.replaced.contains(id);
        self.store.packs.loose().iter().filter(move |_| !replaced)
    }

    /// Judges what the packs had, and asks elsewhere when that was nothing.
    fn kind_or_stock(
        &self,
        found: Option<Kind>,
        wanted: Kind,
        id: &gix::oid,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let what = word(wanted);
        let kind = match found {
            Some(kind) => Ok(Some(kind)),
            None => self.loose_or_stock(wanted, id, buffer),
        };
        match kind {
            Ok(Some(kind)) if kind == wanted => Ok(()),
            Ok(None) if wanted == Kind::Tree && id.is_empty_tree() => {
                buffer.clear();
                Ok(())
            }
            Ok(None) => Err(Unreadable::Missing(what, id.to_owned())),
            Ok(Some(_)) | Err(()) => Err(Unreadable::Damaged(what, id.to_owned())),
        }
    }

    /// Of an object of another kind the content is not read: it may be a blob of any size. What was read must have the
    /// id as its hash: gix does not look at the checksum at the end of a loose object's stream, as Git does.
    fn loose_or_stock(
        &self,
        wanted: Kind,
        id: &gix::oid,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Kind>, ()> {
        for store in self.loose(id) {
            let Ok(file) = store.object_path(id).metadata() else {
                continue;
            };
            if file.len() > LARGE
                && let Some(other) = kind_of_loose(store, id).filter(|kind| *kind != wanted)
            {
                return Ok(Some(other));
            }
            if let Ok(Some(data)) = store.try_find(id, buffer)
                && data.verify_checksum(id).is_ok()
            {
                return Ok(Some(data.kind));
            }
        }
        let stock = &self.repo.objects;
        match stock
            .try_header(id)
            .map_err(|_| ())?
            .map(|header| header.kind)
        {
            Some(kind) if kind == wanted => match stock.try_find(id, buffer).map_err(|_| ())? {
                Some(data)
                    if !self.store.replaced.contains(id) && data.verify_checksum(id).is_err() =>
                {
                    Err(())
                }
                data => Ok(data.map(|data| data.kind)),
            },
            other => Ok(other),
        }
    }
}

fn kind_of_loose(store: &loose::Store, id: &gix::oid) -> Option<Kind> {
    store.try_header(id).ok().flatten().map(|(_, kind)| kind)
}

/// The largest object that is read, by gix too: where a size is damaged, nobody makes room for it. Git has no bound, but a
/// tree this large would have millions of entries.
pub(super) const MOST_BYTES: usize = 256 << 20;
/// Bytes of a loose object's file from which on its kind is looked at first.
const LARGE: u64 = 1 << 14;
/// Of the trees that are kept for the next comparison.
const TREE_BYTES: usize = 8 << 20;

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Tag => "tag",
        Kind::Blob => "blob",
    }
}
