//! `uninstall`: takes our hook away and puts back what `install --chain` moved. Configuration and records stay.

use super::hook_file::{self, HookFile, Standing};
use super::{Failure, Session, install, print};
use crate::exit;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// Of `uninstall`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below DIR
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,
}

/// Uninstalls in one repository, or in all below a directory.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    install::for_all(session, arguments.all.as_deref(), uninstall)
}

fn uninstall(session: &Session) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let file = HookFile::of(repository.git_dir());
    let path = file.path();
    match file.standing() {
        Standing::Missing => print::stdout(&format!("{}: nothing to take away", path.display())),
        Standing::Foreign => {
            print::stdout(&format!("{} is the hook of another program and was left alone", path.display()));
        }
        Standing::Link(_) | Standing::Shim => {
            take_away(&file).map_err(|e| Failure::new(format!("cannot change {}: {e}", file.dir.display())))?;
            tell(&file);
        }
    }
    Ok(exit::OK)
}

/// The kept hook is renamed over ours, so that Git always finds one of them.
fn take_away(file: &HookFile) -> std::io::Result<()> {
    let (path, kept) = (file.path(), file.chained());
    match fs::read_link(&kept) {
        Ok(target) => {
            let fresh = file.dir.join(format!(".post-receive.{}", std::process::id()));
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

fn tell(file: &HookFile) {
    let path = file.path();
    match file.standing() {
        Standing::Missing => print::stdout(&format!("{} was taken away", path.display())),
        _ => print::stdout(&format!("{} is again the hook that was there before", path.display())),
    }
    for entry in file.chain_entries() {
        print::stdout(&format!("  {} does not run any more: nothing runs post-receive.d/ now", entry.display()));
    }
    if hook_file::mentions_us(&path) {
        print::stdout("  it starts git-service-hook itself");
    }
    print::stdout("hooks.toml and service-hook/ were left where they are");
}
