//! Shows what a proposed server's file means: each repository with its hooks and what stops there, then the mistakes of
//! the file itself, once for all repositories.

use super::proposed::{Stop, Trial};
use crate::commands::repositories;
use crate::diagnostic::{self, Place};
use crate::report::clean;
use crate::terminal::Style;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What concerns one repository stands so far in.
const INDENT: &str = "    ";

/// Repositories that are named where a mistake of the file is not one in all of them.
const NAMED: usize = 3;

/// All repositories. `file`: the proposed file as its mistakes name it. `below`: the directories that were
/// searched, for shorter names.
pub(super) fn write(trials: &[Trial], file: &str, below: &[PathBuf], style: Style) -> String {
    let mut text = String::new();
    // Of the file itself, with the repositories.
    let mut common = BTreeMap::<&Stop, Vec<&str>>::new();
    let names = trials.iter().map(|t| name(&t.repository, below));
    let names = names.collect::<Vec<_>>();
    for (trial, name) in trials.iter().zip(&names) {
        let _ = writeln!(text, "{}: {}", style.bold(name), hooks(trial, style));
        for stop in &trial.stops {
            if stop.file.as_deref().is_none_or(|place| place == file) {
                common.entry(stop).or_default().push(name);
            } else {
                let _ = writeln!(text, "{INDENT}{}", style.red(&sentence(stop)));
            }
        }
        for hook in &trial.gone {
            let hook = clean(hook);
            let message =
                format!("hook `{hook}` no longer applies: its waiting deliveries are cancelled");
            let _ = writeln!(text, "{INDENT}{}", style.yellow(&message));
        }
    }
    for (stop, concerned) in common {
        let all = concerned.len() == trials.len();
        let place = match concerned.as_slice() {
            [_] if all => String::new(),
            _ if all => " (in all repositories)".to_owned(),
            names => format!(" (in {})", listed(names)),
        };
        let _ = writeln!(text, "{}{place}", style.red(&sentence(stop)));
    }
    text + &sum(trials, style)
}

fn name(repository: &str, below: &[PathBuf]) -> String {
    let path = repositories::path_below(Path::new(repository), below);
    clean(&path.display().to_string())
}

fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// "audit, team; of its own: ci"
fn hooks(trial: &Trial, style: Style) -> String {
    if let Some(error) = &trial.error {
        return style.red(&clean(error));
    }
    let list = |names: &[String]| clean(&names.join(", "));
    let server = match trial.server_hooks.as_slice() {
        [] => "no hook of the file applies".to_owned(),
        names => list(names),
    };
    match trial.own_hooks.as_slice() {
        [] => server,
        names => format!("{server}; of its own: {}", list(names)),
    }
}

/// As the pusher would see it.
fn sentence(stop: &Stop) -> String {
    let message = diagnostic::with_effect(&stop.message, stop.hook.as_deref());
    let place = stop.file.as_ref().map(|file| Place {
        file: file.clone(),
        line: stop.line,
        column: stop.column,
    });
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    clean(&format!("{place}{message}"))
}

fn sum(trials: &[Trial], style: Style) -> String {
    let repositories = match trials.len() {
        1 => "1 repository".to_owned(),
        number => format!("{number} repositories"),
    };
    let failed = trials.iter().filter(|trial| trial.error.is_some()).count();
    let stopped = trials.iter().filter(|trial| !trial.stops.is_empty());
    let stopped = stopped.count();
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(style.red(&format!("{failed} not checked")));
    }
    parts.push(match stopped {
        0 => style.green("nothing stops"),
        _ => style.red(&format!("something stops in {stopped}")),
    });
    format!("{repositories}: {}\n", parts.join(", "))
}
