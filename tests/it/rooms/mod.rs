//! "Who may know what" of docs/design.md, checked against the paths that each file names.

mod checker;
mod paths;
mod sources;
mod tokens;

use sources::Sources;

#[track_caller]
fn holds(rule: Result<(), String>) {
    if let Err(broken) = rule {
        panic!("{broken}");
    }
}

#[test]
fn only_the_git_room_uses_gix() {
    holds(Sources::of_package().only_in("gix", &["git"]));
}

#[test]
fn only_the_transport_uses_ureq() {
    holds(Sources::of_package().only_in("ureq", &["transport"]));
}

#[test]
fn only_a_few_rooms_touch_files() {
    let rooms = [
        "accounts",
        "commands",
        "config",
        "git",
        "post_receive",
        "spool",
    ];
    holds(Sources::of_package().only_in("std::fs", &rooms));
}

#[test]
fn pure_rooms_are_pure() {
    let impure = [
        "cli",
        "commands",
        "config",
        "deliver",
        "environment",
        "git",
        "main",
        "post_receive",
        "report",
        "spool",
        "terminal",
        "transport",
    ];
    let sources = Sources::of_package();
    for path in [
        "crate::clock",
        "crate::config",
        "crate::environment",
        "crate::git",
        "crate::spool",
        "crate::transport",
    ] {
        holds(sources.only_in(path, &impure));
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    for path in [
        "std::env::var",
        "std::env::var_os",
        "std::env::vars",
        "std::env::vars_os",
    ] {
        holds(Sources::of_package().only_in(path, &["environment"]));
    }
}

#[test]
fn a_push_is_plain_facts() {
    let sources = Sources::of_package();
    let rooms = [
        "crate::action",
        "crate::clock",
        "crate::config",
        "crate::git",
        "crate::outgoing",
        "crate::spool",
        "jiff",
        "serde_json",
    ];
    holds(sources.must_not_name(&["push"], &rooms));
}

#[test]
fn the_git_room_knows_no_hooks_and_no_http() {
    let unknown = [
        "crate::action",
        "crate::config",
        "crate::http",
        "crate::spool",
        "crate::transport",
    ];
    holds(Sources::of_package().must_not_name(&["git"], &unknown));
}

#[test]
fn to_the_spool_a_hook_is_a_name_and_an_event_is_bytes() {
    let unknown = [
        "crate::action",
        "crate::config",
        "crate::git",
        "crate::http",
        "crate::template",
        "crate::transport",
    ];
    holds(Sources::of_package().must_not_name(&["spool"], &unknown));
}

#[test]
fn the_transport_knows_no_hooks_no_retries_and_no_spool() {
    let unknown = [
        "crate::action",
        "crate::config",
        "crate::outgoing",
        "crate::schedule",
        "crate::spool",
    ];
    holds(Sources::of_package().must_not_name(&["transport"], &unknown));
}

#[test]
fn the_deliverer_knows_no_repository_and_no_markup() {
    let unknown = ["crate::git", "crate::template", "crate::action::chat"];
    holds(Sources::of_package().must_not_name(&["deliver"], &unknown));
}

#[test]
fn what_was_missed_is_decided_from_facts_alone() {
    let unknown = [
        "crate::clock",
        "crate::config",
        "crate::git",
        "crate::spool",
        "std::fs",
    ];
    holds(Sources::of_package().must_not_name(&["catch_up"], &unknown));
}

#[test]
fn the_words_of_the_schema_know_no_key_and_no_action() {
    let unknown = [
        "crate::action",
        "crate::commands",
        "crate::config",
        "std::fs",
        "toml",
    ];
    holds(Sources::of_package().must_not_name(&["schema"], &unknown));
}

#[test]
fn actions_do_not_know_each_other() {
    let actions = [
        "dingtalk",
        "feishu",
        "jenkins",
        "webhook_get",
        "webhook_post",
        "wecom",
    ];
    let actions = actions.map(|action| format!("crate::action::{action}"));
    let sources = Sources::of_package();
    for action in &actions {
        let others = actions.iter().filter(|other| *other != action);
        let others = others.map(String::as_str).collect::<Vec<_>>();
        holds(sources.must_not_name(&[action], &others));
    }
}
