//! The commits that the walks of one push have met: numbered, each read once, for all refs together.

use super::commit;
use super::object::{Objects, Unreadable};
use super::reach::Set;
use gix::ObjectId;
use gix::objs::Kind;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

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
    id: ObjectId,
    links: Option<Result<Rc<Links>, Unreadable>>,
}

/// What a walk follows.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) tree: ObjectId,
    /// As Git walks them: `info/grafts` and the boundary of a shallow repository apply.
    pub(super) parents: Vec<Node>,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
    /// What the commit-graph says: more than that of any parent. It does not know all commits.
    pub(super) generation: Option<u32>,
}

/// The history of one repository, as far as it was walked.
pub(super) struct History<'r> {
    objects: Objects<'r>,
    graph: Option<gix::commitgraph::Graph>,
    grafts: HashMap<ObjectId, Vec<ObjectId>>,
    shallow: HashSet<ObjectId>,
    numbers: gix::hashtable::HashMap<ObjectId, Node>,
    met: Vec<Met>,
    buffer: Vec<u8>,
    /// Whether some commit was seen that is older than its parent: dates then say little about what is still to come.
    skewed: bool,
}

impl<'r> History<'r> {
    /// Starts with nothing met. Like Git, it takes no commit-graph where grafts or shallow boundaries change the history
    /// that the graph has written down.
    pub(super) fn new(repo: &'r gix::Repository, use_graph: bool) -> Self {
        let shallow = repo.shallow_commits().ok().flatten();
        let shallow: HashSet<_> = shallow.iter().flat_map(|ids| ids.iter().copied()).collect();
        let grafts = grafts(repo);
        let plain = grafts.is_empty() && shallow.is_empty();
        let graph = if use_graph && plain { repo.commit_graph_if_enabled().ok().flatten() } else { None };
        Self {
            objects: Objects(repo),
            graph,
            grafts,
            shallow,
            numbers: gix::hashtable::HashMap::default(),
            met: Vec::new(),
            buffer: Vec::new(),
            skewed: false,
        }
    }

    /// Whether a commit-graph is at work.
    pub(super) fn has_graph(&self) -> bool {
        self.graph.is_some()
    }

    /// Whether dates that run backwards were met.
    pub(super) fn is_skewed(&self) -> bool {
        self.skewed
    }

    /// Compares a commit with those of its parents that were read.
    pub(super) fn note_skew(&mut self, links: &Links) {
        let parents = links.parents.iter().filter_map(|p| self.met[p.index()].links.as_ref()?.as_ref().ok());
        self.skewed |= { parents }.any(|parent| parent.date > links.date);
    }

    /// The number of a commit; nothing is read yet.
    pub(super) fn node(&mut self, id: ObjectId) -> Node {
        let next = Node(u32::try_from(self.met.len()).expect("a walk is bounded far below 2^32 commits"));
        let node = *self.numbers.entry(id).or_insert(next);
        if node == next {
            self.met.push(Met { id, links: None });
        }
        node
    }

    /// The id of a commit.
    pub(super) fn id(&self, node: Node) -> ObjectId {
        self.met[node.index()].id
    }

    /// The ids of the commits in a set.
    pub(super) fn ids(&self, set: &Set) -> Vec<ObjectId> {
        let nodes = (0..).map(Node).zip(&self.met);
        nodes.filter(|(node, _)| set.contains(*node)).map(|(_, met)| met.id).collect()
    }

    /// Whether the commit lies at the boundary of a shallow repository.
    pub(super) fn is_boundary(&self, node: Node) -> bool {
        self.shallow.contains(&self.id(node))
    }

    /// Tree, parents and date, read when asked for the first time.
    pub(super) fn links(&mut self, node: Node) -> Result<Rc<Links>, Unreadable> {
        if let Some(links) = &self.met[node.index()].links {
            return links.clone();
        }
        let links = self.load(node).map(Rc::new);
        self.met[node.index()].links = Some(links.clone());
        links
    }

    /// Committer's date of a commit that was read; 0 for others.
    pub(super) fn date(&self, node: Node) -> i64 {
        self.met[node.index()].links.as_ref().and_then(|l| l.as_ref().ok()).map_or(0, |links| links.date)
    }

    /// What the commit-graph says of a commit that was read.
    pub(super) fn generation(&self, node: Node) -> Option<u32> {
        self.met[node.index()].links.as_ref()?.as_ref().ok()?.generation
    }

    /// The content of a commit.
    pub(super) fn content(&mut self, node: Node) -> Result<&[u8], Unreadable> {
        let id = self.id(node);
        self.objects.read(Kind::Commit, &id, &mut self.buffer)
    }

    fn load(&mut self, node: Node) -> Result<Links, Unreadable> {
        let id = self.id(node);
        let (read, generation) = if let Some((links, generation)) = self.written_down(&id) {
            (links, Some(generation))
        } else {
            let data = self.objects.read(Kind::Commit, &id, &mut self.buffer)?;
            (commit::links(data).ok_or(Unreadable::Damaged("commit", id))?, None)
        };
        let parents = match self.grafts.get(&id) {
            _ if self.shallow.contains(&id) => Vec::new(),
            Some(grafted) => grafted.clone(),
            None => read.parents,
        };
        let parents = parents.into_iter().map(|parent| self.node(parent)).collect();
        Ok(Links { tree: read.tree, parents, date: read.date, generation })
    }

    /// What the commit-graph says: `None` when there is no graph, the graph does not know the commit, or is damaged there.
    fn written_down(&self, id: &gix::oid) -> Option<(commit::Links, u32)> {
        let graph = self.graph.as_ref()?;
        let commit = graph.commit_by_id(id)?;
        let parents = commit.iter_parents().map(|at| Some(graph.id_at(at.ok()?).to_owned())).collect::<Option<_>>()?;
        let date = i64::try_from(commit.committer_timestamp()).ok()?;
        Some((commit::Links { tree: commit.root_tree_id().to_owned(), parents, date }, commit.generation()))
    }
}

/// `info/grafts`: each line a commit and the parents that Git shall take instead (gitrepository-layout(5)).
fn grafts(repo: &gix::Repository) -> HashMap<ObjectId, Vec<ObjectId>> {
    let text = std::fs::read(repo.common_dir().join("info/grafts")).unwrap_or_default();
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.starts_with(b"#"));
    lines
        .filter_map(|line| {
            let ids = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let mut ids = ids.map(ObjectId::from_hex).collect::<Result<Vec<_>, _>>().ok()?.into_iter();
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
        let mut history = History::new(&repo, true);
        let (a, b) = (ObjectId::from_hex(&[b'a'; 40]).unwrap(), ObjectId::from_hex(&[b'b'; 40]).unwrap());
        let first = history.node(a);
        assert_ne!(first, history.node(b));
        assert_eq!(first, history.node(a));
        assert_eq!(history.links(first).unwrap_err(), Unreadable::Missing("commit", a));
    }
}
