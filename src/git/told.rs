//! Commits as they are told: with their paths, within a budget, each built once for all refs of a push.

use super::ahead::Ahead;
use super::commit;
use super::history::{History, Node};
use super::lists::{Every, Lists, Pair};
use super::object::Unreadable;
use super::objects::Objects;
use super::paths::changed;
use super::text::cut;
use crate::push::{Commit, Needs, Scan};
use gix::ObjectId;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Paths of an event that a filter looks at, and bytes of paths of all events; past them the scan is bounded.
const SCANNED: usize = 500_000;
const SCANNED_BYTES: usize = 64 << 20;
/// Bytes of messages and paths of one event, as much as a whole record may have; past it lists are cut, and messages to
/// so many bytes.
const EVENT_BYTES: usize = 16 << 20;
const SHORT_MESSAGE: usize = 1 << 10;
/// What a commit costs besides its message and paths, and each of its parents.
const COMMIT_BYTES: usize = 500;
const PARENT_BYTES: usize = 64;
/// Commits that are kept for the next refs of the push, and their bytes.
const KEPT: usize = 4096;
const KEPT_BYTES: usize = 16 << 20;

/// Tells the commits of one push.
pub(super) struct Teller<'r> {
    objects: &'r Objects<'r>,
    kept: HashMap<Node, Commit>,
    keep: bool,
    kept_bytes: usize,
    left: usize,
    /// Bytes of paths that filters may still be shown.
    scan_left: Cell<usize>,
}

/// What is left of the budget of one event, and what is asked for.
pub(super) struct Asked {
    /// Whether `added`, `removed` and `modified` are.
    pub(super) paths: bool,
    /// Whether the filters look at every path.
    pub(super) all_paths: bool,
    left: usize,
    /// Commits whose paths may be worked out ahead.
    ahead: Ahead,
    /// How many more may be.
    offers: usize,
}

impl Asked {
    /// With the budget of a whole event that lists at most so many commits.
    pub(super) fn new(needs: &Needs) -> Self {
        let (paths, all_paths) = (needs.paths, needs.all_paths);
        let mut asked = Self {
            paths,
            all_paths,
            left: EVENT_BYTES,
            ahead: Ahead::default(),
            offers: 0,
        };
        asked.expect_again(needs);
        asked
    }

    /// Once the walk knows for certain what will be told.
    pub(super) fn expect_again(&mut self, needs: &Needs) {
        self.offers = if self.paths && !self.all_paths {
            needs.max_commits
        } else {
            0
        };
    }
}

impl<'r> Teller<'r> {
    /// `keep`: whether other refs will tell the same commits. `bytes`: of messages and paths, for all events; past them
    /// events list no further commits.
    pub(super) fn new(objects: &'r Objects<'r>, keep: bool, bytes: usize) -> Self {
        Self {
            objects,
            kept: HashMap::new(),
            keep,
            kept_bytes: 0,
            left: bytes,
            scan_left: Cell::new(SCANNED_BYTES),
        }
    }

    /// What is left of them.
    pub(super) fn bytes_left(&self) -> usize {
        self.left
    }

    /// Says that a commit will probably be told, and that it and its first parent have been read.
    pub(super) fn expect(&self, history: &mut History<'_>, node: Node, asked: &mut Asked) {
        if asked.offers > 0
            && !self.kept.contains_key(&node)
            && !asked.ahead.has(node)
            && let Some(pair) = pair(history, node)
        {
            asked.offers -= 1;
            asked.ahead.offer(self.objects, node, pair);
        }
    }

    /// Whether the budget of the push allows another commit.
    pub(super) fn may_go_on(&self) -> bool {
        self.left >= COMMIT_BYTES
    }

    /// A commit as the event tells it; its paths and its author go to the scan as well.
    pub(super) fn commit(
        &mut self,
        history: &mut History<'_>,
        node: Node,
        asked: &mut Asked,
        scan: &mut Scan,
    ) -> Result<Commit, Unreadable> {
        let kept = self
            .kept
            .get(&node)
            .filter(|c| !asked.all_paths || !(c.files_truncated || c.paths_lossy));
        let mut commit = match kept {
            Some(commit) => commit.clone(),
            None => self.build(history, node, asked, scan)?,
        };
        if asked.all_paths {
            let lists = commit
                .added
                .iter()
                .chain(&commit.removed)
                .chain(&commit.modified);
            lists
                .filter(|_| !commit.paths_lossy)
                .for_each(|path| self.note(scan, path.as_bytes()));
        }
        self.charge(&mut commit, asked);
        scan.authors
            .insert((commit.author.name.clone(), commit.author.email.clone()));
        Ok(commit)
    }

    fn build(
        &mut self,
        history: &mut History<'_>,
        node: Node,
        asked: &Asked,
        scan: &mut Scan,
    ) -> Result<Commit, Unreadable> {
        let links = history.links(node)?;
        let parents: Vec<ObjectId> = history
            .parents(node)
            .iter()
            .map(|p| history.id(*p))
            .collect();
        let id = history.id(node);
        let has_graph = history.has_graph();
        let content = history.content(node)?;
        if has_graph
            && commit::links(content)
                .is_none_or(|read| (read.tree, read.parents) != (links.tree, parents.clone()))
        {
            // The commit-graph says otherwise: it is damaged.
            return Err(Unreadable::Damaged("commit", id));
        }
        let mut commit = commit::facts(&id, content, &links.tree, &parents);
        if let Some(lists) = asked.ahead.take(self.objects, node) {
            lists.fill(&mut commit);
        } else if asked.paths {
            self.list(history, node, &mut commit, asked.all_paths.then_some(scan));
        } else if asked.all_paths {
            self.scan(history, node, scan);
        }
        let bytes = self.kept_bytes + size(&commit);
        if self.keep && asked.paths && self.kept.len() < KEPT && bytes <= KEPT_BYTES {
            self.kept_bytes = bytes;
            self.kept.insert(node, commit.clone());
        }
        Ok(commit)
    }

    /// Fills the lists, and the scan with every path when a filter asks for it.
    fn list(
        &self,
        history: &mut History<'_>,
        node: Node,
        commit: &mut Commit,
        mut scan: Option<&mut Scan>,
    ) {
        let mut complete = false;
        if let Some(pair) = pair(history, node) {
            let mut every = scan
                .as_deref_mut()
                .map(|scan| |path: &[u8]| self.note(scan, path));
            let every = every.as_mut().map(|every| every as Every<'_>);
            let (lists, read) = Lists::of(self.objects, pair, every);
            lists.fill(commit);
            complete = read.is_ok();
        }
        if !complete {
            commit.files_truncated = true;
            if let Some(scan) = scan {
                scan.bounded = true;
            }
        }
    }

    /// Notes every path of a commit that is not listed.
    pub(super) fn scan(&self, history: &mut History<'_>, node: Node, scan: &mut Scan) {
        let complete = pair(history, node).is_some_and(|pair| {
            let noted = &mut |path: &[u8], _| {
                self.note(scan, path);
                if scan.bounded {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            changed(self.objects, pair.old, Some(pair.new), noted).is_ok()
        });
        scan.bounded |= !complete;
    }

    /// Notes every path that differs between two commits.
    pub(super) fn scan_between(
        &self,
        history: &mut History<'_>,
        old: Node,
        new: Node,
        scan: &mut Scan,
    ) {
        let (Ok(old), Ok(new)) = (history.links(old), history.links(new)) else {
            scan.bounded = true;
            return;
        };
        let complete = changed(
            self.objects,
            Some(old.tree),
            Some(new.tree),
            &mut |path, _| {
                self.note(scan, path);
                ControlFlow::Continue(())
            },
        );
        scan.bounded |= complete.is_err();
    }

    /// Cuts what the budgets no longer hold.
    fn charge(&mut self, commit: &mut Commit, asked: &mut Asked) {
        let left = asked.left.min(self.left);
        let paths = path_bytes(commit);
        if paths > left {
            (commit.added, commit.removed, commit.modified) = Default::default();
            commit.files_truncated = true;
        } else {
            asked.left -= paths;
        }
        if commit.message.len() > left {
            commit.message_truncated |= cut(&mut commit.message, SHORT_MESSAGE);
        }
        asked.left = asked.left.saturating_sub(commit.message.len());
        self.left = self.left.saturating_sub(size(commit));
    }

    fn note(&self, scan: &mut Scan, path: &[u8]) {
        if scan.bounded || scan.paths.contains(path) {
            return;
        }
        match self.scan_left.get().checked_sub(path.len()) {
            Some(left) if scan.paths.len() < SCANNED => {
                self.scan_left.set(left);
                scan.paths.insert(path.to_vec());
            }
            _ => scan.bounded = true,
        }
    }
}

fn path_bytes(commit: &Commit) -> usize {
    let lists = [&commit.added, &commit.removed, &commit.modified];
    lists
        .iter()
        .flat_map(|list| list.iter())
        .map(|path| path.len() + 4)
        .sum()
}

/// Bytes, about.
fn size(commit: &Commit) -> usize {
    COMMIT_BYTES + commit.message.len() + path_bytes(commit) + PARENT_BYTES * commit.parents.len()
}

/// The trees whose difference are the paths of a commit: against its first parent, all of them when it has none. `None`
/// when the commit or the parent cannot be read.
fn pair(history: &mut History<'_>, node: Node) -> Option<Pair> {
    let new = history.links(node).ok()?.tree;
    let old = match history.parents(node).first().copied() {
        None => None,
        Some(parent) => Some(history.links(parent).ok()?.tree),
    };
    Some(Pair { old, new })
}
