//! Hooks that Git's configuration names (Git 2.54 and newer): one line for all repositories of a server. They need
//! such a Git, named by `GIT_SERVICE_HOOK_NEW_GIT` or found on PATH.

use super::script;
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of a Git that knows `hook.NAME.event`.
fn new_git() -> PathBuf {
    let git =
        std::env::var_os("GIT_SERVICE_HOOK_NEW_GIT").map_or_else(|| "git".into(), PathBuf::from);
    git.parent().unwrap_or(Path::new("")).to_owned()
}

/// A server whose gitconfig has `hook.service-hook`, and a receiver that its hooks.toml names.
struct Site {
    sandbox: Sandbox,
    receiver: Receiver,
    git: PathBuf,
}

impl Site {
    fn new() -> Self {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::start(|_| Answer::ok()));
        let command = format!("{PROGRAM} post-receive");
        sandbox.write(
            "system",
            format!("[hook \"service-hook\"]\n\tevent = post-receive\n\tcommand = {command}\n"),
        );
        let hook = format!(
            "[hook.all]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n",
            receiver.url("/")
        );
        sandbox.write(
            "server/hooks.toml",
            format!("[deliver]\nwait = \"20s\"\n{hook}"),
        );
        let site = Self {
            sandbox,
            receiver,
            git: new_git(),
        };
        site.repository("a.git");
        site.sandbox.init("wt");
        site
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.sandbox.init_bare(name);
        self.sandbox.path(name)
    }

    /// The new Git everywhere, with the server's gitconfig.
    fn command(&self, program: &str, dir: &str) -> Command {
        self.sandbox.command_on_server(program, dir, &self.git)
    }

    /// Pushes; what the pusher saw.
    #[track_caller]
    fn push(&self, arguments: &[&str]) -> String {
        let out = self
            .command("git", "wt")
            .args(["push", "-q"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stderr).into_owned()
    }

    /// Commits and pushes to a repository.
    #[track_caller]
    fn change(&self, name: &str, message: &str) -> String {
        self.sandbox.commit("wt", "file.txt", message, message);
        self.push(&[&format!("../{name}"), "main"])
    }

    /// The refs that were reported, in order.
    fn reported(&self) -> Vec<String> {
        let of = |json: serde_json::Value| json["ref"].as_str().unwrap_or_default().to_owned();
        self.receiver
            .got()
            .iter()
            .map(|request| of(request.json()))
            .collect()
    }
}

#[needs(configured_hooks)]
#[test]
fn one_line_of_the_systems_gitconfig_serves_every_repository() {
    let site = Site::new();
    site.repository("team/b.git");
    let seen = site.change("a.git", "one");
    assert_eq!(seen.matches("all: delivered").count(), 1, "{seen}");
    site.change("team/b.git", "two");
    let names: Vec<_> = site
        .receiver
        .got()
        .iter()
        .map(|r| r.json()["project"]["name"].clone())
        .collect();
    assert_eq!(names, ["a", "b"]);

    site.sandbox
        .git("a.git", &["config", "hook.service-hook.enabled", "false"]);
    site.change("a.git", "three");
    assert_eq!(
        site.reported().len(),
        2,
        "it can be switched off in one repository"
    );
}

#[needs(configured_hooks)]
#[test]
fn the_repositorys_own_hook_and_the_chain_run_too_with_the_whole_stdin() {
    let site = Site::new();
    let hooks = site.sandbox.path("a.git/hooks");
    script(&hooks.join("post-receive"), "#!/bin/sh\ncat >>own\n");
    script(
        &hooks.join("post-receive.d/50-more"),
        "#!/bin/sh\ncat >>more\n",
    );
    site.sandbox.commit("wt", "file.txt", "one", "one");
    site.sandbox.git("wt", &["tag", "v1"]);
    site.push(&["../a.git", "main", "v1"]);
    assert_eq!(site.reported(), ["refs/heads/main", "refs/tags/v1"]);
    for name in ["own", "more"] {
        let lines = fs::read_to_string(site.sandbox.path("a.git").join(name)).unwrap();
        assert_eq!(lines.lines().count(), 2, "{name}: {lines}");
    }
}

/// Puts something at a path.
type Place = Box<dyn Fn(&Path)>;

/// Each way in which `hooks/post-receive` starts the program beside the configuration.
fn beside(site: &Site) -> Vec<(&'static str, Place)> {
    let bin = site.sandbox.path("bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(PROGRAM, bin.join("git-service-hook")).unwrap();
    let shim = include_str!("../../../hooks/post-receive")
        .replace("/usr/local/bin/", &format!("{}/", bin.display()));
    let own = format!(
        "#!/bin/sh\nupdates=$(cat)\nprintf '%s\\n' \"$updates\" | {PROGRAM} post-receive\n"
    );
    vec![
        ("link", Box::new(|path| symlink(PROGRAM, path).unwrap())),
        ("shim", Box::new(move |path| script(path, &shim))),
        ("own", Box::new(move |path| script(path, &own))),
    ]
}

#[needs(configured_hooks)]
#[test]
fn a_push_is_reported_once_where_the_link_is_installed_as_well() {
    let site = Site::new();
    for (name, install) in beside(&site) {
        let repo = site.repository(&format!("{name}.git"));
        install(&repo.join("hooks/post-receive"));
        script(
            &repo.join("hooks/post-receive.d/50-more"),
            "#!/bin/sh\ncat >>more\n",
        );
        let before = site.reported().len();
        let seen = site.change(&format!("{name}.git"), name);
        assert_eq!(seen.matches("all: delivered").count(), 1, "{name}: {seen}");
        assert_eq!(site.reported().len(), before + 1, "{name}");
        let more = fs::read_to_string(repo.join("more")).unwrap();
        assert_eq!(more.lines().count(), 1, "{name}: the chain runs once");
    }
}

#[needs(configured_hooks)]
#[test]
fn a_push_is_reported_once_when_both_run_at_the_same_time() {
    let site = Site::new();
    symlink(PROGRAM, site.sandbox.path("a.git/hooks/post-receive")).unwrap();
    site.sandbox
        .git("a.git", &["config", "hook.service-hook.parallel", "true"]);
    site.sandbox.git("a.git", &["config", "hook.jobs", "4"]);
    for n in 1..=5 {
        site.change("a.git", &n.to_string());
        assert_eq!(site.reported().len(), n);
    }
}

#[needs(configured_hooks)]
#[test]
fn the_same_move_pushed_again_is_another_push() {
    let site = Site::new();
    symlink(PROGRAM, site.sandbox.path("a.git/hooks/post-receive")).unwrap();
    site.change("a.git", "one");
    for round in 1..=3 {
        site.push(&["../a.git", "main:x"]);
        site.push(&["../a.git", ":x"]);
        assert_eq!(
            site.reported().len(),
            1 + 2 * round,
            "{:?}",
            site.reported()
        );
    }
}

#[needs(configured_hooks)]
#[test]
fn a_hook_that_hands_over_one_update_after_the_other_loses_none() {
    let site = Site::new();
    site.sandbox.write("system", "");
    let each = format!(
        "#!/bin/sh\nwhile read -r line; do echo \"$line\" | {PROGRAM} post-receive; done\n"
    );
    script(
        &site.sandbox.path("a.git/hooks/post-receive"),
        "#!/bin/sh\ncat >/dev/null\n",
    );
    let each_path = site.sandbox.path("each");
    script(&each_path, &each);
    site.sandbox
        .git("a.git", &["config", "hook.each.event", "post-receive"]);
    site.sandbox.git(
        "a.git",
        &["config", "hook.each.command", each_path.to_str().unwrap()],
    );
    site.sandbox.commit("wt", "file.txt", "one", "one");
    site.sandbox.git("wt", &["tag", "v1"]);
    site.push(&["../a.git", "main", "v1"]);
    assert_eq!(site.reported(), ["refs/heads/main", "refs/tags/v1"]);
}
