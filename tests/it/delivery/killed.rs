//! Killed at any moment: the push was never there, or it is delivered.

use super::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::tracer::{Whom, kill_at};
use crate::support::{PROGRAM, eventually};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Hooks of the repositories.
const HOOKS: [&str; 2] = ["ci", "team"];

/// Repositories that are alike, one for each death, below `all/`.
struct Alike {
    pushing: Pushing,
    receiver: Receiver,
    line: String,
}

impl Alike {
    fn new(settings: &str) -> Self {
        let receiver = Receiver::start(|_| Answer::ok());
        let hooks = HOOKS.map(|name| webhook(name, &receiver.url(&format!("/{name}")))).concat();
        let pushing = Pushing::new(&format!("{settings}{hooks}"));
        let line = pushing.unannounced("one", "refs/heads/main");
        std::fs::remove_dir_all(pushing.sandbox.path("r.git/hooks")).unwrap();
        std::fs::create_dir(pushing.sandbox.path("r.git/hooks")).unwrap();
        pushing.sandbox.write("line", &line);
        Self { pushing, receiver, line }
    }

    fn path(&self, number: usize) -> PathBuf {
        self.pushing.sandbox.path(&format!("all/{number}.git"))
    }

    /// Kills somebody at one call of a push to a repository of its own; whether it came to that.
    fn kill(&self, whom: Whom, call: usize) -> bool {
        let to = self.path(call);
        copy(&self.pushing.sandbox.path("r.git"), &to);
        let mut shell = self.pushing.sandbox.command("sh", &format!("all/{call}.git"));
        shell.env("GIT_DIR", ".").stdin(std::fs::File::open(self.pushing.sandbox.path("line")).unwrap());
        kill_at(&mut shell, &format!("{PROGRAM} post-receive"), whom, call)
    }

    /// Records of one repository: what waits, what is done.
    fn records(&self, number: usize) -> [usize; 2] {
        ["pending", "done"].map(|folder| {
            std::fs::read_dir(self.path(number).join("service-hook").join(folder)).map_or(0, Iterator::count)
        })
    }

    /// Ids under which a hook was told of the push to one repository.
    fn ids(&self, number: usize, hook: &str) -> Vec<String> {
        let (name, target) = (number.to_string(), format!("/{hook}"));
        let got = self.receiver.got();
        let told = got.iter().filter(|r| r.target == target && r.json()["project"]["name"] == name.as_str());
        told.map(|r| r.header("X-Coding-Delivery").unwrap().to_owned()).collect()
    }

    /// What was recorded is delivered by `drain`, whoever died before.
    fn drain(&self, last: usize) {
        eventually("drain leaves nothing", || {
            self.pushing.sandbox.run("", &["drain", "--all", "all"]);
            (1..=last).all(|number| self.records(number)[0] == 0)
        });
    }

    /// Finds the pushes whose record never appeared.
    #[expect(clippy::unused_self, reason = "the place where `drain --catch-up` is held against them")]
    fn catch_up(&self, _unrecorded: &[usize]) {}
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
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

/// Kills `whom` at its first, second, third … system call until it survives, two at a time, then drains.
fn everywhere(whom: Whom, settings: &str) -> usize {
    let alike = Alike::new(settings);
    let (next, survived) = (AtomicUsize::new(1), AtomicBool::new(false));
    let published = std::sync::Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !survived.load(Ordering::SeqCst) {
                    let call = next.fetch_add(1, Ordering::SeqCst);
                    if !alike.kill(whom, call) {
                        survived.store(true, Ordering::SeqCst);
                    }
                    if alike.records(call) != [0, 0] {
                        published.lock().unwrap().insert(call);
                    }
                }
            });
        }
    });
    let last = next.into_inner() - 1;
    let published = published.into_inner().unwrap();
    alike.drain(last);
    let told = |call: usize| HOOKS.map(|hook| alike.ids(call, hook));
    for call in 1..=last {
        for ids in told(call) {
            let place = format!("{whom:?} died at call {call} of {last} ({})", alike.line.trim());
            assert_eq!(!ids.is_empty(), published.contains(&call), "{place}: recorded means delivered");
            assert!(ids.iter().collect::<BTreeSet<_>>().len() <= 1, "{place}: a repeat has the same id: {ids:?}");
        }
    }
    assert!(published.contains(&last), "a push that nothing happens to is recorded");
    alike.catch_up(&(1..=last).filter(|call| !published.contains(call)).collect::<Vec<_>>());
    last
}

#[test]
fn wherever_the_hook_is_killed_a_push_on_disk_is_delivered() {
    let calls = everywhere(Whom::Itself, "");
    eprintln!("hook: {calls}");
    assert!(calls > 100, "{calls}: it makes many more calls");
}

#[test]
fn wherever_the_deliverer_is_killed_the_push_is_delivered() {
    let calls = everywhere(Whom::Child, "");
    eprintln!("deliverer: {calls}");
    assert!(calls > 100, "{calls}: it makes many more calls");
}
