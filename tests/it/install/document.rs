//! docs/install.md: its commands, run as they stand, do what it says.

use super::{said, script};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/install.md");

/// The commands of a section, block by block.
pub fn blocks(heading: &str) -> Vec<&'static str> {
    let section = DOCUMENT
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap();
    section
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// A machine with two repositories, a file that sends every push to a receiver, and nothing installed.
struct Machine {
    sandbox: Sandbox,
    receiver: Receiver,
}

impl Machine {
    fn new() -> Self {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::start(|_| Answer::ok()));
        let hook = format!(
            "[hook.all]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n",
            receiver.url("/")
        );
        sandbox.write(
            "server/hooks.toml",
            format!("[deliver]\nwait = \"20s\"\n{hook}"),
        );
        for name in ["payments", "team/app"] {
            sandbox.git(
                "",
                &["init", "-q", "--bare", &format!("srv/git/{name}.git")],
            );
        }
        sandbox.git("", &["init", "-q", "wt"]);
        fs::create_dir(sandbox.path("bin")).unwrap();
        symlink(PROGRAM, sandbox.path("bin/git-service-hook")).unwrap();
        symlink(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"),
            sandbox.path("examples"),
        )
        .unwrap();
        Self { sandbox, receiver }
    }

    /// With the program on PATH, and a system's gitconfig of its own.
    fn command(&self, program: &str, dir: &str) -> Command {
        self.sandbox
            .command_on_server(program, dir, &self.sandbox.path("bin"))
    }

    /// Runs a block; /srv and /etc are in the sandbox.
    #[track_caller]
    fn run(&self, block: &str) -> String {
        let top = self.sandbox.path("");
        let top = top.to_str().unwrap().trim_end_matches('/');
        let text = block
            .replace("/srv/", &format!("{top}/srv/"))
            .replace("/etc/", &format!("{top}/etc/"));
        fs::create_dir_all(self.sandbox.path("etc")).unwrap();
        let out = self
            .command("sh", "")
            .args(["-euc", &text])
            .output()
            .unwrap();
        assert!(out.status.success(), "{block}: {}", said(&out));
        said(&out)
    }

    /// Pushes to a repository; how often that was reported.
    #[track_caller]
    fn reported(&self, name: &str) -> usize {
        let before = self.receiver.got().len();
        self.sandbox
            .git("wt", &["commit", "-q", "--allow-empty", "-m", name]);
        let repo = self.sandbox.path(&format!("srv/git/{name}.git"));
        let out = self
            .command("git", "wt")
            .arg("push")
            .arg(repo)
            .arg("HEAD:main")
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", said(&out));
        self.receiver.got().len() - before
    }
}

#[test]
fn links_are_put_in_place_and_taken_away() {
    let machine = Machine::new();
    let [one, all, template] = blocks("A link in each repository")[..] else {
        panic!("three blocks")
    };
    machine.run(one);
    assert_eq!(
        (machine.reported("payments"), machine.reported("team/app")),
        (1, 0)
    );
    machine.run(all);
    assert_eq!(
        (machine.reported("payments"), machine.reported("team/app")),
        (1, 1)
    );
    machine.run(template);
    assert_eq!(machine.reported("new"), 1);

    let [uninstall, purge, _] = blocks("Uninstalling")[..] else {
        panic!("three blocks")
    };
    machine.run(uninstall);
    assert_eq!(machine.reported("payments"), 0);
    assert!(
        machine
            .sandbox
            .path("srv/git/payments.git/service-hook/done")
            .exists()
    );
    machine.run(purge);
    assert!(
        !machine
            .sandbox
            .path("srv/git/payments.git/service-hook")
            .exists()
    );
}

#[test]
fn the_folder_of_core_hooks_path_serves_all_repositories() {
    let machine = Machine::new();
    let [folder, own] = blocks("core.hooksPath")[..] else {
        panic!("two blocks")
    };
    script(
        &machine
            .sandbox
            .path("srv/git/team/app.git/hooks/post-receive"),
        "#!/bin/sh\ncat >>own\n",
    );
    let own_ran = || machine.sandbox.path("srv/git/team/app.git/own").exists();
    machine.run(folder);
    assert_eq!(
        (
            machine.reported("payments"),
            machine.reported("team/app"),
            own_ran()
        ),
        (1, 1, false)
    );
    machine.run(own);
    assert_eq!(
        (
            machine.reported("payments"),
            machine.reported("team/app"),
            own_ran()
        ),
        (1, 1, true)
    );
}

#[test]
fn the_lines_for_gits_configuration_are_what_it_reads() {
    let machine = Machine::new();
    let [lines, but_one] = blocks("Git's configuration")[..] else {
        panic!("two blocks")
    };
    machine.run(lines);
    let reported = machine.run("git service-hook uninstall -C /srv/git/payments.git");
    assert!(
        reported.contains("hook.service-hook.command in Git's configuration still starts it"),
        "{reported}"
    );
    machine.run(but_one);
    let reported = machine.run("git service-hook uninstall -C /srv/git/payments.git");
    assert!(!reported.contains("still starts it"), "{reported}");
    machine.run(blocks("Uninstalling")[2]);
    assert_eq!(
        fs::read_to_string(machine.sandbox.path("system")).unwrap(),
        ""
    );
}

#[test]
fn both_ways_beside_another_hook_work() {
    let machine = Machine::new();
    let [chain, own] = blocks("Beside another hook")[..] else {
        panic!("two blocks")
    };
    let hook = machine
        .sandbox
        .path("srv/git/payments.git/hooks/post-receive");
    script(&hook, "#!/bin/sh\ncat >>own\n");
    machine.run(chain);
    assert_eq!(machine.reported("payments"), 1);
    assert!(machine.sandbox.path("srv/git/payments.git/own").exists());
    fs::remove_file(&hook).unwrap();
    script(&hook, own);
    assert_eq!(machine.reported("payments"), 1);
    let lines = |text: &str| {
        text.lines()
            .filter(|l| !l.is_empty() && !l.starts_with("# "))
            .map(str::to_owned)
            .collect()
    };
    let example: Vec<String> = lines(include_str!("../../../examples/own-post-receive.sh"));
    assert_eq!(lines(own), example);
}
