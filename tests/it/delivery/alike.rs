//! Repositories that are alike, so that each mishap has one of its own and all of them are drained and checked at once.

use super::{Pushing, busy, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Hooks of the repositories.
pub const HOOKS: [&str; 2] = ["ci", "team"];

/// What a push meets.
#[derive(Debug)]
pub struct Scene {
    /// What `hooks.toml` begins with.
    pub settings: &'static str,
    /// Whether receivers refuse what they get first, so that there is a second attempt.
    pub refuses: bool,
}

/// Repositories that are alike, numbered, below `all/`.
pub struct Alike {
    pub pushing: Pushing,
    pub receiver: Receiver,
}

impl Alike {
    pub fn new(scene: &Scene) -> Self {
        let (asked, refuses) = (Mutex::new(BTreeSet::new()), scene.refuses);
        let receiver = Receiver::start(move |request| {
            let place = (
                request.target.clone(),
                request.json()["project"]["name"].to_string(),
            );
            if asked.lock().unwrap().insert(place) && refuses {
                busy()
            } else {
                Answer::ok()
            }
        });
        let settings = scene.settings;
        let hooks = HOOKS
            .map(|name| webhook(name, &receiver.url(&format!("/{name}"))))
            .concat();
        let pushing = Pushing::new(&format!("{settings}{hooks}"));
        let line = pushing.unannounced("one", "refs/heads/main");
        std::fs::remove_dir_all(pushing.sandbox.path("r.git/hooks")).unwrap();
        std::fs::create_dir(pushing.sandbox.path("r.git/hooks")).unwrap();
        pushing.sandbox.write("line", line);
        Self { pushing, receiver }
    }

    pub fn path(&self, number: usize) -> PathBuf {
        self.pushing.sandbox.path(&format!("all/{number}.git"))
    }

    /// Makes one more repository; a command in it, with the push on its stdin.
    pub fn command(&self, program: &str, number: usize) -> Command {
        copy(&self.pushing.sandbox.path("r.git"), &self.path(number));
        // Git has moved the ref before it starts the hook.
        let line = std::fs::read_to_string(self.pushing.sandbox.path("line")).unwrap();
        std::fs::write(
            self.path(number).join("refs/heads/main"),
            line.split(' ').nth(1).unwrap(),
        )
        .unwrap();
        let mut command = self
            .pushing
            .sandbox
            .command(program, &format!("all/{number}.git"));
        command
            .env("GIT_DIR", ".")
            .stdin(File::open(self.pushing.sandbox.path("line")).unwrap());
        command
    }

    /// Records of one repository: what waits, what is done.
    pub fn records(&self, number: usize) -> [usize; 2] {
        ["pending", "done"].map(|folder| {
            std::fs::read_dir(self.path(number).join("service-hook").join(folder))
                .map_or(0, Iterator::count)
        })
    }

    /// For each repository and hook, the ids under which it was sent.
    pub fn ids(&self) -> BTreeMap<(String, String), Vec<String>> {
        let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for request in self.receiver.got() {
            let name = request.json()["project"]["name"]
                .as_str()
                .unwrap()
                .to_owned();
            let id = request.header("X-Coding-Delivery").unwrap().to_owned();
            ids.entry((name, request.target[1..].to_owned()))
                .or_default()
                .push(id);
        }
        ids
    }

    /// What was recorded is delivered by `drain`, no matter which process died before.
    pub fn drain(&self, last: usize) {
        eventually("drain leaves nothing", || {
            self.pushing.sandbox.run("", &["drain", "--all", "all"]);
            (1..=last).all(|number| self.records(number)[0] == 0)
        });
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
