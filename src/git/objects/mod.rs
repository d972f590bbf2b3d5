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
mod packs;
mod tree;

pub(super) use tree::{Entry, Mode, NoTree, Tree};

use super::object::Unreadable;
use bases::Bases;
use entry::Reader;
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};
use packs::Packs;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// Reads objects. Replacements (git-replace(1)) apply, as for every Git command.
pub(super) struct Objects<'r> {
    pub(super) repo: &'r gix::Repository,
    packs: Packs,
    reader: RefCell<Reader>,
    trees: RefCell<Bases<ObjectId, Tree>>,
    replaced: HashSet<ObjectId>,
}

impl<'r> Objects<'r> {
    /// Opens nothing yet.
    pub(super) fn new(repo: &'r gix::Repository) -> Self {
        Self {
            repo,
            packs: Packs::new(repo),
            reader: RefCell::default(),
            trees: RefCell::new(Bases::new(TREE_BYTES)),
            replaced: repo.objects.store_ref().replacements().map(|(id, _)| id).collect(),
        }
    }

    /// Whether some object is replaced by another one.
    pub(super) fn has_replacements(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// The bytes of an object that must be a `wanted`; `buffer` holds them.
    pub(super) fn read<'b>(
        &self,
        wanted: Kind,
        id: &gix::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Unreadable> {
        let found = self.place(id).and_then(|place| self.reader.borrow_mut().bytes(&self.packs, place, buffer));
        self.kind_or_stock(found, wanted, id, buffer)?;
        Ok(buffer)
    }

    /// The same, but of a large commit perhaps only the beginning: [`HEAD_BYTES`] or more. Says whether that is all.
    pub(super) fn read_head<'b>(&self, id: &gix::oid, buffer: &'b mut Vec<u8>) -> Result<(&'b [u8], bool), Unreadable> {
        let found = self.place(id).and_then(|place| self.reader.borrow_mut().head(&self.packs, place, buffer));
        let whole = found.is_none_or(|(_, whole)| whole);
        self.kind_or_stock(found.map(|(kind, _)| kind), Kind::Commit, id, buffer)?;
        Ok((buffer, whole))
    }

    /// A tree, shared with whoever asks for it again soon.
    pub(super) fn tree(&self, id: &gix::oid) -> Result<Rc<Tree>, Unreadable> {
        if let Some(tree) = self.trees.borrow_mut().get(id) {
            return Ok(tree);
        }
        let found = self.place(id).and_then(|place| self.reader.borrow_mut().shared(&self.packs, place));
        let bytes = if let Some((Kind::Tree, bytes)) = found.as_deref() {
            Rc::clone(bytes)
        } else {
            let mut bytes = Vec::new();
            self.kind_or_stock(found.map(|shared| shared.0), Kind::Tree, id, &mut bytes)?;
            Rc::new(bytes)
        };
        let size = bytes.len();
        let tree = Rc::new(Tree::new(bytes, self.repo.object_hash()));
        self.trees.borrow_mut().keep(id.to_owned(), &tree, size);
        Ok(tree)
    }

    /// What kind of object an id names, without reading its content.
    pub(super) fn kind(&self, id: &gix::oid) -> Result<Kind, Unreadable> {
        if let Some(kind) = self.place(id).and_then(|place| entry::kind(&self.packs, place)) {
            return Ok(kind);
        }
        match self.repo.objects.try_header(id) {
            Ok(Some(header)) => Ok(header.kind),
            Ok(None) => Err(Unreadable::Missing("object", id.to_owned())),
            Err(_) => Err(Unreadable::Damaged("object", id.to_owned())),
        }
    }

    fn place(&self, id: &gix::oid) -> Option<packs::Place> {
        if !self.replaced.is_empty() && self.replaced.contains(id) {
            return None;
        }
        self.packs.find(id)
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
            None => self.loose_or_stock(id, buffer),
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

    fn loose_or_stock(&self, id: &gix::oid, buffer: &mut Vec<u8>) -> Result<Option<Kind>, ()> {
        let replaced = self.replaced.contains(id);
        let loose = self.packs.loose().iter().filter(|_| !replaced);
        for store in loose {
            if let Ok(Some(data)) = store.try_find(id, buffer) {
                return Ok(Some(data.kind));
            }
        }
        self.repo.objects.try_find(id, buffer).map(|data| data.map(|data| data.kind)).map_err(|_| ())
    }
}

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
