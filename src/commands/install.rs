//! `install`: creates the link in `hooks/` and a commented hooks.toml. Never overwrites a hook of another program, and
//! replaces a link atomically. A second run changes nothing.

use super::hook_file::{self, HookFile, Standing};
use super::{Failure, Session, as_owner, many, print};
use crate::exit;
use crate::git::Server;
use crate::post_receive::{hook_script, is_program};
use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// What a new hooks.toml says.
pub const STARTER: &str = include_str!("starter.toml");

/// Of `install`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// Keep an existing hook: move it to hooks/post-receive.d/, where it still runs
    #[arg(long)]
    chain: bool,
}

/// Installs in one repository, or in all below some directories.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let each = |session: &Session| install(session, arguments.chain);
    for_all(session, &arguments.all, each)
}

/// One repository, or with `--all` each below these directories, as its owner; the worst exit code.
pub fn for_all(
    session: &Session,
    all: &[PathBuf],
    each: impl Fn(&Session) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    if all.is_empty() || session.owner_settled {
        return as_owner::run_as_owner(session, each);
    }
    let mut worst = exit::OK;
    for git_dir in many::find(session, all)? {
        let code = as_owner::run_as_owner(&session.at(&git_dir), &each).unwrap_or_else(|failure| {
            print::error(&format!("{}: {}", git_dir.display(), failure.message));
            failure.code
        });
        worst = worst.max(code);
    }
    Ok(worst)
}

fn install(session: &Session, chain: bool) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let git_dir = repository.git_dir().to_owned();
    let program = hook_file::stable_program(&session.environment).map_err(Failure::new)?;
    let file = HookFile::in_repository(&git_dir);
    let elsewhere = repository
        .hooks_path()
        .filter(|path| !same_place(path, &file.dir));
    let placed = match elsewhere {
        Some(dir) => by_hooks_path(&HookFile { dir }, &file, &program)?,
        None => format!(
            "{}, {}",
            in_hooks(&file, &program, chain)?,
            shown(&file, &program)
        ),
    };
    print::line(&format!("{}: {placed}", git_dir.display()));
    for hook in hook_file::starting_us(&repository) {
        print::line(&format!(
            "note: {hook} in Git's configuration starts it too (Git 2.54 and newer); each push is reported once"
        ));
    }
    starter(&git_dir)
}

/// Where `core.hooksPath` sends Git. One folder serves many repositories, so it is for its owner to change.
fn by_hooks_path(elsewhere: &HookFile, own: &HookFile, program: &Path) -> Result<String, Failure> {
    let dir = elsewhere.dir.display();
    if hook_file::starts_us(&elsewhere.path()) {
        return Ok(format!("already in place, core.hooksPath is {dir}"));
    }
    Err(Failure::new(format!(
        "core.hooksPath is {dir}: Git runs the hooks there and none of {}. Link it there by hand \
         (ln -s {} {dir}/post-receive), or unset core.hooksPath",
        own.dir.display(),
        program.display()
    )))
}

/// Puts the link into `hooks/`; what was done.
fn in_hooks(file: &HookFile, program: &Path, chain: bool) -> Result<&'static str, Failure> {
    let done =
        |e: std::io::Error| Failure::new(format!("cannot write into {}: {e}", file.dir.display()));
    fs::create_dir_all(&file.dir).map_err(done)?;
    let standing = file.standing();
    if let (Standing::Link(_) | Standing::Missing, Some(server)) = (&standing, file.server()) {
        return Err(written_by_server(file, server, &standing));
    }
    Ok(match standing {
        Standing::Dispatcher => place_wrapper(file, program)?,
        Standing::Foreign if hook_file::starts_us(&file.path()) => {
            "already in place (another hook starts it)"
        }
        Standing::Foreign if !chain => return Err(foreign(file)),
        Standing::Foreign => {
            keep(file)?;
            place(file, program).map_err(done)?;
            "chained"
        }
        Standing::Shim => "already in place (the shim)",
        Standing::Link(target) if target == program => "already in place",
        Standing::Link(_) | Standing::Missing => {
            place(file, program).map_err(done)?;
            "installed"
        }
    })
}

fn shown(file: &HookFile, program: &Path) -> String {
    match file.standing() {
        Standing::Shim | Standing::Foreign => "hooks/post-receive".to_owned(),
        Standing::Dispatcher => {
            "hooks/post-receive.d/git-service-hook, which hooks/post-receive runs".to_owned()
        }
        Standing::Link(_) | Standing::Missing => {
            format!("hooks/post-receive -> {}", program.display())
        }
    }
}

fn same_place(a: &Path, b: &Path) -> bool {
    a == b
        || a.canonicalize()
            .ok()
            .zip(b.canonicalize().ok())
            .is_some_and(|(a, b)| a == b)
}

fn foreign(file: &HookFile) -> Failure {
    let what = fs::read_link(file.path())
        .map_or_else(|_| String::new(), |t| format!(" (-> {})", t.display()));
    Failure::new(format!(
        "{}{what} is the hook of another program and was left alone: `install --chain` keeps it running from \
         hooks/post-receive.d/",
        file.path().display()
    ))
}

/// A link would lead the server to overwrite the program.
fn written_by_server(file: &HookFile, server: Server, standing: &Standing) -> Failure {
    let remove = match standing {
        Standing::Missing => "",
        _ => "remove the link, through which it would overwrite the program, ",
    };
    Failure::new(format!(
        "{} is written by {}: {remove}have it written again (Gitea and Forgejo: `admin regenerate hooks`), and install \
         then",
        file.path().display(),
        server.name()
    ))
}

/// Puts a script into the folder that the hook of another program runs. A link would not do: the program knows by its
/// name that it is a hook.
fn place_wrapper(file: &HookFile, program: &Path) -> Result<&'static str, Failure> {
    let (path, chain) = (file.wrapper(), file.chain());
    let cannot =
        |e: std::io::Error| Failure::new(format!("cannot write into {}: {e}", chain.display()));
    let text = format!(
        "#!/bin/sh\n# Written by `git service-hook install`.\nexec '{}' post-receive\n",
        program.display().to_string().replace('\'', r"'\''")
    );
    if fs::read_to_string(&path).is_ok_and(|there| there == text) && is_program(&path) {
        return Ok("already in place");
    }
    if path.symlink_metadata().is_ok_and(|m| m.is_file()) && !hook_script::starts_program(&path) {
        return Err(Failure::new(format!(
            "{} is of another program: move it away first",
            path.display()
        )));
    }
    fs::create_dir_all(&chain).map_err(cannot)?;
    // Without a dot in front, a dispatcher would run what is half written.
    let fresh = chain.join(format!(".git-service-hook.{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    fs::write(&fresh, text)
        .and_then(|()| fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&fresh, &path))
        .map_err(cannot)?;
    Ok("installed")
}

/// Puts a second name of the foreign hook into the chain, without taking the first away yet. Relative links are
/// re-aimed: they stand one directory deeper then.
fn keep(file: &HookFile) -> Result<(), Failure> {
    let (from, to) = (file.path(), file.chained());
    let cannot = |e: std::io::Error| {
        Failure::new(format!("cannot keep the old hook as {}: {e}", to.display()))
    };
    if to.symlink_metadata().is_ok() {
        return Err(Failure::new(format!(
            "{} exists already: move it away first",
            to.display()
        )));
    }
    fs::create_dir_all(file.chain()).map_err(cannot)?;
    match fs::read_link(&from) {
        Ok(target) if target.is_relative() => symlink(Path::new("..").join(target), &to),
        Ok(target) => symlink(target, &to),
        Err(_) => fs::hard_link(&from, &to),
    }
    .map_err(cannot)?;
    print::line(&format!(
        "{} still runs, as hooks/post-receive.d/{}",
        from.display(),
        hook_file::CHAINED
    ));
    if !is_program(&to) {
        print::stdout("  it was not executable, so Git has not run it either");
    }
    Ok(())
}

/// Renamed over what is there: Git finds the old hook or the new one.
fn place(file: &HookFile, program: &Path) -> std::io::Result<()> {
    let fresh = file
        .dir
        .join(format!(".post-receive.{}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    symlink(program, &fresh)?;
    fs::rename(&fresh, file.path()).inspect_err(|_| {
        let _ = fs::remove_file(&fresh);
    })
}

/// A hooks.toml to begin with: readable and writable by the owner, readable by the repository's group, since secrets
/// may come to stand in it.
fn starter(git_dir: &Path) -> Result<u8, Failure> {
    let path = git_dir.join("hooks.toml");
    if path.symlink_metadata().is_ok() {
        print::line(&format!("{} was there already", path.display()));
        print::stdout("next: `git service-hook check`, then `git service-hook test`");
        return Ok(exit::OK);
    }
    let cannot = |e: std::io::Error| Failure::new(format!("cannot write {}: {e}", path.display()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(&path)
        .map_err(cannot)?;
    std::io::Write::write_all(&mut file, STARTER.as_bytes()).map_err(cannot)?;
    // Whatever the umask was. A group that we are not in cannot be given: then the file keeps ours.
    let group = fs::metadata(git_dir).map_err(cannot)?.gid();
    let _ = chown(&path, None, Some(group));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).map_err(cannot)?;
    print::line(&format!(
        "{} was written: a commented beginning",
        path.display()
    ));
    print::stdout(
        "next: fill in a hook there, then `git service-hook check` and `git service-hook test`",
    );
    Ok(exit::OK)
}
