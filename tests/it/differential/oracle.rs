//! The answers of Git: few processes, each with many requests. It reads the repository through a second one beside it, which has a
//! complete commit-graph: with it the walks of Git are exact, whatever clocks say.

use super::scratch::Scratch;
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

pub struct Oracle {
    repo: Scratch,
    objects: Talk,
    trees: Talk,
    facts: HashMap<String, Facts>,
}

/// A commit as Git prints it.
#[derive(Clone, Debug)]
pub struct Facts {
    pub tree: String,
    pub parents: Vec<String>,
    pub author: Who,
    pub committer: Who,
    /// In UTF-8 where Git could convert it.
    pub message: Vec<u8>,
    pub signed: bool,
    /// Status and path against the first parent.
    pub paths: Vec<(u8, Vec<u8>)>,
}

/// A person as Git prints it.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: Vec<u8>,
    pub email: Vec<u8>,
    /// Seconds since 1970, when Git understands them.
    pub seconds: Option<u64>,
    /// As `+0800`.
    pub zone: String,
}

/// An object in the end of a chain of tags, and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub id: String,
    pub kind: String,
}

const FIELDS: &str = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%at%x00%cn%x00%ce%x00%cd%x00%ct%x00%B";

impl Oracle {
    /// Of a repository; all of `commits` go into the commit-graph.
    pub fn new(git_dir: &Path, sha256: bool, commits: &[String]) -> Self {
        let mut repo = Scratch::new(sha256);
        repo.borrow(&[git_dir.join("objects")]);
        // Corrected dates, the newer version, do not survive dates that are 2^31 seconds apart.
        let levels = "commitGraph.generationVersion=1";
        repo.ask(
            &[
                "-c",
                levels,
                "commit-graph",
                "write",
                "--no-progress",
                "--stdin-commits",
            ],
            commits.join("\n").as_bytes(),
        );
        let trees = [
            "diff-tree",
            "--stdin",
            "-r",
            "--root",
            "--no-renames",
            "--name-status",
            "-z",
            "--no-commit-id",
        ];
        let (objects, trees) = (
            Talk::new(&repo, &["cat-file", "--batch-command"]),
            Talk::new(&repo, &trees),
        );
        Self {
            repo,
            objects,
            trees,
            facts: HashMap::new(),
        }
    }

    /// `git rev-list --topo-order --reverse TIP --not OTHERS`.
    pub fn range<'t>(
        &self,
        tip: &str,
        others: impl IntoIterator<Item = &'t String>,
    ) -> Vec<String> {
        self.walk(
            &["rev-list", "--topo-order", "--reverse", "--stdin"],
            &[tip.to_owned()],
            others,
        )
    }

    /// `git rev-list --count TIPS --not OTHERS`; without an order of its own it would believe the clocks.
    pub fn count<'t>(
        &self,
        tips: &[String],
        others: impl IntoIterator<Item = &'t String>,
    ) -> usize {
        self.walk(
            &["rev-list", "--topo-order", "--count", "--stdin"],
            tips,
            others,
        )[0]
        .parse()
        .unwrap()
    }

    fn walk<'t>(
        &self,
        arguments: &[&str],
        tips: &[String],
        others: impl IntoIterator<Item = &'t String>,
    ) -> Vec<String> {
        let others = others.into_iter().map(|id| format!("^{id}"));
        let lines: Vec<_> = tips.iter().cloned().chain(others).collect();
        lines_of(&self.repo.ask(arguments, lines.join("\n").as_bytes()))
    }

    /// `git merge-base --all TIP OTHERS`: the best commits that it has in common with them.
    pub fn bases(&self, tip: &str, others: &[String]) -> Vec<String> {
        if others.is_empty() {
            return Vec::new();
        }
        let others = others.iter().map(String::as_str);
        let arguments: Vec<_> = ["merge-base", "--all", tip]
            .into_iter()
            .chain(others)
            .collect();
        lines_of(&self.repo.try_ask(&arguments, b"").0)
    }

    /// `git merge-base --is-ancestor`.
    pub fn is_ancestor(&self, old: &str, new: &str) -> bool {
        self.repo
            .try_ask(&["merge-base", "--is-ancestor", old, new], b"")
            .1
    }

    /// The object itself.
    pub fn object(&mut self, id: &str) -> Object {
        let line = self.objects.line(&format!("info {id}\n"));
        let mut words = line.split(' ').map(str::to_owned);
        Object {
            id: words.next().unwrap(),
            kind: words.next().unwrap(),
        }
    }

    /// What a tag names in the end; another object is its own end.
    pub fn peeled(&mut self, id: &str) -> Object {
        self.object(&format!("{id}^{{}}"))
    }

    /// `git cat-file`.
    pub fn content(&mut self, id: &str) -> Vec<u8> {
        let line = self.objects.line(&format!("contents {id}\n"));
        let size: usize = line.rsplit(' ').next().unwrap().parse().unwrap();
        let mut content = self.objects.bytes(size + 1);
        content.pop();
        content
    }

    /// `git diff-tree` of two commits.
    pub fn between(&mut self, old: &str, new: &str) -> Vec<(u8, Vec<u8>)> {
        let trees = [old, new].map(|id| self.facts(id).tree.clone());
        let answer = self
            .trees
            .until_mark(&format!("{} {}\n", trees[0], trees[1]));
        let start = answer
            .iter()
            .position(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        statuses(&answer[start..])
    }

    /// The commit as Git prints it.
    pub fn facts(&mut self, id: &str) -> &Facts {
        self.learn(&[id.to_owned()]);
        &self.facts[id]
    }

    /// Asks for many commits at once.
    pub fn learn(&mut self, ids: &[String]) {
        let unknown: Vec<_> = ids
            .iter()
            .filter(|id| !self.facts.contains_key(*id))
            .map(String::as_str)
            .collect();
        if unknown.is_empty() {
            return;
        }
        let format = format!("--format={FIELDS}");
        let log = [
            "log",
            "--no-walk=unsorted",
            "--stdin",
            "-z",
            "--encoding=UTF-8",
            "--date=raw",
            &format,
        ];
        let text = self.repo.ask(&log, unknown.join("\n").as_bytes());
        let fields: Vec<&[u8]> = text.split(|b| *b == 0).collect();
        for field in fields.chunks_exact(12) {
            let (id, facts) = self.read(field);
            self.facts.insert(id, facts);
        }
    }

    fn read(&mut self, field: &[&[u8]]) -> (String, Facts) {
        let text = |at: usize| String::from_utf8_lossy(field[at]).into_owned();
        let id = text(0);
        let parents: Vec<String> = text(2)
            .split(' ')
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect();
        let content = self.content(&id);
        let headers = content
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .map_or(&content[..], |end| &content[..end]);
        let signed = headers
            .split(|b| *b == b'\n')
            .any(|l| l.starts_with(b"gpgsig ") || l.starts_with(b"gpgsig-sha256 "));
        let request = format!("{id} {}\n", parents.first().map_or("", String::as_str));
        let paths = statuses(
            &self
                .trees
                .until_mark(request.trim_end_matches(" \n").trim_end_matches('\n')),
        );
        let who = |at: usize| Who {
            name: field[at].to_vec(),
            email: field[at + 1].to_vec(),
            seconds: text(at + 3).parse().ok(),
            zone: text(at + 2)
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
        };
        let (author, committer) = (who(3), who(7));
        (
            id,
            Facts {
                tree: text(1),
                parents,
                author,
                committer,
                message: field[11].to_vec(),
                signed,
                paths,
            },
        )
    }
}

fn lines_of(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text)
        .lines()
        .map(str::to_owned)
        .collect()
}

fn statuses(text: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut parts = text.split(|b| *b == 0);
    let mut found = Vec::new();
    while let (Some([status, ..]), Some(path)) = (parts.next(), parts.next()) {
        found.push((*status, path.to_vec()));
    }
    found
}

/// A Git that answers one question after the other.
struct Talk(Child);

/// No object has this name, so `diff-tree --stdin` gives it back after all that it has to say.
const MARK: &str = "that-was-all\n";

impl Talk {
    fn new(repo: &Scratch, arguments: &[&str]) -> Self {
        Self(
            repo.command(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("git starts"),
        )
    }

    fn say(&mut self, text: &str) {
        let pipe = self.0.stdin.as_mut().expect("it is piped");
        pipe.write_all(text.as_bytes())
            .and_then(|()| pipe.flush())
            .expect("git listens");
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut buffer = vec![0; size];
        self.0
            .stdout
            .as_mut()
            .expect("it is piped")
            .read_exact(&mut buffer)
            .expect("git answers");
        buffer
    }

    /// The first line of the answer.
    fn line(&mut self, question: &str) -> String {
        self.say(question);
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            line.extend(self.bytes(1));
        }
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// The answer up to [`MARK`].
    fn until_mark(&mut self, question: &str) -> Vec<u8> {
        self.say(&format!("{}\n{MARK}", question.trim_end()));
        let (mut answer, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        while !answer.ends_with(MARK.as_bytes()) {
            let read = self
                .0
                .stdout
                .as_mut()
                .expect("it is piped")
                .read(&mut buffer)
                .expect("git answers");
            assert!(read > 0, "git diff-tree has ended");
            answer.extend_from_slice(&buffer[..read]);
        }
        answer.truncate(answer.len() - MARK.len());
        answer
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}
