//! The push is on disk: complete it, have it delivered, tell.

use super::follow::{Deliverer, Watch};
use super::{Completed, Received, complete, spawn};
use crate::clock;
use crate::deliver::{self, Destinations, Site};
use crate::git::Repository;
use crate::push::Push;
use crate::report::Lines;
use crate::spool::{LockedRecord, RecordLine, Spool};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Computing the events holds the push so long at most; then the deliverer does it.
const COMPUTING: Duration = Duration::from_secs(20);

/// When no process can be started: how long this one delivers.
const IN_PROCESS: Duration = Duration::from_secs(30);

/// From a published record to the pusher's last line. Whatever fails from here on, the push is not lost.
pub(super) fn deliver(
    received: &Received<'_>,
    repository: Option<Repository>,
    spool: &Spool,
    record: LockedRecord,
    push: &Push,
    lines: &mut Lines,
) {
    if let Some(why) = &received.loaded.hold {
        return lines.say(&format!(
            "nothing is sent: {why}; the push is recorded and waits until this is fixed"
        ));
    }
    if received.loaded.unresolved {
        return lines.say("the push is recorded and waits until hooks.toml can be read");
    }
    let follower = spool.follow(&push.id);
    let completed =
        repository.and_then(|repository| completed(received, repository, &record, push));
    // From here on others may complete it, or send it.
    drop(record);
    if completed
        .as_ref()
        .is_some_and(|completed| completed.events.deliveries.is_empty())
    {
        let _ = spool.finish(&push.id);
    }
    if spool.pending().is_ok_and(|ids| ids.is_empty()) {
        return;
    }
    let (mut deliverer, wait) =
        match spawn::deliverer(received.git_dir, received.environment, &push.id) {
            Ok(child) => (Deliverer::Process(child), received.loaded.deliver.wait),
            Err(_) => (in_process(received, spool, &push.id), IN_PROCESS),
        };
    let Some(Completed { events, omitted }) = completed else {
        return lines.say("the push is recorded; it is read and sent in the background");
    };
    let timer = spool.timer_seen(clock::now_ms());
    let mut watch = Watch::new(
        received.loaded,
        &events.deliveries,
        push.time_ms,
        timer,
        lines.left(),
    );
    if let (Ok(mut follower), false, false) = (follower, wait.is_zero(), watch.is_done()) {
        watch.follow(&mut follower, &mut deliverer, wait, lines);
        say_omitted(&omitted, lines);
    }
}

/// After the results: what went wrong comes first, and there may be no room for the rest.
pub(super) fn say_omitted(omitted: &[String], lines: &mut Lines) {
    match omitted {
        [] => {}
        [first] => lines.say(first),
        [first, others @ ..] => {
            lines.say(&format!("{first}; likewise {} more hooks", others.len()));
        }
    }
}

/// Computes the events and puts them into the record; `None` when that takes too long or fails, and others do it.
fn completed(
    received: &Received<'_>,
    repository: Repository,
    record: &LockedRecord,
    push: &Push,
) -> Option<Completed> {
    record
        .append(&RecordLine::Computing(clock::now_ms()))
        .ok()?;
    let (loaded, push, repository) = (
        Arc::clone(received.loaded),
        push.clone(),
        Arc::new(Mutex::new(repository)),
    );
    let compute = move || {
        repository
            .lock()
            .ok()
            .map(|repository| complete(&repository, &loaded, &push))
    };
    let (here, (result, computed)) = (compute.clone(), channel());
    // On a thread, so that a repository that answers slowly cannot hold the push; without any more threads, right here.
    let completed = match std::thread::Builder::new().spawn(move || drop(result.send(compute()))) {
        Ok(_) => computed.recv_timeout(COMPUTING).ok()??,
        Err(_) => catch_unwind(AssertUnwindSafe(here)).ok()??,
    };
    record
        .append(&RecordLine::Events(Box::new(completed.events.clone())))
        .ok()?;
    Some(completed)
}

/// Delivers in a thread of this process, which ends with it; without any more threads, right here.
fn in_process(received: &Received<'_>, spool: &Spool, push: &str) -> Deliverer {
    let (git_dir, loaded) = (received.git_dir.to_owned(), Arc::clone(received.loaded));
    let (spool, push) = (spool.clone(), push.to_owned());
    let work = Arc::new(move || {
        let destinations = Destinations::default();
        let site = Site::new(&git_dir, &spool, &loaded, &destinations);
        deliver::run(site, Some(&push), IN_PROCESS);
    });
    let for_thread = Arc::clone(&work);
    if let Ok(thread) = std::thread::Builder::new().spawn(move || for_thread()) {
        return Deliverer::Thread(thread);
    }
    work();
    Deliverer::Nobody
}
