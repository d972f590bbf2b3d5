//! The pages that speak of dependencies, against those that there are.

use std::collections::BTreeSet;
use toml::Table;

fn cargo_toml(section: &str) -> BTreeSet<String> {
    let file = include_str!("../../Cargo.toml").parse::<Table>().unwrap();
    let names = file[section].as_table().unwrap().keys();
    names.filter(|name| *name != "needs").cloned().collect()
}

/// The words in the first column of the table below `heading`.
fn first_column(page: &str, heading: &str) -> BTreeSet<String> {
    let (_, below) = page.split_once(&format!("\n{heading}\n")).unwrap();
    let below = below.split("\n## ").next().unwrap();
    let rows = below.lines().filter(|line| line.starts_with("| "));
    let cells = rows.skip(1).filter_map(|row| row.split('|').nth(1));
    let words = cells.flat_map(|cell| cell.split([',', ' ']));
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_dependency_has_a_reason_to_be_trusted() {
    let trusted = first_column(include_str!("../../SECURITY.md"), "## Dependencies");
    assert_eq!(trusted, cargo_toml("dependencies"));
}

#[test]
fn every_dependency_has_a_purpose() {
    let used = first_column(include_str!("../../docs/design.md"), "## Dependencies");
    let all = &cargo_toml("dependencies") | &cargo_toml("dev-dependencies");
    let missing = &all - &used;
    assert!(missing.is_empty(), "{missing:?}");
}
