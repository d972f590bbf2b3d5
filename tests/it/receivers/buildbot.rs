//! Buildbot's own server, with a database, and its change hooks.

use super::pushes::{Pushed, SECRET, nine_changes};
use super::receiver::Receiver;
use super::table;
use crate::support::Sandbox;

/// The keys of the example of docs/receivers.md.
fn form() -> String {
    let text = include_str!("../../../docs/receivers.md");
    let (_, example) = text.split_once("/change_hook/base\"\n").unwrap();
    let (keys, _) = example.split_once("```").unwrap();
    keys.replace("[hook.buildbot.", "[hook.ci.")
}

/// The Changes of a push have its branch, and the last is its newest commit.
#[track_caller]
fn is_right(push: &Pushed) {
    let last = push.reports.last().unwrap();
    let short = push.ref_name.splitn(3, '/').nth(2).unwrap();
    for change in &push.reports {
        let branch = change["ref"].as_str().unwrap();
        assert!(
            [short, push.ref_name].contains(&branch),
            "{}: {change}",
            push.name
        );
    }
    assert_eq!(
        last["newest"].as_str(),
        push.newest.as_deref(),
        "{}",
        push.name
    );
    assert_eq!(
        last["author"], "Ann Author <ann@example.com>",
        "{}",
        push.name
    );
}

/// What Buildbot made of all nine. It refuses none.
fn made(pushes: &[Pushed]) -> String {
    let (mut became, mut none) = (Vec::new(), Vec::new());
    for push in pushes {
        let delivered = push.seen.contains("ci: delivered");
        assert!(
            delivered || !push.seen.contains("ci: "),
            "{}: {}",
            push.name,
            push.seen
        );
        if push.reports.is_empty() {
            none.push(push.name);
        } else {
            is_right(push);
            became.push(push.name);
        }
    }
    let (became, none) = (became.join(", "), none.join(", "));
    format!(
        "Changes with the right branch, newest revision, author and files: {became}. No Change: {none}"
    )
}

#[track_caller]
fn makes_changes(hook: &str, sent: &str, keys: &str) {
    let folder = Sandbox::new();
    let path = folder.path("master");
    let mut receiver = Receiver::start("master.py", &[path.to_str().unwrap(), SECRET]);
    let url = receiver.url(&format!("/change_hook/{hook}"));
    let pushes = nine_changes(&url, keys, &mut || receiver.reports());
    let updated = &pushes[1].reports;
    let files = updated
        .iter()
        .flat_map(|change| change["files"].as_array().unwrap());
    let files = files.filter_map(|file| file.as_str()).collect::<Vec<_>>();
    let expected: &[&str] = if hook == "base" {
        &["5.txt"]
    } else {
        &["4.txt", "5.txt"]
    };
    assert_eq!(files, expected, "{updated:?}");
    let name = format!("Buildbot, change hook `{hook}`");
    table::agrees(&name, &receiver.version, sent, &made(&pushes));
}

fn flavored(flavor: &str) {
    let keys = format!("flavor = \"{flavor}\"\ntoken = \"{SECRET}\"");
    makes_changes(flavor, &format!("`flavor = \"{flavor}\"`, `token`"), &keys);
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn buildbot_makes_changes_of_pushes_in_the_dialect_of_github() {
    flavored("github");
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn buildbot_makes_changes_of_pushes_in_the_dialect_of_gitlab() {
    flavored("gitlab");
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn buildbot_makes_changes_of_pushes_in_the_dialect_of_gitea() {
    flavored("gitea");
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn buildbot_makes_changes_of_forms() {
    makes_changes("base", "`form`", &form());
}
