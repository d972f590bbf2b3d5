//! `deliveries`: lists deliveries, newest first, or shows one in full. Reads records and changes nothing.

pub mod find;
mod row;
mod show;
mod table;

use super::{Failure, Session, print};
use crate::exit;
use crate::spool::{DeliveryState, Spool};
use crate::terminal::{self, Style};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use find::Log;
use row::Row;
use std::io::stdout;

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
    #[arg(value_name = "ID", conflicts_with_all = ["hook", "state", "n"])]
    id: Option<String>,
    /// Those of this hook
    #[arg(long, value_name = "HOOK")]
    hook: Option<String>,
    /// Those in this state
    #[arg(long, value_name = "STATE", value_parser = state())]
    state: Option<DeliveryState>,
    /// At most this many; 0: all
    #[arg(short, value_name = "N", default_value_t = 20)]
    n: usize,
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
    let mut log = Log::open(&spool)?;
    let most = if list.n == 0 { usize::MAX } else { list.n };
    let wanted = |row: &Row| {
        list.hook
            .as_ref()
            .is_none_or(|hook| row.hook.as_ref() == Some(hook))
            && list.state.is_none_or(|state| row.state == state)
    };
    let rows: Vec<Row> = log
        .by_ref()
        .flat_map(|record| Row::all(&spool, &record))
        .filter(wanted)
        .take(most)
        .collect();
    log.report_problems();
    if list.json {
        for row in &rows {
            print::json(&row.json());
        }
    } else if rows.is_empty() {
        print::stderr("no delivery");
    } else {
        let style = Style::for_stream(&stdout(), &session.environment);
        print::stdout(table::of(&rows, terminal::width(&stdout()), style).trim_end());
    }
    Ok(exit::OK)
}
