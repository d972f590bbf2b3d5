//! Prints what a run left: the deliveries that have failed permanently, no matter which process made the attempt, and at
//! a terminal what still waits.

use super::Drain;
use crate::clock;
use crate::commands::{print, repositories, status};
use crate::config::Loaded;
use crate::deliver::RunSummary;
use crate::exit;
use crate::report::{clean, short_id};
use crate::spool::{FailedDelivery, Spool, held_problem};
use std::path::Path;

/// Prints it, and what went wrong in the run; the exit code. Only a timer's run marks the failures as reported.
pub(super) fn print(
    (git_dir, spool): (&Path, &Spool),
    loaded: &Loaded,
    arguments: &Drain,
    ran: RunSummary,
) -> u8 {
    let mut problems = ran.problems;
    let now_ms = clock::now_ms();
    let failed = spool.unreported_failures(now_ms).unwrap_or_else(|error| {
        problems.push(format!("the history cannot be listed: {error}"));
        Vec::new()
    });
    let name = repositories::short_name(git_dir, &arguments.below);
    for failed in &failed {
        let line = format!("{name}: {}", failure(loaded, failed));
        print::line(&line);
    }
    if arguments.timer
        && let Err(error) = spool.mark_reported(&failed, now_ms)
    {
        problems.push(format!(
            "the next run reports the same failures again: service-hook/reported: {error}"
        ));
    }
    for problem in problems.iter().chain(&held_problem(ran.held)) {
        print::error(&format!("{}: {problem}", git_dir.display()));
    }
    if arguments.show_waiting || print::is_terminal() {
        for line in status::waiting_lines(spool, loaded) {
            print::line(&format!("{name}: {line}"));
        }
    }
    if failed.is_empty() && problems.is_empty() {
        exit::OK
    } else {
        exit::FAILURE
    }
}

/// `team: DingTalk 300001 token is not exist (19237bd3)`
fn failure(loaded: &Loaded, failed: &FailedDelivery) -> String {
    let planned = &failed.delivery.planned;
    let why = failed.delivery.last.as_ref().map_or("", |last| &last.why);
    format!(
        "{}: {} ({})",
        loaded.label_of(&planned.hook),
        clean(why),
        short_id(&planned.id)
    )
}
