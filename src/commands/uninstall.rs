//! `uninstall`: removes our hook and restores the one that `install --chain` moved. Keeps an edited hooks.toml and
//! pending deliveries; removes the history on request.

use super::hook_file::{self, HookFile, Standing};
use super::{Failure, Session, install, print};
use crate::exit;
use crate::git::Repository;
use crate::post_receive::hook_script;
use crate::spool::Spool;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Of `uninstall`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// Remove the history as well, unless deliveries wait
    #[arg(long)]
    purge: bool,
}

/// Uninstalls in one repository, or in all below some directories.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    install::for_all(session, &arguments.all, |session| {
        uninstall(session, arguments.purge)
    })
}

fn uninstall(session: &Session, purge: bool) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let file = HookFile::in_repository(repository.git_dir());
    let path = file.path();
    match file.standing() {
        Standing::Missing => print::line(&format!("{}: nothing to remove", path.display())),
        Standing::Foreign => {
            print::line(&format!(
                "{} is the hook of another program and was left alone",
                path.display()
            ));
        }
        Standing::Dispatcher if hook_script::starts_program(&file.wrapper()) => {
            let wrapper = file.wrapper();
            fs::remove_file(&wrapper)
                .map_err(|e| Failure::new(format!("cannot remove {}: {e}", wrapper.display())))?;
            print::line(&format!("{} was removed", wrapper.display()));
        }
        Standing::Dispatcher => {
            print::line(&format!("{}: nothing to remove", file.wrapper().display()));
        }
        Standing::Link(_) | Standing::Shim => {
            take_away(&file)
                .map_err(|e| Failure::new(format!("cannot change {}: {e}", file.dir.display())))?;
            print_rest(&file);
        }
    }
    still_started(&repository, &path);
    let hooks_toml = beginning(repository.git_dir());
    records(&repository, purge, hooks_toml)
}

/// What else starts us here, and is not for one repository to change.
fn still_started(repository: &Repository, path: &Path) {
    if hook_file::starts_us(path) {
        print::stdout("  it starts git-service-hook itself");
    }
    let elsewhere = repository.hooks_path().map(|dir| HookFile { dir }.path());
    if let Some(other) = elsewhere.filter(|other| other != path && hook_file::starts_us(other)) {
        print::line(&format!(
            "  {} still starts it: that is where core.hooksPath leads",
            other.display()
        ));
    }
    for key in hook_file::starting_us(repository) {
        print::line(&format!("  {key} in Git's configuration still starts it"));
    }
}

/// Removes a hooks.toml that is as `install` wrote it; whether one is left.
fn beginning(git_dir: &Path) -> bool {
    let path = git_dir.join("hooks.toml");
    match fs::read(&path) {
        Ok(text) if text == install::STARTER.as_bytes() => fs::remove_file(&path).is_err(),
        _ => path.symlink_metadata().is_ok(),
    }
}

/// What waits is never forgotten; history only when asked for.
fn records(repository: &Repository, purge: bool, hooks_toml: bool) -> Result<u8, Failure> {
    let spool = Spool::at(repository.git_dir(), repository.shared_mode());
    let left = |name: &str| print::line(&format!("{name} was left where it is"));
    if hooks_toml {
        left("hooks.toml");
    }
    if !spool.exists() {
        return Ok(exit::OK);
    }
    let waiting = spool
        .count_pending()
        .map_err(|e| Failure::new(format!("cannot read {}: {e}", spool.place())))?;
    if waiting > 0 {
        left(spool.place());
        let what = if waiting == 1 {
            "1 delivery waits".to_owned()
        } else {
            format!("{waiting} deliveries wait")
        };
        print::line(&format!(
            "{what} in it: the timer's `drain` still sends them, and so does `git service-hook drain`"
        ));
        return Ok(if purge { exit::FAILURE } else { exit::OK });
    }
    if !purge {
        left(spool.place());
        print::stdout("  it holds only history: `git service-hook uninstall --purge` removes it");
        return Ok(exit::OK);
    }
    let all = spool
        .remove()
        .map_err(|e| Failure::new(format!("cannot remove {}: {e}", spool.place())))?;
    let what = if all {
        "was removed"
    } else {
        "was removed, except for files that git-service-hook did not write"
    };
    print::line(&format!("{} {what}", spool.place()));
    Ok(exit::OK)
}

/// The kept hook is renamed over ours, so that Git always finds one of them.
fn take_away(file: &HookFile) -> std::io::Result<()> {
    let (path, kept) = (file.path(), file.chained());
    match fs::read_link(&kept) {
        Ok(target) => {
            let fresh = file
                .dir
                .join(format!(".post-receive.{}", std::process::id()));
            symlink(target.strip_prefix("..").unwrap_or(&target), &fresh)?;
            fs::rename(&fresh, &path)?;
            fs::remove_file(&kept)?;
        }
        Err(_) if kept.exists() => fs::rename(&kept, &path)?,
        Err(_) => fs::remove_file(&path)?,
    }
    // Only an empty directory goes.
    let _ = fs::remove_dir(file.chain());
    Ok(())
}

fn print_rest(file: &HookFile) {
    let path = file.path();
    match file.standing() {
        Standing::Missing => print::line(&format!("{} was removed", path.display())),
        _ => print::line(&format!("{} is the earlier hook again", path.display())),
    }
    let entries = file.chain_entries().unwrap_or_else(|error| {
        print::error(&format!("post-receive.d/ cannot be read: {error}"));
        Vec::new()
    });
    for entry in entries {
        print::line(&format!(
            "  {} no longer runs: nothing runs post-receive.d/ now",
            entry.display()
        ));
    }
}
