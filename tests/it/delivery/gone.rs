//! The pusher goes away while receivers are slow: what was recorded is delivered all the same, and once.

use super::{Pushing, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::{Ssh, program_for_all};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A push that waits for a receiver which takes its time, and whatever ends it.
struct Waiting {
    pushing: Pushing,
    receiver: Receiver,
    push: Child,
}

impl Waiting {
    /// `change` may choose another way to push; it gets `git push`, without arguments.
    fn start(change: impl FnOnce(&Pushing, &mut Command)) -> Self {
        let receiver =
            Receiver::start(|_| Answer::Late(Duration::from_millis(700), 200, b"{}".to_vec()));
        let hooks = format!(
            "[deliver]\nwait = \"20s\"\n{}",
            webhook("ci", &receiver.url("/"))
        );
        let pushing = Pushing::new(&hooks);
        let mut command = pushing.sandbox.command("git", "c");
        command
            .arg("push")
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        change(&pushing, &mut command);
        let push = command.spawn().unwrap();
        eventually("the receiver is asked", || receiver.got().len() == 1);
        Self {
            pushing,
            receiver,
            push,
        }
    }

    /// Everything that must come of it.
    fn must_be_delivered(mut self) {
        eventually("it is delivered", || {
            self.pushing.done().len() == 1 && self.pushing.pending().is_empty()
        });
        let _ = self.push.kill();
        self.push.wait().unwrap();
        assert_eq!(messages(&self.receiver), ["First commit"], "once");
        let record = self.pushing.records();
        assert!(record.contains("\"outcome\":\"delivered\""), "{record}");
    }

    /// Ends the process whose id is in a file below the sandbox.
    fn kill(&self, file: &str) {
        let pid = std::fs::read_to_string(self.pushing.sandbox.path(file)).unwrap();
        signal("KILL", pid.trim());
    }
}

fn signal(name: &str, to: &str) {
    assert!(
        Command::new("kill")
            .args(["-s", name, "--", to])
            .status()
            .unwrap()
            .success()
    );
}

/// A script that notes its process id in `file` and becomes `program`.
fn noting(pushing: &Pushing, file: &str, program: &str) -> String {
    let at = |name: &str| pushing.sandbox.path(name).display().to_string();
    let text = format!("#!/bin/sh\necho $$ >{}\nexec {program} \"$@\"\n", at(file));
    let path = pushing.sandbox.write(&format!("{file}.sh"), text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn ctrl_c_during_a_local_push() {
    let waiting = Waiting::start(|_, git| {
        git.args(["-q", "origin", "HEAD:main"]);
    });
    signal("INT", &format!("-{}", waiting.push.id()));
    waiting.must_be_delivered();
}

#[test]
fn a_receive_pack_that_is_killed() {
    let waiting = Waiting::start(|pushing, git| {
        let receive_pack = noting(pushing, "receive-pack", "git-receive-pack");
        git.args([
            "-q",
            &format!("--receive-pack={receive_pack}"),
            "origin",
            "HEAD:main",
        ]);
    });
    waiting.kill("receive-pack");
    waiting.must_be_delivered();
}

#[needs("sshd", "ssh-keygen")]
#[test]
fn an_ssh_client_that_is_killed() {
    let mut ssh = None;
    let waiting = Waiting::start(|pushing, git| {
        let program = program_for_all(&pushing.sandbox);
        let hook = pushing.sandbox.path("r.git/hooks/post-receive");
        std::fs::remove_file(&hook).unwrap();
        std::os::unix::fs::symlink(program, hook).unwrap();
        let server = Ssh::start(&pushing.sandbox);
        git.env("GIT_SSH_COMMAND", noting(pushing, "ssh", &server.command));
        git.args([
            "-q",
            &server.url(&pushing.sandbox.path("r.git")),
            "HEAD:main",
        ]);
        ssh = Some(server);
    });
    waiting.kill("ssh");
    waiting.must_be_delivered();
}
