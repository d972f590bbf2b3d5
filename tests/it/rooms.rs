//! "Who may know what" of docs/design.md, held against the source.

use std::path::{Path, PathBuf};

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries
        .flat_map(|p| if p.is_dir() { sources(&p) } else { vec![p] })
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// Lines of code of a room with their file: no comments, no unit tests (those may use what they like).
fn code(src: &Path) -> Vec<(PathBuf, String)> {
    let mut lines = Vec::new();
    for file in sources(src) {
        let text = std::fs::read_to_string(&file).unwrap();
        let room = file.strip_prefix(src).unwrap().to_owned();
        if room.to_str().unwrap().ends_with("tests.rs") || room.iter().any(|part| part == "tests") {
            continue;
        }
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        lines.extend(code.map(|l| (room.clone(), l.to_owned())));
    }
    lines
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Asserts that `word` occurs in no file outside the `allowed` rooms (paths below src/, a folder or a file each).
#[track_caller]
fn only_in(word: &str, allowed: &[&str]) {
    let outside = code(&src())
        .into_iter()
        .filter(|(room, _)| !allowed.iter().any(|a| room.starts_with(a)));
    let hits = outside
        .filter(|(_, line)| line.contains(word))
        .collect::<Vec<_>>();
    assert!(hits.is_empty(), "must not know `{word}`: {hits:#?}");
}

/// Asserts that none of `words` occurs in a room.
#[track_caller]
fn never_in(rooms: &[&str], words: &[&str]) {
    let inside = code(&src())
        .into_iter()
        .filter(|(room, _)| rooms.iter().any(|r| room.starts_with(r)));
    let hits = inside
        .filter(|(_, line)| words.iter().any(|w| line.contains(w)))
        .collect::<Vec<_>>();
    assert!(
        hits.is_empty(),
        "{rooms:?} must not know any of {words:?}: {hits:#?}"
    );
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
        "commands/as_owner.rs",
        "commands/check",
        "commands/hook_file.rs",
        "commands/install.rs",
        "commands/repositories.rs",
        "commands/uninstall.rs",
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
        "terminal.rs",
    ];
    for word in [
        "crate::clock",
        "crate::config",
        "crate::environment",
        "crate::spool",
        "crate::transport",
    ] {
        only_in(word, &impure);
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    only_in("env::var", &["environment.rs"]);
}

#[test]
fn a_push_is_plain_facts() {
    never_in(&["push"], &["crate::", "serde_json", "jiff"]);
}

#[test]
fn the_git_room_knows_no_hooks_and_no_http() {
    never_in(
        &["git"],
        &[
            "crate::config",
            "crate::http",
            "crate::spool",
            "crate::action",
            "crate::transport",
        ],
    );
}

#[test]
fn to_the_spool_a_hook_is_a_name_and_an_event_is_bytes() {
    never_in(
        &["spool"],
        &[
            "crate::action",
            "crate::http",
            "crate::transport",
            "crate::config",
            "crate::template",
        ],
    );
}

#[test]
fn the_transport_knows_no_hooks_no_retries_and_no_spool() {
    never_in(
        &["transport"],
        &[
            "crate::config",
            "crate::schedule",
            "crate::spool",
            "crate::action",
            "crate::outgoing",
        ],
    );
}

#[test]
fn the_deliverer_knows_no_repository_and_no_markup() {
    never_in(
        &["deliver", "deliver.rs"],
        &["crate::git", "crate::template", "crate::action::chat"],
    );
}

#[test]
fn what_was_missed_is_decided_from_facts_alone() {
    never_in(
        &["catch_up.rs", "catch_up"],
        &[
            "crate::git",
            "crate::spool",
            "crate::config",
            "crate::clock",
            "fs::",
        ],
    );
}

#[test]
fn the_words_of_the_schema_know_no_key_and_no_action() {
    never_in(
        &["schema.rs"],
        &[
            "crate::config",
            "crate::action",
            "crate::parameter",
            "crate::commands",
            "toml",
            "fs::",
        ],
    );
}

#[test]
fn actions_do_not_know_each_other() {
    let actions = [
        "webhook_post",
        "webhook_get",
        "wecom",
        "dingtalk",
        "feishu",
        "jenkins",
    ];
    for action in actions {
        let others = actions
            .iter()
            .filter(|a| **a != action)
            .map(|a| format!("super::{a}"))
            .collect::<Vec<_>>();
        let others = others.iter().map(String::as_str).collect::<Vec<_>>();
        never_in(
            &[&format!("action/{action}.rs"), &format!("action/{action}")],
            &others,
        );
    }
}
