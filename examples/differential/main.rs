//! Compares the events of random pushes over the history of any repository with the output of Git, field by field:
//!
//! ```sh
//! cargo run --release --example differential -- REPOSITORY [PUSHES [SEED]]
//! ```
//!
//! The repository is only read: objects are borrowed by a temporary one, whose refs are moved. Ends with 1 and a shell
//! script when something differs.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people; a question that fails ends it"
)]
#![expect(unreachable_pub, reason = "shared with the tests")]

#[path = "../../tests/it/differential/compare.rs"]
mod compare;
#[path = "../../tests/it/support/dice.rs"]
mod dice;
#[path = "../../tests/it/differential/oracle.rs"]
mod oracle;
#[path = "../../tests/it/differential/pushes.rs"]
mod pushes;
#[path = "../../tests/it/differential/scratch.rs"]
#[expect(dead_code, reason = "the tests use what is not needed here")]
mod scratch;

use compare::Push;
use dice::Dice;
use git_service_hook::git::Repository;
use oracle::Oracle;
use pushes::{Server, World};
use scratch::Scratch;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Pushes to one server, before another moment of the history is chosen.
const ROUND: usize = 20;
/// Past this number of commits filters are not checked: each commit would need a question to Git.
const FILTERED: usize = 3000;
/// Commits that the walk counts.
const COUNTED: usize = 100_000;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first() else {
        println!("usage: differential REPOSITORY [PUSHES [SEED]]");
        return ExitCode::from(2);
    };
    let number =
        |at: usize, otherwise: usize| arguments.get(at).map_or(otherwise, |n| n.parse().unwrap());
    let mut dice = Dice::new(number(2, 1) as u64);
    let path = Path::new(path).canonicalize().unwrap();
    let sha256 = ask(&path, &["rev-parse", "--show-object-format"])[0] == "sha256";
    let mut repo = Scratch::new(sha256);
    repo.borrow(&[path
        .join(&ask(&path, &["rev-parse", "--git-path", "objects"])[0])
        .canonicalize()
        .unwrap()]);
    let commits = ask(&path, &["rev-list", "--all", "--topo-order", "--reverse"]);
    println!("{} commits", commits.len());
    let mut oracle = Oracle::new(repo.path(), sha256, &commits);
    if dice.one_in(2) {
        println!("with a commit-graph");
        repo.git(
            &["commit-graph", "write", "--no-progress", "--stdin-commits"],
            commits.join("\n").as_bytes(),
        );
    } else {
        println!("without a commit-graph");
        repo.configure("[core]\n\tcommitGraph = false");
    }
    let others = ask(
        &path,
        &["for-each-ref", "--format=%(objectname)", "refs/tags"],
    );
    let world = World {
        commits,
        others,
        reach: 300,
        max_commits: &[0, 3, 50, 200],
    };
    let (wanted, mut pushed, mut seen) = (number(1, 500), 0, 0);
    while pushed < wanted {
        let mut server = moment(&world, &mut dice);
        for _ in 0..ROUND.min(wanted - pushed) {
            let mut push = server.push(&world, &mut dice);
            pushes::store(&server.refs, &repo, dice.one_in(2));
            let largest = largest(&mut oracle, &push);
            (push.needs.all_paths, push.needs.all_authors) = (
                push.needs.all_paths && largest <= FILTERED,
                push.needs.all_authors && largest <= FILTERED,
            );
            let repository = Repository::open(repo.path()).unwrap();
            let mut updates = push.updates.clone();
            repository.order(&mut updates);
            let events = repository.events(&updates, &push.needs);
            pushed += 1;
            if largest > COUNTED {
                continue;
            }
            let found = compare::differences(&mut oracle, &push, &events);
            if !found.is_empty() {
                println!(
                    "push {pushed}:\n{}\n\n{}{}",
                    found.join("\n"),
                    repo.script(),
                    pushes::script(&push)
                );
                return ExitCode::FAILURE;
            }
            seen += events
                .iter()
                .map(|computed| computed.event.total_commits)
                .sum::<usize>();
        }
        println!("{pushed} pushes with {seen} commits: no difference");
    }
    ExitCode::SUCCESS
}

/// A server as it may have been at some time: tags and branches at commits that were there.
fn moment(world: &World, dice: &mut Dice) -> Server {
    let mut server = Server::new(world, dice, false);
    let now = 1 + dice.below(world.commits.len());
    for n in 0..dice.below(200) {
        server.refs.insert(
            format!("refs/heads/at/{n}"),
            world.commits[dice.below(now)].clone(),
        );
    }
    for (n, tag) in world
        .others
        .iter()
        .enumerate()
        .filter(|_| dice.one_in(100))
        .collect::<Vec<_>>()
    {
        server.refs.insert(format!("refs/tags/at/{n}"), tag.clone());
    }
    for id in server.refs.values_mut() {
        if dice.one_in(2) {
            id.clone_from(&world.commits[now - 1 - dice.below(now.min(world.reach))]);
        }
    }
    server
}

/// The number of commits of the largest event.
fn largest(oracle: &mut Oracle, push: &Push) -> usize {
    let mut largest = 0;
    let known: Vec<_> = push.before.values().cloned().collect();
    for update in push.updates.iter().filter(|update| !update.new.is_null()) {
        let new = oracle.peeled(update.new.as_str());
        let old = (!update.old.is_null()).then(|| oracle.peeled(update.old.as_str()));
        for (tip, other) in [(Some(new.clone()), old.clone()), (old, Some(new))] {
            let Some(tip) = tip.filter(|object| object.kind == "commit") else {
                continue;
            };
            let others = other.map_or_else(|| known.clone(), |other| vec![other.id]);
            largest = largest.max(oracle.count(&[tip.id], &others));
        }
    }
    largest
}

fn ask(path: &Path, arguments: &[&str]) -> Vec<String> {
    let git = Command::new("git")
        .arg("-C")
        .arg(path)
        .args(["-c", "safe.directory=*"])
        .args(arguments)
        .output();
    let out = git.unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}
