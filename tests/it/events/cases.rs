//! A hundred questions that tools of this kind get wrong, each with the tests that answer it, or with the reason why there
//! is none: `cases.txt`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| {
        if path.is_dir() {
            sources(&path)
        } else {
            vec![path]
        }
    });
    files
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// The names of all test functions.
pub fn tests() -> BTreeSet<String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for file in [top.join("src"), top.join("tests")]
        .iter()
        .flat_map(|dir| sources(dir))
    {
        let text = std::fs::read_to_string(file).unwrap();
        for after in text.split("#[test]").skip(1) {
            let name = after
                .split("fn ")
                .nth(1)
                .and_then(|rest| rest.split('(').next());
            names.extend(name.map(str::to_owned));
        }
    }
    names
}

#[test]
fn each_of_a_hundred_questions_has_tests_that_exist_or_a_reason() {
    let tests = tests();
    let lines = include_str!("cases.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    for (expected, line) in (1..).zip(lines.clone()) {
        let mut fields = line.split('|').map(str::trim);
        assert_eq!(
            fields.next(),
            Some(expected.to_string().as_str()),
            "each number stands there once, in order"
        );
        assert!(
            fields.next().is_some_and(|question| !question.is_empty()),
            "{line}"
        );
        let named: Vec<_> = fields
            .next()
            .unwrap_or_default()
            .split(", ")
            .filter(|name| !name.is_empty())
            .collect();
        for name in &named {
            assert!(
                tests.contains(*name),
                "case {expected} names a test that does not exist: {name}"
            );
        }
        assert!(
            !named.is_empty() || fields.next().is_some_and(|why| !why.is_empty()),
            "{line}"
        );
    }
    assert_eq!(lines.count(), 100);
}
