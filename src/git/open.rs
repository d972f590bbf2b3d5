//! Finds and opens a repository as Git does, with its check for dubious ownership.

use super::objects::OBJECT_LIMIT;
use super::{OpenError, Repository};
use crate::environment::Environment;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Opens `dir`: a Git directory, a work tree, or a `.git` file.
pub(super) fn open(dir: &Path) -> Result<Repository, OpenError> {
    let place = dir
        .canonicalize()
        .map_err(|e| OpenError(format!("cannot open {}: {e}", dir.display())))?;
    let options = gix::open::Options::default()
        .permissions(gix::open::Permissions::all())
        .bail_if_untrusted(true)
        .config_overrides([
            format!("gitoxide.objects.allocLimit={OBJECT_LIMIT}"),
            // A person who can push refs/replace/ must not change what is reported of the commits of others.
            "core.useReplaceRefs=false".to_owned(),
        ]);
    let inner = gix::open_opts(&place, options).map_err(|_| explain_refusal(&place))?;
    let git_dir = absolute(inner.common_dir());
    Ok(Repository { git_dir, inner })
}

/// Finds the repository of a hook or a command: `dir`, else `GIT_DIR`, else the working directory.
pub(super) fn find(environment: &Environment, dir: Option<&Path>) -> Result<Repository, OpenError> {
    match (dir, environment.path("GIT_DIR")) {
        (Some(dir), _) => discover(dir),
        (None, Some(git_dir)) => open(git_dir).map_err(|e| OpenError(format!("GIT_DIR: {e}"))),
        (None, None) => discover(Path::new(".")),
    }
}

/// The repository at `dir`, or at its nearest parent.
fn discover(dir: &Path) -> Result<Repository, OpenError> {
    let start = dir
        .canonicalize()
        .map_err(|e| OpenError(format!("cannot open {}: {e}", dir.display())))?;
    match start.ancestors().find(|place| is_repository(place)) {
        Some(place) => open(place),
        None => Err(OpenError(format!(
            "{} is not in a Git repository (use -C DIR)",
            start.display()
        ))),
    }
}

fn is_repository(place: &Path) -> bool {
    let git = place.join(".git");
    gix::discover::is_git(place).is_ok() || gix::discover::is_git(&git).is_ok() || git.is_file()
}

/// Explains why a repository does not open and what to change.
fn explain_refusal(place: &Path) -> OpenError {
    let git_dir = if place.join(".git").is_dir() {
        place.join(".git")
    } else {
        place.to_owned()
    };
    let owner = std::fs::metadata(&git_dir).map(|m| m.uid()).ok();
    let me = rustix::process::geteuid().as_raw();
    OpenError(match owner {
        _ if !is_repository(place) => format!("{} is not a Git repository", place.display()),
        Some(owner) if owner != me => format!(
            "{} belongs to uid {owner}, not to uid {me} (dubious ownership): run this as its owner, or add the \
             directory to `safe.directory` of your Git configuration",
            place.display()
        ),
        _ => format!(
            "{} cannot be opened: its Git configuration or format is not understood",
            place.display()
        ),
    })
}

/// The path without symbolic links, or as it is if that fails.
pub(super) fn absolute(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The name of the repository by its directory.
pub(super) fn directory_name(repo: &gix::Repository) -> String {
    let common = absolute(repo.common_dir());
    let linked = absolute(repo.git_dir()) != common;
    let name = |path: &Path| {
        path.file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    if let Some(work_tree) = repo.workdir().filter(|_| !linked) {
        return name(&absolute(work_tree));
    }
    let own = name(&common);
    match own.strip_suffix(".git") {
        Some("") => common.parent().map(name).unwrap_or_default(),
        Some(short) => short.to_owned(),
        None => own,
    }
}
