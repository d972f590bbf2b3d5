//! Opening what others may have written: without blocking, within a bound, and only from those who are trusted.

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
    /// As people may see it.
    pub(super) shown: String,
    pub(super) text: String,
    /// What `check` says about its permissions.
    pub(super) warning: Option<&'static str>,
}

/// Reads a hooks.toml. `Ok(None)` when there is none; `Err` says in words why it is not read. `owner` is the uid that
/// owns the Git directory.
pub(super) fn read_configuration(
    layer: Layer,
    path: &Path,
    owner: Option<u32>,
) -> Result<Option<Source>, String> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(words(&error)),
    };
    let metadata = file.metadata().map_err(|e| words(&e))?;
    let warning = trusted(&metadata, owner)?;
    let bytes = read_bounded(file, &metadata, MAX_CONFIGURATION)?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let shown = match layer {
        Layer::Server => path.display().to_string(),
        Layer::Repository => "hooks.toml".to_owned(),
    };
    Ok(Some(Source {
        layer,
        path: path.to_owned(),
        shown,
        text,
        warning,
    }))
}

/// Reads a regular file of at most `limit` bytes. A pipe or a device is not waited for.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let file = open(path).map_err(|e| words(&e))?;
    let metadata = file.metadata().map_err(|e| words(&e))?;
    read_bounded(file, &metadata, limit)
}

/// The uid that owns a path.
pub(super) fn owner(path: &Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|m| m.uid())
}

/// The absolute path without symbolic links, as far as there is one.
pub(super) fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

fn read_bounded(file: File, metadata: &Metadata, limit: u64) -> Result<Vec<u8>, String> {
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| words(&e))?;
    if bytes.len() as u64 > limit {
        return Err(format!("is larger than {} KiB", limit >> 10));
    }
    Ok(bytes)
}

/// Root's files and those of the owner of the Git directory are read, if nobody else can write them.
fn trusted(metadata: &Metadata, owner: Option<u32>) -> Result<Option<&'static str>, String> {
    let uid = metadata.uid();
    if uid != 0 && Some(uid) != owner {
        return Err(format!(
            "is not read: uid {uid} owns it, and only files of root and of the repository's owner are trusted"
        ));
    }
    if metadata.mode() & 0o002 != 0 {
        return Err("is not read: everybody can write it (chmod o-w)".to_owned());
    }
    Ok((metadata.mode() & 0o020 != 0)
        .then_some("its group can write it, and with it decide what is sent where"))
}

/// An I/O error without its number.
fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "does not exist".to_owned(),
        ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        kind => format!("cannot be read: {kind}"),
    }
}
