//! Opens files that other people may have written: without blocking, up to a size limit, and a hooks.toml only from
//! trusted owners.

use crate::environment::Environment;
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes that a hooks.toml may have.
const MAX_CONFIGURATION: u64 = 4 << 20;

/// Whose file it is: decides what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// `/etc/git-service-hook/hooks.toml`, or what `$GIT_SERVICE_HOOK_CONFIG` names.
    Server,
    /// `hooks.toml` in the Git directory.
    Repository,
}

/// A hooks.toml that was read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) layer: Layer,
    pub(super) path: PathBuf,
    /// The name of the file as people may see it.
    pub(super) shown: String,
    pub(super) text: String,
    /// Whether this process is root, and others can write the file: root reads nothing for them.
    pub(super) is_for_others: bool,
    /// A warning of `check` about its permissions.
    pub(super) warning: Option<&'static str>,
}

/// Why a file is not read; follows its name in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileError {
    #[error("does not exist")]
    Missing,
    #[error("cannot be read: permission denied")]
    Denied,
    #[error(
        "cannot be read: permission denied (root runs this as the repository's owner, without further groups: name an \
         account and a group that can read it by `User=` and `Group=` in the unit)"
    )]
    DeniedToOwner,
    #[error("cannot be read: {0}")]
    Io(ErrorKind),
    #[error("is not a regular file")]
    NotRegular,
    #[error("is larger than {} KiB", .limit >> 10)]
    TooLarge { limit: u64 },
    #[error("is not UTF-8")]
    NotUtf8,
    #[error("is empty")]
    Empty,
    #[error(
        "is not read: uid {0} owns it, and only files of root and of the repository's owner are trusted"
    )]
    Untrusted(u32),
    #[error("is not read: everybody can write it (chmod o-w)")]
    WritableByAll,
    #[error(
        "is not read: ${} must be an absolute path",
        super::SERVER_FILE_VARIABLE
    )]
    Relative,
}

impl FileError {
    /// The same where a process of root's runs as the owner of the repository.
    pub(super) fn explained(self, environment: &Environment) -> Self {
        match self {
            Self::Denied if environment.is_of_owner() => Self::DeniedToOwner,
            other => other,
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            ErrorKind::PermissionDenied => Self::Denied,
            kind => Self::Io(kind),
        }
    }
}

/// Reads a hooks.toml; `Ok(None)` when there is none. `owner` is the uid that owns the Git directory.
pub(super) fn read_configuration(
    layer: Layer,
    path: &Path,
    owner: Option<u32>,
) -> Result<Option<Source>, FileError> {
    let file = match open(path) {
        Err(FileError::Missing) => return Ok(None),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    let warning = check_trust(&metadata, owner)?;
    let bytes = read_bounded(file, MAX_CONFIGURATION)?;
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotUtf8)?;
    let shown = match layer {
        Layer::Server => path.display().to_string(),
        Layer::Repository => super::REPOSITORY_FILE.to_owned(),
    };
    let others = metadata.uid() != 0 || metadata.mode() & 0o020 != 0;
    Ok(Some(Source {
        is_for_others: others && rustix::process::geteuid().is_root(),
        layer,
        path: path.to_owned(),
        shown,
        text,
        warning,
    }))
}

/// The uid that owns a path.
pub(super) fn owner(path: &Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|m| m.uid())
}

/// The absolute path without symbolic links, as far as it exists.
pub(super) fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The directory that paths in a file are relative to.
pub(super) fn base(path: &Path) -> PathBuf {
    real(path.parent().unwrap_or(Path::new("/")))
}

/// Opens a file for reading. Does not wait for a pipe or a device.
pub(super) fn open(path: &Path) -> Result<File, FileError> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read_bounded(file: File, limit: u64) -> Result<Vec<u8>, FileError> {
    if !file.metadata()?.is_file() {
        return Err(FileError::NotRegular);
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { limit });
    }
    Ok(bytes)
}

/// Accepts files of root and of the owner of the Git directory that not everybody can write. Returns a warning.
fn check_trust(metadata: &Metadata, owner: Option<u32>) -> Result<Option<&'static str>, FileError> {
    let uid = metadata.uid();
    if uid != 0 && Some(uid) != owner {
        return Err(FileError::Untrusted(uid));
    }
    if metadata.mode() & 0o002 != 0 {
        return Err(FileError::WritableByAll);
    }
    let by_group = metadata.mode() & 0o020 != 0;
    Ok(by_group.then_some("its group can write it, and with it decide what is sent where"))
}
