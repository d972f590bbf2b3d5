//! What a repository's file may name where a server's file exists: files below its own Git directory, and what
//! `[secrets] shared` lists. Judged on the descriptor that is read, so that no link leads around it.

use super::file::{self, FileError};
use super::form::{Item, ItemError};
use crate::environment::Environment;
use crate::filter::{Globs, Pattern};
use crate::parameter::{Reference, ReferenceError};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Where the authorities of a system are kept: a `ca_file` may lie there.
const AUTHORITIES: [&str; 4] = [
    "/etc/ssl",
    "/etc/pki",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

/// One entry of `[secrets] shared`: `file:GLOB`, `env:GLOB` or `credential:GLOB`.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    kind: &'static str,
    pattern: Pattern,
}

impl Item for Shared {
    const LIST: &'static str = "a list of `file:GLOB`, `env:GLOB` and `credential:GLOB`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let (kind, glob) = text.split_once(':').ok_or_else(Self::unexpected)?;
        let kind = ["file", "env", "credential"]
            .into_iter()
            .find(|known| *known == kind)
            .ok_or_else(Self::unexpected)?;
        let pattern = Pattern::parse(glob)?;
        Ok(Self { kind, pattern })
    }
}

/// What a repository's file must not name. It keeps honest configurations apart; a person who can write `hooks/` runs
/// code anyway.
#[derive(Debug, Default)]
pub(super) struct Reserved {
    /// The directory of the server's file.
    directory: PathBuf,
    /// Real paths of the files that the server's file names.
    files: Vec<PathBuf>,
    /// Device and inode of each: a hard link has another path.
    identities: Vec<(u64, u64)>,
    shared: Vec<Shared>,
}

/// Where a file may be opened.
enum Opened {
    /// Below the Git directory, by this relative path.
    Beneath(PathBuf),
    /// By its real path.
    Anywhere(PathBuf),
}

impl Reserved {
    /// For a server's file at `path` that names `references`.
    pub(super) fn new(path: &Path, references: &[Reference], shared: Vec<Shared>) -> Self {
        // The file may be a link into another directory: the place where it is opened counts.
        let directory = file::base(path);
        let named = references.iter().filter_map(|reference| match reference {
            Reference::File(name) => Some(file::real(&directory.join(name))),
            Reference::Env(_) | Reference::Credential(_) => None,
        });
        let files = named.chain([file::real(path)]).collect::<Vec<_>>();
        let metadata = files.iter().filter_map(|file| file.metadata().ok());
        Self {
            identities: metadata.map(|metadata| identity(&metadata)).collect(),
            directory,
            files,
            shared,
        }
    }

    /// Refuses a reference that a repository's file in the directory `base` must not have in `key`.
    pub(super) fn check(
        &self,
        key: &str,
        reference: &Reference,
        base: &Path,
    ) -> Result<(), ReferenceError> {
        let (kind, name) = match reference {
            Reference::Env(name) => ("env", name),
            Reference::Credential(name) => ("credential", name),
            Reference::File(name) => return self.file(key, name, base).map(|_| ()),
        };
        if self.shares(kind, name) {
            return Ok(());
        }
        Err(ReferenceError::Unshared { kind })
    }

    /// Opens a file that a repository's file in the directory `base` names in `key`.
    pub(super) fn open(
        &self,
        key: &str,
        name: &str,
        (base, environment): (&Path, &Environment),
    ) -> Result<File, ReferenceError> {
        let unusable = |error: FileError| ReferenceError::File {
            path: base.join(name).display().to_string(),
            why: error.explained(environment).to_string(),
        };
        let relative = match self.file(key, name, base)? {
            Opened::Anywhere(path) => return file::open(&path).map_err(unusable),
            Opened::Beneath(relative) => relative,
        };
        let file = match beneath(base, &relative) {
            Err(Errno::XDEV | Errno::LOOP) => return Err(ReferenceError::Outside),
            opened => opened.map_err(|error| unusable(std::io::Error::from(error).into()))?,
        };
        let metadata = file.metadata().map_err(|error| unusable(error.into()))?;
        self.not_linked(&metadata)?;
        Ok(file)
    }

    /// Judges a file by its path. What it is when it is opened is judged again then.
    fn file(&self, key: &str, name: &str, base: &Path) -> Result<Opened, ReferenceError> {
        let path = file::real(&base.join(name));
        if self.shares("file", &path.display().to_string()) {
            return Ok(Opened::Anywhere(path));
        }
        if path.starts_with(&self.directory) || self.files.contains(&path) {
            return Err(ReferenceError::Reserved);
        }
        if key == "ca_file" && AUTHORITIES.iter().any(|dir| path.starts_with(dir)) {
            return Ok(Opened::Anywhere(path));
        }
        if !path.starts_with(base) {
            return Err(ReferenceError::Outside);
        }
        if let Ok(metadata) = path.metadata() {
            self.not_linked(&metadata)?;
        }
        let name = Path::new(name);
        let relative = name.strip_prefix(base).unwrap_or(name);
        Ok(Opened::Beneath(relative.to_owned()))
    }

    fn not_linked(&self, metadata: &Metadata) -> Result<(), ReferenceError> {
        if self.identities.contains(&identity(metadata)) {
            return Err(ReferenceError::Reserved);
        }
        if metadata.is_file() && metadata.nlink() > 1 {
            return Err(ReferenceError::Linked);
        }
        Ok(())
    }

    /// Whether `[secrets] shared` lists it.
    fn shares(&self, kind: &str, name: &str) -> bool {
        let of_kind = self.shared.iter().filter(|entry| entry.kind == kind);
        let patterns = of_kind
            .map(|entry| entry.pattern.clone())
            .collect::<Vec<_>>();
        !patterns.is_empty() && Globs::from(patterns).matches(name.as_bytes())
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Opens a file for reading; no link and no `..` of its path leads out of the directory.
fn beneath(directory: &Path, path: &Path) -> Result<File, Errno> {
    let way = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let reading = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let at = openat(CWD, directory, way, Mode::empty())?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    match openat2(&at, path, reading, Mode::empty(), resolve) {
        // Before Linux 5.6, and in some containers: step by step, without any link.
        Err(Errno::NOSYS | Errno::PERM) => {}
        opened => return opened.map(File::from),
    }
    step_by_step(at, path, (reading, way))
}

/// The same without `openat2`: through no link at all.
fn step_by_step(
    mut at: OwnedFd,
    path: &Path,
    (reading, way): (OFlags, OFlags),
) -> Result<File, Errno> {
    let mut parts = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else {
            return Err(Errno::XDEV);
        };
        let is_last = parts.peek().is_none();
        let flags = if is_last { reading } else { way };
        at = openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(File::from(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    /// `base/` with a file, a link to it, and links out; `victim` and `outside/file` are beside it.
    fn places() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["base/sub", "outside"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for file in ["base/sub/own", "outside/file", "victim"] {
            std::fs::write(dir.path().join(file), file).unwrap();
        }
        for (target, link) in [
            ("sub/own", "within"),
            ("../victim", "up"),
            ("../outside", "folder"),
        ] {
            symlink(target, dir.path().join("base").join(link)).unwrap();
        }
        symlink(dir.path().join("victim"), dir.path().join("base/absolute")).unwrap();
        dir
    }

    fn text(mut file: File) -> String {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    /// As on a system without `openat2`.
    fn without_openat2(base: &Path, path: &Path) -> Result<File, Errno> {
        let way = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let at = openat(CWD, base, way, Mode::empty())?;
        step_by_step(at, path, (OFlags::RDONLY | OFlags::CLOEXEC, way))
    }

    #[test]
    fn no_link_that_appears_after_the_check_leads_out_of_the_git_directory() {
        let dir = places();
        let base = dir.path().join("base");
        for open in [beneath, without_openat2] {
            for own in ["sub/own", "./sub/./own"] {
                assert_eq!(text(open(&base, Path::new(own)).unwrap()), "base/sub/own");
            }
            for out in [
                "up",
                "absolute",
                "folder/file",
                "../victim",
                "sub/../../victim",
                "/etc/passwd",
            ] {
                let error = open(&base, Path::new(out)).unwrap_err();
                let is_outside = matches!(error, Errno::XDEV | Errno::LOOP | Errno::NOTDIR);
                assert!(is_outside, "{out}: {error}");
            }
        }
        assert!(beneath(&base, Path::new("within")).is_ok());
        let through_a_link = without_openat2(&base, Path::new("within"));
        assert_eq!(through_a_link.unwrap_err(), Errno::LOOP);
    }

    #[test]
    fn what_is_shared_is_shared_by_its_kind_and_authorities_with_ca_file_alone() {
        let dir = places();
        let base = dir.path().join("base");
        let victim = dir.path().join("victim").display().to_string();
        let shared = |entry: &str| {
            let shared = entry
                .split_whitespace()
                .map(|entry| Shared::parse(entry).unwrap());
            Reserved::new(
                &dir.path().join("outside/hooks.toml"),
                &[],
                shared.collect(),
            )
        };
        let allows = |entry: &str, key: &str, reference: Reference| {
            shared(entry).check(key, &reference, &base).is_ok()
        };
        let file = |name: &str| Reference::File(name.to_owned());
        let env = |name: &str| Reference::Env(name.to_owned());
        let credential = |name: &str| Reference::Credential(name.to_owned());
        assert!(allows("file:**", "token", file(&victim)));
        assert!(!allows("env:** credential:**", "token", file(&victim)));
        assert!(allows("env:CI_*", "token", env("CI_TOKEN")));
        assert!(!allows(
            "env:CI_* file:** credential:**",
            "token",
            env("HOME")
        ));
        assert!(!allows("env:**", "token", credential("ci")));
        let authority = "/etc/ssl/private/key.pem";
        assert!(allows("", "ca_file", file(authority)));
        assert!(!allows("", "token", file(authority)));
        assert!(!allows("", "client_key", file(authority)));
    }
}
