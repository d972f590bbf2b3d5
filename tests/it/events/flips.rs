//! Bits that flip on the disk: whatever file of the store they are in, an event is never different without an error.

use super::repo::Repo;
use crate::support::dice::Dice;
use crate::support::full;
use git_service_hook::push::{Commit, Needs, PushEvent, RefUpdate};
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// In CI; twenty times as many where the environment asks for all.
const ROUNDS: u64 = 250;

/// A few dozen commits with long files and a long tree, so that Git makes deltas of everything; in two packs, the last ones
/// loose.
fn repository() -> (Repo, Vec<RefUpdate>) {
    let mut repo = Repo::new();
    repo.sandbox.git("repo.git", &["config", "gc.auto", "0"]);
    let text = (0..60)
        .map(|n| format!("line {n} of a file that is long enough\n"))
        .collect::<Vec<_>>()
        .concat();
    let mut names: Vec<String> = Vec::new();
    for n in 0..30usize {
        let parents: Vec<String> = match n {
            0 => Vec::new(),
            n if n % 7 == 0 => vec![names[n - 1].clone(), names[n - 5].clone()],
            n if n % 7 == 4 => vec![names[n - 3].clone()],
            n => vec![names[n - 1].clone()],
        };
        let name = format!("commit {n}");
        let body = format!(
            "{name}\n\n{}",
            "A sentence that makes the commit a long one. ".repeat(8)
        );
        repo.commit_with(
            &name,
            &parents.iter().map(String::as_str).collect::<Vec<_>>(),
            |draft| {
                let draft = (0..if n == 0 { 40 } else { 0 })
                    .fold(draft, |d, f| d.file(&format!("src/file{f}"), &text));
                draft
                    .file(&format!("src/file{}", n * 3 % 40), &format!("{text}{n}\n"))
                    .message(body.as_bytes())
            },
        );
        names.push(name);
        if n == 18 || n == 27 {
            repo.set("refs/heads/packed", &names[n]);
            repo.git(&["repack", "-d", "-q", "-f", "--depth=50"]);
        }
    }
    repo.sandbox
        .git("repo.git", &["config", "fastimport.unpackLimit", "1000"]);
    repo.set("refs/heads/main", "commit 29");
    repo.set("refs/heads/other", "commit 16");
    repo.set("refs/heads/topic", "commit 28");
    repo.git(&["update-ref", "-d", "refs/heads/packed"]);
    let updates = vec![
        repo.update("refs/heads/main", "commit 13", "commit 29"),
        repo.update("refs/heads/other", "commit 24", "commit 16"),
        repo.update("refs/heads/topic", "", "commit 28"),
    ];
    (repo, updates)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    all.retain(|path| path.metadata().unwrap().len() > 0);
    all.sort();
    all
}

/// Flips one to three bits, or cuts the file.
fn damage(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match dice.below(8) {
        0 => bytes.truncate(dice.below(bytes.len())),
        n => {
            for _ in 0..n.min(3) {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice.below(8);
            }
        }
    }
    bytes
}

fn compute_events(repo: &Repo, updates: &[RefUpdate]) -> Vec<PushEvent> {
    repo.open()
        .events(updates, &repo.needs)
        .into_iter()
        .map(|computed| computed.event)
        .collect()
}

/// What a reader would be misled by: commits with their messages and paths.
type Facts = Vec<(String, String, BTreeSet<String>)>;

fn facts(event: &PushEvent) -> Facts {
    let paths = |c: &Commit| {
        c.added
            .iter()
            .chain(&c.removed)
            .chain(&c.modified)
            .cloned()
            .collect()
    };
    event
        .commits
        .iter()
        .map(|c| (c.id.to_string(), c.message.clone(), paths(c)))
        .collect()
}

/// The facts according to Git, which may be wrong too if a file has no checksum that Git verifies; `None` if it fails.
fn facts_of_git(repo: &Repo, update: &RefUpdate, known: [&str; 2]) -> Option<Facts> {
    let mut command = repo.sandbox.command("timeout", "repo.git");
    command.args([
        "20",
        "git",
        "log",
        "-z",
        "--topo-order",
        "--reverse",
        "--no-renames",
        "--name-only",
    ]);
    command.args([
        "--diff-merges=first-parent",
        "--format=%x01%H%x02%B%x02",
        update.new.as_str(),
        "--not",
    ]);
    if update.old.is_null() {
        command.args(known);
    } else {
        command.arg(update.old.as_str());
    }
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let commits = text.split('\x01').skip(1).map(|commit| {
        let [id, message, paths] = commit.splitn(3, '\x02').collect::<Vec<_>>()[..] else {
            panic!("{commit}")
        };
        let paths = paths
            .split('\0')
            .map(|path| path.trim_start_matches('\n'))
            .filter(|path| !path.is_empty());
        (
            id.to_owned(),
            message.trim_end_matches('\n').to_owned(),
            paths.map(str::to_owned).collect(),
        )
    });
    out.status.success().then(|| commits.collect())
}

/// Rounds of damage to one file each. A changed event has an error, or equals the output of Git.
fn damaged(extra: &[&str]) {
    let (mut repo, updates) = repository();
    repo.needs = Needs {
        all_paths: false,
        ..Needs::everything(2048)
    };
    if !extra.is_empty() {
        repo.git(extra);
    }
    let healthy = compute_events(&repo, &updates);
    for event in &healthy {
        assert_eq!(event.error, None);
        assert_eq!(
            facts_of_git(
                &repo,
                &event.update,
                [updates[0].old.as_str(), updates[1].old.as_str()]
            ),
            Some(facts(event))
        );
    }
    let files = files(&repo.sandbox.path("repo.git/objects"));
    let mut dice = Dice::new(1);
    let mut noticed = 0;
    for round in 0..if full() { ROUNDS * 20 } else { ROUNDS } {
        let path = &files[dice.below(files.len())];
        let whole = std::fs::read(path).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        std::fs::write(path, damage(&mut dice, &whole)).unwrap();
        for (event, healthy) in compute_events(&repo, &updates).iter().zip(&healthy) {
            let panicked = event
                .error
                .as_ref()
                .is_some_and(|error| error.contains("unexpected"));
            assert!(!panicked, "round {round}: {}", path.display());
            let admitted =
                event.error.is_some() || event.commits.iter().any(|commit| commit.files_truncated);
            noticed += usize::from(admitted);
            if !admitted && facts(event) != facts(healthy) {
                let git = facts_of_git(
                    &repo,
                    &event.update,
                    [updates[0].old.as_str(), updates[1].old.as_str()],
                );
                assert_eq!(
                    Some(facts(event)),
                    git,
                    "round {round}: {} {}",
                    path.display(),
                    event.update.name.display()
                );
            }
        }
        std::fs::write(path, &whole).unwrap();
    }
    assert!(noticed > 10, "{noticed}");
}

#[test]
fn flipped_bits_in_packs_and_loose_objects_are_admitted() {
    damaged(&[]);
}

#[test]
fn flipped_bits_in_a_multi_pack_index_are_admitted() {
    damaged(&["multi-pack-index", "write"]);
}

#[test]
fn flipped_bits_in_a_commit_graph_are_admitted() {
    damaged(&["commit-graph", "write", "--reachable"]);
}
