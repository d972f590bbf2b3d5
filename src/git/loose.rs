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
    let mut reading = Reading {
        common: repo.common_dir(),
        refs: BTreeMap::new(),
        whole: true,
    };
    for prefix in prefixes {
        reading.folder(prefix);
    }
    let (mut refs, packed) = packed(repo, prefixes, &reading.refs);
    refs.extend(reading.refs.into_iter().map(|(name, target)| Found {
        name,
        target,
        peeled: None,
    }));
    refs.sort_by(|a, b| a.name.cmp(&b.name));
    (refs, reading.whole && packed)
}

struct Reading<'r> {
    common: &'r Path,
    refs: BTreeMap<RefName, Result<ObjectId, RefName>>,
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
                match entry
                    .and_then(|entry| Ok((folder.join(entry.file_name()), entry.file_type()?)))
                {
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
                Some(target) => drop(self.refs.insert(RefName::new(name), target)),
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

/// The packed refs that have no file of their own.
fn packed(
    repo: &gix::Repository,
    prefixes: &[&str],
    loose: &BTreeMap<RefName, Result<ObjectId, RefName>>,
) -> (Vec<Found>, bool) {
    // A repository that is kept open must not believe its earlier reading. This fails where nothing is packed.
    repo.refs.force_refresh_packed_buffer().ok();
    let (mut refs, mut whole) = (Vec::new(), true);
    let Ok(buffer) = repo.refs.cached_packed_buffer() else {
        return (refs, false);
    };
    let Some(buffer) = buffer else {
        return (refs, true);
    };
    for prefix in prefixes {
        let Ok(packed) = buffer.iter_prefixed((*prefix).into()) else {
            return (refs, false);
        };
        for reference in packed {
            let Ok(reference) = reference else {
                whole = false;
                continue;
            };
            let name = RefName::new(reference.name.as_bstr().to_vec());
            let peeled = reference.object.map(|_| reference.object());
            let found = Found {
                name,
                target: Ok(reference.target()),
                peeled,
            };
            if !loose.contains_key(&found.name) {
                refs.push(found);
            }
        }
    }
    (refs, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_an_id_or_the_name_of_another_ref() {
        let id = "1".repeat(40);
        assert_eq!(
            target(format!("{id}\n").as_bytes()),
            Some(Ok(ObjectId::from_hex(id.as_bytes()).unwrap()))
        );
        assert_eq!(
            target(b"ref: refs/heads/main\n"),
            Some(Err(RefName::new("refs/heads/main")))
        );
        for damaged in [&b""[..], b"\0\0\0\n", b"nonsense"] {
            assert_eq!(target(damaged), None);
        }
    }
}
