//! gitolite, as its manual sets it up: the hook in `LOCAL_CODE/hooks/common`, one hooks.toml for the server, people
//! who push over SSH.

use super::document::blocks;
use super::script;
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::{Ssh, key_pair};
use crate::support::{PROGRAM, Sandbox};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// A gitolite of its own home directory, with an admin, alice and bob.
struct Gitolite {
    sandbox: Sandbox,
    receiver: Receiver,
    ssh: Ssh,
}

impl Gitolite {
    /// `conf` is for gitolite.conf.
    fn new(conf: &str) -> Self {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::start(|_| Answer::ok()));
        for name in ["admin", "alice", "bob", "server-other"] {
            key_pair(&sandbox, name);
        }
        fs::create_dir_all(sandbox.path("gl/.ssh")).unwrap();
        sandbox.write(
            "gl/.gitconfig",
            "[user]\n\tname = G\n\temail = g@example.com\n[init]\n\tdefaultBranch = master\n",
        );
        let home = sandbox.path("gl").display().to_string();
        let ssh = Ssh::serve(
            &sandbox,
            &sandbox.path("gl/.ssh/authorized_keys"),
            &format!("HOME={home}"),
        );
        let site = Self {
            sandbox,
            receiver,
            ssh,
        };
        site.gitolite(&["setup", "-pk", "../admin.pub"]);
        site.settings(
            "%RC = (",
            "%RC = (\n LOCAL_CODE => \"$ENV{HOME}/local\", HOSTNAME => 'here',",
        );
        site.settings(
            "GIT_CONFIG_KEYS                 =>  ''",
            "GIT_CONFIG_KEYS => 'receive\\..*'",
        );
        site.configure("");
        let [as_documented] = blocks("gitolite")[..] else {
            panic!("one block")
        };
        fs::create_dir(site.sandbox.path("bin")).unwrap();
        symlink(PROGRAM, site.sandbox.path("bin/git-service-hook")).unwrap();
        site.as_host("sh", &["-euc", as_documented]);
        site.git(
            "admin",
            "",
            &["clone", "-q", &site.url("gitolite-admin"), "ga"],
        );
        for name in ["alice", "bob", "server-other"] {
            fs::copy(
                site.sandbox.path(&format!("{name}.pub")),
                site.sandbox.path(&format!("ga/keydir/{name}.pub")),
            )
            .unwrap();
        }
        site.conf(conf);
        site.sandbox.init("wt");
        site
    }

    /// Changes a place in .gitolite.rc.
    fn settings(&self, old: &str, new: &str) {
        let path = self.sandbox.path("gl/.gitolite.rc");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    /// The server's file, with more for its only hook.
    fn configure(&self, more: &str) {
        let hook = format!(
            "[hook.all]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n",
            self.receiver.url("/")
        );
        let root = self.sandbox.path("gl/repositories").display().to_string();
        let text = format!(
            "[project]\nroot = \"{root}\"\n\n[deliver]\nwait = \"20s\"\n\n{hook}skippable = true\n{more}"
        );
        self.sandbox.write("server/hooks.toml", text);
    }

    fn gitolite(&self, arguments: &[&str]) {
        self.as_host("gitolite", arguments);
    }

    /// As the hosting account.
    fn as_host(&self, program: &str, arguments: &[&str]) {
        let mut command = self
            .sandbox
            .command_on_server(program, "gl", &self.sandbox.path("bin"));
        command
            .env("HOME", self.sandbox.path("gl"))
            .env_remove("GIT_CONFIG_GLOBAL")
            .args(arguments);
        let out = command.output().unwrap();
        assert!(
            out.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn url(&self, name: &str) -> String {
        self.ssh.url(std::path::Path::new("/")) + name
    }

    /// Git as somebody; what they saw.
    #[track_caller]
    fn git(&self, who: &str, dir: &str, arguments: &[&str]) -> String {
        let mut git: Command = self.sandbox.command("git", dir);
        git.env(
            "GIT_SSH_COMMAND",
            self.ssh.command_with(&self.sandbox.path(who)),
        )
        .args(arguments);
        let out = git.output().unwrap();
        let seen = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{who}: {arguments:?}: {seen}");
        seen
    }

    /// Appends to gitolite.conf, and pushes it.
    fn conf(&self, text: &str) {
        let path = self.sandbox.path("ga/conf/gitolite.conf");
        let old = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{old}\n{text}")).unwrap();
        self.sandbox.git("ga", &["add", "-A"]);
        self.sandbox.git("ga", &["commit", "-qm", "conf"]);
        self.git("admin", "ga", &["push", "-q", "origin", "HEAD:master"]);
    }

    /// Commits, and pushes as somebody.
    #[track_caller]
    fn push(&self, who: &str, name: &str, options: &[&str]) -> String {
        self.sandbox
            .commit("wt", "file.txt", &format!("{who} {name}"), name);
        self.git(
            who,
            "wt",
            &[&["push", "-q"], options, &[&self.url(name), "main"]].concat(),
        )
    }

    /// A member of every event so far, those of gitolite-admin left out.
    fn reported(&self, pointer: &str) -> Vec<String> {
        let events = self
            .receiver
            .got()
            .into_iter()
            .map(|request| request.json());
        let others = events.filter(|event| event["project"]["name"] != "gitolite-admin");
        others
            .map(|event: Value| {
                event
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }
}

const DEMO: &str = "repo team/demo\n    RW+ = alice bob\n";

#[needs("gitolite", "sshd", "ssh-keygen")]
#[test]
fn every_repository_has_the_hook_also_one_that_is_made_later() {
    let wild = "repo wild/CREATOR/..*\n    C = @all\n    RW+ = CREATOR\n";
    let site = Gitolite::new(&format!("{DEMO}{wild}"));
    let seen = site.push("alice", "team/demo", &[]);
    assert!(
        seen.contains("remote: service-hook: all: delivered"),
        "{seen}"
    );
    site.push("bob", "wild/bob/new", &[]);
    site.conf("repo later\n    RW+ = alice\n");
    site.push("alice", "later", &[]);
    assert_eq!(
        site.reported("/project/name"),
        ["team/demo", "wild/bob/new", "later"]
    );
    assert_eq!(site.reported("/pusher/username"), ["alice", "bob", "alice"]);
    assert!(
        site.reported("/pusher/source")
            .iter()
            .all(|source| source == "gitolite")
    );
    // gitolite puts its own hooks there again and again; `gitolite setup` must not take ours away either.
    site.gitolite(&["setup"]);
    site.push("alice", "team/demo", &[]);
    assert_eq!(site.reported("/project/name").len(), 4);
}

#[needs("gitolite", "sshd", "ssh-keygen")]
#[test]
fn one_file_says_what_is_reported_about_which_repository_and_push_options_are_switched_on_in_gitolite_conf()
 {
    let options = "repo team/demo\n    config receive.advertisePushOptions = true\n";
    let site = Gitolite::new(&format!("{DEMO}{options}repo other\n    RW+ = alice\n"));
    site.configure("repositories = [\"team/**\"]\npushers = [\"!bob\"]\n");
    let (from, to) = (
        site.sandbox.path("server/hooks.toml"),
        site.sandbox.path("gl/hooks.toml"),
    );
    fs::rename(from, &to).unwrap();
    let named = format!(
        "$ENV{{GIT_SERVICE_HOOK_CONFIG}} = \"{}\";\n%RC = (",
        to.display()
    );
    site.settings("%RC = (", &named);
    site.push("alice", "other", &[]);
    site.push("bob", "team/demo", &[]);
    assert!(site.reported("/ref").is_empty());
    site.push("alice", "team/demo", &["-o", "service-hook.skip=all"]);
    assert!(site.reported("/ref").is_empty());
    site.push("alice", "team/demo", &[]);
    assert_eq!(site.reported("/pusher/username"), ["alice"]);
}

#[needs("gitolite", "sshd", "ssh-keygen")]
#[test]
fn what_waits_is_sent_by_a_timer_that_knows_nothing_of_gitolite() {
    let site = Gitolite::new(DEMO);
    site.configure("repositories = [\"team/**\"]\n");
    site.receiver.answer(|_| crate::delivery::busy());
    site.push("alice", "team/demo", &[]);
    site.receiver.answer(|_| Answer::ok());
    let before = site.receiver.got().len();
    crate::support::eventually("the delivery arrives", || {
        site.sandbox.run("", &["drain", "--all", "gl/repositories"]);
        site.receiver.got().len() > before
    });
    assert_eq!(site.reported("/project/name").last().unwrap(), "team/demo");
}

#[needs("gitolite", "sshd", "ssh-keygen")]
#[test]
fn scripts_beside_it_run_by_the_folder_or_by_gitolites_own_driver() {
    let site = Gitolite::new(DEMO);
    script(
        &site
            .sandbox
            .path("gl/local/hooks/common/post-receive.d/50-more"),
        "#!/bin/sh\ncat >>more\n",
    );
    site.gitolite(&["setup", "--hooks-only"]);
    site.push("alice", "team/demo", &[]);
    let repo = site.sandbox.path("gl/repositories/team/demo.git");
    assert_eq!(
        fs::read_to_string(repo.join("more"))
            .unwrap()
            .lines()
            .count(),
        1
    );
    assert_eq!(site.reported("/ref").len(), 1);

    // `option hook.post-receive`: gitolite starts each under a name of its own.
    let specific = site.sandbox.path("gl/local/hooks/repo-specific");
    script(&specific.join("theirs"), "#!/bin/sh\ncat >>theirs\n");
    symlink(PROGRAM, specific.join("git-service-hook")).unwrap();
    fs::remove_dir_all(site.sandbox.path("gl/local/hooks/common")).unwrap();
    site.settings("# 'repo-specific-hooks'", "'repo-specific-hooks'");
    site.conf(
        "repo specific\n    RW+ = alice\n    option hook.post-receive = theirs git-service-hook\n",
    );
    let seen = site.push("alice", "specific", &[]);
    assert!(seen.contains("all: delivered"), "{seen}");
    let repo = site.sandbox.path("gl/repositories/specific.git");
    assert_eq!(
        fs::read_to_string(repo.join("theirs"))
            .unwrap()
            .lines()
            .count(),
        1
    );
    assert_eq!(site.reported("/project/name").last().unwrap(), "specific");
}

#[needs("gitolite", "sshd", "ssh-keygen")]
#[test]
fn a_copy_is_pushed_to_by_its_server_which_a_filter_can_leave_out() {
    let mirrored = "repo mirrored\n    RW+ = alice\n    option mirror.master = other\n    option mirror.copies = here\n";
    let site = Gitolite::new(DEMO);
    site.settings("# 'Mirroring'", "'Mirroring'");
    site.conf(mirrored);
    site.push("server-other", "mirrored", &[]);
    assert_eq!(site.reported("/pusher/username"), ["server-other"]);
    site.configure("pushers = [\"!server-*\"]\n");
    site.push("server-other", "mirrored", &[]);
    assert_eq!(site.reported("/ref").len(), 1);
}
