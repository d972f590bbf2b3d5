//! Splits objects into headers and text, and converts object ids. Reads no files.

use crate::push;
use gix::ObjectId;
use gix::bstr::ByteSlice as _;

/// An object that is missing or damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Neither packed nor loose. Nothing is fetched in a partial clone.
    #[error("{0} {1} is missing")]
    Missing(&'static str, ObjectId),
    /// Damaged, or of another kind than expected.
    #[error("{0} {1} cannot be read")]
    Damaged(&'static str, ObjectId),
}

/// Converts an id to gix's type. `None` if it is not of the repository's hash function.
pub(super) fn to_gix(repo: &gix::Repository, id: &push::ObjectId) -> Option<ObjectId> {
    ObjectId::from_hex(id.as_str().as_bytes())
        .ok()
        .filter(|id| id.kind() == repo.object_hash())
}

/// Converts an id from gix's type.
pub(super) fn from_gix(id: &gix::oid) -> push::ObjectId {
    push::ObjectId::parse(&id.to_hex().to_string()).expect("the store's ids have 40 or 64 digits")
}

/// Splits a commit or tag into its headers and its text.
pub(super) fn split(data: &[u8]) -> (Headers<'_>, &[u8]) {
    let mut rest = data;
    while !rest.is_empty() && rest[0] != b'\n' {
        rest = rest
            .find_byte(b'\n')
            .map_or(&[][..], |end| &rest[end + 1..]);
    }
    (headers(data), rest.get(1..).unwrap_or_default())
}

/// The headers of a commit or tag, up to the first empty line or the end of the data.
pub(super) fn headers(data: &[u8]) -> Headers<'_> {
    Headers(data)
}

/// Iterates over headers in order. Skips continuation lines, which begin with a space.
#[derive(Clone)]
pub(super) struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// The first line of the value of the first header of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.clone()
            .find(|(key, _)| *key == name.as_bytes())
            .map(|(_, value)| value)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if matches!(self.0, [] | [b'\n', ..]) {
                return None;
            }
            let end = self.0.find_byte(b'\n');
            let line = &self.0[..end.unwrap_or(self.0.len())];
            self.0 = end.map_or(&[][..], |end| &self.0[end + 1..]);
            if line.first() == Some(&b' ') {
                continue;
            }
            let at = line.find_byte(b' ').unwrap_or(line.len());
            return Some((&line[..at], line.get(at + 1..).unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_continuation_lines_and_the_text_follows_the_first_empty_line() {
        let (headers, text) =
            split(b"tree 1\ngpgsig -----BEGIN\n \n end\nencoding x\n\nsubject\n\nbody\n");
        assert_eq!(headers.get("encoding"), Some(&b"x"[..]));
        assert_eq!(headers.count(), 3);
        assert_eq!(text, b"subject\n\nbody\n");
    }

    #[test]
    fn an_object_may_lack_headers_or_text() {
        assert_eq!(split(b"tree 1\n").0.get("tree"), Some(&b"1"[..]));
        assert_eq!(split(b"\ntext").1, b"text");
        assert_eq!(split(b"").0.count(), 0);
    }
}
