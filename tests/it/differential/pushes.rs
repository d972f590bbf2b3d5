//! Random pushes: several refs at once, created, moved, forced, deleted.

use super::compare::Push;
use super::dice::Dice;
use super::scratch::Scratch;
use git_service_hook::push::{Needs, ObjectId, RefName, RefUpdate};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What can be pushed.
pub struct World {
    /// Neighbours are near each other in history.
    pub commits: Vec<String>,
    /// Tags, trees, blobs.
    pub others: Vec<String>,
    /// How far apart the ends of an update are at most, as a rule.
    pub reach: usize,
    pub max_commits: &'static [usize],
}

/// Refs that are pushed to; those below `refs/heads/hidden/` are hidden from pushes and never move.
const NAMES: [&str; 14] = [
    "refs/heads/main",
    "refs/heads/a",
    "refs/heads/a-b",
    "refs/heads/deep/er/branch",
    "refs/heads/功能",
    "refs/heads/z",
    "refs/tags/a",
    "refs/tags/v1",
    "refs/tags/v2",
    "refs/tags/nested/v3",
    "refs/changes/01/1/1",
    "refs/notes/commits",
    "refs/remotes/origin/main",
    "refs/odd",
];
pub const HIDDEN: &str = "refs/heads/hidden/";

/// The refs of a server.
pub struct Server {
    pub refs: BTreeMap<String, String>,
}

impl Server {
    /// With some refs in place.
    pub fn new(world: &World, dice: &mut Dice, hidden: bool) -> Self {
        let mut refs = BTreeMap::new();
        for name in NAMES
            .into_iter()
            .filter(|_| dice.one_in(3))
            .collect::<Vec<_>>()
        {
            let at = dice.below(world.commits.len());
            refs.insert(name.to_owned(), target(world, dice, name, at));
        }
        if hidden {
            refs.insert(format!("{HIDDEN}x"), dice.pick(&world.commits).clone());
        }
        Self { refs }
    }

    /// Moves one to four refs.
    pub fn push(&mut self, world: &World, dice: &mut Dice) -> Push {
        let mut before = self.refs.clone();
        before.retain(|name, _| !name.starts_with(HIDDEN));
        let mut updates: Vec<RefUpdate> = Vec::new();
        for _ in 0..=dice.below(4) {
            let name = *dice.pick(&NAMES);
            if updates
                .iter()
                .any(|update| update.name.as_bytes() == name.as_bytes())
            {
                continue;
            }
            let (old, new) = self.ends(world, dice, name);
            if old == new {
                continue;
            }
            match &new {
                Some(new) => self.refs.insert(name.to_owned(), new.clone()),
                None => self.refs.remove(name),
            };
            let null = "0".repeat(world.commits[0].len());
            let id = |id: Option<String>| ObjectId::parse(id.as_deref().unwrap_or(&null)).unwrap();
            updates.push(RefUpdate {
                old: id(old),
                new: id(new),
                name: RefName::new(name),
            });
        }
        Push {
            before,
            updates,
            needs: needs(world, dice),
        }
    }

    fn ends(&self, world: &World, dice: &mut Dice, name: &str) -> (Option<String>, Option<String>) {
        let Some(old) = self.refs.get(name).cloned() else {
            // Often near another ref, as branches are.
            let near = self.refs.values().nth(dice.below(self.refs.len().max(1)));
            let near = near.and_then(|id| world.commits.iter().position(|commit| commit == id));
            let at = near
                .filter(|_| !dice.one_in(4))
                .map_or(dice.below(world.commits.len()), |at| step(world, dice, at));
            return (None, Some(target(world, dice, name, at)));
        };
        if dice.one_in(6) {
            return (Some(old), None);
        }
        let at = world.commits.iter().position(|commit| *commit == old);
        let at = at.map_or(dice.below(world.commits.len()), |at| step(world, dice, at));
        (Some(old), Some(target(world, dice, name, at)))
    }
}

fn step(world: &World, dice: &mut Dice, at: usize) -> usize {
    let last = world.commits.len() - 1;
    if dice.one_in(4) {
        at.saturating_sub(dice.below(world.reach))
    } else {
        (at + dice.below(world.reach)).min(last)
    }
}

fn target(world: &World, dice: &mut Dice, name: &str, at: usize) -> String {
    let odd = if name.starts_with("refs/tags/") {
        2
    } else {
        30
    };
    // Git refuses a branch that is no commit.
    if !world.others.is_empty() && !name.starts_with("refs/heads/") && dice.one_in(odd) {
        return dice.pick(&world.others).clone();
    }
    world.commits[at].clone()
}

fn needs(world: &World, dice: &mut Dice) -> Needs {
    Needs {
        max_commits: *dice.pick(world.max_commits),
        paths: !dice.one_in(4),
        all_paths: dice.one_in(2),
        all_authors: dice.one_in(2),
        discarded: !dice.one_in(4),
        max_refs: usize::MAX,
    }
}

/// Puts the refs into the repository; a third of them as files of their own when `loose`.
pub fn store(refs: &BTreeMap<String, String>, repo: &Scratch, loose: bool) {
    let dir = repo.path().join("refs");
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::create_dir_all(dir.join("heads")).unwrap();
    let mut packed = String::new();
    for (at, (name, id)) in refs.iter().enumerate() {
        if loose && at % 3 == 0 {
            let file = repo.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, format!("{id}\n")).unwrap();
        } else {
            writeln!(packed, "{id} {name}").unwrap();
        }
    }
    std::fs::write(repo.path().join("packed-refs"), packed).unwrap();
}

/// Lines for `sh` that move the refs as the push did and ask both sides.
pub fn script(push: &Push) -> String {
    let mut text = "git update-ref --stdin <<'END'\n".to_owned();
    for (name, id) in &push.before {
        writeln!(text, "create {name} {id}").unwrap();
    }
    text.push_str("END\ngit commit-graph write --no-progress --reachable\n");
    text.push_str("known=$(git for-each-ref --format='%(objectname)' refs/heads refs/tags)\n");
    for RefUpdate { old, new, name } in &push.updates {
        let name = name.display();
        writeln!(
            text,
            "echo '== {name}'; git service-hook event {old} {new} --ref '{name}'"
        )
        .unwrap();
        if !new.is_null() {
            let not = if old.is_null() {
                "$known"
            } else {
                old.as_str()
            };
            writeln!(
                text,
                "git rev-list --topo-order --reverse {new} --not {not}"
            )
            .unwrap();
        }
    }
    text
}
