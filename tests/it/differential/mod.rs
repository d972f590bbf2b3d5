//! The event against Git, field by field: random histories in repositories of several kinds, and random pushes over them.
//!
//! `GIT_SERVICE_HOOK_SEED=N` runs one history; `GIT_SERVICE_HOOK_FULL=1` runs twenty times as many. A seed that shows a
//! difference prints the shell script that makes the repository and asks both sides. The same comparison over the history
//! of any repository: `cargo run --example differential -- REPOSITORY [PUSHES]`.

mod compare;
mod history;
mod objects;
mod oracle;
mod pushes;
mod scratch;
mod storage;
mod trees;

use crate::support::dice::{self, Dice};
use crate::support::{Sandbox, full};
use git_service_hook::git::Repository;
use oracle::Oracle;
use pushes::{Server, World};
use std::sync::atomic::{AtomicU64, Ordering};

/// Histories in CI, and pushes over each.
const HISTORIES: u64 = 80;
const PUSHES: usize = 30;

#[test]
fn events_of_random_pushes_equal_the_output_of_git() {
    if let Some(seed) =
        std::env::var_os("GIT_SERVICE_HOOK_SEED").and_then(|seed| seed.to_str()?.parse().ok())
    {
        one(seed);
        return;
    }
    let seeds = if full() { HISTORIES * 20 } else { HISTORIES };
    let next = AtomicU64::new(1);
    let compared = std::thread::scope(|threads| {
        let work = || {
            let mut pushes = 0;
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > seeds {
                    return pushes;
                }
                pushes += one(seed);
            }
        };
        let workers: Vec<_> = (0..2).map(|_| threads.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no history differs"))
            .sum::<usize>()
    });
    assert!(compared >= 2000, "only {compared} pushes were compared");
}

/// What a seed prints when something differs.
#[test]
fn the_script_of_a_seed_makes_its_repository_and_asks_both_sides() {
    for seed in 1..=12 {
        let mut dice = Dice::new(seed);
        let history = history::random(&mut dice);
        let repo = storage::stored(&history, &mut dice);
        let world = World {
            commits: history.commits,
            others: history.others,
            reach: 10,
            max_commits: &[2048],
        };
        let push = Server::new(&world, &mut dice, false).push(&world, &mut dice);
        let program = std::path::Path::new(crate::support::PROGRAM)
            .parent()
            .unwrap()
            .display();
        let script = format!(
            "set -e\nPATH=$PATH:{program}\n{}{}",
            repo.script(),
            pushes::script(&push)
        );
        let sandbox = Sandbox::new();
        let out = sandbox
            .command("sh", "")
            .env("TMPDIR", sandbox.path(""))
            .args(["-c", &script])
            .output()
            .unwrap();
        let event_count = String::from_utf8_lossy(&out.stdout)
            .lines()
            .filter(|line| line.starts_with('{'))
            .count();
        assert!(
            out.status.success(),
            "seed {seed}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(event_count, push.updates.len(), "seed {seed}");
    }
}

/// One history; the number of pushes.
fn one(seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let history = history::random(&mut dice);
    let mut repo = storage::stored(&history, &mut dice);
    let mut oracle = Oracle::new(repo.path(), history.objects.sha256, &history.commits);
    oracle.learn(&history.commits);
    let world = World {
        commits: history.commits,
        others: history.others,
        reach: 10,
        max_commits: &[0, 1, 5, 2048],
    };
    repo.configure(&format!(
        "[receive]\n\thideRefs = {}",
        pushes::HIDDEN.trim_end_matches('/')
    ));
    let mut server = Server::new(&world, &mut dice, true);
    for _ in 0..PUSHES {
        let push = server.push(&world, &mut dice);
        pushes::store(&server.refs, &repo, dice.one_in(2));
        let repository = Repository::open(repo.path()).unwrap();
        let mut updates = push.updates.clone();
        repository.order(&mut updates);
        let found = compare::differences(
            &mut oracle,
            &push,
            &repository.events(&updates, &push.needs),
        );
        assert!(
            found.is_empty(),
            "GIT_SERVICE_HOOK_SEED={seed} shows:\n{}\n\nThis makes the repository and asks both sides:\n{}{}",
            found.join("\n"),
            repo.script(),
            pushes::script(&push)
        );
    }
    PUSHES
}
