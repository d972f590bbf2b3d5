//! Parses commit objects: the header that a walk needs, and the facts that an event holds.

use super::object::{Headers, from_gix, headers, split};
use super::person;
use super::text::Decoder;
use crate::push::{Commit, Person};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;

/// The part of a commit that the walk needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommitHeader {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
}

/// Parses a commit as Git does: the tree, then the parents, then author and committer, if present. `None` if it is
/// damaged.
pub(super) fn header(data: &[u8]) -> Option<CommitHeader> {
    let (mut header, rest) = tree_and_parents(data)?;
    header.date = committer_date(rest).unwrap_or(0);
    Some(header)
}

/// Parses the first bytes of a commit. `None` if they do not suffice, or are not what Git would write.
pub(super) fn partial_header(head: &[u8]) -> Option<CommitHeader> {
    let end = head.rfind_byte(b'\n')?;
    let (mut header, rest) = tree_and_parents(&head[..=end])?;
    header.date = committer_date(rest)?;
    Some(header)
}

/// Tree and parents, and the headers after them.
fn tree_and_parents(data: &[u8]) -> Option<(CommitHeader, Headers<'_>)> {
    let mut headers = headers(data);
    let (_, tree) = headers.next().filter(|(key, _)| *key == b"tree")?;
    let mut header = CommitHeader {
        tree: ObjectId::from_hex(tree).ok()?,
        parents: Vec::new(),
        date: 0,
    };
    let mut rest = headers.clone();
    while let Some((b"parent", parent)) = headers.next() {
        header.parents.push(ObjectId::from_hex(parent).ok()?);
        rest = headers.clone();
    }
    Some((header, rest))
}

/// The date of the committer, who follows the author.
fn committer_date(mut headers: Headers<'_>) -> Option<i64> {
    headers.next().filter(|(key, _)| *key == b"author")?;
    headers
        .next()
        .filter(|(key, _)| *key == b"committer")
        .map(|(_, line)| person::seconds(line))
}

/// Parses everything but the changed paths. `parents` are those of the walk (grafts apply). The caller sets `distinct`.
pub(super) fn facts(id: &gix::oid, data: &[u8], tree: &gix::oid, parents: &[ObjectId]) -> Commit {
    let (headers, text) = split(data);
    let decoder = Decoder::new(headers.get("encoding"));
    let person = |name: &str| {
        headers.get(name).map_or_else(
            || (Person::default(), false),
            |line| person::parse(line, decoder),
        )
    };
    let ((author, lossy_author), (committer, lossy_committer)) =
        (person("author"), person("committer"));
    let message = decoder.message(text);
    Commit {
        id: from_gix(id),
        tree_id: from_gix(tree),
        parents: parents.iter().map(|p| from_gix(p)).collect(),
        distinct: false,
        encoding_lossy: message.lossy || lossy_author || lossy_committer,
        author,
        committer,
        added: Vec::new(),
        removed: Vec::new(),
        modified: Vec::new(),
        files_truncated: false,
        paths_lossy: false,
        message_truncated: message.truncated,
        message: message.text,
        signed: headers
            .get("gpgsig")
            .or_else(|| headers.get("gpgsig-sha256"))
            .is_some(),
        url: None,
    }
}

/// Parses the author.
pub(super) fn author(data: &[u8]) -> Person {
    let headers = headers(data);
    let decoder = Decoder::new(headers.get("encoding"));
    headers
        .get("author")
        .map_or_else(Person::default, |line| person::parse(line, decoder).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn extra_headers_and_signatures_are_not_part_of_the_message() {
        let data = format!(
            "tree {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 7 +0000\ngpgsig -----BEGIN\n x\n\nSubject\n\nBody\n"
        );
        let header = header(data.as_bytes()).unwrap();
        assert_eq!((header.date, header.parents.len()), (7, 0));
        let commit = facts(&header.tree, data.as_bytes(), &header.tree, &[]);
        assert_eq!(
            (commit.message.as_str(), commit.signed),
            ("Subject\n\nBody", true)
        );
        assert_eq!(
            (commit.author.name.as_str(), commit.committer.email.as_str()),
            ("A", "c@d")
        );
    }

    #[test]
    fn a_partial_commit_suffices_if_the_committer_is_complete() {
        let data = format!(
            "tree {TREE}\nparent {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 1714521600 +0000\n\nx\n"
        );
        let committed = data.find("+0000\n\n").unwrap() + 6;
        for cut in 0..data.len() {
            let header = partial_header(&data.as_bytes()[..cut]);
            assert_eq!(
                header.map(|h| (h.date, h.parents.len())),
                (cut >= committed).then_some((1_714_521_600, 1)),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_commit_without_a_tree_is_damaged() {
        assert_eq!(header(b"author A <a@b> 5 +0000\n\nx"), None);
        assert_eq!(header(b"tree zzz\n\nx"), None);
        assert_eq!(
            header(format!("tree {TREE}\nparent zzz\n\nx").as_bytes()),
            None
        );
    }
}
