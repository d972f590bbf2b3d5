//! The walk is Git's: the same commits in the same order, on histories of every shape and with clocks of every kind.

use super::repo::Repo;
use crate::support::dice::Dice;
use git_service_hook::push::{Change, Needs, PushEvent, RefUpdate};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const MAIN: &str = "refs/heads/main";

/// Adds a history of `size` commits named after `prefix`: several roots, merges of up to five parents, and dates that
/// run backwards by up to `skew` commits, or are all the same.
fn history(repo: &mut Repo, dice: &mut Dice, prefix: &str, size: usize, skew: usize) {
    for n in 0..size {
        let mut parents = Vec::new();
        if n > 0 && dice.below(12) > 0 {
            for _ in 0..[1, 1, 1, 1, 2, 2, 3, 5][dice.below(8)] {
                let parent = if dice.below(4) == 0 {
                    dice.below(n)
                } else {
                    n - 1 - dice.below(n.min(6))
                };
                parents.push(format!("{prefix}{parent}"));
            }
            let mut seen = BTreeSet::new();
            parents.retain(|parent| seen.insert(parent.clone()));
        }
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        let later = if skew == 0 {
            0
        } else {
            n + dice.below(skew + 1)
        };
        let date = 1_714_521_600 + 60 * i64::try_from(later).unwrap();
        repo.commit_with(&format!("{prefix}{n}"), &parents, |draft| draft.date(date));
    }
}

/// What is pushed to a history, and the refs that it had.
struct Case {
    known: Vec<String>,
    updates: Vec<RefUpdate>,
}

fn case(repo: &mut Repo, dice: &mut Dice, round: usize) -> Case {
    let size = 5 + dice.below(50);
    let prefix = format!("h{round}c");
    history(repo, dice, &prefix, size, [0, 3, 10, 1000][round % 4]);
    let known: Vec<_> = (0..3)
        .map(|_| format!("{prefix}{}", dice.below(size)))
        .collect();
    let mut pick = || format!("{prefix}{}", dice.below(size));
    let (new, branch, tag) = (pick(), pick(), pick());
    let updates = vec![
        repo.update(&format!("refs/heads/{round}/0"), &known[0], &new),
        repo.update(&format!("refs/heads/{round}/new"), "", &branch),
        repo.update(&format!("refs/tags/{round}"), "", &tag),
    ];
    Case {
        known: known.iter().map(|name| repo.id(name)).collect(),
        updates,
    }
}

/// Histories of every shape beside each other in one repository. Where clocks are wrong Git without a commit-graph looks
/// only a few commits further; with one it is exact, and so it is the oracle. Our walk must be right without it as well.
#[test]
fn a_hundred_random_histories_are_walked_as_git_walks_them_whatever_their_clocks_say() {
    let (mut repo, mut dice) = (Repo::new(), Dice::new(0));
    let cases: Vec<_> = (0..100)
        .map(|round| case(&mut repo, &mut dice, round))
        .collect();
    let mut refs = String::new();
    for (round, case) in cases.iter().enumerate() {
        for (n, id) in case.known.iter().enumerate() {
            writeln!(refs, "create refs/heads/{round}/{n} {id}").unwrap();
        }
    }
    repo.git_with(&["update-ref", "--stdin"], refs.as_bytes());
    let updates: Vec<_> = cases.iter().flat_map(|case| case.updates.clone()).collect();
    let needs = Needs {
        paths: false,
        all_paths: false,
        all_authors: false,
        ..Needs::everything(2048)
    };
    let events = repo.open().events(&updates, &needs);
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert!(
        events == repo.open().events(&updates, &needs),
        "a commit-graph changes nothing"
    );
    for (events, case) in events.chunks(3).zip(&cases) {
        let mut earlier = Vec::new();
        for computed in events {
            agrees(&repo, &computed.event, &case.known, &mut earlier);
        }
    }
}

fn agrees(repo: &Repo, event: &PushEvent, known: &[String], earlier: &mut Vec<String>) {
    let list = |arguments: &[&str]| {
        repo.lines(&[&["rev-list", "--topo-order", "--reverse"], arguments].concat())
    };
    let (old, new) = (event.update.old.as_str(), event.update.new.as_str());
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let fresh = list(&[&[new, "--not"], &known[..]].concat());
    let expected = if event.change == Change::Created {
        fresh.clone()
    } else {
        list(&[new, "--not", old])
    };
    let ids: Vec<_> = event.commits.iter().map(|c| c.id.to_string()).collect();
    assert_eq!(
        (&ids, &event.error),
        (&expected, &None),
        "{:?}",
        event.update
    );
    for commit in &event.commits {
        let id = commit.id.to_string();
        assert_eq!(
            commit.distinct,
            fresh.contains(&id) && !earlier.contains(&id),
            "{id} of {:?}",
            event.update
        );
    }
    earlier.extend(ids);
    if event.change != Change::Created {
        let gone = list(&[old, "--not", new]);
        assert_eq!(event.total_discarded, gone.len());
        assert_eq!(
            event.change,
            if gone.is_empty() {
                Change::Updated
            } else {
                Change::Forced
            }
        );
    }
    if event.change == Change::Forced {
        let mut command = repo.sandbox.command("git", "repo.git");
        let bases = command
            .args(["merge-base", "--all", old, new])
            .output()
            .unwrap()
            .stdout;
        let bases = String::from_utf8_lossy(&bases);
        let agrees = event
            .base
            .as_ref()
            .map_or(bases.is_empty(), |base| bases.contains(base.as_str()));
        assert!(agrees, "{:?} is not one of {bases}", event.base);
    }
}

#[test]
fn a_walk_is_proportional_to_the_push_and_shared_between_refs() {
    let mut repo = Repo::new();
    let names: Vec<_> = (0..3000).map(|n| format!("c{n}")).collect();
    repo.line(&[], &names.iter().map(String::as_str).collect::<Vec<_>>());
    repo.set(MAIN, "c2500");
    let moves: Vec<_> = (0..100)
        .map(|n| (format!("refs/heads/b{n}"), format!("c{}", 2900 + n)))
        .collect();
    let moves: Vec<_> = moves
        .iter()
        .map(|(name, new)| (name.as_str(), "", new.as_str()))
        .collect();
    let updates: Vec<_> = moves
        .iter()
        .map(|(name, old, new)| repo.update(name, old, new))
        .collect();
    let repository = repo.open();
    let started = std::time::Instant::now();
    let events = repository.events(
        &updates,
        &Needs {
            paths: false,
            all_paths: false,
            all_authors: false,
            ..Needs::everything(10)
        },
    );
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    assert_eq!(
        events.iter().map(|e| e.event.total_commits).sum::<usize>(),
        (0..100).map(|n| 400 + n).sum::<usize>()
    );
    assert_eq!(
        events.iter().map(|e| e.event.total_distinct).sum::<usize>(),
        499
    );
}

#[test]
fn a_hundred_thousand_commits_are_counted_and_no_more() {
    let mut repo = Repo::new();
    let mut stream = Vec::new();
    for n in 0..100_002 {
        stream.extend(
            format!(
                "commit refs/heads/all\ncommitter C <c@d> {} +0000\ndata 0\n\n",
                1_700_000_000 + n
            )
            .bytes(),
        );
    }
    repo.git_with(&["fast-import", "--quiet"], &stream);
    let tip = repo.git(&["rev-parse", "refs/heads/all"]);
    repo.git(&["update-ref", "-d", "refs/heads/all"]);
    let update = repo.update(MAIN, "", &tip);
    let needs = Needs {
        paths: false,
        all_paths: false,
        all_authors: false,
        ..Needs::everything(10)
    };
    let event = repo.open().events(&[update], &needs).remove(0).event;
    assert_eq!(
        (
            event.total_commits,
            event.total_commits_exact,
            event.truncated
        ),
        (100_000, false, true)
    );
    assert_eq!(event.commits.last().unwrap().id.as_str(), tip);
    let base = repo.git(&["rev-list", "--max-parents=0", &tip]);
    let update = repo.update(MAIN, &base, &tip);
    assert_eq!(
        repo.open().events(&[update], &needs)[0].event.change,
        Change::Updated
    );
}
