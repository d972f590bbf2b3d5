//! Reports trouble of hooks to those with `on = ["trouble"]`: a record for each report, which is delivered as any other.
//!
//! Trouble of a hook that reports trouble is never reported, so that no report causes another one.

use super::Site;
use super::backlog::Backlog;
use crate::config::Hook;
use crate::outgoing::MessageKind;
use crate::push::{Push, Pusher, Trouble, TroubleKind};
use crate::report::{clean, truncate};
use crate::schedule::{Standing, is_believable};
use crate::spool::{
    DestinationState, Events, FailedDelivery, LaneState, Planned, RecordLine, ReportedTrouble,
    delivery_id, new_id,
};
use std::io;

/// Failures are summed for so long; and one destination is reported to a server's hooks as often.
const HOUR_MS: i64 = 3_600_000;

/// The end of an attempt is in its record after so long at the latest.
const SETTLED_MS: i64 = 10 * 60 * 1000;

/// Bytes of the newest error.
const LONGEST_ERROR: usize = 500;

/// How a hook is.
struct Health {
    /// Since when its receiver is down.
    down_ms: Option<i64>,
    is_up: bool,
    /// The deliveries that failed permanently and were not reported, the newest last.
    failed: Vec<FailedDelivery>,
}

/// Since when a receiver is down, and whether it is up.
fn lane_health(state: &LaneState) -> (Option<i64>, bool) {
    let standing = state.standing();
    let down = standing.as_ref().filter(|standing| standing.is_down());
    (down.map(|down| down.since_ms), standing.is_none())
}

/// The same of a destination, as all repositories have found.
fn destination_health(state: &DestinationState) -> (Option<i64>, bool) {
    let Some(since_ms) = state.since_ms else {
        return (None, true);
    };
    let (failures, failed_ms) = state.failed_probes.count_and_newest();
    let standing = Standing {
        obstacle: state.obstacle.unwrap_or_default(),
        failures,
        since_ms,
        failed_ms,
        ..Standing::default()
    };
    (standing.is_down().then_some(since_ms), false)
}

/// What is to be reported now, and since when. `is_limited`: at most once an hour, whatever it is.
fn next(
    reported: &ReportedTrouble,
    health: &Health,
    now_ms: i64,
    is_limited: bool,
) -> Option<(TroubleKind, i64)> {
    let is_recent = |at: Option<i64>| at.is_some_and(|at| (0..HOUR_MS).contains(&(now_ms - at)));
    if is_limited && is_recent(reported.at_ms) {
        return None;
    }
    match (health.down_ms, reported.down_ms) {
        (Some(since_ms), None) => return Some((TroubleKind::Down, since_ms)),
        (None, Some(since_ms)) if health.is_up => return Some((TroubleKind::Back, since_ms)),
        _ => {}
    }
    let first = health.failed.first()?;
    (!is_recent(reported.failed_ms)).then_some((TroubleKind::Failed, first.at_ms))
}

fn note(reported: &mut ReportedTrouble, kind: TroubleKind, health: &Health, now_ms: i64) {
    reported.at_ms = Some(now_ms);
    match kind {
        TroubleKind::Down => reported.down_ms = health.down_ms,
        TroubleKind::Back => reported.down_ms = None,
        TroubleKind::Failed => {
            reported.failed_ms = Some(now_ms);
            reported.counted_ms = health.failed.last().map(|newest| newest.at_ms);
        }
    }
}

/// Records what is to be reported; returns whether there was anything. What failed before `began_ms` counts only for a hook
/// that was observed before.
pub fn report_trouble(site: Site<'_>, began_ms: i64) -> bool {
    let hooks = &site.loaded.hooks;
    if site.loaded.hold.is_some() || !hooks.iter().any(|hook| hook.on_trouble) {
        return false;
    }
    let now_ms = site.transport.now_ms();
    let observed: Vec<Observed<'_>> = hooks
        .iter()
        .flat_map(|hook| [false, true].map(|is_server| Observed::new(site, hook, is_server)))
        .filter(|observed| !observed.listeners.is_empty())
        .collect();
    let recorded = site.spool.update_reported(|known| {
        known.retain(|key, _| observed.iter().any(|observed| observed.key == *key));
        let mut oldest_ms = now_ms;
        for Observed { key, .. } in &observed {
            let counted_ms = &mut known.entry(key.clone()).or_default().counted_ms;
            // A wrong clock may have written it.
            let believed_ms = counted_ms.filter(|ms| is_believable(*ms, now_ms));
            *counted_ms = Some(believed_ms.unwrap_or(began_ms - 1));
            oldest_ms = oldest_ms.min(believed_ms.unwrap_or(began_ms - 1));
        }
        let failed = site
            .spool
            .failed_deliveries(oldest_ms + 1)
            .unwrap_or_default();
        let report = |observed: &Observed<'_>| {
            let reported = known.entry(observed.key.clone()).or_default();
            observed.report(reported, &failed, now_ms)
        };
        observed
            .iter()
            .map(report)
            .filter(|recorded| *recorded)
            .count()
            > 0
    });
    recorded.ok().flatten().unwrap_or(false)
}

/// A hook, and those that are notified of its trouble: the listeners of the repository's file, or those of the server's.
struct Observed<'a> {
    site: Site<'a>,
    hook: &'a Hook,
    listeners: Vec<&'a Hook>,
    is_server: bool,
    /// Under which it is noted.
    key: String,
}

impl<'a> Observed<'a> {
    fn new(site: Site<'a>, hook: &'a Hook, is_server: bool) -> Self {
        let is_notified =
            |listener: &&Hook| listener.is_notified_of(hook) && listener.is_shared() == is_server;
        let suffix = if is_server { " server" } else { "" };
        Self {
            site,
            hook,
            listeners: site.loaded.hooks.iter().filter(is_notified).collect(),
            is_server,
            key: format!("{}{suffix}", hook.name),
        }
    }

    /// Whether something was recorded. `failed` has what failed permanently, of all hooks.
    fn report(
        &self,
        reported: &mut ReportedTrouble,
        failed: &[FailedDelivery],
        now_ms: i64,
    ) -> bool {
        let counted_ms = reported.counted_ms.unwrap_or(now_ms);
        let is_new = |failed: &&FailedDelivery| {
            failed.delivery.planned.hook == self.hook.name && failed.at_ms > counted_ms
        };
        let failed: Vec<FailedDelivery> = failed.iter().filter(is_new).cloned().collect();
        if failed.is_empty() {
            // So that the next run reads less of the history.
            reported.counted_ms = Some(counted_ms.max(now_ms - SETTLED_MS));
        }
        let lane = self.site.spool.lane_state(&self.hook.name);
        let (down_ms, is_up) = lane_health(&lane);
        let mut health = Health {
            down_ms,
            is_up,
            failed,
        };
        let folder = self.site.loaded.deliver.state_dir.as_deref();
        let url = self.hook.destination().filter(|_| self.is_server);
        let shared = url.zip(folder).and_then(|(url, folder)| {
            let destination = self.site.destinations.at(&url, Some(folder));
            destination.update(|state| {
                (health.down_ms, health.is_up) = destination_health(state);
                // What fails is counted for each repository; the rest is known to all.
                let mut known = ReportedTrouble {
                    counted_ms: reported.counted_ms,
                    ..state.reported.clone()
                };
                let recorded = self.record(&mut known, &health, now_ms, true);
                reported.counted_ms = known.counted_ms;
                state.reported = ReportedTrouble {
                    counted_ms: None,
                    ..known
                };
                recorded
            })
        });
        shared.unwrap_or_else(|| self.record(reported, &health, now_ms, self.is_server))
    }

    fn record(
        &self,
        reported: &mut ReportedTrouble,
        health: &Health,
        now_ms: i64,
        is_limited: bool,
    ) -> bool {
        let Some((kind, since_ms)) = next(reported, health, now_ms, is_limited) else {
            return false;
        };
        let (waiting, waits_for) = self.waiting();
        let newest = health
            .failed
            .last()
            .and_then(|failed| failed.delivery.last.as_ref());
        let (count, error) = match kind {
            TroubleKind::Down => (waiting, waits_for),
            TroubleKind::Failed => (health.failed.len(), newest.map(|last| last.why.clone())),
            TroubleKind::Back => (waiting, None),
        };
        let error = clean(&error.unwrap_or_default());
        let trouble = Trouble {
            hook: self.hook.name.clone(),
            kind,
            since_ms,
            count,
            last_error: truncate(&error, LONGEST_ERROR).to_owned(),
        };
        // Recorded first: after a crash it is reported twice and not never.
        let recorded = self.publish(trouble, now_ms).is_ok();
        if recorded {
            note(reported, kind, health, now_ms);
        }
        recorded
    }

    /// How many deliveries of the hook wait, and why the newest attempt failed.
    fn waiting(&self) -> (usize, Option<String>) {
        let (backlog, _problems) = Backlog::scan(self.site.spool);
        let waiting = backlog.for_hook(&self.hook.name).entries;
        let ends = waiting
            .iter()
            .filter_map(|entry| entry.delivery.last.as_ref());
        let newest = ends.max_by_key(|ended| ended.at_ms);
        (waiting.len(), newest.map(|ended| ended.why.clone()))
    }

    fn publish(&self, trouble: Trouble, now_ms: i64) -> io::Result<()> {
        let mut push = Push {
            id: new_id(now_ms),
            time_ms: now_ms,
            updates: Vec::new(),
            pusher: Pusher::default(),
            options: Vec::new(),
            remote_addr: None,
            gl_repo: None,
            recovered: false,
            unlisted: None,
            trouble: Some(trouble),
        };
        let record = self.site.spool.publish(&mut push)?;
        let planned = |hook: &&Hook| Planned {
            id: delivery_id(&push, MessageKind::Trouble, &hook.name, None),
            hook: hook.name.clone(),
            kind: MessageKind::Trouble,
            events: Vec::new(),
            rest: Vec::new(),
            omitted: 0,
        };
        let events = Events {
            deliveries: self.listeners.iter().map(planned).collect(),
            ..Events::default()
        };
        record.append(&RecordLine::Events(Box::new(events)))
    }
}
