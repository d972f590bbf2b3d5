//! Builds the commits of events: facts and changed paths, within a budget, each commit once for all refs of a push.

use super::changed_paths::{ChangedPaths, PathVisitor, TreePair};
use super::commit;
use super::diff_prefetch::DiffPrefetch;
use super::history::{History, Node};
use super::object::Unreadable;
use super::objects::Objects;
use super::text::truncate;
use super::tree_diff::diff_trees;
use crate::push::{Commit, Needs, Scan};
use gix::ObjectId;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Paths of one event that filters see, and bytes of paths of all events. Past these limits the scan is bounded.
const SCAN_PATHS: usize = 500_000;
const SCAN_BYTES: usize = 64 << 20;
/// Bytes of messages and paths of one event, the limit of a whole record. Past it lists are dropped, and messages are
/// truncated to `SHORT_MESSAGE`.
const EVENT_BYTES: usize = 16 << 20;
const SHORT_MESSAGE: usize = 1 << 10;
/// Size of a commit without its message and paths, and of each parent.
const COMMIT_BYTES: usize = 500;
const PARENT_BYTES: usize = 64;
/// Commits that are kept for the next refs of the push, and their bytes.
const CACHED: usize = 4096;
const CACHED_BYTES: usize = 16 << 20;

/// Builds the commits of one push.
pub(super) struct CommitBuilder<'r> {
    objects: &'r Objects<'r>,
    cached: HashMap<Node, Commit>,
    use_cache: bool,
    cached_bytes: usize,
    bytes_left: usize,
    /// Bytes of paths that filters may still see.
    scan_left: Cell<usize>,
}

/// What one event needs, and what is left of its size.
pub(super) struct Budget {
    /// Whether `added`, `removed` and `modified` are needed.
    pub(super) paths: bool,
    /// Whether filters need every path.
    pub(super) all_paths: bool,
    bytes_left: usize,
    prefetch: DiffPrefetch,
    /// Commits that may still be prefetched.
    prefetch_left: usize,
}

impl Budget {
    /// The budget of an event.
    pub(super) fn new(needs: &Needs) -> Self {
        let (paths, all_paths) = (needs.paths, needs.all_paths);
        let mut budget = Self {
            paths,
            all_paths,
            bytes_left: EVENT_BYTES,
            prefetch: DiffPrefetch::default(),
            prefetch_left: 0,
        };
        budget.reset_prefetch(needs);
        budget
    }

    /// Allows prefetching the commits to list, once they are known for certain.
    pub(super) fn reset_prefetch(&mut self, needs: &Needs) {
        self.prefetch_left = if self.paths && !self.all_paths {
            needs.max_commits
        } else {
            0
        };
    }
}

impl<'r> CommitBuilder<'r> {
    /// `use_cache`: whether several refs may list the same commits. `bytes`: limit of all events; past it events list no
    /// further commits.
    pub(super) fn new(objects: &'r Objects<'r>, use_cache: bool, bytes: usize) -> Self {
        Self {
            objects,
            cached: HashMap::new(),
            use_cache,
            cached_bytes: 0,
            bytes_left: bytes,
            scan_left: Cell::new(SCAN_BYTES),
        }
    }

    /// What is left of the bytes of all events.
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Prefetches the changed paths of a commit that will probably be listed. It and its first parent have been read.
    pub(super) fn prefetch(&self, history: &mut History<'_>, node: Node, budget: &mut Budget) {
        if budget.prefetch_left > 0
            && !self.cached.contains_key(&node)
            && !budget.prefetch.contains(node)
            && let Some(pair) = tree_pair(history, node)
        {
            budget.prefetch_left -= 1;
            budget.prefetch.request(self.objects, node, pair);
        }
    }

    /// Whether the budget of the push allows another commit.
    pub(super) fn has_budget(&self) -> bool {
        self.bytes_left >= COMMIT_BYTES
    }

    /// A commit for an event. Adds its paths and its author to the scan.
    pub(super) fn commit(
        &mut self,
        history: &mut History<'_>,
        node: Node,
        budget: &mut Budget,
        scan: &mut Scan,
    ) -> Result<Commit, Unreadable> {
        let cached = self
            .cached
            .get(&node)
            .filter(|c| !budget.all_paths || !(c.files_truncated || c.paths_lossy));
        let mut commit = match cached {
            Some(commit) => commit.clone(),
            None => self.build(history, node, budget, scan)?,
        };
        if budget.all_paths {
            let lists = commit
                .added
                .iter()
                .chain(&commit.removed)
                .chain(&commit.modified);
            lists
                .filter(|_| !commit.paths_lossy)
                .for_each(|path| self.add_path(scan, path.as_bytes()));
        }
        self.charge(&mut commit, budget);
        scan.authors
            .insert((commit.author.name.clone(), commit.author.email.clone()));
        Ok(commit)
    }

    fn build(
        &mut self,
        history: &mut History<'_>,
        node: Node,
        budget: &Budget,
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
            && commit::header(content)
                .is_none_or(|read| (read.tree, read.parents) != (links.tree, parents.clone()))
        {
            // The commit-graph contradicts the object: it is damaged.
            return Err(Unreadable::Damaged("commit", id));
        }
        let mut commit = commit::facts(&id, content, &links.tree, &parents);
        if let Some(lists) = budget.prefetch.take(self.objects, node) {
            lists.fill(&mut commit);
        } else if budget.paths {
            self.list_paths(history, node, &mut commit, budget.all_paths.then_some(scan));
        } else if budget.all_paths {
            self.scan_commit(history, node, scan);
        }
        let bytes = self.cached_bytes + size(&commit);
        if self.use_cache && budget.paths && self.cached.len() < CACHED && bytes <= CACHED_BYTES {
            self.cached_bytes = bytes;
            self.cached.insert(node, commit.clone());
        }
        Ok(commit)
    }

    /// Fills the lists, and the scan if a filter needs every path.
    fn list_paths(
        &self,
        history: &mut History<'_>,
        node: Node,
        commit: &mut Commit,
        mut scan: Option<&mut Scan>,
    ) {
        let mut complete = false;
        if let Some(pair) = tree_pair(history, node) {
            let mut visitor = scan
                .as_deref_mut()
                .map(|scan| |path: &[u8]| self.add_path(scan, path));
            let visitor = visitor.as_mut().map(|visitor| visitor as PathVisitor<'_>);
            let (lists, read) = ChangedPaths::compare(self.objects, pair, visitor);
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

    /// Adds every path of a commit that is not listed to the scan.
    pub(super) fn scan_commit(&self, history: &mut History<'_>, node: Node, scan: &mut Scan) {
        let complete = tree_pair(history, node).is_some_and(|pair| {
            let visit = &mut |path: &[u8], _| {
                self.add_path(scan, path);
                if scan.bounded {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            diff_trees(self.objects, pair.old, Some(pair.new), visit).is_ok()
        });
        scan.bounded |= !complete;
    }

    /// Adds every path that differs between two commits to the scan.
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
        let complete = diff_trees(
            self.objects,
            Some(old.tree),
            Some(new.tree),
            &mut |path, _| {
                self.add_path(scan, path);
                ControlFlow::Continue(())
            },
        );
        scan.bounded |= complete.is_err();
    }

    /// Subtracts the commit from the budgets, and truncates what they no longer hold.
    fn charge(&mut self, commit: &mut Commit, budget: &mut Budget) {
        let bytes_left = budget.bytes_left.min(self.bytes_left);
        let paths = path_bytes(commit);
        if paths > bytes_left {
            (commit.added, commit.removed, commit.modified) = Default::default();
            commit.files_truncated = true;
        } else {
            budget.bytes_left -= paths;
        }
        if commit.message.len() > bytes_left {
            commit.message_truncated |= truncate(&mut commit.message, SHORT_MESSAGE);
        }
        budget.bytes_left = budget.bytes_left.saturating_sub(commit.message.len());
        self.bytes_left = self.bytes_left.saturating_sub(size(commit));
    }

    fn add_path(&self, scan: &mut Scan, path: &[u8]) {
        if scan.bounded || scan.paths.contains(path) {
            return;
        }
        match self.scan_left.get().checked_sub(path.len()) {
            Some(left) if scan.paths.len() < SCAN_PATHS => {
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

/// Approximate size in bytes.
fn size(commit: &Commit) -> usize {
    COMMIT_BYTES + commit.message.len() + path_bytes(commit) + PARENT_BYTES * commit.parents.len()
}

/// The trees to compare for a commit: that of its first parent, if any, and its own. `None` if one of the commits cannot be
/// read.
fn tree_pair(history: &mut History<'_>, node: Node) -> Option<TreePair> {
    let new = history.links(node).ok()?.tree;
    let old = match history.parents(node).first().copied() {
        None => None,
        Some(parent) => Some(history.links(parent).ok()?.tree),
    };
    Some(TreePair { old, new })
}
