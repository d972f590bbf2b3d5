//! `redeliver`: queues deliveries again under the same ids, sends them, and prints the result of each.

use super::deliveries::find::{Found, Log, by_ids};
use super::{Failure, Session, check, print, progress};
use crate::clock;
use crate::config::{self, Found as Configured, Loaded};
use crate::deliver::{self, Destinations, Site};
use crate::exit;
use crate::report::{DeliveryReport, short_id};
use crate::schedule;
use crate::spool::{Delivery, DeliveryState, RecordFile, Spool};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long it waits for its turn where another process sends for the hook: that one does not see what is queued here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of `redeliver`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Deliveries by their ids, or enough of the beginning or the end of each
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All that have failed permanently
    #[arg(long, conflicts_with = "ids")]
    failed: bool,
    /// All that wait: they are due at once
    #[arg(long, conflicts_with_all = ["ids", "failed"])]
    pending: bool,
    /// With --failed or --pending: those of this hook
    #[arg(long, value_name = "HOOK")]
    hook: Option<String>,
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let state = selected_state(arguments);
    if arguments.ids.is_empty() && state.is_none() {
        return Err(Failure::usage(
            "name deliveries by their ids, or use `--failed` or `--pending`, with `--hook HOOK` or without",
        ));
    }
    if arguments.hook.is_some() && state.is_none() {
        return Err(Failure::usage(
            "`--hook` goes with `--failed` or `--pending`, not with ids",
        ));
    }
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    let spool = Spool::at(repository.git_dir(), repository.shared_mode());
    check::tell_mistakes(&loaded);
    let (chosen, all_found) = choose(&spool, arguments)?;
    let now_ms = clock::now_ms();
    let queued = queue(&spool, &chosen, now_ms);
    let mut code = if all_found && queued.len() == chosen.len() {
        exit::OK
    } else {
        exit::FAILURE
    };
    if chosen.is_empty() && all_found {
        print::stderr(match state {
            Some(DeliveryState::Pending) => "nothing waits",
            _ => "nothing has failed permanently",
        });
    }
    if queued.is_empty() {
        return Ok(code);
    }
    let destinations = Destinations::default();
    let site = Site::new(repository.git_dir(), &spool, &loaded, &destinations);
    let total = queued.len();
    // What was due anyway is sent as well, so that more may end than was asked for.
    let far = || {
        format!(
            "{} of {total} deliveries sent",
            destinations.attempted().min(total)
        )
    };
    for problem in progress::watch(far, || deliver::run(site, None, PATIENCE)).problems {
        print::error(&problem);
    }
    for found in &queued {
        let (line, failed) = result(&site, found, now_ms);
        print::stdout(&print::plain(&format!(
            "{}  {line}",
            short_id(&found.delivery.planned.id)
        )));
        if failed {
            code = exit::FAILURE;
        }
    }
    Ok(code)
}

/// The state by which deliveries are selected; `None`: by their ids.
fn selected_state(arguments: &Arguments) -> Option<DeliveryState> {
    if arguments.failed {
        Some(DeliveryState::Failed)
    } else {
        arguments.pending.then_some(DeliveryState::Pending)
    }
}

/// What is to be queued, oldest first, and whether everything that was named is there.
fn choose(spool: &Spool, arguments: &Arguments) -> Result<(Vec<Found>, bool), Failure> {
    let mut log = Log::open(spool)?;
    let Some(state) = selected_state(arguments) else {
        let (mut chosen, mut all_found) = (Vec::<Found>::new(), true);
        for found in by_ids(&mut log, &arguments.ids) {
            match found {
                Ok(found)
                    if chosen
                        .iter()
                        .any(|c| c.delivery.planned.id == found.delivery.planned.id) => {}
                Ok(found) => chosen.push(found),
                Err(failure) => {
                    print::error(&failure.message);
                    all_found = false;
                }
            }
        }
        log.report_problems();
        return Ok((chosen, all_found));
    };
    let wanted = |d: &Delivery| {
        d.state == state
            && !(d.is_held && d.state == DeliveryState::Pending)
            && arguments
                .hook
                .as_ref()
                .is_none_or(|hook| d.planned.hook == *hook)
    };
    let mut chosen = Vec::new();
    for record in log.by_ref() {
        let selected = record.deliveries.into_iter().rev().filter(&wanted);
        chosen.extend(selected.map(|delivery| Found {
            record: record.id.clone(),
            delivery,
        }));
    }
    chosen.reverse();
    log.report_problems();
    Ok((chosen, true))
}

/// Queues them, a record at a time. Those for which that worked.
fn queue<'a>(spool: &Spool, chosen: &'a [Found], now_ms: i64) -> Vec<&'a Found> {
    let mut records: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for found in chosen {
        records.entry(&found.record).or_default().push(found);
    }
    let mut queued = Vec::new();
    for (record, some) in records {
        let ids: Vec<String> = some.iter().map(|f| f.delivery.planned.id.clone()).collect();
        match spool.requeue(record, &ids, now_ms) {
            Ok(()) => queued.extend(some),
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => {
                        "it has just been removed from the history".to_owned()
                    }
                    std::io::ErrorKind::WouldBlock => {
                        "another process holds its record; try again".to_owned()
                    }
                    kind => kind.to_string(),
                };
                print::error(&format!("{} cannot be queued: {why}", ids.join(", ")));
            }
        }
    }
    queued
}

/// What came of one, and whether it has failed permanently.
fn result(site: &Site<'_>, found: &Found, queued_ms: i64) -> (String, bool) {
    let planned = &found.delivery.planned;
    let hook = label(site.loaded, &planned.hook);
    let now = match site.spool.read_anywhere(&found.record) {
        Ok(RecordFile::Record(record)) => record
            .deliveries
            .into_iter()
            .find(|d| d.planned.id == planned.id),
        _ => None,
    };
    let Some(now) = now else {
        return (
            format!("{hook}: its record has been removed from the history"),
            false,
        );
    };
    match &now.last {
        Some(ended) if now.last != found.delivery.last && now.open_since_ms.is_none() => {
            let until_ms = site.spool.timer_seen(clock::now_ms());
            let until_ms = until_ms.then(|| {
                schedule::retry_deadline(queued_ms, retry_for(site.loaded, &planned.hook))
            });
            let told = DeliveryReport::Ended {
                hook,
                ended: Box::new(ended.clone()),
                until_ms,
            };
            (told.line(), now.state == DeliveryState::Failed)
        }
        _ => (
            format!("{hook}: queued, {}", when(site.loaded, &planned.hook)),
            false,
        ),
    }
}

fn when(loaded: &Loaded, hook: &str) -> &'static str {
    match loaded.find(hook) {
        Configured::Broken => "sent when the mistake that disables its hook is fixed",
        _ => "sent by the next push or `drain`",
    }
}

fn label(loaded: &Loaded, name: &str) -> String {
    loaded
        .hooks
        .iter()
        .find(|h| h.name == name)
        .map_or(name, |h| &h.label)
        .to_owned()
}

fn retry_for(loaded: &Loaded, name: &str) -> Duration {
    loaded
        .hooks
        .iter()
        .find(|h| h.name == name)
        .map_or(loaded.deliver.retry_for, |h| h.retry_for)
}
