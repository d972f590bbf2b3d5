//! Peels tags through nested tag objects and reads their facts, without signatures.

use super::object::{Unreadable, from_gix, split};
use super::objects::Objects;
use super::person;
use super::text::Decoder;
use crate::push::{RefName, Tag};
use gix::ObjectId;
use gix::objs::Kind;

/// Nested tag objects that are followed. Git has no limit; a chain this long is an attack.
const NESTED: usize = 100;
/// First lines of signatures: OpenPGP, SSH and X.509 (gpg.format of git-config(1)).
const SIGNATURES: [&[u8]; 4] = [
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
];

/// The object that an id names after peeling.
#[derive(Clone, Debug)]
pub(super) struct PeeledTag {
    /// The peeled object, or the one that could not be read.
    pub(super) id: ObjectId,
    /// Its kind; never `Tag`.
    pub(super) kind: Result<Kind, Unreadable>,
    /// The content of the outermost tag object.
    pub(super) outermost: Option<Vec<u8>>,
}

impl PeeledTag {
    /// The id, if it names a commit.
    pub(super) fn commit(&self) -> Option<ObjectId> {
        matches!(self.kind, Ok(Kind::Commit)).then_some(self.id)
    }
}

/// Follows tag objects. Reads no blob and no tree.
pub(super) fn peel(objects: &Objects<'_>, mut id: ObjectId) -> PeeledTag {
    let mut outermost = None;
    for _ in 0..NESTED {
        let kind = objects.kind(&id);
        if !matches!(kind, Ok(Kind::Tag)) {
            return PeeledTag {
                id,
                kind,
                outermost,
            };
        }
        let mut buffer = Vec::new();
        let data = match objects.read(Kind::Tag, &id, &mut buffer) {
            Ok(data) => data,
            Err(error) => {
                return PeeledTag {
                    id,
                    kind: Err(error),
                    outermost,
                };
            }
        };
        outermost.get_or_insert_with(|| data.to_vec());
        match split(data)
            .0
            .get("object")
            .and_then(|hex| ObjectId::from_hex(hex).ok())
        {
            Some(next) => id = next,
            None => break,
        }
    }
    PeeledTag {
        id,
        kind: Err(Unreadable::Damaged("tag", id)),
        outermost,
    }
}

/// The tag that a ref below `refs/tags/` names.
pub(super) fn facts(name: &RefName, peeled: &PeeledTag) -> Tag {
    let mut tag = Tag {
        name: name.short().into_owned(),
        annotated: peeled.outermost.is_some(),
        message: None,
        tagger: None,
        target: from_gix(&peeled.id),
        target_type: peeled
            .kind
            .as_ref()
            .map_or_else(|_| "unknown".to_owned(), ToString::to_string),
        encoding_lossy: false,
        signed: false,
    };
    if let Some(data) = &peeled.outermost {
        let (headers, text) = split(data);
        let decoder = Decoder::new(headers.get("encoding"));
        let (text, signed) = without_signature(text);
        let message = decoder.message(text);
        let tagger = headers
            .get("tagger")
            .map(|line| person::parse(line, decoder));
        tag.encoding_lossy = message.lossy || tagger.as_ref().is_some_and(|(_, lossy)| *lossy);
        tag.message = Some(message.text);
        tag.tagger = tagger.map(|(tagger, _)| tagger);
        tag.signed = signed
            || headers
                .get("gpgsig")
                .or_else(|| headers.get("gpgsig-sha256"))
                .is_some();
    }
    tag
}

/// The text before its last signature, and whether there is one. The signature of a tag is at the end of its text.
fn without_signature(text: &[u8]) -> (&[u8], bool) {
    let mut at = 0;
    let mut found = None;
    for line in text.split_inclusive(|b| *b == b'\n') {
        if SIGNATURES.iter().any(|s| line.starts_with(s)) {
            found = Some(at);
        }
        at += line.len();
    }
    found.map_or((text, false), |at| (&text[..at], true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_removed_from_the_message() {
        for begin in SIGNATURES {
            let text = [
                b"v1\n\nnotes\n".as_slice(),
                begin,
                b"\nabc\n-----END-----\n",
            ]
            .concat();
            assert_eq!(without_signature(&text), (&b"v1\n\nnotes\n"[..], true));
        }
        assert_eq!(without_signature(b"v1\n").0, b"v1\n");
    }
}
