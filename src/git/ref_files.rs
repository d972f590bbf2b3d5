//! Lists refs from loose files first, then from packed-refs. `git gc` may move a ref into packed-refs meanwhile, so the other
//! order could miss it.

use super::refs::Ref;
use crate::push::RefName;
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// All refs below these prefixes, which end with a slash. Returns `false` if some could not be read.
pub(super) fn list(repo: &gix::Repository, prefixes: &[&str]) -> (Vec<Ref>, bool) {
    let (loose, complete) = loose(repo, prefixes);
    let mut refs = Vec::new();
    let packed = each_packed(repo, prefixes, &loose, &mut |packed| refs.push(packed));
    refs.extend(loose.into_iter().map(|(name, target)| Ref {
        name,
        target,
        peeled: None,
    }));
    refs.sort_by(|a, b| a.name.cmp(&b.name));
    (refs, complete && packed)
}

/// The refs that have a file of their own. All symbolic refs have one.
pub(super) type Loose = BTreeMap<RefName, Result<ObjectId, RefName>>;

/// Reads these files. Returns `false` if some could not be read.
pub(super) fn loose(repo: &gix::Repository, prefixes: &[&str]) -> (Loose, bool) {
    let mut files = RefFiles {
        common: repo.common_dir(),
        refs: BTreeMap::new(),
        complete: true,
    };
    for prefix in prefixes {
        files.read_directory(prefix);
    }
    (files.refs, files.complete)
}

struct RefFiles<'r> {
    common: &'r Path,
    refs: Loose,
    complete: bool,
}

impl RefFiles<'_> {
    fn read_directory(&mut self, prefix: &str) {
        let mut directories = vec![PathBuf::from(prefix)];
        while let Some(directory) = directories.pop() {
            let entries = match std::fs::read_dir(self.common.join(&directory)) {
                Ok(entries) => entries,
                Err(error) => {
                    self.complete &= is_gone(&error);
                    continue;
                }
            };
            for entry in entries {
                match entry
                    .and_then(|entry| Ok((directory.join(entry.file_name()), entry.file_type()?)))
                {
                    Ok((path, kind)) if kind.is_dir() => directories.push(path),
                    Ok((path, kind)) if kind.is_file() => self.read_file(&path),
                    Ok(_) => {}
                    Err(error) => self.complete &= is_gone(&error),
                }
            }
        }
    }

    /// Ignores files whose names are invalid for refs, such as locks.
    fn read_file(&mut self, path: &Path) {
        let name = path.as_os_str().as_bytes();
        if gix::refs::FullName::try_from(name.as_bstr()).is_err() {
            return;
        }
        match std::fs::read(self.common.join(path)) {
            Ok(text) => match parse_target(&text) {
                Some(target) => drop(self.refs.insert(RefName::new(name), target)),
                None => self.complete = false,
            },
            Err(error) => self.complete &= is_gone(&error),
        }
    }
}

/// Whether the file was deleted or packed meanwhile.
fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Parses `ID` or `ref: NAME`.
fn parse_target(text: &[u8]) -> Option<Result<ObjectId, RefName>> {
    let text = text.trim_ascii_end();
    match text.strip_prefix(b"ref:") {
        Some(name) => Some(Err(RefName::new(name.trim_ascii_start()))),
        None => ObjectId::from_hex(text).ok().map(Ok),
    }
}

/// Calls `visit` for the packed refs that have no loose file, one after the other: there may be millions. Returns `false`
/// if some could not be read.
pub(super) fn each_packed(
    repo: &gix::Repository,
    prefixes: &[&str],
    loose: &Loose,
    visit: &mut dyn FnMut(Ref),
) -> bool {
    // A repository that stays open must not use its earlier buffer. This fails if there is no packed-refs file.
    repo.refs.force_refresh_packed_buffer().ok();
    let Ok(buffer) = repo.refs.cached_packed_buffer() else {
        return false;
    };
    let Some(buffer) = buffer else {
        return true;
    };
    let mut complete = true;
    for prefix in prefixes {
        let Ok(packed) = buffer.iter_prefixed((*prefix).into()) else {
            return false;
        };
        for reference in packed {
            let Ok(reference) = reference else {
                complete = false;
                continue;
            };
            let name = RefName::new(reference.name.as_bstr().to_vec());
            if loose.contains_key(&name) {
                continue;
            }
            visit(Ref {
                name,
                target: Ok(reference.target()),
                peeled: reference.object.map(|_| reference.object()),
            });
        }
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_file_holds_an_id_or_the_name_of_another_ref() {
        let id = "1".repeat(40);
        assert_eq!(
            parse_target(format!("{id}\n").as_bytes()),
            Some(Ok(ObjectId::from_hex(id.as_bytes()).unwrap()))
        );
        assert_eq!(
            parse_target(b"ref: refs/heads/main\n"),
            Some(Err(RefName::new("refs/heads/main")))
        );
        for damaged in [&b""[..], b"\0\0\0\n", b"nonsense"] {
            assert_eq!(parse_target(damaged), None);
        }
    }
}
