//! `drain --catch-up`: records ref changes that no hook reported, as recovered pushes. Reads and writes the state;
//! [`crate::catch_up`] decides which changes were missed.

use crate::catch_up::{self, RefSnapshot};
use crate::clock;
use crate::config::Loaded;
use crate::git::Repository;
use crate::push::{Push, Pusher, RefUpdate};
use crate::spool::{AnnouncedUpdates, CatchUpState, SavedCatchUp, Spool};
use std::collections::BTreeSet;
use std::io;

/// Updates of one record.
const UPDATES: usize = 10_000;

/// One look at a repository. What an administrator should know, in words.
pub fn run(repository: &Repository, loaded: &Loaded, spool: &Spool) -> Option<String> {
    let looked = look(repository, loaded, spool);
    looked.unwrap_or_else(|error| Some(format!("what was missed cannot be found: {error}")))
}

fn look(repository: &Repository, loaded: &Loaded, spool: &Spool) -> io::Result<Option<String>> {
    // Another one is at it: so be it.
    let Some(_turn) = spool.lock_catch_up()? else {
        return Ok(None);
    };
    let (before, problem) = match spool.catch_up_state()? {
        SavedCatchUp::State(before) => (Some(*before), None),
        SavedCatchUp::None => (None, None),
        SavedCatchUp::Damaged => (
            None,
            Some("service-hook/refs is damaged: updates missed before now are not reported"),
        ),
        SavedCatchUp::Newer(v) => {
            let why = format!(
                "service-hook/refs was written by a newer version of this program (format {v})"
            );
            return Err(io::Error::other(why));
        }
    };
    let none = BTreeSet::new();
    let now_ms = clock::now_ms();
    // The records before the refs: a push in between looks as if it were not recorded yet, which the next run mends.
    let mut announced = spool.announced_updates(before.as_ref().map_or(&none, |b| &b.counted))?;
    let Some(refs) = repository.refs() else {
        return Err(io::Error::other(
            "a ref cannot be read (see `git for-each-ref`)",
        ));
    };
    for update in &mut announced.updates {
        update.name = refs.resolve_symbolic(&update.name).clone();
    }
    let gl_repo = announced
        .gl_repo
        .take()
        .or_else(|| before.as_ref()?.gl_repo.clone());
    let (missed, snapshot) = match &before {
        Some(before) if !loaded.has_no_active_hooks() => {
            let AnnouncedUpdates { updates, marks, .. } = &announced;
            catch_up::missed(&before.snapshot, updates, marks, refs.objects, now_ms)
        }
        _ => (
            Vec::new(),
            RefSnapshot {
                refs: refs.objects,
                gaps: Vec::new(),
            },
        ),
    };
    let AnnouncedUpdates { mut records, .. } = announced;
    records.extend(record(repository, spool, missed, gl_repo.as_deref())?);
    let after = CatchUpState::new(snapshot, records, gl_repo);
    if before.as_ref() != Some(&after) {
        spool.save_catch_up_state(&after)?;
    }
    spool.clear_removed()?;
    Ok(problem.map(str::to_owned))
}

/// Puts the updates on disk as pushes; the names of their records. If we die before these are remembered, they announce
/// themselves.
fn record(
    repository: &Repository,
    spool: &Spool,
    missed: Vec<RefUpdate>,
    gl_repo: Option<&str>,
) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for mut updates in catch_up::pushes(missed, UPDATES) {
        repository.order(&mut updates);
        let mut push = recovered(updates, gl_repo);
        spool.publish(&mut push)?;
        names.push(push.id);
    }
    Ok(names)
}

/// A push that nobody made.
fn recovered(updates: Vec<RefUpdate>, gl_repo: Option<&str>) -> Push {
    let pusher = Pusher {
        username: "unknown".into(),
        name: "unknown".into(),
        email: None,
        source: "recovered".into(),
    };
    Push {
        id: String::new(),
        time_ms: clock::now_ms(),
        updates,
        pusher,
        options: Vec::new(),
        remote_addr: None,
        gl_repo: gl_repo.map(str::to_owned),
        recovered: true,
        unlisted: None,
        trouble: None,
    }
}
