//! Numbers the commits that the walks of one push meet, and reads each once for all refs.

use super::ancestors::CommitSet;
use super::commit;
use super::commit_texts::{CommitTexts, TextRange};
use super::grafts::Grafts;
use super::object::Unreadable;
use super::objects::Objects;
use gix::ObjectId;
use gix::commitgraph::{Graph, Position};
use gix::objs::Kind;
use std::ops::Range;

/// The number of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

impl Node {
    /// Counted from 0.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A commit that was met.
struct MetCommit {
    location: Location,
    links: LinkState,
    text: Option<TextRange>,
}

/// Where to read a commit: the object store or the commit-graph.
#[derive(Clone, Copy)]
enum Location {
    Object(ObjectId),
    Graph(Position),
}

enum LinkState {
    Unread,
    Read(Links),
    Unreadable(Box<Unreadable>),
}

/// The part of a commit that a walk needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) tree: ObjectId,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
    parents: (u32, u32),
}

impl Links {
    /// Indices of the parents, for [`History::parent`]. Grafts and the boundary of a shallow repository apply.
    pub(super) fn parents(&self) -> Range<usize> {
        self.parents.0 as usize..self.parents.1 as usize
    }
}

/// The history of one repository, as far as it was walked.
pub(super) struct History<'r> {
    objects: &'r Objects<'r>,
    graph: Option<Graph>,
    grafts: Grafts,
    /// Commits that are not in the commit-graph.
    numbers: gix::hashtable::HashMap<ObjectId, Node>,
    /// Commits in the commit-graph: by position, one more than the number; 0 if not met.
    graph_numbers: Vec<u32>,
    commits: Vec<MetCommit>,
    parents: Vec<Node>,
    texts: CommitTexts,
    buffer: Vec<u8>,
    /// The largest number of seconds by which a commit is older than its parent.
    skew: i64,
}

impl<'r> History<'r> {
    /// Reads no commit yet. Like Git, it ignores the commit-graph if grafts or a shallow boundary change the history.
    pub(super) fn new(objects: &'r Objects<'r>, use_graph: bool) -> Self {
        let repo = objects.repo;
        let grafts = Grafts::read(repo);
        let plain = grafts.is_empty();
        let graph = if use_graph && plain {
            repo.commit_graph_if_enabled().ok().flatten()
        } else {
            None
        };
        Self {
            objects,
            graph_numbers: vec![
                0;
                graph
                    .as_ref()
                    .map_or(0, |graph| graph.num_commits() as usize)
            ],
            graph,
            grafts,
            numbers: gix::hashtable::HashMap::default(),
            commits: Vec::new(),
            parents: Vec::new(),
            texts: CommitTexts::default(),
            buffer: Vec::new(),
            skew: 0,
        }
    }

    /// Whether a commit-graph is used.
    pub(super) fn has_graph(&self) -> bool {
        self.graph.is_some()
    }

    /// The largest number of seconds by which a commit is older than its parent.
    pub(super) fn skew(&self) -> i64 {
        self.skew
    }

    /// Keeps the contents of up to `commits` commits that [`Self::links_with_text`] reads next.
    pub(super) fn keep_texts(&mut self, commits: usize) {
        self.texts.allow(commits);
    }

    fn text(&self, node: Node) -> Option<&[u8]> {
        self.texts.get(self.commits[node.index()].text?)
    }

    /// Updates the skew by a commit and those of its parents that were read.
    pub(super) fn note_skew(&mut self, links: &Links) {
        for at in links.parents() {
            let ahead = self.date(self.parents[at]).saturating_sub(links.date);
            self.skew = self.skew.max(ahead);
        }
    }

    /// The number of a commit. Reads nothing yet.
    pub(super) fn node(&mut self, id: ObjectId) -> Node {
        if let Some(position) = self.graph.as_ref().and_then(|graph| graph.lookup(id)) {
            return self.graph_node(position);
        }
        let next = self.next();
        let node = *self.numbers.entry(id).or_insert(next);
        if node == next {
            self.add(Location::Object(id));
        }
        node
    }

    fn graph_node(&mut self, position: Position) -> Node {
        let (index, next) = (position.0 as usize, self.next());
        match self.graph_numbers[index] {
            0 => {
                self.graph_numbers[index] = next.0 + 1;
                self.add(Location::Graph(position));
                next
            }
            number => Node(number - 1),
        }
    }

    fn next(&self) -> Node {
        Node(u32::try_from(self.commits.len()).expect("a walk is bounded far below 2^32 commits"))
    }

    fn add(&mut self, location: Location) {
        self.commits.push(MetCommit {
            location,
            links: LinkState::Unread,
            text: None,
        });
    }

    /// The id of a commit.
    pub(super) fn id(&self, node: Node) -> ObjectId {
        match (self.commits[node.index()].location, &self.graph) {
            (Location::Graph(position), Some(graph)) => graph.id_at(position).to_owned(),
            (Location::Graph(_), None) => {
                unreachable!("without a graph no commit has a position in it")
            }
            (Location::Object(id), _) => id,
        }
    }

    /// The ids of the commits in a set.
    pub(super) fn ids(&self, set: &CommitSet) -> Vec<ObjectId> {
        let nodes = (0..).map(Node).take(self.commits.len());
        nodes
            .filter(|node| set.contains(*node))
            .map(|node| self.id(node))
            .collect()
    }

    /// Whether the commit is at the boundary of a shallow repository.
    pub(super) fn is_boundary(&self, node: Node) -> bool {
        self.grafts.is_boundary(&self.id(node))
    }

    /// Tree, parents and date. Reads the commit at the first call.
    pub(super) fn links(&mut self, node: Node) -> Result<Links, Unreadable> {
        if matches!(self.commits[node.index()].links, LinkState::Unread) {
            let links = self.load(node);
            self.commits[node.index()].links = links.map_or_else(
                |error| LinkState::Unreadable(Box::new(error)),
                LinkState::Read,
            );
        }
        match &self.commits[node.index()].links {
            LinkState::Read(links) => Ok(*links),
            LinkState::Unreadable(error) => Err((**error).clone()),
            LinkState::Unread => unreachable!("the commit was read above"),
        }
    }

    /// Reads a commit that will probably be listed, and keeps its content.
    pub(super) fn links_with_text(&mut self, node: Node) -> Result<Links, Unreadable> {
        if matches!(self.commits[node.index()].links, LinkState::Unread) && self.texts.take_permit()
        {
            self.keep_text(node);
        }
        self.links(node)
    }

    /// A parent by its index in [`Links::parents`].
    pub(super) fn parent(&self, index: usize) -> Node {
        self.parents[index]
    }

    /// The parents of a commit that was read; empty for others.
    pub(super) fn parents(&self, node: Node) -> &[Node] {
        match &self.commits[node.index()].links {
            LinkState::Read(links) => &self.parents[links.parents()],
            _ => &[],
        }
    }

    /// The committer date of a commit that was read; 0 for others.
    pub(super) fn date(&self, node: Node) -> i64 {
        match &self.commits[node.index()].links {
            LinkState::Read(links) => links.date,
            _ => 0,
        }
    }

    /// The generation in the commit-graph, greater than that of any parent. `None` if the graph lacks the commit, or was
    /// written before Git 2.19, without generations.
    pub(super) fn generation(&self, node: Node) -> Option<u32> {
        match (&self.graph, self.commits[node.index()].location) {
            (Some(graph), Location::Graph(position)) => {
                Some(graph.commit_at(position).generation()).filter(|n| *n > 0)
            }
            _ => None,
        }
    }

    /// The content of a commit.
    pub(super) fn content(&mut self, node: Node) -> Result<&[u8], Unreadable> {
        if self.text(node).is_some() {
            return Ok(self.text(node).unwrap_or_default());
        }
        let id = self.id(node);
        self.objects.read(Kind::Commit, &id, &mut self.buffer)
    }

    fn load(&mut self, node: Node) -> Result<Links, Unreadable> {
        if let Location::Graph(position) = self.commits[node.index()].location
            && let Some(links) = self.links_in_graph(position)
        {
            return Ok(links);
        }
        let id = self.id(node);
        let header = match self.text(node) {
            Some(text) => commit::header(text).ok_or(Unreadable::Damaged("commit", id))?,
            None => read_header(self.objects, &id, &mut self.buffer)?,
        };
        Ok(self.add_links(&id, header))
    }

    fn add_links(&mut self, id: &gix::oid, header: commit::CommitHeader) -> Links {
        let start = self.next_parent();
        for parent in self.grafts.apply(id, header.parents) {
            let parent = self.node(parent);
            self.parents.push(parent);
        }
        Links {
            tree: header.tree,
            parents: (start, self.next_parent()),
            date: header.date,
        }
    }

    /// The index of the next parent to add.
    fn next_parent(&self) -> u32 {
        u32::try_from(self.parents.len()).expect("a walk is bounded far below 2^32 links")
    }

    /// Keeps the whole commit, unless the commit-graph has it. A read error is reported when the commit is needed.
    fn keep_text(&mut self, node: Node) {
        let Location::Object(id) = self.commits[node.index()].location else {
            return;
        };
        if let Ok(content) = self.objects.read(Kind::Commit, &id, &mut self.buffer) {
            self.commits[node.index()].text = self.texts.add(content);
        }
    }

    /// The links in the commit-graph; `None` if it is damaged.
    fn links_in_graph(&mut self, position: Position) -> Option<Links> {
        let commit = self.graph.as_ref()?.commit_at(position);
        let date = i64::try_from(commit.committer_timestamp()).ok()?;
        let tree = commit.root_tree_id().to_owned();
        let parents: Vec<Position> = commit.iter_parents().collect::<Result<_, _>>().ok()?;
        let start = self.next_parent();
        for parent in parents {
            if parent.0 as usize >= self.graph_numbers.len() {
                self.parents.truncate(start as usize);
                return None;
            }
            let parent = self.graph_node(parent);
            self.parents.push(parent);
        }
        Some(Links {
            tree,
            parents: (start, self.next_parent()),
            date,
        })
    }
}

/// Reads the header of a commit, of a large one only the first bytes.
fn read_header(
    objects: &Objects<'_>,
    id: &gix::oid,
    buffer: &mut Vec<u8>,
) -> Result<commit::CommitHeader, Unreadable> {
    let (head, whole) = objects.read_head(id, buffer)?;
    if !whole {
        if let Some(links) = commit::partial_header(head) {
            return Ok(links);
        }
        objects.read(Kind::Commit, id, buffer)?;
    }
    commit::header(buffer).ok_or_else(|| Unreadable::Damaged("commit", id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_has_one_number() {
        let dir = tempfile::tempdir().unwrap();
        let repo = gix::init_bare(dir.path()).unwrap();
        let objects = Objects::new(&repo);
        let mut history = History::new(&objects, true);
        let (a, b) = (
            ObjectId::from_hex(&[b'a'; 40]).unwrap(),
            ObjectId::from_hex(&[b'b'; 40]).unwrap(),
        );
        let first = history.node(a);
        assert_ne!(first, history.node(b));
        assert_eq!(first, history.node(a));
        assert_eq!(
            history.links(first).unwrap_err(),
            Unreadable::Missing("commit", a)
        );
    }
}
