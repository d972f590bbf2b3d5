//! Checks the directory in which all repositories share what they know of a receiver.

use super::results::CheckResults;
use crate::config::{Hook, Loaded};
use rustix::fs::Access;
use std::path::Path;

/// A configured one must be usable, and robots of the server's file need one.
pub(super) fn check(loaded: &Loaded, results: &mut CheckResults) {
    if let Some(dir) = &loaded.deliver.state_dir {
        if let Some(problem) = problem(dir) {
            results.mistake(
                None,
                format!(
                    "`state_dir` {problem}: create {} as a directory that every account that pushes or runs `drain` can write",
                    dir.display()
                ),
            );
        }
        return;
    }
    let is_shared_robot = |hook: &&Hook| hook.is_of_server_file() && hook.kind.pace.is_limited();
    let mut robots = loaded.hooks.iter().filter(is_shared_robot);
    if let Some(first) = robots.next() {
        let more = match robots.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        results.warn(
            None,
            format!(
                "`{}`{more} is a robot of the server's file, and each repository keeps its pace for itself, so that together they \
                 send more than it takes: set `state_dir` in `[deliver]` of that file",
                first.name
            ),
        );
    }
}

fn problem(dir: &Path) -> Option<String> {
    if !dir.is_dir() {
        return Some("is missing".to_owned());
    }
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    let error = rustix::fs::access(dir, wanted).err()?;
    Some(format!("cannot be used by this account ({error})"))
}
