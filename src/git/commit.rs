//! One commit object as the facts that an event tells.

use super::object::{plain, split};
use super::person;
use super::text::{Decoder, cut};
use crate::push::{Commit, Person};
use gix::ObjectId;

/// Bytes of one message that are kept: as much as the largest body that is sent by default.
const MESSAGE_BYTES: usize = 1 << 20;

/// What the walk needs of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
}

/// Reads the links of a commit; `None` when it is damaged.
pub(super) fn links(data: &[u8]) -> Option<Links> {
    let (headers, _) = split(data);
    let (mut tree, mut parents, mut seconds) = (None, Vec::new(), 0);
    for (key, value) in headers {
        match key {
            b"tree" if tree.is_none() => tree = Some(ObjectId::from_hex(value).ok()?),
            b"parent" => parents.push(ObjectId::from_hex(value).ok()?),
            b"committer" => {
                seconds = person::seconds(value);
                break;
            }
            _ => {}
        }
    }
    Some(Links { tree: tree?, parents, date: seconds })
}

/// Reads everything but the paths. `parents` are those of the walk (grafts apply); `distinct` is the caller's to say.
pub(super) fn facts(id: &gix::oid, data: &[u8], tree: &gix::oid, parents: &[ObjectId]) -> Commit {
    let (headers, text) = split(data);
    let decoder = Decoder::new(headers.get("encoding"));
    let person =
        |name: &str| headers.get(name).map_or_else(|| (Person::default(), false), |line| person::parse(line, decoder));
    let ((author, lossy_author), (committer, lossy_committer)) = (person("author"), person("committer"));
    let (mut message, lossy) = decoder.decode(text);
    message.truncate(message.trim_end_matches('\n').len());
    let message_truncated = cut(&mut message, MESSAGE_BYTES);
    Commit {
        id: plain(id),
        tree_id: plain(tree),
        parents: parents.iter().map(|p| plain(p)).collect(),
        distinct: false,
        message,
        encoding_lossy: lossy || lossy_author || lossy_committer,
        author,
        committer,
        added: Vec::new(),
        removed: Vec::new(),
        modified: Vec::new(),
        files_truncated: false,
        paths_lossy: false,
        message_truncated,
        signed: headers.get("gpgsig").or_else(|| headers.get("gpgsig-sha256")).is_some(),
        url: None,
    }
}

/// Only who wrote it.
pub(super) fn author(data: &[u8]) -> Person {
    let (headers, _) = split(data);
    let decoder = Decoder::new(headers.get("encoding"));
    headers.get("author").map_or_else(Person::default, |line| person::parse(line, decoder).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn extra_headers_and_signatures_stay_out_of_the_message() {
        let data = format!(
            "tree {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 7 +0000\ngpgsig -----BEGIN\n x\n\nSubject\n\nBody\n"
        );
        let links = links(data.as_bytes()).unwrap();
        assert_eq!((links.date, links.parents.len()), (7, 0));
        let commit = facts(&links.tree, data.as_bytes(), &links.tree, &[]);
        assert_eq!((commit.message.as_str(), commit.signed), ("Subject\n\nBody", true));
        assert_eq!((commit.author.name.as_str(), commit.committer.email.as_str()), ("A", "c@d"));
    }

    #[test]
    fn a_commit_without_a_tree_is_damaged() {
        assert_eq!(links(b"author A <a@b> 5 +0000\n\nx"), None);
        assert_eq!(links(b"tree zzz\n\nx"), None);
    }
}
