//! Makes repositories with `git fast-import` and pushes that move their refs, and checks events against Git.

use crate::support::Sandbox;
use crate::support::event_schema::problem_of_event;
use git_service_hook::git::Repository;
use git_service_hook::outgoing::Project;
use git_service_hook::push::{Change, Computed, Needs, ObjectId, PushEvent, RefName, RefUpdate};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

/// A bare repository whose commits have names.
pub(super) struct Repo {
    pub(super) sandbox: Sandbox,
    pub(super) needs: Needs,
    stream: Vec<u8>,
    marks: BTreeMap<String, usize>,
    ids: BTreeMap<String, String>,
}

/// One commit in the making: lines of a fast-import stream.
pub(super) struct Draft {
    pub(super) changes: Vec<u8>,
    pub(super) message: Vec<u8>,
    pub(super) date: i64,
}

impl Draft {
    pub(super) fn file(self, path: &str, text: &str) -> Self {
        self.entry("100644", path, text)
    }

    pub(super) fn entry(mut self, mode: &str, path: &str, text: &str) -> Self {
        write!(
            self.changes,
            "M {mode} inline {path}\ndata {}\n{text}\n",
            text.len()
        )
        .unwrap();
        self
    }

    /// `path` is quoted as fast-import wants it.
    pub(super) fn line(mut self, line: &str) -> Self {
        writeln!(self.changes, "{line}").unwrap();
        self
    }

    pub(super) fn delete(self, path: &str) -> Self {
        self.line(&format!("D {path}"))
    }

    pub(super) fn message(mut self, message: &[u8]) -> Self {
        self.message = message.to_vec();
        self
    }

    pub(super) fn date(mut self, date: i64) -> Self {
        self.date = date;
        self
    }
}

impl Repo {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    /// With further options of `git init`.
    pub(super) fn with(options: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        if options.is_empty() {
            sandbox.init_bare("repo.git");
        } else {
            let arguments = [&["init", "-q", "--bare"], options, &["repo.git"]].concat();
            sandbox.git("", &arguments);
        }
        let needs = Needs::everything(2048);
        Self {
            sandbox,
            needs,
            stream: Vec::new(),
            marks: BTreeMap::new(),
            ids: BTreeMap::new(),
        }
    }

    /// Git uses its commit-graph, regardless of the repository's configuration, and no replacements.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let options = ["--no-replace-objects", "-c", "core.commitGraph=true"];
        self.sandbox
            .git("repo.git", &[&options[..], arguments].concat())
    }

    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<String> {
        self.git(arguments).lines().map(str::to_owned).collect()
    }

    /// Runs git with something to read.
    pub(super) fn git_with(&self, arguments: &[&str], stdin: &[u8]) -> String {
        let mut command = self.sandbox.command("git", "repo.git");
        let mut child = command
            .arg("--no-replace-objects")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git starts");
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(stdin).unwrap();
        drop(pipe);
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// A commit that adds one file of its own name.
    pub(super) fn commit(&mut self, name: &str, parents: &[&str]) {
        self.commit_with(name, parents, |draft| {
            draft.file(&format!("{name}.txt"), name)
        });
    }

    pub(super) fn commits(&mut self, all: &[(&str, &[&str])]) {
        for (name, parents) in all {
            self.commit(name, parents);
        }
    }

    /// A line of commits, each on the one before; the first on `parent`.
    pub(super) fn line(&mut self, parent: &[&str], names: &[&str]) {
        let mut parent: Vec<String> = parent.iter().map(|p| (*p).to_owned()).collect();
        for name in names {
            self.commit(name, &parent.iter().map(String::as_str).collect::<Vec<_>>());
            parent = vec![(*name).to_owned()];
        }
    }

    pub(super) fn commit_with(
        &mut self,
        name: &str,
        parents: &[&str],
        fill: impl FnOnce(Draft) -> Draft,
    ) {
        let mark = self.marks.len() + 1;
        let date = 1_714_521_600 + i64::try_from(mark).unwrap() * 60;
        let draft = fill(Draft {
            changes: Vec::new(),
            message: name.as_bytes().to_vec(),
            date,
        });
        let mut head = String::new();
        writeln!(head, "commit refs/import/{mark}\nmark :{mark}").unwrap();
        writeln!(
            head,
            "author Ann Author <ann@example.com> {} +0800",
            draft.date
        )
        .unwrap();
        writeln!(
            head,
            "committer Com Mitter <com@example.com> {} +0000",
            draft.date
        )
        .unwrap();
        writeln!(head, "data {}", draft.message.len()).unwrap();
        self.stream
            .extend(head.bytes().chain(draft.message).chain(*b"\n"));
        for (at, parent) in parents.iter().enumerate() {
            let word = if at == 0 { "from" } else { "merge" };
            let from = self
                .marks
                .get(*parent)
                .map_or_else(|| (*parent).to_owned(), |mark| format!(":{mark}"));
            self.stream.extend(format!("{word} {from}\n").bytes());
        }
        self.stream.extend(draft.changes);
        self.stream.push(b'\n');
        self.marks.insert(name.to_owned(), mark);
    }

    /// Hands the commits to Git.
    pub(super) fn flush(&mut self) {
        if self.stream.is_empty() {
            return;
        }
        let marks = self.sandbox.path("marks");
        let (import, export) = (
            format!("--import-marks-if-exists={}", marks.display()),
            marks.display().to_string(),
        );
        let arguments = [
            "fast-import",
            "--quiet",
            "--force",
            "--date-format=raw-permissive",
            &import,
        ];
        self.git_with(
            &[&arguments[..], &[&format!("--export-marks={export}")]].concat(),
            &self.stream,
        );
        self.stream.clear();
        let text = std::fs::read_to_string(marks).unwrap();
        let by_mark: BTreeMap<usize, &str> = text
            .lines()
            .map(|l| l[1..].split_once(' ').unwrap())
            .map(|(m, id)| (m.parse().unwrap(), id))
            .collect();
        self.ids = self
            .marks
            .iter()
            .map(|(name, mark)| (name.clone(), by_mark[mark].to_owned()))
            .collect();
    }

    /// The id of a named commit; an id stays what it is, the empty name is null.
    pub(super) fn id(&mut self, name: &str) -> String {
        self.flush();
        match self.ids.get(name) {
            Some(id) => id.clone(),
            None if name.is_empty() => {
                "0".repeat(self.git(&["hash-object", "-t", "tree", "/dev/null"]).len())
            }
            None => name.to_owned(),
        }
    }

    /// Writes an object, however odd.
    pub(super) fn object(&self, kind: &str, data: &[u8]) -> String {
        self.git_with(
            &["hash-object", "-t", kind, "-w", "--stdin", "--literally"],
            data,
        )
    }

    /// An annotated tag object.
    pub(super) fn tag(&mut self, target: &str, kind: &str, name: &str, message: &str) -> String {
        let target = self.id(target);
        let text = format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger Tag Ger <tag@example.com> 1714521600 +0800\n\n{message}"
        );
        self.object("tag", text.as_bytes())
    }

    /// Sets a ref without a push.
    pub(super) fn set(&mut self, name: &str, target: &str) {
        let id = self.id(target);
        self.git(&["update-ref", name, &id]);
    }

    pub(super) fn open(&self) -> Repository {
        Repository::open(&self.sandbox.path("repo.git")).unwrap()
    }

    pub(super) fn update(&mut self, name: &str, old: &str, new: &str) -> RefUpdate {
        let mut id = |name: &str| ObjectId::parse(&self.id(name)).unwrap();
        RefUpdate {
            old: id(old),
            new: id(new),
            name: RefName::new(name),
        }
    }

    /// Moves refs as a push does: (ref, old, new), an empty name for none. The events are checked against Git.
    pub(super) fn push(&mut self, moves: &[(&str, &str, &str)]) -> Vec<Computed> {
        let mut updates: Vec<_> = moves
            .iter()
            .map(|(name, old, new)| self.update(name, old, new))
            .collect();
        let known = self.lines(&[
            "for-each-ref",
            "--format=%(objectname)",
            "refs/heads",
            "refs/tags",
        ]);
        let mut lines = Vec::new();
        for update in &updates {
            let line = if update.new.is_null() {
                format!("delete {}\n", update.name.display())
            } else {
                format!("update {} {}\n", update.name.display(), update.new)
            };
            lines.extend(line.bytes());
        }
        self.git_with(&["update-ref", "--stdin"], &lines);
        let repository = self.open();
        repository.order(&mut updates);
        let events = repository.events(&updates, &self.needs);
        let mut earlier = Vec::new();
        for computed in &events {
            let body = super::document::body(computed.event.clone(), Project::default());
            assert_eq!(problem_of_event(&body), None);
            self.check(&computed.event, &known, &earlier);
            earlier.extend(self.commits_of(&computed.event, &known));
        }
        events
    }

    /// [`Self::push`] of one ref.
    pub(super) fn push_one(&mut self, name: &str, old: &str, new: &str) -> PushEvent {
        self.push(&[(name, old, new)]).remove(0).event
    }

    fn commits_of(&self, event: &PushEvent, known: &[String]) -> Vec<String> {
        let (old, new) = (event.update.old.as_str(), event.update.new.as_str());
        if event.update.new.is_null() || self.commit_id(new).is_none() {
            return Vec::new();
        }
        let mut arguments = vec!["rev-list", "--topo-order", "--reverse", new, "--not"];
        match self.commit_id(old) {
            _ if event.update.old.is_null() => arguments.extend(known.iter().map(String::as_str)),
            Some(_) => arguments.push(old),
            None => {}
        }
        self.lines(&arguments)
    }

    fn commit_id(&self, id: &str) -> Option<String> {
        let peeled = format!("{id}^{{commit}}");
        let out = self
            .sandbox
            .command("git", "repo.git")
            .args(["rev-parse", "-q", "--verify", &peeled])
            .output()
            .unwrap();
        out.status
            .success()
            .then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    }

    /// Checks an event against the output of Git.
    fn check(&self, event: &PushEvent, known: &[String], earlier: &[String]) {
        assert_eq!(event.error, None, "{:?}", event.update);
        let commits = self.commits_of(event, known);
        let listed: Vec<_> = event.commits.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(
            listed,
            commits[commits.len() - listed.len()..],
            "commits of {:?}",
            event.update
        );
        assert_eq!(event.total_commits, commits.len());
        assert_eq!(event.truncated, listed.len() < commits.len());
        let new = if commits.is_empty() {
            Vec::new()
        } else {
            let known = known.iter().map(String::as_str).collect::<Vec<_>>();
            self.lines(
                &[
                    &[
                        "rev-list",
                        "--topo-order",
                        event.update.new.as_str(),
                        "--not",
                    ][..],
                    &known,
                ]
                .concat(),
            )
        };
        for commit in &event.commits {
            let distinct =
                new.contains(&commit.id.to_string()) && !earlier.contains(&commit.id.to_string());
            assert_eq!(commit.distinct, distinct, "distinct of {}", commit.message);
        }
        let head = self
            .commit_id(event.update.new.as_str())
            .filter(|_| !event.update.new.is_null());
        assert_eq!(event.head_commit.as_ref().map(|c| c.id.to_string()), head);
        for commit in event.commits.iter().chain(&event.head_commit) {
            let lists = (
                commit.added.clone(),
                commit.removed.clone(),
                commit.modified.clone(),
            );
            if self.needs.paths && !commit.files_truncated && !commit.paths_lossy {
                assert_eq!(
                    lists,
                    self.paths(commit.id.as_str()),
                    "paths of {}",
                    commit.message
                );
            }
        }
        self.check_change(event);
    }

    fn check_change(&self, event: &PushEvent) {
        let (old, new) = (event.update.old.as_str(), event.update.new.as_str());
        if event.update.old.is_null() || event.update.new.is_null() {
            assert_eq!(
                event.change,
                if event.update.old.is_null() {
                    Change::Created
                } else {
                    Change::Deleted
                }
            );
            return;
        }
        let (Some(from), Some(to)) = (self.commit_id(old), self.commit_id(new)) else {
            assert_eq!(event.change, Change::Forced);
            return;
        };
        let base = self
            .sandbox
            .command("git", "repo.git")
            .arg("--no-replace-objects")
            .args(["merge-base", "--all", &from, &to])
            .output()
            .unwrap();
        let bases = String::from_utf8_lossy(&base.stdout).into_owned();
        if bases.trim() == from {
            assert_eq!((event.change, event.total_discarded), (Change::Updated, 0));
            return;
        }
        assert_eq!(event.change, Change::Forced);
        assert_eq!(event.base.is_some(), !bases.is_empty());
        assert!(
            event
                .base
                .as_ref()
                .is_none_or(|base| bases.contains(base.as_str())),
            "{bases}"
        );
        let gone = self.lines(&["rev-list", "--topo-order", &from, "--not", &to]);
        assert_eq!(
            (event.total_discarded, event.discarded.len()),
            (gone.len(), gone.len().min(20))
        );
        assert!(
            event
                .discarded
                .iter()
                .all(|id| gone.contains(&id.to_string()))
        );
    }

    /// Added, removed and modified paths by `git diff-tree`.
    fn paths(&self, commit: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let parents = self.git(&["rev-list", "--parents", "-1", commit]);
        let parent = parents.split(' ').nth(1);
        let flags = [
            "diff-tree",
            "-r",
            "--no-renames",
            "--root",
            "--no-commit-id",
            "--name-status",
            "-z",
        ];
        let text = self.git(&[&flags[..], parent.as_slice(), &[commit]].concat());
        let mut lists = (Vec::new(), Vec::new(), Vec::new());
        let mut parts = text.split('\0');
        while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
            let list = match status {
                "A" => &mut lists.0,
                "D" => &mut lists.1,
                _ => &mut lists.2,
            };
            list.push(path.to_owned());
        }
        lists
    }
}

/// Ids or messages of the commits, for claims.
pub(super) fn messages(event: &PushEvent) -> Vec<&str> {
    event.commits.iter().map(|c| c.message.as_str()).collect()
}

pub(super) fn distinct(event: &PushEvent) -> Vec<bool> {
    event.commits.iter().map(|c| c.distinct).collect()
}
