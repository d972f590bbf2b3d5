//! `cancel`: ends waiting deliveries without sending them.

use super::deliveries::find::{Found, Log, by_ids};
use super::{Failure, Session, many, print};
use crate::clock;
use crate::config::{self, Loaded};
use crate::deliver;
use crate::exit;
use crate::git::Repository;
use crate::report::short_id;
use crate::spool::{Delivery, DeliveryState, Spool};
use crate::terminal;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, IsTerminal, stdin};
use std::path::PathBuf;
use std::time::Duration;

/// An attempt ends within its `timeout`; so much longer is waited for the lane.
const LONGER: Duration = Duration::from_secs(5);

/// Printed if nothing is selected.
const NOTHING: &str = "nothing waits";

/// Of `cancel`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Deliveries by their ids, or enough of the beginning or the end of each
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All that wait
    #[arg(long, conflicts_with = "ids")]
    pending: bool,
    /// With --pending: those of this hook, by its name or its label
    #[arg(long, value_name = "HOOK", requires = "pending")]
    hook: Option<String>,
    /// With --pending: in every repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "pending")]
    all: Vec<PathBuf>,
    /// With --pending: do not ask
    #[arg(long, requires = "pending")]
    yes: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.ids.is_empty() && !arguments.pending {
        return Err(Failure::usage(
            "name deliveries by their ids, or use `--pending`, with `--hook HOOK` or without",
        ));
    }
    let is_safe = !arguments.pending || arguments.hook.is_some() || arguments.yes;
    // The person has answered before root started this process.
    if !is_safe && !session.owner_settled && !confirmed()? {
        return Ok(exit::FAILURE);
    }
    let here = |session: &Session| {
        cancel(session, arguments).unwrap_or_else(|failure| {
            print::error(&failure.message);
            (String::new(), failure.code)
        })
    };
    many::run(session, &arguments.all, here, |outputs| {
        let nothing = (!arguments.all.is_empty()).then_some(NOTHING);
        many::print_all(outputs, nothing)
    })
}

/// Asks at a terminal whether everything that waits is to be cancelled.
fn confirmed() -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::usage(
            "`--pending` without `--hook` cancels everything that waits: add `--yes`",
        ));
    }
    print::stderr("Cancel everything that waits, without sending it? [y/N]");
    let mut answer = String::new();
    let _ = stdin().lock().read_line(&mut answer);
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Cancels in one repository. The lines to print, and the exit code.
fn cancel(session: &Session, arguments: &Arguments) -> Result<(String, u8), Failure> {
    let repository = session.repository()?;
    let at = At {
        spool: Spool::at(repository.git_dir(), repository.shared_mode()),
        loaded: config::load(repository.git_dir(), &session.environment),
        repository,
        arguments,
    };
    let (chosen, mut code) = at.choose()?;
    let mut hooks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for found in &chosen {
        let planned = &found.delivery.planned;
        hooks.entry(&planned.hook).or_default().insert(&planned.id);
    }
    let mut lines = Vec::new();
    for (hook, ids) in hooks {
        let (mut said, all) = at.cancel_of_hook(hook, &ids);
        lines.append(&mut said);
        if !all {
            code = exit::FAILURE;
        }
    }
    if arguments.all.is_empty() && chosen.is_empty() && code == exit::OK {
        print::stderr(NOTHING);
    }
    Ok((lines.join("\n"), code))
}

/// One repository.
struct At<'a> {
    repository: Repository,
    loaded: Loaded,
    spool: Spool,
    arguments: &'a Arguments,
}

impl At<'_> {
    /// The lines about the deliveries of one hook, and whether all of them have ended.
    fn cancel_of_hook(&self, hook: &str, ids: &BTreeSet<&str>) -> (Vec<String>, bool) {
        let timeout = self.loaded.timeout_of(hook);
        let times = (clock::now_ms(), timeout + LONGER);
        match deliver::cancel(&self.spool, hook, &|id| ids.contains(id), times) {
            Ok(cancelled) => {
                let line = |id: &String| self.line(hook, id);
                let mut lines: Vec<String> = cancelled.iter().map(line).collect();
                let ended = ids.len() - cancelled.len();
                if ended > 0 && !self.arguments.json {
                    lines.push(format!("{hook}: {ended} had ended before"));
                }
                (lines, true)
            }
            Err(error) => {
                let why = match self.spool.stuck_lane(hook, timeout) {
                    Some(stuck) => stuck.to_string(),
                    None if error.kind() == std::io::ErrorKind::WouldBlock => {
                        "another process is still sending for it; try again".to_owned()
                    }
                    None => error.to_string(),
                };
                print::error(&format!("`{hook}`: not cancelled: {why}"));
                (Vec::new(), false)
            }
        }
    }

    fn line(&self, hook: &str, id: &str) -> String {
        let place = self.repository.git_dir().display();
        if self.arguments.json {
            let object = json!({
                "repository": place.to_string(),
                "id": id,
                "hook": hook,
                "state": DeliveryState::Cancelled.name(),
            });
            return terminal::escape_json(&object.to_string());
        }
        let line = format!("{}  {hook}: cancelled", short_id(id));
        if self.arguments.all.is_empty() {
            line
        } else {
            format!("{place}: {line}")
        }
    }

    /// What is to be cancelled, and the exit code so far: everything that was named must wait.
    fn choose(&self) -> Result<(Vec<Found>, u8), Failure> {
        let mut log = Log::open(&self.spool)?;
        let is_pending = |d: &Delivery| d.state == DeliveryState::Pending;
        if self.arguments.pending {
            let hook = self.arguments.hook.as_deref();
            let hook = hook.map(|hook| self.loaded.name_of(hook));
            let is_selected =
                |d: &Delivery| is_pending(d) && hook.is_none_or(|hook| d.planned.hook == hook);
            let mut chosen = Vec::new();
            for record in log.by_ref() {
                let selected = record.deliveries.into_iter().filter(&is_selected);
                chosen.extend(selected.map(|delivery| Found {
                    record: record.id.clone(),
                    delivery,
                }));
            }
            log.report_problems();
            return Ok((chosen, exit::OK));
        }
        let (mut chosen, mut code) = (Vec::new(), exit::OK);
        for found in by_ids(&mut log, &self.arguments.ids) {
            match found {
                Ok(found) if is_pending(&found.delivery) => chosen.push(found),
                Ok(found) => {
                    let planned = &found.delivery.planned;
                    print::error(&format!(
                        "{} does not wait: it is {}",
                        short_id(&planned.id),
                        found.delivery.state.name()
                    ));
                    code = exit::FAILURE;
                }
                Err(failure) => {
                    print::error(&failure.message);
                    code = exit::FAILURE;
                }
            }
        }
        log.report_problems();
        Ok((chosen, code))
    }
}
