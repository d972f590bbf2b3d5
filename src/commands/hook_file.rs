//! Classifies the file `hooks/post-receive`: missing, our link, our shim, a script that runs a directory of hooks, or the
//! hook of another program. Also knows the
//! directory `post-receive.d/` beside it. Changes nothing.

use crate::environment::Environment;
use crate::git::{Repository, Server};
use crate::post_receive::{chain_paths, hook_script, is_program};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where `install --chain` puts the hook that it finds: first by name, so that it runs first.
pub const CHAINED: &str = "10-before-service-hook";

/// The script that starts this program from `post-receive.d/` where a dispatcher runs that folder.
const WRAPPER: &str = "git-service-hook";

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Missing,
    /// A symlink to the program, in this or another place; the target as it is written.
    Link(PathBuf),
    /// The shim.
    Shim,
    /// A script that runs the programs in `post-receive.d/`, as Gitea, Forgejo and soft-serve write it.
    Dispatcher,
    /// Something else, which is never overwritten.
    Foreign,
}

/// The hooks of one repository.
#[derive(Clone, Debug)]
pub struct HookFile {
    /// `hooks/`.
    pub dir: PathBuf,
}

impl HookFile {
    /// In the Git directory itself: the place when `core.hooksPath` is not set.
    pub fn in_repository(git_dir: &Path) -> Self {
        Self {
            dir: git_dir.join("hooks"),
        }
    }

    /// `hooks/post-receive`.
    pub fn path(&self) -> PathBuf {
        self.dir.join("post-receive")
    }

    /// `hooks/post-receive.d`.
    pub fn chain(&self) -> PathBuf {
        self.dir.join("post-receive.d")
    }

    /// Where `install --chain` keeps the hook that it found.
    pub fn chained(&self) -> PathBuf {
        self.chain().join(CHAINED)
    }

    /// The wrapper for a dispatcher.
    pub fn wrapper(&self) -> PathBuf {
        self.chain().join(WRAPPER)
    }

    /// The server that writes `hooks/post-receive` itself.
    pub fn server(&self) -> Option<Server> {
        Server::of_repository(self.dir.parent()?).filter(|server| server.writes_hook())
    }

    /// Looks at `hooks/post-receive`.
    pub fn standing(&self) -> Standing {
        standing(&self.path())
    }

    /// Names in `post-receive.d/` that would run.
    pub fn chain_entries(&self) -> io::Result<Vec<PathBuf>> {
        let mut paths = chain_paths(&self.chain())?;
        paths.retain(|path| is_program(path));
        Ok(paths)
    }
}

/// Looks at one path.
pub fn standing(path: &Path) -> Standing {
    if let Ok(target) = fs::read_link(path) {
        return if is_ours(path, &target) {
            Standing::Link(target)
        } else {
            Standing::Foreign
        };
    }
    if path.symlink_metadata().is_err() {
        return Standing::Missing;
    }
    if hook_script::is_shim(path) {
        Standing::Shim
    } else if !hook_script::starts_program(path) && hook_script::runs_folder(path) {
        Standing::Dispatcher
    } else {
        Standing::Foreign
    }
}

/// A link is ours when it leads to this very program, or to one of our name (which may have gone).
fn is_ours(link: &Path, target: &Path) -> bool {
    let this = std::env::current_exe().ok();
    let same =
        this.is_some() && link.canonicalize().ok() == this.and_then(|p| p.canonicalize().ok());
    same || target.file_name().is_some_and(|n| n == "git-service-hook")
}

/// Whether Git starts us when it runs this: the link, the shim, or a hook of another program that does it itself.
pub fn starts_us(path: &Path) -> bool {
    let ours = match standing(path) {
        Standing::Missing => false,
        Standing::Link(_) | Standing::Shim => true,
        Standing::Foreign => hook_script::starts_program(path),
        Standing::Dispatcher => starts_us(&path.with_extension("d").join(WRAPPER)),
    };
    ours && is_program(path)
}

/// Keys of Git's configuration (2.54 and newer) that start us after a push.
pub fn starting_us(repository: &Repository) -> Vec<String> {
    let hooks = repository
        .configured_hooks()
        .into_iter()
        .filter(|hook| hook.command.contains("service-hook"));
    hooks
        .map(|hook| format!("hook.{}.command", hook.name))
        .collect()
}

/// The path under which this program is going to be found tomorrow: one on `PATH` that leads here (package managers
/// keep links stable, not the files behind them), else the file itself.
pub fn stable_program(environment: &Environment) -> Result<PathBuf, String> {
    let this =
        std::env::current_exe().map_err(|e| format!("cannot find the program itself: {e}"))?;
    if !this.exists() {
        return Err(
            "the running program has been replaced or removed: start the new one".to_owned(),
        );
    }
    let real = this.canonicalize().unwrap_or_else(|_| this.clone());
    let name = this.file_name().unwrap_or_default();
    let path = environment.get("PATH").unwrap_or_default();
    let dirs = path.split(':').map(Path::new).filter(|d| d.is_absolute());
    let found = dirs
        .map(|d| d.join(name))
        .find(|p| p.canonicalize().is_ok_and(|p| p == real));
    Ok(found.unwrap_or(this))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn our_link_is_known_by_its_name_even_when_it_dangles() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("post-receive");
        assert_eq!(standing(&path), Standing::Missing);
        symlink("/gone/git-service-hook", &path).unwrap();
        assert_eq!(
            standing(&path),
            Standing::Link("/gone/git-service-hook".into())
        );
    }

    #[test]
    fn everything_else_is_foreign_except_the_shim() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("post-receive");
        fs::write(&path, "#!/bin/sh\nexec mail\n").unwrap();
        assert_eq!(standing(&path), Standing::Foreign);
        fs::write(&path, include_str!("../../hooks/post-receive")).unwrap();
        assert_eq!(standing(&path), Standing::Shim);
        fs::remove_file(&path).unwrap();
        symlink("../elsewhere/hook", &path).unwrap();
        assert_eq!(standing(&path), Standing::Foreign);
    }

    #[test]
    fn a_script_that_runs_the_folder_is_a_dispatcher_and_starts_us_by_the_wrapper_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("post-receive");
        let script =
            "#!/bin/sh\nfor hook in ${GIT_DIR}/hooks/${hookname}.d/*; do \"$hook\"; done\n";
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(standing(&path), Standing::Dispatcher);
        assert!(!starts_us(&path), "nothing is in the folder");
        let wrapper = dir.path().join("post-receive.d/git-service-hook");
        fs::create_dir(wrapper.parent().unwrap()).unwrap();
        fs::write(&wrapper, "#!/bin/sh\nexec git-service-hook post-receive\n").unwrap();
        assert!(!starts_us(&path), "it is not executable");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(starts_us(&path));
    }

    #[test]
    fn a_hook_that_only_talks_about_us_does_not_start_us() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hook");
        fs::write(&path, "#!/bin/sh\n# was git-service-hook\ntrue\n").unwrap();
        assert!(!hook_script::starts_program(&path));
        fs::write(&path, "#!/bin/sh\ngit service-hook post-receive\n").unwrap();
        assert!(hook_script::starts_program(&path));
    }
}
