//! Killed at any moment: the push was never there, or it is delivered.

use super::{Pushing, busy, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::tracer::{Whom, kill_at};
use crate::support::{PROGRAM, eventually, full};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Hooks of the repositories.
const HOOKS: [&str; 2] = ["ci", "team"];

/// Repositories that are alike, one for each death, below `all/`.
struct Alike {
    pushing: Pushing,
    receiver: Receiver,
}

impl Alike {
    fn new(scene: &Scene) -> Self {
        let (asked, refuses) = (Mutex::new(BTreeSet::new()), scene.refuses);
        let receiver = Receiver::start(move |request| {
            let place = (request.target.clone(), request.json()["project"]["name"].to_string());
            if asked.lock().unwrap().insert(place) && refuses { busy() } else { Answer::ok() }
        });
        let settings = scene.settings;
        let hooks = HOOKS.map(|name| webhook(name, &receiver.url(&format!("/{name}")))).concat();
        let pushing = Pushing::new(&format!("{settings}{hooks}"));
        let line = pushing.unannounced("one", "refs/heads/main");
        std::fs::remove_dir_all(pushing.sandbox.path("r.git/hooks")).unwrap();
        std::fs::create_dir(pushing.sandbox.path("r.git/hooks")).unwrap();
        pushing.sandbox.write("line", line);
        Self { pushing, receiver }
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

    /// For each repository and hook, the ids under which it was told.
    fn ids(&self) -> BTreeMap<(String, String), Vec<String>> {
        let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for request in self.receiver.got() {
            let name = request.json()["project"]["name"].as_str().unwrap().to_owned();
            let id = request.header("X-Coding-Delivery").unwrap().to_owned();
            ids.entry((name, request.target[1..].to_owned())).or_default().push(id);
        }
        ids
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

/// Kills `whom` at its first, second, third … system call until it survives, two at a time, then drains. The number of
/// its calls.
fn everywhere(whom: Whom, scene: &Scene) -> usize {
    let alike = Alike::new(scene);
    let (next, survived) = (AtomicUsize::new(1), AtomicBool::new(false));
    let recorded = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !survived.load(Ordering::SeqCst) {
                    let call = next.fetch_add(1, Ordering::SeqCst);
                    if !alike.kill(whom, call) {
                        survived.store(true, Ordering::SeqCst);
                    }
                    if alike.records(call) != [0, 0] {
                        recorded.lock().unwrap().insert(call);
                    }
                }
            });
        }
    });
    let last = next.into_inner() - 1;
    let recorded = recorded.into_inner().unwrap();
    alike.drain(last);
    let told = alike.ids();
    for call in 1..=last {
        for hook in HOOKS {
            let ids = told.get(&(call.to_string(), hook.to_owned())).map_or(&[][..], Vec::as_slice);
            let place = format!("{whom:?} killed at call {call} of {last}, {scene:?}");
            assert_eq!(!ids.is_empty(), recorded.contains(&call), "{place}: recorded means delivered");
            assert!(ids.iter().collect::<BTreeSet<_>>().len() <= 1, "{place}: a repeat has the same id: {ids:?}");
        }
    }
    assert!(recorded.contains(&last), "a push that nothing happens to is recorded");
    alike.catch_up(&(1..=last).filter(|call| !recorded.contains(call)).collect::<Vec<_>>());
    last
}

/// What a push meets.
#[derive(Debug)]
struct Scene {
    /// What `hooks.toml` begins with.
    settings: &'static str,
    /// Whether receivers refuse what they get first, so that there is a second attempt.
    refuses: bool,
}

/// The first is the ordinary push, the others are for the full proof.
const SCENES: [Scene; 3] = [
    Scene { settings: "", refuses: false },
    Scene { settings: "[deliver]\nwait = \"0s\"\n", refuses: false },
    Scene { settings: "", refuses: true },
];

fn everywhere_in_all_scenes(whom: Whom) {
    for scene in &SCENES[..if full() { SCENES.len() } else { 1 }] {
        let calls = everywhere(whom, scene);
        eprintln!("{whom:?}: killed at each of {calls} system calls, {scene:?}");
        assert!(calls > 100, "{calls}: it makes many more calls");
    }
}

#[test]
fn wherever_the_hook_is_killed_a_push_on_disk_is_delivered() {
    everywhere_in_all_scenes(Whom::Itself);
}

#[test]
fn wherever_the_deliverer_is_killed_the_push_is_delivered() {
    everywhere_in_all_scenes(Whom::Child);
}
