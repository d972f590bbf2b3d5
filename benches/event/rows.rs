//! The table: which jobs, and what Git does for each.

use crate::check;
use crate::race::{Job, Outcome, race};
use std::path::Path;
use std::process::Command;

/// The paths of a commit as the event has them.
const PATHS: [&str; 4] = [
    "--name-status",
    "--no-renames",
    "--diff-merges=first-parent",
    "--root",
];

#[derive(Clone, Copy)]
struct Table<'a> {
    program: &'a str,
    repo: &'a Path,
    rounds: usize,
    /// The newest commit, its branch, the null id.
    main: &'a str,
    name: &'a str,
    null: &'a str,
}

/// Measures every row that the repository is large enough for.
pub(crate) fn all(program: &str, repo: &Path, rounds: usize) {
    let main = git(repo, &["rev-parse", "HEAD"]);
    let (name, null) = (git(repo, &["symbolic-ref", "HEAD"]), "0".repeat(main.len()));
    let table = Table {
        program,
        repo,
        rounds,
        main: &main,
        name: &name,
        null: &null,
    };
    println!(
        "{:<46} {:>9} {:>9} {:>6} {:>5} {:>10} {:>8}",
        "job", "ours, ms", "git, ms", "ratio", "goal", "processors", "anon MiB"
    );
    let count: usize = git(repo, &["rev-list", "--count", "HEAD"]).parse().unwrap();
    table.one();
    let alone = repo.with_extension("import");
    let beside_nothing = Table {
        repo: &alone,
        ..table
    };
    for (commits, goal) in [(200, 0.7), (1000, 0.6), (10_000, 0.4)]
        .into_iter()
        .filter(|(n, _)| *n < count)
    {
        beside_nothing.with_paths(commits, goal);
    }
    if count > 10_000 {
        beside_nothing.subjects(10_000);
    }
    table.new_branch();
    table.import(count);
    table.many_refs();
}

impl Table<'_> {
    /// The tip's first-parent ancestor that so many commits are not reachable from, as nearly as there is one.
    fn before(&self, commits: usize) -> String {
        let (mut near, mut far) = (0, commits + 1);
        while far - near > 1 {
            let middle = usize::midpoint(near, far);
            let range = format!("{0}~{middle}..{0}", self.main);
            let count =
                try_git(self.repo, &["rev-list", "--count", &range]).and_then(|n| n.parse().ok());
            if count.is_some_and(|n: usize| n <= commits) {
                near = middle;
            } else {
                far = middle;
            }
        }
        git(self.repo, &["rev-parse", &format!("{}~{near}", self.main)])
    }

    fn events(needs: &str, updates: &str) -> Job {
        let me = std::env::current_exe().unwrap();
        Job::new(&[me.to_str().unwrap(), "events", ".", needs]).reading(updates)
    }

    fn log(range: &[&str]) -> Job {
        let log = ["git", "log", "--pretty=raw", "--topo-order", "--reverse"];
        Job::new(&[&log[..], &PATHS[..3], range].concat())
    }

    /// In a repository without other refs, and in one with all of them, which decide whether a commit is distinct.
    fn one(&self) {
        let alone = self.repo.with_extension("import");
        let new = git(self.repo, &["rev-list", "--no-merges", "-n1", self.main]);
        let old = git(self.repo, &["rev-parse", &format!("{new}~1")]);
        let range = format!("{old}..{new}");
        let ours = Job::new(&[self.program, "event", &old, &new, "--ref", self.name]);
        let log = Self::log(&[&range]);
        let table = Table {
            repo: &alone,
            ..*self
        };
        table.alike(&ours, &log);
        table.row("newest commit, the program itself", 0.75, &ours, &log);
        let (refs, others) = self.others();
        let both = log.then(&[&[
            &["git", "rev-list", &new][..],
            &others.iter().map(String::as_str).collect::<Vec<_>>(),
        ]
        .concat()]);
        self.row(
            &format!("the same among {refs} refs, and rev-list --not"),
            0.75,
            &ours,
            &both,
        );
    }

    /// How many branches and tags there are, and what leaves them out, but for the updated one.
    fn others(&self) -> (usize, Vec<String>) {
        let refs = git(
            self.repo,
            &["for-each-ref", "--format=x", "refs/heads", "refs/tags"],
        )
        .lines()
        .count();
        let short = self.name.trim_start_matches("refs/heads/");
        (
            refs,
            [
                "--not",
                &format!("--exclude={short}"),
                "--branches",
                "--tags",
            ]
            .map(str::to_owned)
            .to_vec(),
        )
    }

    fn with_paths(&self, commits: usize, goal: f64) {
        let old = self.before(commits);
        let ours = Self::events(
            "paths:1000000",
            &format!("{old} {} {}\n", self.main, self.name),
        );
        let git = Self::log(&[&format!("{old}..{}", self.main)]);
        let count = self.alike(&ours, &git);
        self.row(&format!("{count} commits with paths"), goal, &ours, &git);
    }

    fn subjects(&self, commits: usize) {
        let old = self.before(commits);
        let ours = Self::events(
            "subjects:10",
            &format!("{old} {} {}\n", self.main, self.name),
        );
        let git = Self::log(&[&format!("{old}..{}", self.main)]);
        let count = check::git(&git.output(self.repo));
        let ten = check::ours(&ours.output(self.repo));
        let newest = count[count.len() - 10..].iter().map(|(id, _)| id);
        assert!(newest.eq(ten.iter().map(|(id, _)| id)), "the ten newest");
        self.row(
            &format!("{} commits, ten subjects", count.len()),
            0.25,
            &ours,
            &git,
        );
    }

    fn new_branch(&self) {
        let Some(tip) = try_git(
            self.repo,
            &["rev-parse", "--verify", "-q", "refs/heads/event-bench"],
        ) else {
            return;
        };
        let ours = Self::events(
            "paths:2048",
            &format!("{} {tip} refs/heads/event-bench\n", self.null),
        );
        let not = ["--not", "--exclude=event-bench", "--branches", "--tags"];
        let git = Self::log(&[&[tip.as_str()], &not[..]].concat());
        let count = self.alike(&ours, &git);
        let refs = self.others().0;
        self.row(
            &format!("new branch with {count} commits, {refs} refs"),
            0.5,
            &ours,
            &git,
        );
    }

    /// A repository in which nothing was before: refs beside the update would count as known.
    fn import(&self, count: usize) {
        let bare = self.repo.with_extension("import");
        if !bare.is_dir() {
            return;
        }
        let ours = Self::events(
            "paths:2048",
            &format!("{} {} {}\n", self.null, self.main, self.name),
        );
        let diff = [
            &[
                "git",
                "diff-tree",
                "--stdin",
                "-r",
                "--always",
                "--pretty=raw",
            ][..],
            &PATHS,
        ]
        .concat();
        let newest = ["git", "rev-list", "-n", "2048", self.main];
        let git = Job::new(&["git", "rev-list", "--count", self.main]).then(&[&newest, &diff]);
        let table = Table {
            repo: &bare,
            ..*self
        };
        let (listed, theirs) = (
            check::ours(&ours.output(&bare)),
            check::git(&git.output(&bare)),
        );
        assert_eq!(listed.len(), theirs.len());
        let same = listed
            .iter()
            .filter(|commit| theirs.contains(commit))
            .count();
        let shared = listed
            .iter()
            .filter(|(id, _)| theirs.iter().any(|(theirs, _)| theirs == id))
            .count();
        assert_eq!(same, shared, "those that both chose have the same paths");
        table.row(
            &format!("import: {count} counted, {} with paths", listed.len()),
            0.65,
            &ours,
            &git,
        );
    }

    /// Ten thousand refs that each move by a few commits; Git's processes are run for a hundredth of them.
    fn many_refs(&self) {
        const REFS: usize = 10_000;
        let ids = git(self.repo, &["rev-list", "--first-parent", "HEAD"]);
        let ids: Vec<_> = ids.lines().collect();
        let pairs = ids
            .windows(4)
            .cycle()
            .take(REFS)
            .map(|w| (w[3], w[0]))
            .enumerate();
        let updates: Vec<_> = pairs.collect();
        let line =
            |(n, (old, new)): &(usize, (&str, &str))| format!("{old} {new} refs/heads/many/{n}\n");
        let ours = Self::events("paths:2048", &updates.iter().map(line).collect::<String>());
        let sample: Vec<_> = updates.iter().step_by(100).copied().collect();
        let mut git = Job::default();
        let list = ["git", "rev-list", "--topo-order", "--reverse"];
        let diff = [
            &[
                "git",
                "diff-tree",
                "--stdin",
                "-r",
                "--always",
                "--pretty=raw",
            ][..],
            &PATHS,
        ]
        .concat();
        for (_, (old, new)) in &sample {
            let range = format!("{old}..{new}");
            git = git.then(&[&[&list[..], &[&range]].concat(), &diff]);
        }
        let few = Self::events("paths:2048", &sample.iter().map(line).collect::<String>());
        self.alike(&few, &git);
        let mut outcome = race(&ours, &git, self.repo, self.rounds.div_ceil(4));
        outcome.git = (outcome.git.0 * 100.0, outcome.git.1 * 100.0);
        print(
            "10000 ref updates (git: 100 of them, times 100)",
            0.02,
            &outcome,
        );
    }

    /// Asserts that both list the same commits, in the same order, with the same paths; returns their number.
    fn alike(&self, ours: &Job, git: &Job) -> usize {
        let (ours, git) = (
            check::ours(&ours.output(self.repo)),
            check::git(&git.output(self.repo)),
        );
        assert_eq!(ours.len(), git.len());
        ours.iter()
            .zip(&git)
            .for_each(|(ours, git)| assert_eq!(ours, git));
        ours.len()
    }

    fn row(&self, job: &str, goal: f64, ours: &Job, git: &Job) {
        print(job, goal, &race(ours, git, self.repo, self.rounds));
    }
}

fn print(job: &str, goal: f64, outcome: &Outcome) {
    let Outcome { ours, git, memory } = outcome;
    let (ratio, processors) = (ours.0 / git.0, ours.1 / git.1);
    println!(
        "{job:<46} {:>9.2} {:>9.2} {ratio:>6.3} {goal:>5} {processors:>10.3} {memory:>8.1}",
        ours.0, git.0
    );
}

fn git(repo: &Path, arguments: &[&str]) -> String {
    try_git(repo, arguments).unwrap()
}

fn try_git(repo: &Path, arguments: &[&str]) -> Option<String> {
    let out = Command::new("git")
        .args(arguments)
        .current_dir(repo)
        .output()
        .unwrap();
    out.status
        .success()
        .then(|| String::from_utf8(out.stdout).unwrap().trim_end().to_owned())
}
