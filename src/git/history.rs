//! The commits that the walks of one push have met: numbered, each read once, for all refs together.

use super::commit;
use super::object::Unreadable;
use super::objects::Objects;
use super::reach::Set;
use gix::ObjectId;
use gix::commitgraph::{Graph, Position};
use gix::objs::Kind;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// A commit of the history, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

impl Node {
    /// Counted from 0.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

struct Met {
    name: Name,
    links: State,
    /// Where in [`History::texts`] the content stands, if it is still there.
    text: Option<(usize, usize)>,
}

/// How a commit was met: by its id, or by its place in the commit-graph.
#[derive(Clone, Copy)]
enum Name {
    Id(ObjectId),
    Graph(Position),
}

enum State {
    Unread,
    Read(Links),
    Unreadable(Box<Unreadable>),
}

/// What a walk follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) tree: ObjectId,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
    parents: (u32, u32),
}

impl Links {
    /// The places of the parents, for [`History::parent`], as Git walks them: `info/grafts` and the boundary of a shallow
    /// repository apply.
    pub(super) fn parents(&self) -> Range<usize> {
        self.parents.0 as usize..self.parents.1 as usize
    }
}

/// The history of one repository, as far as it was walked.
pub(super) struct History<'r> {
    objects: &'r Objects<'r>,
    graph: Option<Graph>,
    grafts: HashMap<ObjectId, Vec<ObjectId>>,
    shallow: HashSet<ObjectId>,
    /// Commits that the commit-graph does not have.
    numbers: gix::hashtable::HashMap<ObjectId, Node>,
    /// The others: by place in the graph, one more than the number; 0 where none was met.
    graph_numbers: Vec<u32>,
    met: Vec<Met>,
    parents: Vec<Node>,
    /// Contents of commits that will be told, and how many bytes of them were thrown away.
    texts: Vec<u8>,
    told: usize,
    keep: usize,
    buffer: Vec<u8>,
    /// By how many seconds a commit that was seen is older than its parent, at most: dates say so much less about what
    /// is still to come.
    skew: i64,
}

/// Bytes of commits that are kept from the walk until they are told.
const TEXT_BYTES: usize = 8 << 20;

impl<'r> History<'r> {
    /// Starts with nothing met. Like Git, it takes no commit-graph where replacements, grafts or shallow boundaries change
    /// the history that the graph has written down.
    pub(super) fn new(objects: &'r Objects<'r>, use_graph: bool) -> Self {
        let repo = objects.repo;
        let shallow = repo.shallow_commits().ok().flatten();
        let shallow: HashSet<_> = shallow.iter().flat_map(|ids| ids.iter().copied()).collect();
        let grafts = grafts(repo);
        let plain = grafts.is_empty() && shallow.is_empty() && !objects.has_replacements();
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
            shallow,
            numbers: gix::hashtable::HashMap::default(),
            met: Vec::new(),
            parents: Vec::new(),
            texts: Vec::new(),
            told: 0,
            keep: 0,
            buffer: Vec::new(),
            skew: 0,
        }
    }

    /// Whether a commit-graph is at work.
    pub(super) fn has_graph(&self) -> bool {
        self.graph.is_some()
    }

    /// How far dates were seen to run backwards, in seconds.
    pub(super) fn skew(&self) -> i64 {
        self.skew
    }

    /// Keeps the contents of so many of the commits that [`Self::links_to_tell`] reads next, rather than those from
    /// before.
    pub(super) fn keep(&mut self, commits: usize) {
        self.keep = commits;
        if self.texts.len() > TEXT_BYTES / 2 {
            self.told += self.texts.len();
            self.texts.clear();
        }
    }

    fn text(&self, node: Node) -> Option<&[u8]> {
        let (start, end) = self.met[node.index()].text?;
        self.texts
            .get(start.checked_sub(self.told)?..end - self.told)
    }

    /// Compares a commit with those of its parents that were read.
    pub(super) fn note_skew(&mut self, links: &Links) {
        for at in links.parents() {
            let ahead = self.date(self.parents[at]).saturating_sub(links.date);
            self.skew = self.skew.max(ahead);
        }
    }

    /// The number of a commit; nothing is read yet.
    pub(super) fn node(&mut self, id: ObjectId) -> Node {
        if let Some(position) = self.graph.as_ref().and_then(|graph| graph.lookup(id)) {
            return self.graph_node(position);
        }
        let next = self.next();
        let node = *self.numbers.entry(id).or_insert(next);
        if node == next {
            self.meet(Name::Id(id));
        }
        node
    }

    fn graph_node(&mut self, position: Position) -> Node {
        let (at, next) = (position.0 as usize, self.next());
        match self.graph_numbers[at] {
            0 => {
                self.graph_numbers[at] = next.0 + 1;
                self.meet(Name::Graph(position));
                next
            }
            number => Node(number - 1),
        }
    }

    fn next(&self) -> Node {
        Node(u32::try_from(self.met.len()).expect("a walk is bounded far below 2^32 commits"))
    }

    fn meet(&mut self, name: Name) {
        self.met.push(Met {
            name,
            links: State::Unread,
            text: None,
        });
    }

    /// The id of a commit.
    pub(super) fn id(&self, node: Node) -> ObjectId {
        match (self.met[node.index()].name, &self.graph) {
            (Name::Graph(position), Some(graph)) => graph.id_at(position).to_owned(),
            (Name::Graph(_), None) => {
                unreachable!("without a graph no commit is met by its place there")
            }
            (Name::Id(id), _) => id,
        }
    }

    /// The ids of the commits in a set.
    pub(super) fn ids(&self, set: &Set) -> Vec<ObjectId> {
        let nodes = (0..).map(Node).take(self.met.len());
        nodes
            .filter(|node| set.contains(*node))
            .map(|node| self.id(node))
            .collect()
    }

    /// Whether the commit lies at the boundary of a shallow repository.
    pub(super) fn is_boundary(&self, node: Node) -> bool {
        !self.shallow.is_empty() && self.shallow.contains(&self.id(node))
    }

    /// Tree, parents and date, read when asked for the first time.
    pub(super) fn links(&mut self, node: Node) -> Result<Links, Unreadable> {
        if matches!(self.met[node.index()].links, State::Unread) {
            let links = self.load(node);
            self.met[node.index()].links =
                links.map_or_else(|error| State::Unreadable(Box::new(error)), State::Read);
        }
        match &self.met[node.index()].links {
            State::Read(links) => Ok(*links),
            State::Unreadable(error) => Err((**error).clone()),
            State::Unread => unreachable!("it was read just now"),
        }
    }

    /// The same for a commit that will probably be told.
    pub(super) fn links_to_tell(&mut self, node: Node) -> Result<Links, Unreadable> {
        if self.keep > 0
            && self.texts.len() < TEXT_BYTES
            && matches!(self.met[node.index()].links, State::Unread)
        {
            self.keep -= 1;
            self.keep_text(node);
        }
        self.links(node)
    }

    /// A parent by its place.
    pub(super) fn parent(&self, at: usize) -> Node {
        self.parents[at]
    }

    /// The parents of a commit that was read; none for others.
    pub(super) fn parents(&self, node: Node) -> &[Node] {
        match &self.met[node.index()].links {
            State::Read(links) => &self.parents[links.parents()],
            _ => &[],
        }
    }

    /// Committer's date of a commit that was read; the beginning of time for others.
    pub(super) fn date(&self, node: Node) -> i64 {
        match &self.met[node.index()].links {
            State::Read(links) => links.date,
            _ => 0,
        }
    }

    /// What the commit-graph says: more than that of any parent. It does not know all commits, and a graph from before
    /// Git 2.19 knows no generations, which it writes as 0.
    pub(super) fn generation(&self, node: Node) -> Option<u32> {
        match (&self.graph, self.met[node.index()].name) {
            (Some(graph), Name::Graph(position)) => {
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
        if let Name::Graph(position) = self.met[node.index()].name
            && let Some(links) = self.written_down(position)
        {
            return Ok(links);
        }
        let id = self.id(node);
        let read = match self.text(node) {
            Some(text) => commit::links(text).ok_or(Unreadable::Damaged("commit", id))?,
            None => read(self.objects, &id, &mut self.buffer)?,
        };
        Ok(self.enter(&id, read))
    }

    fn enter(&mut self, id: &gix::oid, read: commit::Links) -> Links {
        let parents = match self.grafts.get(id) {
            _ if self.shallow.contains(id) => Vec::new(),
            Some(grafted) => grafted.clone(),
            None => read.parents,
        };
        let start = self.places();
        for parent in parents {
            let parent = self.node(parent);
            self.parents.push(parent);
        }
        Links {
            tree: read.tree,
            parents: (start, self.places()),
            date: read.date,
        }
    }

    /// Where the parents of the next commit will stand.
    fn places(&self) -> u32 {
        u32::try_from(self.parents.len()).expect("a walk is bounded far below 2^32 links")
    }

    /// Reads the whole commit, unless the commit-graph has its links; what fails here fails again where it matters.
    fn keep_text(&mut self, node: Node) {
        let Name::Id(id) = self.met[node.index()].name else {
            return;
        };
        let Ok(data) = self.objects.read(Kind::Commit, &id, &mut self.buffer) else {
            return;
        };
        if data.len() < TEXT_BYTES / 8 {
            let start = self.told + self.texts.len();
            self.met[node.index()].text = Some((start, start + data.len()));
            self.texts.extend_from_slice(data);
        }
    }

    /// What the commit-graph says: `None` when it is damaged there.
    fn written_down(&mut self, position: Position) -> Option<Links> {
        let commit = self.graph.as_ref()?.commit_at(position);
        let date = i64::try_from(commit.committer_timestamp()).ok()?;
        let tree = commit.root_tree_id().to_owned();
        let parents: Vec<Position> = commit.iter_parents().collect::<Result<_, _>>().ok()?;
        let start = self.places();
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
            parents: (start, self.places()),
            date,
        })
    }
}

fn read(
    objects: &Objects<'_>,
    id: &gix::oid,
    buffer: &mut Vec<u8>,
) -> Result<commit::Links, Unreadable> {
    let (head, whole) = objects.read_head(id, buffer)?;
    if !whole {
        if let Some(links) = commit::links_of_head(head) {
            return Ok(links);
        }
        objects.read(Kind::Commit, id, buffer)?;
    }
    commit::links(buffer).ok_or_else(|| Unreadable::Damaged("commit", id.to_owned()))
}

/// `info/grafts`: each line a commit and the parents that Git shall take instead (gitrepository-layout(5)).
fn grafts(repo: &gix::Repository) -> HashMap<ObjectId, Vec<ObjectId>> {
    let text = std::fs::read(repo.common_dir().join("info/grafts")).unwrap_or_default();
    let lines = text
        .split(|b| *b == b'\n')
        .filter(|line| !line.starts_with(b"#"));
    lines
        .filter_map(|line| {
            let ids = line
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            let mut ids = ids
                .map(ObjectId::from_hex)
                .collect::<Result<Vec<_>, _>>()
                .ok()?
                .into_iter();
            Some((ids.next()?, ids.collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_for_one_commit() {
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
