//! `deliveries`: lists deliveries, newest first, or shows one in full. Reads records and changes nothing.

pub mod find;
mod row;
mod show;
mod table;

use super::{Failure, Session, many, print, repositories};
use crate::config;
use crate::exit;
use crate::spool::{DeliveryState, Spool};
use crate::terminal::{self, Style};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use find::Log;
use row::Row;
use serde_json::json;
use std::io::stdout;
use std::path::PathBuf;

/// Of `deliveries`.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    one: Option<One>,
    #[command(flatten)]
    list: List,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum One {
    /// Show one delivery in full: its push, its attempts, the request with secrets masked, and the answer
    ///
    /// The body is made again from what was recorded, with the configuration of today; it is said when it differs from
    /// what was sent.
    Show(show::Arguments),
}

#[derive(Clone, Debug, clap::Args)]
struct List {
    /// Show this delivery in full, as `show ID` does
    #[arg(value_name = "ID", conflicts_with_all = ["hook", "state", "n", "all"])]
    id: Option<String>,
    /// Those of this hook, by its name or its label
    #[arg(long, value_name = "HOOK")]
    hook: Option<String>,
    /// Those in this state
    #[arg(long, value_name = "STATE", value_parser = state())]
    state: Option<DeliveryState>,
    /// At most this many; 0: all
    #[arg(short, value_name = "N", default_value_t = 20)]
    n: usize,
    /// Those of every repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

fn state() -> impl TypedValueParser<Value = DeliveryState> {
    let named = |name: String| DeliveryState::ALL.into_iter().find(|s| s.name() == name);
    PossibleValuesParser::new(DeliveryState::ALL.map(DeliveryState::name))
        .map(move |name| named(name).unwrap_or(DeliveryState::Pending))
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.is_for_many() {
        return of_many(session, &arguments.list);
    }
    let repository = session.repository()?;
    let spool = Spool::at(repository.git_dir(), repository.shared_mode());
    if let Some(One::Show(arguments)) = &arguments.one {
        return show::run(session, &repository, &spool, arguments);
    }
    let list = &arguments.list;
    if let Some(id) = list.id.clone() {
        let json = list.json;
        let arguments = show::Arguments { id, json };
        return show::run(session, &repository, &spool, &arguments);
    }
    list.print(&list.rows(session)?, session);
    Ok(exit::OK)
}

/// The newest of all repositories.
fn of_many(session: &Session, list: &List) -> Result<u8, Failure> {
    let here = |session: &Session| match list.rows(session) {
        Ok(rows) => {
            let rows = rows.iter().map(|row| json!(row).to_string() + "\n");
            (rows.collect(), exit::OK)
        }
        Err(failure) => {
            print::error(&failure.message);
            (String::new(), failure.code)
        }
    };
    many::run(session, &list.all, here, |outputs| {
        let (mut rows, mut worst) = (Vec::new(), exit::OK);
        for (git_dir, output) in outputs {
            let name = if list.json {
                git_dir.display().to_string()
            } else {
                repositories::short_name(&git_dir, &list.all)
            };
            let read = output.and_then(|(text, code)| {
                worst = worst.max(code);
                read(&name, &text)
            });
            match read {
                Ok(read) => rows.extend(read),
                Err(failure) => {
                    print::error(&failure.message);
                    worst = worst.max(failure.code);
                }
            }
        }
        rows.sort_by(|a, b| (b.created_ms, &b.push_id).cmp(&(a.created_ms, &a.push_id)));
        rows.truncate(list.most());
        list.print(&rows, session);
        worst
    })
}

/// The rows that were printed for a repository.
fn read(name: &str, text: &str) -> Result<Vec<Row>, Failure> {
    let named = |row: Row| Row {
        repository: Some(name.to_owned()),
        ..row
    };
    let rows = text
        .lines()
        .map(|line| serde_json::from_str(line).map(named));
    rows.collect::<Result<_, _>>()
        .map_err(|_| Failure::new(format!("{name}: too many deliveries: use a smaller `-n`")))
}

impl Arguments {
    /// Whether it is for all repositories below some directories.
    pub fn is_for_many(&self) -> bool {
        !self.list.all.is_empty()
    }
}

impl List {
    fn most(&self) -> usize {
        if self.n == 0 { usize::MAX } else { self.n }
    }

    /// Those of the session's repository, newest first.
    fn rows(&self, session: &Session) -> Result<Vec<Row>, Failure> {
        let repository = session.repository()?;
        let spool = Spool::at(repository.git_dir(), repository.shared_mode());
        let mut log = Log::open(&spool)?;
        let hook = self.hook.as_ref().map(|hook| {
            let loaded = config::load(repository.git_dir(), &session.environment);
            loaded.name_of(hook).to_owned()
        });
        let is_selected = |row: &Row| {
            let is_of_hook = hook
                .as_ref()
                .is_none_or(|hook| row.hook.as_ref() == Some(hook));
            is_of_hook && self.state.is_none_or(|state| row.state == state)
        };
        let rows = log
            .by_ref()
            .flat_map(|record| Row::all(&spool, &record))
            .filter(is_selected)
            .take(self.most())
            .collect();
        log.report_problems();
        Ok(rows)
    }

    fn print(&self, rows: &[Row], session: &Session) {
        if self.json {
            for row in rows {
                print::json(&row.json());
            }
        } else if rows.is_empty() {
            print::stderr("no delivery");
        } else {
            let style = Style::for_stream(&stdout(), &session.environment);
            print::stdout(table::of(rows, terminal::width(&stdout()), style).trim_end());
        }
    }
}
