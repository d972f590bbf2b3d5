//! Runs the targets over the corpus and over mutations of it, the same ones each time.

use super::TARGETS;
use std::panic::catch_unwind;
use std::path::PathBuf;

/// Mutated inputs longer than this are cut.
const LONGEST: usize = 16 << 10;

/// xorshift64: reproducible, and needs no crate.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        const INTERESTING: &[u8] = b"\0\x01\x7f\x80\xff\n\r \"'\\/*?[]{}!$%&<>@#=,.:;-019azAZ";
        match self.below(3) {
            0 => u8::try_from(self.below(256)).unwrap(),
            _ => INTERESTING[self.below(INTERESTING.len())],
        }
    }

    /// One to six changes of an input; pieces come from any input.
    fn mutate(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut data = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(data.len() + 1);
            let end = (at + 1 + self.below(8)).min(data.len());
            match self.below(7) {
                0 if at < data.len() => data[at] ^= 1 << self.below(8),
                1 if at < data.len() => data[at] = self.byte(),
                2 => data.insert(at, self.byte()),
                3 => drop(data.drain(at..end)),
                4 => data.truncate(at),
                5 => {
                    let piece = data[at..end].to_vec();
                    let times = 1 + self.below(40);
                    drop(data.splice(at..at, piece.repeat(times)));
                }
                _ => {
                    let other = &inputs[self.below(inputs.len())];
                    let from = self.below(other.len());
                    let to = (from + self.below(64)).min(other.len());
                    drop(data.splice(at..at, other[from..to].iter().copied()));
                }
            }
        }
        data.truncate(LONGEST);
        data
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = std::fs::read_dir(folder.join(name)).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let inputs = paths.iter().map(|path| std::fs::read(path).unwrap());
    inputs.collect()
}

/// Runs the target of this name.
fn withstands(name: &str, mutations: usize) {
    let (_, target) = TARGETS.iter().find(|(this, _)| *this == name).unwrap();
    let (inputs, mut dice) = (corpus(name), Dice(0x9e37_79b9_7f4a_7c15));
    let run = |data: &[u8]| {
        let result = catch_unwind(|| target(data));
        assert!(
            result.is_ok(),
            "{name} fails for the input {}",
            data.escape_ascii()
        );
    };
    run(b"");
    for input in &inputs {
        run(input);
    }
    for _ in 0..mutations {
        run(&dice.mutate(&inputs));
    }
}

#[test]
fn stdin_of_any_content_is_read_line_by_line() {
    withstands("stdin", 3000);
}

#[test]
fn a_hooks_toml_of_any_content_shows_no_secret() {
    withstands("hooks_toml", 1500);
}

#[test]
fn a_template_keeps_its_place_and_its_size() {
    withstands("template", 3000);
}

#[test]
fn an_expression_of_any_content_gives_one_of_three_verdicts() {
    withstands("success", 3000);
}

#[test]
fn a_record_that_parses_is_written_back_as_it_was() {
    withstands("record", 3000);
}

#[test]
fn an_answer_of_any_content_shows_no_secret_and_confirms_nothing_by_accident() {
    withstands("answer", 1500);
}

#[test]
fn no_retry_after_pauses_for_longer_than_an_hour() {
    withstands("retry_after", 5000);
}

#[test]
fn a_secret_in_any_spelling_is_found_and_masked() {
    withstands("masking", 2000);
}

#[test]
fn a_glob_agrees_with_a_matcher_that_tries_everything() {
    withstands("glob", 8000);
}

#[test]
fn entries_of_any_pack_are_read_as_gix_reads_them_or_refused() {
    withstands("pack", 200);
}

#[test]
fn a_damaged_repository_is_read_as_gix_reads_it_or_refused() {
    withstands("repository", 80);
}

#[test]
fn every_target_has_a_corpus_and_a_test() {
    let tests = include_str!("tests.rs");
    for (name, _) in TARGETS {
        assert!(!corpus(name).is_empty(), "{name}");
        assert!(tests.contains(&format!("withstands(\"{name}\",")), "{name}");
    }
}
