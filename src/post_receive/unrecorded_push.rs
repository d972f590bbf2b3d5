//! A push that could not be recorded: delivers it from memory, with one attempt for each delivery.

use super::watch::ResultWatch;
use super::{PushContext, Undecided, compute_deliveries, compute_without_repository};
use crate::deliver::{self, Destinations, Site};
use crate::exit;
use crate::git::Repository;
use crate::push::Push;
use crate::report::Lines;
use crate::spool::{Ended, Events, Outcome, Spool};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Time limit for the pusher.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Makes one attempt for each delivery. The exit code says whether any of them was lost.
pub(super) fn deliver(
    context: &PushContext<'_>,
    repository: Option<Repository>,
    spool: &Spool,
    push: &Push,
    lines: &mut Lines,
) -> u8 {
    let loaded = context.loaded;
    if let Some(why) = &loaded.hold {
        lines.say(&format!("nothing is sent: {why}; this push is lost"));
        return exit::FAILURE;
    }
    if loaded.unresolved {
        lines.say("hooks.toml cannot be read either: this push is lost");
    }
    let undecided = Undecided::new(loaded, &[]);
    if undecided.is_stuck() {
        return exit::FAILURE;
    }
    let computed = match repository {
        Some(repository) => compute_deliveries(&repository, &undecided, push),
        None => compute_without_repository(&undecided, push, "the repository cannot be opened"),
    };
    let until = Instant::now() + TIME_LIMIT;
    let events = computed.events;
    let mut watch = ResultWatch::new(
        loaded,
        &events.deliveries,
        push.time_ms,
        false,
        lines.left(),
    );

    let ends = send_in_thread(context, spool, push, &events, until);
    let mut delivered = 0;
    while let Ok(ended) = ends.recv_timeout(until.saturating_duration_since(Instant::now())) {
        delivered += usize::from(matches!(
            ended.outcome,
            Outcome::Delivered | Outcome::Accepted
        ));
        watch.report_lost(ended, lines);
    }
    watch.finish_lost("not sent", lines);
    super::recorded_push::print_omitted(&computed.omitted, lines);
    if delivered == events.deliveries.len() && events.hooks.is_none() {
        exit::OK
    } else {
        exit::FAILURE
    }
}

/// Sends from memory, in a thread of its own where one can be started.
fn send_in_thread(
    context: &PushContext<'_>,
    spool: &Spool,
    push: &Push,
    events: &Events,
    until: Instant,
) -> Receiver<Ended> {
    let (sender, ends) = channel();
    let (git_dir, loaded) = (context.git_dir.to_owned(), Arc::clone(context.loaded));
    let (spool, push, events) = (spool.clone(), push.clone(), events.clone());
    let send = move || {
        let destinations = Destinations::default();
        let site = Site::new(&git_dir, &spool, &loaded, &destinations);
        deliver::send_from_memory(site, &push, &events, until, &sender);
    };
    let here = send.clone();
    match std::thread::Builder::new().spawn(send) {
        Ok(_) => drop(here),
        Err(_) => here(),
    }
    ends
}
