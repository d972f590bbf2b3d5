//! Objects as bytes: read, told apart, split into headers and text. Knows nothing of refs and histories.

use crate::push;
use gix::ObjectId;
use gix::objs::{Find as _, FindHeader as _, Kind};

/// An object that is not there, or not what it should be. The wording names the object only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Neither in a pack nor loose; in a partial clone nothing is fetched for us.
    #[error("{0} {1} is missing")]
    Missing(&'static str, ObjectId),
    /// There, but damaged.
    #[error("{0} {1} cannot be read")]
    Damaged(&'static str, ObjectId),
}

/// The object store of one repository. Replacements (git-replace(1)) apply, as for every Git command.
#[derive(Clone, Copy)]
pub(super) struct Objects<'r>(pub(super) &'r gix::Repository);

impl Objects<'_> {
    /// The bytes of an object that must be a `wanted`; `buffer` holds them.
    pub(super) fn read<'b>(self, wanted: Kind, id: &gix::oid, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], Unreadable> {
        let what = word(wanted);
        match self.0.objects.try_find(id, buffer) {
            Ok(Some(data)) if data.kind == wanted => Ok(data.data),
            Ok(None) => Err(Unreadable::Missing(what, id.to_owned())),
            Ok(Some(_)) | Err(_) => Err(Unreadable::Damaged(what, id.to_owned())),
        }
    }

    /// What kind of object an id names, without reading its content.
    pub(super) fn kind(self, id: &gix::oid) -> Result<Kind, Unreadable> {
        match self.0.objects.try_header(id) {
            Ok(Some(header)) => Ok(header.kind),
            Ok(None) => Err(Unreadable::Missing("object", id.to_owned())),
            Err(_) => Err(Unreadable::Damaged("object", id.to_owned())),
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Tag => "tag",
        Kind::Blob => "blob",
    }
}

/// The id in the form of the store. `None` when it is not of the repository's hash.
pub(super) fn id(repo: &gix::Repository, id: &push::ObjectId) -> Option<ObjectId> {
    ObjectId::from_hex(id.as_str().as_bytes()).ok().filter(|id| id.kind() == repo.object_hash())
}

/// The id as a plain fact.
pub(super) fn plain(id: &gix::oid) -> push::ObjectId {
    push::ObjectId::parse(&id.to_hex().to_string()).expect("the store's ids have 40 or 64 digits")
}

/// Splits a commit or tag into its headers and its text. A header goes on in the lines that begin with a blank.
pub(super) fn split(data: &[u8]) -> (Headers<'_>, &[u8]) {
    if let Some(body) = data.strip_prefix(b"\n") {
        return (Headers(b""), body);
    }
    match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (Headers(&data[..at]), &data[at + 2..]),
        None => (Headers(data.strip_suffix(b"\n").unwrap_or(data)), b""),
    }
}

/// The headers of an object, in their order. Unknown ones are the reader's to skip.
#[derive(Clone)]
pub(super) struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// The value of the first header of this name, its first line.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.clone().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.0.is_empty() {
                return None;
            }
            let end = self.0.iter().position(|b| *b == b'\n');
            let line = &self.0[..end.unwrap_or(self.0.len())];
            self.0 = end.map_or(&[][..], |end| &self.0[end + 1..]);
            if line.first() == Some(&b' ') {
                continue;
            }
            let at = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
            return Some((&line[..at], line.get(at + 1..).unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_with_its_continuation_and_the_text_is_what_follows_the_first_empty_line() {
        let (headers, text) = split(b"tree 1\ngpgsig -----BEGIN\n \n end\nencoding x\n\nsubject\n\nbody\n");
        assert_eq!(headers.get("encoding"), Some(&b"x"[..]));
        assert_eq!(headers.count(), 3);
        assert_eq!(text, b"subject\n\nbody\n");
    }

    #[test]
    fn an_object_without_text_or_without_headers_is_read_all_the_same() {
        assert_eq!(split(b"tree 1\n").0.get("tree"), Some(&b"1"[..]));
        assert_eq!(split(b"\ntext").1, b"text");
        assert_eq!(split(b"").0.count(), 0);
    }
}
