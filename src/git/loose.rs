//! Refs from files: those in files of their own first, the packed ones after them. Between the two readings `git gc` may
//! move a ref into the packed file, so in the other order, or at once, it could be overlooked.

use super::refs::Found;
use crate::push::RefName;
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// All refs below these prefixes, folders with a slash at their end. What cannot be read is left out and said with `false`.
pub(super) fn list(repo: &gix::Repository, prefixes: &[&str]) -> (Vec<Found>, bool) {
    let mut reading = Reading { common: repo.common_dir(), refs: BTreeMap::new(), whole: true };
    for prefix in prefixes {
        reading.folder(prefix);
    }
    let packed = packed(repo, prefixes, &mut reading.refs);
    let refs = reading.refs.into_iter().map(|(name, target)| Found { name: RefName::new(name), target });
    (refs.collect(), reading.whole && packed)
}

struct Reading<'r> {
    common: &'r Path,
    refs: BTreeMap<Vec<u8>, Result<ObjectId, RefName>>,
    whole: bool,
}

impl Reading<'_> {
    fn folder(&mut self, prefix: &str) {
        let mut folders = vec![PathBuf::from(prefix)];
        while let Some(folder) = folders.pop() {
            let entries = match std::fs::read_dir(self.common.join(&folder)) {
                Ok(entries) => entries,
                Err(error) => {
                    self.whole &= is_gone(&error);
                    continue;
                }
            };
            for entry in entries {
                match entry.and_then(|entry| Ok((folder.join(entry.file_name()), entry.file_type()?))) {
                    Ok((path, kind)) if kind.is_dir() => folders.push(path),
                    Ok((path, kind)) if kind.is_file() => self.file(&path),
                    Ok(_) => {}
                    Err(error) => self.whole &= is_gone(&error),
                }
            }
        }
    }

    /// A file whose name no ref can have, such as a lock, is none.
    fn file(&mut self, path: &Path) {
        let name = path.as_os_str().as_bytes();
        if gix::refs::FullName::try_from(name.as_bstr()).is_err() {
            return;
        }
        match std::fs::read(self.common.join(path)) {
            Ok(text) => match target(&text) {
                Some(target) => drop(self.refs.insert(name.to_vec(), target)),
                None => self.whole = false,
            },
            Err(error) => self.whole &= is_gone(&error),
        }
    }
}

/// Whether it was there a moment ago: deleted by now, or packed.
fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// `ID` or `ref: NAME`, and blanks.
fn target(text: &[u8]) -> Option<Result<ObjectId, RefName>> {
    let text = text.trim_ascii_end();
    match text.strip_prefix(b"ref:") {
        Some(name) => Some(Err(RefName::new(name.trim_ascii_start()))),
        None => ObjectId::from_hex(text).ok().map(Ok),
    }
}

/// Adds the packed refs that have no file of their own.
fn packed(repo: &gix::Repository, prefixes: &[&str], refs: &mut BTreeMap<Vec<u8>, Result<ObjectId, RefName>>) -> bool {
    // A repository that is kept open must not believe its earlier reading. This fails where nothing is packed.
    repo.refs.force_refresh_packed_buffer().ok();
    let Ok(buffer) = repo.refs.cached_packed_buffer() else { return false };
    let Some(buffer) = buffer else { return true };
    let mut whole = true;
    for prefix in prefixes {
        let Ok(found) = buffer.iter_prefixed((*prefix).into()) else { return false };
        for reference in found {
            match reference {
                Ok(found) => {
                    refs.entry(found.name.as_bstr().to_vec()).or_insert(Ok(found.target()));
                }
                Err(_) => whole = false,
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_an_id_or_the_name_of_another_ref() {
        let id = "1".repeat(40);
        assert_eq!(target(format!("{id}\n").as_bytes()), Some(Ok(ObjectId::from_hex(id.as_bytes()).unwrap())));
        assert_eq!(target(b"ref: refs/heads/main\n"), Some(Err(RefName::new("refs/heads/main"))));
        for damaged in [&b""[..], b"\0\0\0\n", b"nonsense"] {
            assert_eq!(target(damaged), None);
        }
    }
}
