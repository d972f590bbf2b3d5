//! Several accounts of one group push to one repository with `core.sharedRepository = group`.

use super::{Pushing, feed, messages, seen, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;
use crate::support::tracer::{Whom, kill_at};
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Numbers of nobody on this machine: nothing has to be created for them, and nothing to be removed.
const GROUP: &str = "64300";
const ANN: &str = "64301";
const BOB: &str = "64302";

struct Shared {
    pushing: Pushing,
    program: PathBuf,
    receiver: Receiver,
}

impl Shared {
    fn new() -> Self {
        let receiver = Receiver::start(|_| Answer::ok());
        let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
        let program = program_for_all(&pushing.sandbox);
        let sandbox = &pushing.sandbox;
        sandbox.git("", &["init", "-q", "--bare", "--shared=group", "r.git"]);
        let hook = sandbox.path("r.git/hooks/post-receive");
        std::fs::remove_file(&hook).unwrap();
        symlink(&program, hook).unwrap();
        // Each has a home of their own that trusts the repository of the other; so do we, for commits by hand.
        let trust = "[safe]\n\tdirectory = *\n";
        let ours = std::fs::read_to_string(sandbox.path("gitconfig")).unwrap();
        sandbox.write("gitconfig", ours + trust);
        sandbox.write("home-64301/.gitconfig", trust);
        sandbox.write("home-64302/.gitconfig", trust);
        let shared = Self {
            pushing,
            program,
            receiver,
        };
        for who in [ANN, BOB] {
            shared.chown(who, &format!("home-{who}"));
        }
        shared.chown(ANN, "r.git");
        shared.run(
            "find",
            &["r.git", "-type", "d", "-exec", "chmod", "2770", "{}", "+"],
        );
        shared.run("chmod", &["-R", "g+rwX", "r.git"]);
        shared
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(
            self.pushing
                .sandbox
                .command(program, "")
                .args(arguments)
                .status()
                .unwrap()
                .success(),
            "{arguments:?}"
        );
    }

    fn chown(&self, who: &str, what: &str) {
        self.run("chown", &["-R", &format!("{who}:{GROUP}"), what]);
    }

    /// A command line of theirs, in a directory of the sandbox, with a umask that shares nothing.
    fn of(&self, who: &str, dir: &str, line: &str) -> Command {
        let home = self.pushing.sandbox.path(&format!("home-{who}"));
        let mut command = self.pushing.sandbox.command("setpriv", dir);
        command.args([
            "--reuid",
            who,
            "--regid",
            GROUP,
            "--clear-groups",
            "sh",
            "-c",
        ]);
        command
            .arg(format!("umask 077; {line}"))
            .env("HOME", home)
            .env_remove("GIT_CONFIG_GLOBAL");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn drain(&self, who: &str) {
        let line = format!("{} drain", self.program.display());
        eventually("drain leaves nothing", || {
            let out = self.of(who, "r.git", &line).output().unwrap();
            assert!(out.status.success(), "{}", seen(&out));
            self.pushing.pending().is_empty()
        });
    }

    /// Kills their hook, or the deliverer that it starts, at one of its calls; whether it came to that.
    fn kill_at(&self, who: &str, line: &str, whom: Whom, call: usize) -> bool {
        let stdin = File::open(self.pushing.sandbox.write("line", line)).unwrap();
        let mut shell = self.pushing.sandbox.command("sh", "r.git");
        shell
            .env("GIT_DIR", ".")
            .env("HOME", self.pushing.sandbox.path(&format!("home-{who}")));
        // Named by a server: the first process that is started is the deliverer, and not one that asks for their name.
        shell
            .env("GL_REPO", "r")
            .env("GL_USER", who)
            .env_remove("GIT_CONFIG_GLOBAL")
            .stdin(stdin);
        let program = self.program.display();
        let as_them =
            format!("setpriv --reuid {who} --regid {GROUP} --clear-groups {program} post-receive");
        kill_at(
            &mut shell,
            &format!("sh -c 'umask 077; exec {as_them}'"),
            whom,
            call,
        )
    }

    /// A push whose deliverer dies before it does anything.
    fn left_pending(&self, who: &str, message: &str) {
        let line = self.pushing.unannounced(message, "refs/heads/main");
        self.chown(ANN, "r.git/objects");
        let before = self.pushing.pending().len();
        assert!(
            self.kill_at(who, &line, Whom::Child, 1),
            "there is a deliverer to kill"
        );
        assert_eq!(self.pushing.pending().len(), before + 1, "recorded");
    }
}

fn below(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries
        .flat_map(|p| {
            if p.is_dir() {
                [vec![p.clone()], below(&p)].concat()
            } else {
                vec![p]
            }
        })
        .collect()
}

#[needs("setpriv", root, ptrace)]
#[test]
fn two_accounts_of_a_group_deliver_what_the_other_left() {
    let shared = Shared::new();
    shared.left_pending(ANN, "one");
    // Bob's own push takes it along.
    shared
        .pushing
        .sandbox
        .commit("c", "file.txt", "two\n", "two");
    shared.chown(BOB, "c");
    let out = feed(
        &mut shared.of(BOB, "c", "git push -q ../r.git HEAD:refs/heads/bob"),
        "",
    );
    assert!(
        out.status.success() && seen(&out).contains("ci: delivered"),
        "{}",
        seen(&out)
    );
    eventually("both are delivered", || shared.pushing.done().len() == 2);
    assert_eq!(messages(&shared.receiver), ["one", "two"]);
    shared.chown("0", "c");

    shared.left_pending(BOB, "three");
    shared.drain(ANN);
    shared.left_pending(ANN, "four");
    shared.drain(BOB);
    assert_eq!(messages(&shared.receiver), ["one", "two", "three", "four"]);

    let folder = shared.pushing.sandbox.path("r.git/service-hook");
    for path in [vec![folder.clone()], below(&folder)].concat() {
        let metadata = path.metadata().unwrap();
        let mode = if path.is_dir() { 0o2770 } else { 0o660 };
        assert_eq!(
            (
                metadata.permissions().mode() & 0o7777,
                metadata.gid().to_string().as_str()
            ),
            (mode, GROUP),
            "{path:?}"
        );
    }
}

#[needs("setpriv", root, ptrace)]
#[test]
fn a_process_that_dies_while_it_creates_files_leaves_none_that_the_group_cannot_use() {
    let shared = Shared::new();
    let line = shared.pushing.unannounced("one", "refs/heads/main");
    shared.chown(ANN, "r.git/objects");
    let folder = shared.pushing.sandbox.path("r.git/service-hook");
    let dies = |call: usize| {
        let _ = std::fs::remove_dir_all(&folder);
        shared.kill_at(ANN, &line, Whom::Itself, call)
    };
    // Nothing is created before this call.
    let first = (1..2000)
        .collect::<Vec<_>>()
        .partition_point(|call| dies(*call) && !folder.exists())
        + 1;
    for call in first.. {
        assert!(dies(call), "it is published before it ends");
        let published = !shared.pushing.pending().is_empty();
        let mut bobs = shared.of(
            BOB,
            "r.git",
            &format!("{} post-receive", shared.program.display()),
        );
        let said = seen(&feed(bobs.env("GIT_DIR", "."), &line));
        assert!(
            said.contains("ci: delivered") && !said.contains("not recorded"),
            "{call}: {said}"
        );
        if published {
            assert!(
                call > first + 10,
                "from the first folder to the record, {first} to {call}"
            );
            break;
        }
    }
}
