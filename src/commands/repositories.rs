//! Finds the repositories below a directory, for `--all`. Recognizes Git directories without opening them.

use super::Failure;
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Levels below the given directory that are looked at: hosts nest groups, but not for ever.
const DEPTH: usize = 12;

/// Whether `dir` is a Git directory by its look: `HEAD`, `objects` and `refs`, as Git's own discovery asks.
pub fn is_git_dir(dir: &Path) -> bool {
    dir.join("HEAD").symlink_metadata().is_ok()
        && dir.join("objects").is_dir()
        && dir.join("refs").is_dir()
}

/// Git directories at and below `dir`, by name; those of work trees (`.git`) too. Symlinks are followed to a
/// repository, but not searched.
pub fn below(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let dir = dir
        .canonicalize()
        .map_err(|e| Failure::new(format!("cannot search {}: {e}", dir.display())))?;
    let mut found = Vec::new();
    search(&dir, DEPTH, &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

/// The same for several directories, each repository once.
pub fn below_all(dirs: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for dir in dirs {
        found.extend(below(dir)?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// A repository by its path below one of these directories, the last ones first, else by the name of its directory.
pub fn short_name(git_dir: &Path, below: &[PathBuf]) -> String {
    let git_dir = git_dir
        .canonicalize()
        .unwrap_or_else(|_| git_dir.to_owned());
    let inside = |dir: &PathBuf| {
        // An owner may not be able to resolve what root has named.
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.clone());
        let inside = git_dir.strip_prefix(dir).ok()?;
        (!inside.as_os_str().is_empty()).then(|| inside.to_owned())
    };
    let named = below.iter().rev().find_map(inside);
    let is_inside_work_tree = git_dir.ends_with(".git");
    let own = if is_inside_work_tree {
        git_dir.parent().and_then(Path::file_name)
    } else {
        git_dir.file_name()
    };
    let name = named.or_else(|| own.map(PathBuf::from));
    name.unwrap_or(git_dir).display().to_string()
}

/// A repository by its path below the directory that was searched. If several were searched, two repositories could have
/// the same one, so then it is the whole path.
pub fn path_below(git_dir: &Path, searched: &[PathBuf]) -> PathBuf {
    let below = match searched {
        [dir] => dir.canonicalize().ok(),
        _ => None,
    };
    let below = below.and_then(|dir| git_dir.strip_prefix(dir).ok());
    let below = below.filter(|path| !path.as_os_str().is_empty());
    below.unwrap_or(git_dir).to_owned()
}

fn search(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if is_git_dir(dir) {
        found.push(dir.to_owned());
        return Ok(());
    }
    for entry in entries(dir)? {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_symlink() {
            found.extend(path.canonicalize().ok().filter(|p| is_git_dir(p)));
        } else if kind.is_dir() && depth > 0 {
            search(&path, depth - 1, found)?;
        }
    }
    Ok(())
}

/// What is in a directory. One that has gone, or that this account may not read, is none of its business; one that cannot
/// be read may hold any repository.
fn entries(dir: &Path) -> Result<Vec<DirEntry>, Failure> {
    match fs::read_dir(dir).and_then(Iterator::collect) {
        Ok(entries) => Ok(entries),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(Failure::new(format!(
            "cannot search {}: {error}",
            dir.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_found_in_groups_and_not_inside_each_other() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "b.git",
            "team/a.git",
            "work/.git",
            "team/a.git/modules/inner.git",
        ] {
            for part in ["objects", "refs"] {
                fs::create_dir_all(dir.path().join(name).join(part)).unwrap();
            }
            fs::write(dir.path().join(name).join("HEAD"), "ref: refs/heads/main\n").unwrap();
        }
        fs::create_dir(dir.path().join("empty")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("team/loop")).unwrap();
        let root = dir.path().canonicalize().unwrap();
        let names = below(dir.path()).unwrap();
        let names: Vec<_> = names
            .iter()
            .map(|p| p.strip_prefix(&root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["b.git", "team/a.git", "work/.git"]);
    }
}
