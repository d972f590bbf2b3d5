use super::*;
use crate::config;
use crate::environment::Environment;
use crate::push::Pusher;
use std::io;

const ID: &str = "1111111111111111111111111111111111111111";

/// A reader that makes its lines when they are read.
struct Lines<F>(usize, usize, F, Vec<u8>);

impl<F: Fn(usize) -> String> Read for Lines<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.3.len() < buffer.len() && self.0 < self.1 {
            self.3.extend(self.2(self.0).into_bytes());
            self.3.push(b'\n');
            self.0 += 1;
        }
        let size = buffer.len().min(self.3.len());
        buffer[..size].copy_from_slice(&self.3[..size]);
        self.3.drain(..size);
        Ok(size)
    }
}

/// A push without updates.
fn push(options: &[&str]) -> Push {
    Push {
        id: String::new(),
        time_ms: 0,
        updates: Vec::new(),
        pusher: Pusher::default(),
        options: options.iter().map(ToString::to_string).collect(),
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    }
}

fn loaded(hooks: &str) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hooks.toml"), hooks).unwrap();
    let none = ("GIT_SERVICE_HOOK_CONFIG", "/nowhere/hooks.toml");
    config::load(dir.path(), &Environment::from([none]))
}

/// Reads `count` updates, each as `line` says, for the hooks of this text.
fn read(hooks: &str, count: usize, line: impl Fn(usize) -> String) -> Updates {
    let (push, loaded) = (push(&[]), loaded(hooks));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let mut stdin = Stdin::new(Lines(0, count, line, Vec::new()));
    let head = || Some(RefName::new("refs/heads/main"));
    Intake::new(&push, &loaded).read(&mut stdin, head, true)
}

fn created(name: &str) -> String {
    format!("{} {ID} {name}", "0".repeat(40))
}

fn hook(name: &str, more: &str) -> String {
    format!(
        "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"http://h.example.com/\"\n{more}\n"
    )
}

fn names(updates: &Updates) -> Vec<String> {
    let names = updates.listed.iter().map(|u| u.name.display().into_owned());
    names.collect()
}

#[test]
fn a_push_that_a_record_can_hold_is_listed_whole() {
    let updates = read(&hook("ci", "branches = [\"x\"]"), MAX_UPDATES, |n| {
        created(&format!("refs/heads/{n}"))
    });
    assert_eq!(updates.listed.len(), MAX_UPDATES);
    assert_eq!(updates.unlisted, None);
}

#[test]
fn of_a_push_that_is_too_large_every_hook_keeps_what_passes_its_filters() {
    let hooks = hook("all", "")
        + &hook("release", "branches = [\"release\"]")
        + &hook("tags", "tags = [\"*\"]");
    let line = |n| match n {
        90_000 => created("refs/heads/release"),
        95_000 => created("refs/heads/main"),
        _ if n > 99_000 => created(&format!("refs/tags/{n}")),
        _ => created(&format!("refs/heads/b{n}")),
    };
    let updates = read(&hooks, 100_000, line);
    let listed = names(&updates);
    for name in ["refs/heads/release", "refs/heads/main", "refs/tags/99001"] {
        assert!(listed.iter().any(|listed| listed == name), "{name}");
    }
    assert!(listed.len() <= MAX_UPDATES, "{}", listed.len());
    let unlisted = updates.unlisted.unwrap();
    assert_eq!(unlisted.count + listed.len(), 100_000);
    let passing = |name: &str| unlisted.passing[name];
    assert_eq!(
        (passing("all"), passing("release"), passing("tags")),
        (unlisted.count, 0, 0)
    );
    assert!(unlisted.mark.is_some());
}

#[test]
fn what_passes_no_filter_is_counted_and_not_listed() {
    let updates = read(&hook("ci", "branches = [\"x\"]"), 50_000, |n| match n {
        49_000 => created("refs/heads/x"),
        _ => created(&format!("refs/heads/{n}")),
    });
    assert_eq!(names(&updates), ["refs/heads/x"]);
    let unlisted = updates.unlisted.unwrap();
    assert_eq!((unlisted.count, unlisted.passing["ci"]), (49_999, 0));
}

#[test]
fn long_names_count_by_their_bytes() {
    let long = "n".repeat(20_000);
    let updates = read(&hook("ci", ""), 300, |n| {
        created(&format!("refs/heads/{n}{long}"))
    });
    let bytes: usize = updates.listed.iter().map(|u| u.name.as_bytes().len()).sum();
    assert!(bytes <= MAX_NAMES, "{bytes}");
    assert_eq!(updates.listed.len() + updates.unlisted.unwrap().count, 300);
}

#[test]
fn many_invalid_lines_are_counted() {
    let updates = read(&hook("ci", ""), 1000, |_| "nonsense".to_owned());
    assert_eq!((updates.bad.0.len(), updates.bad.1), (MAX_BAD, 1000));
}

#[test]
fn every_hook_has_room_for_a_hundred_updates_and_one_that_is_skipped_for_none() {
    let hooks: String = (0..150).map(|n| hook(&format!("h{n}"), "")).collect();
    let loaded = loaded(&hooks);
    let shares = |options| Overflow::new(&push(options), &loaded, None, false).shares;
    let all = shares(&[]);
    assert_eq!(all.len(), 150);
    assert!(all.iter().all(|share| share.updates == 100));
    let names = |options| {
        let shares = shares(options).into_iter();
        shares
            .filter_map(|share| Some(share.hook?.name.clone()))
            .collect::<Vec<_>>()
    };
    let left = names(&["service-hook.skip=h7"]);
    assert!(left.len() == 149 && !left.iter().any(|name| name == "h7"));
}

#[test]
fn while_the_hooks_are_not_known_as_many_updates_as_possible_are_listed() {
    let mut loaded = loaded("not = [ TOML");
    assert!(loaded.unresolved);
    let update = parse_update(created("refs/heads/x").as_bytes()).unwrap();
    let is_listed = |loaded: &Loaded| {
        let mut overflow = Overflow::new(&push(&[]), loaded, None, false);
        overflow.admit(&push(&[]), &update)
    };
    assert!(is_listed(&loaded));
    loaded.unresolved = false;
    assert!(!is_listed(&loaded), "there are no hooks");
    loaded.hold = Some("the server's file cannot be read".to_owned());
    assert!(is_listed(&loaded));
}
