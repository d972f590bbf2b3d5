//! `redeliver`: queues deliveries again under the same ids, sends them, and prints the result of each.

mod missed;
mod queue;
mod result;
mod select;

use super::deliveries::find::Found;
use super::{Failure, Session, check, complete, many, print, progress, repositories};
use crate::clock;
use crate::config::{self, Loaded};
use crate::deliver::{self, Destinations, RunSummary, Site};
use crate::exit;
use crate::git::Repository;
use crate::spool::{DeliveryState, Spool, held_problem};
use std::path::PathBuf;
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
    /// Those of this hook, by its name or its label
    #[arg(long, value_name = "HOOK")]
    hook: Option<String>,
    /// Those of pushes since then: RFC 3339, a date, or a span such as 2h. Without --failed or --pending: what the hook of
    /// --hook has not got
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<i64>,
    /// In every repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<i64, String> {
    clock::parse_since(text)
        .ok_or_else(|| "not a time, a date (2026-11-24) or a span (2h, 3 days)".to_owned())
}

/// What is to be queued.
#[derive(Clone, Copy)]
enum Selection<'a> {
    Ids,
    State(DeliveryState),
    /// What this hook has not got.
    Missed(&'a str, i64),
}

impl Selection<'_> {
    /// Printed if it selects nothing.
    fn nothing(&self) -> &'static str {
        match self {
            Selection::State(DeliveryState::Pending) => "nothing waits",
            Selection::Missed(..) => "the hook has missed nothing",
            Selection::Ids | Selection::State(_) => "nothing has failed permanently",
        }
    }
}

impl Arguments {
    /// Whether it is for all repositories below some directories.
    pub fn is_for_many(&self) -> bool {
        !self.all.is_empty()
    }

    fn selection(&self) -> Result<Selection<'_>, Failure> {
        let selects = self.hook.is_some() || self.since.is_some() || !self.all.is_empty();
        if selects && !self.ids.is_empty() {
            return Err(Failure::usage(
                "`--hook`, `--since` and `--all` go with `--failed` or `--pending`, not with ids",
            ));
        }
        let selection = match (&self.hook, self.since) {
            _ if self.failed => Selection::State(DeliveryState::Failed),
            _ if self.pending => Selection::State(DeliveryState::Pending),
            _ if !self.ids.is_empty() => Selection::Ids,
            (Some(hook), Some(since_ms)) => Selection::Missed(hook, since_ms),
            _ => {
                return Err(Failure::usage(
                    "name deliveries by their ids, or use `--failed`, `--pending` or `--since TIME --hook HOOK`",
                ));
            }
        };
        Ok(selection)
    }
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let selection = arguments.selection()?;
    let destinations = Destinations::default();
    let here = |session: &Session| {
        let at = At::open(session, arguments, selection);
        at.and_then(|at| at.redeliver(&destinations))
            .unwrap_or_else(|failure| {
                print::error(&failure.message);
                (String::new(), failure.code)
            })
    };
    many::run(session, &arguments.all, here, |outputs| {
        let nothing = match selection {
            Selection::Missed(..) => {
                "the hook has missed nothing in these repositories, or is active in none of them"
            }
            _ => selection.nothing(),
        };
        let nothing = (!arguments.all.is_empty()).then_some(nothing);
        many::print_all(outputs, nothing)
    })
}

/// One repository.
struct At<'a> {
    repository: Repository,
    loaded: Loaded,
    spool: Spool,
    arguments: &'a Arguments,
    selection: Selection<'a>,
}

impl<'a> At<'a> {
    fn open(
        session: &Session,
        arguments: &'a Arguments,
        selection: Selection<'a>,
    ) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let loaded = config::load(repository.git_dir(), &session.environment);
        let spool = Spool::at(repository.git_dir(), repository.shared_mode());
        Ok(Self {
            repository,
            loaded,
            spool,
            arguments,
            selection,
        })
    }

    /// The lines to print, and the exit code.
    fn redeliver(&self, destinations: &Destinations) -> Result<(String, u8), Failure> {
        let now_ms = clock::now_ms();
        let is_one = self.arguments.all.is_empty();
        let (chosen, all_found) = self.choose(now_ms)?;
        if is_one || !chosen.is_empty() {
            check::print_mistakes(&self.loaded);
        }
        let queued = match self.selection {
            // They are new in their records, which is as good as queued.
            Selection::Missed(..) => chosen.iter().collect(),
            Selection::Ids | Selection::State(_) => self.queue(&chosen, now_ms),
        };
        let mut code = if all_found && queued.len() == chosen.len() {
            exit::OK
        } else {
            exit::FAILURE
        };
        if chosen.is_empty() && all_found && is_one {
            print::stderr(&self.nothing_chosen());
        }
        if queued.is_empty() {
            return Ok((String::new(), code));
        }
        let site = Site::new(
            self.repository.git_dir(),
            &self.spool,
            &self.loaded,
            destinations,
        );
        for problem in self.send(site, queued.len()).problems {
            print::error(&problem);
        }
        let mut lines = Vec::with_capacity(queued.len());
        for found in &queued {
            let (line, failed) = self.result(found, now_ms);
            lines.push(line);
            if failed {
                code = exit::FAILURE;
            }
        }
        Ok((lines.join("\n"), code))
    }

    /// What waits and is held is not selected, and does not go unmentioned.
    fn nothing_chosen(&self) -> String {
        let held = match self.selection {
            Selection::State(DeliveryState::Pending) => held_problem(self.spool.count_held()),
            _ => None,
        };
        held.unwrap_or_else(|| self.selection.nothing().to_owned())
    }

    /// Sends what is due, as `drain` does. `total`: what was queued; what was due anyway is sent as well.
    fn send(&self, site: Site<'_>, total: usize) -> RunSummary {
        let problems = complete::all(&self.repository, &self.loaded, &self.spool);
        // Nobody completes a record that this process cannot complete.
        let patience = if problems.is_empty() {
            PATIENCE
        } else {
            Duration::ZERO
        };
        let work = || deliver::run(site, None, patience);
        let mut ran = if self.arguments.all.is_empty() {
            let sent = || site.destinations.attempted().min(total);
            progress::watch(|| format!("{} of {total} deliveries sent", sent()), work)
        } else {
            work()
        };
        ran.problems.extend(problems);
        ran
    }

    /// The beginning of each line, where there are several repositories.
    fn place(&self) -> String {
        if self.arguments.all.is_empty() {
            return String::new();
        }
        let git_dir = self.repository.git_dir();
        format!(
            "{}: ",
            repositories::short_name(git_dir, &self.arguments.all)
        )
    }

    fn is_of_hook(&self, name: &str) -> bool {
        let wanted = self.arguments.hook.as_deref();
        wanted.is_none_or(|wanted| self.loaded.name_of(wanted) == name)
    }

    fn choose(&self, now_ms: i64) -> Result<(Vec<Found>, bool), Failure> {
        match self.selection {
            Selection::Ids => self.by_ids(),
            Selection::State(state) => Ok((self.in_state(state)?, true)),
            Selection::Missed(hook, since_ms) => self.add_missed(hook, since_ms, now_ms),
        }
    }
}
