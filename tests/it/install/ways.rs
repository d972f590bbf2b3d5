//! One place for many repositories: a template directory, and `core.hooksPath`.

use super::{done, repository, said, script};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// A receiver that the server's file names, for all repositories, and a work tree to push from.
fn server(sandbox: &Sandbox) -> Receiver {
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = format!(
        "[hook.all]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n",
        receiver.url("/")
    );
    sandbox.write(
        "server/hooks.toml",
        format!("[deliver]\nwait = \"20s\"\n{hook}"),
    );
    sandbox.git("", &["init", "-q", "wt"]);
    receiver
}

/// Commits and pushes; names of the projects that were reported so far.
#[track_caller]
fn change(
    sandbox: &Sandbox,
    receiver: &Receiver,
    name: &str,
    adjust: impl Fn(&mut Command),
) -> Vec<String> {
    sandbox.commit("wt", "file.txt", name, name);
    let mut push = sandbox.command("git", "wt");
    push.args(["push", "-q", &format!("../{name}"), "main"]);
    adjust(&mut push);
    let out = push.output().unwrap();
    assert!(out.status.success(), "{}", said(&out));
    let project = |json: serde_json::Value| {
        json["project"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    receiver
        .got()
        .iter()
        .map(|request| project(request.json()))
        .collect()
}

#[test]
fn repositories_made_from_a_template_have_the_hook() {
    let sandbox = Sandbox::new();
    let receiver = server(&sandbox);
    fs::create_dir_all(sandbox.path("template/hooks")).unwrap();
    symlink(PROGRAM, sandbox.path("template/hooks/post-receive")).unwrap();
    let template = sandbox.path("template").display().to_string();
    sandbox.git(
        "",
        &["init", "-q", "--bare", "--template", &template, "a.git"],
    );
    sandbox.git("", &["config", "--global", "init.templateDir", &template]);
    sandbox.git("", &["init", "-q", "--bare", "b.git"]);
    sandbox.git("", &["clone", "-q", "--bare", "wt/.git", "c.git"]);
    for name in ["a.git", "b.git", "c.git"] {
        change(&sandbox, &receiver, name, |_| {});
    }
    assert_eq!(
        change(&sandbox, &receiver, "a.git", |_| {}),
        ["a", "b", "c", "a"]
    );
}

/// A folder of hooks that every repository shares.
fn shared_hooks(sandbox: &Sandbox) -> String {
    fs::create_dir_all(sandbox.path("etc/git-hooks")).unwrap();
    symlink(PROGRAM, sandbox.path("etc/git-hooks/post-receive")).unwrap();
    sandbox.path("etc/git-hooks").display().to_string()
}

#[test]
fn one_link_serves_all_repositories_by_core_hooks_path_of_the_system_or_the_account() {
    let sandbox = Sandbox::new();
    let receiver = server(&sandbox);
    let hooks = shared_hooks(&sandbox);
    sandbox.write("system", format!("[core]\n\thooksPath = {hooks}\n"));
    let by_system = |git: &mut Command| {
        git.env_remove("GIT_CONFIG_NOSYSTEM");
    };
    for name in ["a.git", "team/b.git"] {
        repository(&sandbox, name);
        change(&sandbox, &receiver, name, by_system);
    }
    sandbox.git("", &["config", "--global", "core.hooksPath", &hooks]);
    repository(&sandbox, "c.git");
    assert_eq!(
        change(&sandbox, &receiver, "c.git", |_| {}),
        ["a", "b", "c"]
    );
    // A repository's own link is shadowed like every other hook of its own, so nothing is reported twice.
    symlink(PROGRAM, sandbox.path("c.git/hooks/post-receive")).unwrap();
    assert_eq!(change(&sandbox, &receiver, "c.git", |_| {}).len(), 4);
}

#[test]
fn with_core_hooks_path_the_chain_beside_the_link_runs_and_the_repositorys_own_hooks_do_not() {
    let sandbox = Sandbox::new();
    let receiver = server(&sandbox);
    let hooks = shared_hooks(&sandbox);
    sandbox.git("", &["config", "--global", "core.hooksPath", &hooks]);
    let repo = repository(&sandbox, "a.git");
    script(
        &sandbox.path("etc/git-hooks/post-receive.d/50-log"),
        "#!/bin/sh\ncat >>log\n",
    );
    script(&repo.join("hooks/post-receive"), "#!/bin/sh\ncat >>own\n");
    script(
        &repo.join("hooks/post-receive.d/50-own"),
        "#!/bin/sh\ncat >>own\n",
    );
    change(&sandbox, &receiver, "a.git", |_| {});
    assert_eq!(
        fs::read_to_string(repo.join("log"))
            .unwrap()
            .lines()
            .count(),
        1
    );
    assert!(
        !repo.join("own").exists(),
        "the person who set core.hooksPath may not want them"
    );

    // The script of docs/install.md that lets them run.
    script(
        &sandbox.path("etc/git-hooks/post-receive.d/90-own-hook"),
        include_str!("../../../examples/own-hook.sh"),
    );
    change(&sandbox, &receiver, "a.git", |_| {});
    assert_eq!(
        fs::read_to_string(repo.join("own"))
            .unwrap()
            .lines()
            .count(),
        1
    );
    fs::remove_file(repo.join("hooks/post-receive")).unwrap();
    symlink(PROGRAM, repo.join("hooks/post-receive")).unwrap();
    assert_eq!(
        change(&sandbox, &receiver, "a.git", |_| {}).len(),
        3,
        "a link of ours is not started again"
    );
}

#[test]
fn install_knows_when_core_hooks_path_or_another_hook_starts_it_already() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    sandbox.git(
        "r.git",
        &["config", "core.hooksPath", &shared_hooks(&sandbox)],
    );
    let reported = done(&sandbox.run("r.git", &["install"]));
    assert!(
        reported.contains("already in place, core.hooksPath is"),
        "{reported}"
    );
    assert!(repo.join("hooks.toml").exists() && !repo.join("hooks/post-receive").exists());

    sandbox.git("r.git", &["config", "--unset", "core.hooksPath"]);
    let own = "#!/bin/sh\ngit-service-hook post-receive\n";
    script(&repo.join("hooks/post-receive"), own);
    for arguments in [&["install"][..], &["install", "--chain"]] {
        let reported = done(&sandbox.run("r.git", arguments));
        assert!(reported.contains("another hook starts it"), "{reported}");
        assert_eq!(
            fs::read_to_string(repo.join("hooks/post-receive")).unwrap(),
            own
        );
    }

    fs::remove_file(repo.join("hooks/post-receive")).unwrap();
    sandbox.git("r.git", &["config", "hook.tell.event", "post-receive"]);
    sandbox.git(
        "r.git",
        &[
            "config",
            "hook.tell.command",
            "git service-hook post-receive",
        ],
    );
    let reported = done(&sandbox.run("r.git", &["install"]));
    assert!(
        reported.contains("installed") && reported.contains("note: hook.tell.command"),
        "{reported}"
    );
}
