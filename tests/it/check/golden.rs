//! What `check` says, word for word, in one file a scene (tests/golden/check). After a change of the wording: run with
//! `UPDATE_GOLDEN=1` and read the diff.

use super::repository;
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::path::Path;

/// What was said, without what differs between machines. Wrapped lines are joined: where they break depends on that.
pub(super) fn reported(sandbox: &Sandbox, dir: &str, arguments: &[&str]) -> String {
    reported_with_path(sandbox, dir, arguments, &path())
}

/// The same with programs of its own.
pub(super) fn reported_with_path(
    sandbox: &Sandbox,
    dir: &str,
    arguments: &[&str],
    path: &str,
) -> String {
    let out = sandbox
        .command(PROGRAM, dir)
        .arg("check")
        .args(arguments)
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    for line in said.lines().filter(|_| arguments.is_empty()) {
        assert!(
            line.chars().count() <= 80 || line.trim().split(' ').count() < 4,
            "longer than 80: {line}"
        );
    }
    let code = out.status.code().unwrap();
    let joined = said
        .lines()
        .fold(String::new(), |text, line| match line.strip_prefix("  ") {
            Some(rest) if !rest.starts_with(' ') => text.trim_end().to_owned() + " " + rest + "\n",
            _ => text + line + "\n",
        });
    let version = sandbox.git("", &["--version"]).replace("git version ", "");
    let user = String::from_utf8(
        sandbox
            .command("id", "")
            .arg("-un")
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let gid =
        String::from_utf8(sandbox.command("id", "").arg("-g").output().unwrap().stdout).unwrap();
    let plain = joined
        .replace(
            &sandbox
                .path("")
                .canonicalize()
                .unwrap()
                .display()
                .to_string(),
            "/T",
        )
        .replace(PROGRAM, "/usr/bin/git-service-hook")
        .replace(&format!("git {version}"), "git 2.x")
        .replace(&format!("user `{}`", user.trim()), "user `git`")
        .replace(&format!("group {}", gid.trim()), "group 100")
        .replace(&format!("chgrp {}", gid.trim()), "chgrp 100");
    assert!(!plain.contains("hunter2"), "a secret is shown: {plain}");
    format!("{plain}exit {code}\n")
}

pub(super) fn path() -> String {
    std::env::var_os("PATH").unwrap().into_string().unwrap()
}

/// A further set-up of the same scene.
pub(super) fn add(all: &mut String, what: &str, reported: &str) {
    all.extend(["# ", what, "\n", reported, "\n"]);
}

#[track_caller]
pub(super) fn compare(scene: &str, reported: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/check")
        .join(format!("{scene}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, reported).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        reported, expected,
        "{scene}: to accept the change, run the test with UPDATE_GOLDEN=1"
    );
}

/// A repository whose timer has just run.
pub(super) fn set_up(config: &str) -> Sandbox {
    let sandbox = repository(config);
    sandbox.run("r.git", &["drain", "--timer"]);
    sandbox
}
