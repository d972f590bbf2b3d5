//! "Who may know what" of docs/design.md, held against the source.

use std::path::{Path, PathBuf};

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries
        .flat_map(|p| if p.is_dir() { sources(&p) } else { vec![p] })
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// Asserts that `word` occurs in no file outside the `allowed` rooms (paths below src/, a folder or a file each).
fn only_in(word: &str, allowed: &[&str]) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in sources(&src) {
        let room = file.strip_prefix(&src).unwrap();
        if allowed.iter().any(|a| room.starts_with(a)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        let hits = code.filter(|l| l.contains(word)).collect::<Vec<_>>();
        assert!(hits.is_empty(), "{} must not know `{word}`: {hits:?}", room.display());
    }
}

#[test]
fn only_the_git_room_uses_gix() {
    only_in("gix", &["git"]);
}

#[test]
fn only_the_transport_uses_ureq() {
    only_in("ureq", &["transport"]);
}

#[test]
fn only_a_few_rooms_touch_files() {
    let allowed = [
        "spool",
        "config",
        "git",
        "commands/install.rs",
        "commands/uninstall.rs",
        "commands/check",
        "commands/check.rs",
        "post_receive/chain.rs",
    ];
    only_in("std::fs", &allowed);
    only_in("fs::", &allowed);
}

#[test]
fn pure_rooms_are_pure() {
    let impure = [
        "config",
        "git",
        "spool",
        "transport",
        "commands",
        "cli.rs",
        "deliver",
        "deliver.rs",
        "post_receive",
        "post_receive.rs",
        "report",
        "report.rs",
        "environment.rs",
        "main.rs",
    ];
    for word in ["crate::clock", "crate::config", "crate::environment", "crate::spool", "crate::transport"] {
        only_in(word, &impure);
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    only_in("env::var", &["environment.rs"]);
}
