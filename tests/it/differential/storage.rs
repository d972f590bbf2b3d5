//! Where the objects of a history lie, and what a commit-graph knows of it.

use super::history::History;
use super::scratch::Scratch;
use crate::support::dice::Dice;

/// A repository with the objects.
pub fn stored(history: &History, dice: &mut Dice) -> Scratch {
    let objects = &history.objects;
    let mut repo = Scratch::new(objects.sha256);
    let whole = ["index-pack", "--stdin"];
    match dice.below(6) {
        0 => drop(repo.git(&whole, &objects.pack(0, 1))),
        1 => drop(repo.git(&["unpack-objects", "-q"], &objects.pack(0, 1))),
        2 => {
            for part in 0..3 {
                repo.git(&whole, &objects.pack(part, 3));
            }
            repo.git(&["multi-pack-index", "write", "--no-progress"], b"");
        }
        3 => {
            repo.git(&whole, &objects.pack(0, 2));
            repo.git(&["unpack-objects", "-q"], &objects.pack(1, 2));
        }
        4 => {
            repo.git(&whole, &objects.pack(0, 2));
            repo.set_packs_aside();
            repo.git(&whole, &objects.pack(1, 2));
        }
        _ => deltas(&mut repo, history),
    }
    graph(&mut repo, history, dice);
    repo
}

/// Long chains of deltas, by offset or by name.
fn deltas(repo: &mut Scratch, history: &History) {
    repo.git(&["unpack-objects", "-q"], &history.objects.pack(0, 1));
    let by = if history.commits.len().is_multiple_of(2) {
        "--delta-base-offset"
    } else {
        "--no-reuse-object"
    };
    let pack = [
        "pack-objects",
        "-q",
        "--window=30",
        "--depth=40",
        by,
        "objects/pack/pack",
    ];
    repo.git(&pack, history.objects.names().as_bytes());
    repo.git(&["prune-packed", "-q"], b"");
}

fn graph(repo: &mut Scratch, history: &History, dice: &mut Dice) {
    let write = ["commit-graph", "write", "--no-progress", "--stdin-commits"];
    let (all, some) = (
        history.commits.join("\n"),
        history.commits[..history.commits.len() / 2].join("\n"),
    );
    match if history.broken {
        4 - dice.below(2)
    } else {
        dice.below(5)
    } {
        0 => {}
        1 => drop(repo.git(&write, some.as_bytes())),
        3 => {
            repo.git(
                &[&write[..], &["--split=no-merge"]].concat(),
                some.as_bytes(),
            );
            repo.git(
                &[&write[..], &["--split=no-merge"]].concat(),
                all.as_bytes(),
            );
        }
        2 => {
            repo.git(&write, all.as_bytes());
            repo.configure("[core]\n\tcommitGraph = false");
        }
        _ => drop(repo.git(&write, all.as_bytes())),
    }
}
