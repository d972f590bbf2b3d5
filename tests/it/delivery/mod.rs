//! The promise: a push is never slowed and never lost.

mod accounts;
mod alike;
mod backlog;
mod configured;
mod copied;
mod crowd;
mod denied;
mod durable;
mod errors;
mod folders;
mod full_disk;
mod gone;
mod graceful;
mod killed;
mod large;
mod links;
mod order;
mod outage;
mod pace;
mod power_cut;
mod process;
mod pusher;
mod receivers;
mod soak;
mod synced;

use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox, eventually, ours_below};
use git_service_hook::spool::{ExclusiveLock, Spool};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A bare repository with our hook, and a clone with one commit that is not pushed yet.
pub struct Pushing {
    pub sandbox: Sandbox,
}

impl Pushing {
    /// `hooks` is the text of hooks.toml.
    pub fn new(hooks: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.bare("r.git");
        let pushing = Self { sandbox };
        pushing.configure(hooks);
        pushing.sandbox.clone_with_commit("r.git", "c");
        pushing
    }

    pub fn configure(&self, hooks: &str) {
        self.sandbox.write("r.git/hooks.toml", hooks);
    }

    /// Commits and pushes; what the pusher saw.
    #[track_caller]
    pub fn push(&self, message: &str) -> String {
        self.sandbox
            .commit("c", "file.txt", &format!("{message}\n"), message);
        self.sandbox.push("c", &["-q", "origin", "HEAD:main"])
    }

    /// As if somebody stayed already: nothing is retried by itself while the answer is kept.
    pub fn nobody_stays(&self) -> ExclusiveLock {
        std::fs::create_dir_all(self.sandbox.path("r.git/service-hook")).unwrap();
        Spool::at(&self.sandbox.path("r.git"), 0)
            .lock_retry_wait()
            .unwrap()
            .unwrap()
    }

    /// Waits until no process works on a push any more.
    #[track_caller]
    pub fn quiet(&self) {
        let folder = self.sandbox.path("");
        eventually("all processes have ended", || {
            ours_below(&folder).is_empty()
        });
    }

    /// `drain`; its exit code.
    pub fn drain(&self) -> Option<i32> {
        self.sandbox.run("r.git", &["drain"]).status.code()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.sandbox.path("r.git/service-hook").join(folder));
        let entries = entries.map_or(Vec::new(), |e| e.flatten().collect());
        let mut names: Vec<String> = entries
            .iter()
            .map(|e| e.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Names of the records that have something left to do.
    pub fn pending(&self) -> Vec<String> {
        self.names("pending")
    }

    /// Names of the finished ones.
    pub fn done(&self) -> Vec<String> {
        self.names("done")
    }

    /// The text of all records.
    pub fn records(&self) -> String {
        let text = |folder: &str, name: &String| {
            std::fs::read_to_string(
                self.sandbox
                    .path("r.git/service-hook")
                    .join(folder)
                    .join(name),
            )
            .unwrap_or_default()
        };
        let pending = self.pending();
        let done = self.done();
        pending
            .iter()
            .map(|n| text("pending", n))
            .chain(done.iter().map(|n| text("done", n)))
            .collect()
    }

    /// The program as the hook, by hand.
    pub fn hook(&self) -> Command {
        let mut command = self.sandbox.command(PROGRAM, "r.git");
        command
            .arg("post-receive")
            .env("GIT_DIR", ".")
            .stderr(Stdio::piped());
        command
    }

    /// Runs the hook for what is given on stdin.
    pub fn receive(&self, stdin: &str) -> Output {
        feed(&mut self.hook(), stdin)
    }

    /// Brings a commit into the bare repository without a push; its `OLD NEW REF` line.
    pub fn unannounced(&self, message: &str, name: &str) -> String {
        let new = self
            .sandbox
            .commit("c", "file.txt", &format!("{message}\n"), message);
        let place = format!("{}:refs/keep/{message}", "HEAD");
        let hooks = self.sandbox.path("r.git/hooks/post-receive");
        let aside = self.sandbox.path("r.git/hooks/aside");
        std::fs::rename(&hooks, &aside).unwrap();
        self.sandbox.git("c", &["push", "-q", "origin", &place]);
        std::fs::rename(&aside, &hooks).unwrap();
        format!("{} {new} {name}\n", "0".repeat(40))
    }
}

/// Runs a command with a stdin.
pub fn feed(command: &mut Command, stdin: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn seen(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A webhook in hooks.toml.
pub fn webhook(name: &str, url: &str) -> String {
    format!("[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\n")
}

/// Refuses, and asks to be tried again soon.
pub fn busy() -> Answer {
    Answer::Reply(
        503,
        vec![("Retry-After".into(), "1".into())],
        b"come back".to_vec(),
    )
}

pub fn messages(receiver: &Receiver) -> Vec<String> {
    let message = |json: serde_json::Value| {
        json["head_commit"]["message"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    receiver.got().iter().map(|r| message(r.json())).collect()
}

pub fn record_path(pushing: &Pushing, id: &str) -> PathBuf {
    pushing.sandbox.path("r.git/service-hook/pending").join(id)
}
