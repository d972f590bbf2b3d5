//! Runs a command for one repository or for all below some directories, each as its owner, and collects what they print.

use super::{Failure, Session, as_owner, parallel, print, repositories};
use crate::exit;
use std::path::PathBuf;

/// What one repository printed, and its exit code.
pub(super) type Output = Result<(String, u8), Failure>;

/// Runs `here` for the repository of the session, or with `--all` for each below `all`. `together` makes one answer of
/// what they printed, in the order of their names. The child of root prints for its one repository.
pub(super) fn run(
    session: &Session,
    all: &[PathBuf],
    here: impl Fn(&Session) -> (String, u8) + Sync,
    together: impl FnOnce(Vec<(PathBuf, Output)>) -> u8,
) -> Result<u8, Failure> {
    if session.owner_settled {
        let (text, code) = here(session);
        if !text.is_empty() {
            print::stdout(text.trim_end());
        }
        return Ok(code);
    }
    let capture = |session: &Session| as_owner::capture_as_owner(session, |s| here(s));
    if all.is_empty() {
        let dir = session.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        return Ok(together(vec![(dir, capture(session))]));
    }
    refuse_dir(session)?;
    let found = repositories::below_all(all)?;
    let session = session.with_all(all);
    let outputs = parallel::map(&found, |git_dir| capture(&session.at(git_dir)));
    let lost = || Err(Failure::new("an internal error"));
    let outputs = outputs
        .into_iter()
        .map(|output| output.unwrap_or_else(lost));
    Ok(together(found.iter().cloned().zip(outputs).collect()))
}

/// The repositories below `all`, of which there must be one: for commands that prepare or examine them.
pub(super) fn find(session: &Session, all: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    refuse_dir(session)?;
    let found = repositories::below_all(all)?;
    if found.is_empty() {
        let dirs = all.iter().map(|dir| dir.display().to_string());
        let dirs = dirs.collect::<Vec<_>>().join(" or ");
        return Err(Failure::new(format!("no repository is below {dirs}")));
    }
    Ok(found)
}

fn refuse_dir(session: &Session) -> Result<(), Failure> {
    if session.dir.is_some() {
        return Err(Failure::usage(
            "`--all` names the directories itself: leave out `-C`",
        ));
    }
    Ok(())
}

/// Prints all that they printed, one after the other. The worst exit code. `nothing` is printed if none of several
/// repositories printed or reported anything: each of them is silent then.
pub(super) fn print_all(outputs: Vec<(PathBuf, Output)>, nothing: Option<&str>) -> u8 {
    let mut worst = exit::OK;
    let mut is_silent = true;
    for (_, output) in outputs {
        let (text, code) = output.unwrap_or_else(|failure| {
            print::error(&failure.message);
            (String::new(), failure.code)
        });
        if !text.is_empty() {
            print::stdout(&print::plain(text.trim_end()));
            is_silent = false;
        }
        worst = worst.max(code);
    }
    if let Some(nothing) = nothing.filter(|_| is_silent && worst == exit::OK) {
        print::stderr(nothing);
    }
    worst
}
