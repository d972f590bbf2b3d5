//! How long from the start of a process to the event's JSON, beside Git doing the same job: see `benches/event.sh`.
//!
//! ```text
//! event events REPO NEEDS < updates      the events of a push, one line of JSON each
//! event make COMMITS | git fast-import   a repository that is the same everywhere
//! event race PROGRAM REPO ROUNDS         the table
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends with a panic"
)]

mod check;
#[path = "../../tests/it/support/dice.rs"]
#[expect(dead_code, unreachable_pub, reason = "shared with the tests")]
mod dice;
mod made;
mod race;
mod rows;

use git_service_hook::git::Repository;
use git_service_hook::push::{Needs, parse_updates};
use std::io::{Read, Write};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["events", repo, needs] => events(Path::new(repo), &needs_of(needs)),
        ["make", commits] => made::stream(commits.parse().unwrap(), &mut std::io::stdout().lock()),
        ["race", program, repo, rounds] => {
            rows::all(program, Path::new(repo), rounds.parse().unwrap());
        }
        // `cargo bench` and `cargo test --benches` start it with nothing to do.
        _ => println!("benches/event.sh runs this"),
    }
}

/// `paths:N` lists N commits with their paths, `subjects:N` without.
fn needs_of(text: &str) -> Needs {
    let (what, commits) = text.split_once(':').unwrap();
    let max_commits = commits.parse().unwrap();
    Needs {
        max_commits,
        paths: what == "paths",
        all_paths: false,
        all_authors: false,
        discarded: true,
        max_refs: usize::MAX,
    }
}

fn events(repo: &Path, needs: &Needs) {
    let mut stdin = Vec::new();
    std::io::stdin().read_to_end(&mut stdin).unwrap();
    let (updates, _) = parse_updates(&stdin);
    let repository = Repository::open(repo).unwrap();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for computed in repository.events(&updates, needs) {
        serde_json::to_writer(&mut out, &computed.event).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.flush().unwrap();
}
