//! One commit object as the facts that an event tells.

use super::object::{Headers, headers, plain, split};
use super::person;
use super::text::Decoder;
use crate::push::{Commit, Person};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;

/// What the walk needs of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// Committer's seconds since 1970.
    pub(super) date: i64,
}

/// Reads the links of a commit as Git does: the tree, then the parents, then perhaps who committed it when. `None` when it
/// is damaged.
pub(super) fn links(data: &[u8]) -> Option<Links> {
    let (mut links, rest) = begun(data)?;
    links.date = date(rest).unwrap_or(0);
    Some(links)
}

/// The same from the first bytes of a commit; `None` when they do not suffice, or are not what Git would write.
pub(super) fn links_of_head(head: &[u8]) -> Option<Links> {
    let end = head.rfind_byte(b'\n')?;
    let (mut links, rest) = begun(&head[..=end])?;
    links.date = date(rest)?;
    Some(links)
}

/// Tree and parents; and the headers after them.
fn begun(data: &[u8]) -> Option<(Links, Headers<'_>)> {
    let mut headers = headers(data);
    let (_, tree) = headers.next().filter(|(key, _)| *key == b"tree")?;
    let mut links = Links {
        tree: ObjectId::from_hex(tree).ok()?,
        parents: Vec::new(),
        date: 0,
    };
    let mut rest = headers.clone();
    while let Some((b"parent", parent)) = headers.next() {
        links.parents.push(ObjectId::from_hex(parent).ok()?);
        rest = headers.clone();
    }
    Some((links, rest))
}

/// The committer's, who stands next to the author.
fn date(mut headers: Headers<'_>) -> Option<i64> {
    headers.next().filter(|(key, _)| *key == b"author")?;
    headers
        .next()
        .filter(|(key, _)| *key == b"committer")
        .map(|(_, line)| person::seconds(line))
}

/// Reads everything but the paths. `parents` are those of the walk (grafts apply); `distinct` is the caller's to say.
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
        id: plain(id),
        tree_id: plain(tree),
        parents: parents.iter().map(|p| plain(p)).collect(),
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

/// Only who wrote it.
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
    fn extra_headers_and_signatures_stay_out_of_the_message() {
        let data = format!(
            "tree {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 7 +0000\ngpgsig -----BEGIN\n x\n\nSubject\n\nBody\n"
        );
        let links = links(data.as_bytes()).unwrap();
        assert_eq!((links.date, links.parents.len()), (7, 0));
        let commit = facts(&links.tree, data.as_bytes(), &links.tree, &[]);
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
    fn the_beginning_of_a_commit_suffices_once_the_committer_is_whole() {
        let data = format!(
            "tree {TREE}\nparent {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 1714521600 +0000\n\nx\n"
        );
        let committed = data.find("+0000\n\n").unwrap() + 6;
        for cut in 0..data.len() {
            let links = links_of_head(&data.as_bytes()[..cut]);
            assert_eq!(
                links.map(|l| (l.date, l.parents.len())),
                (cut >= committed).then_some((1_714_521_600, 1)),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_commit_without_a_tree_is_damaged() {
        assert_eq!(links(b"author A <a@b> 5 +0000\n\nx"), None);
        assert_eq!(links(b"tree zzz\n\nx"), None);
        assert_eq!(
            links(format!("tree {TREE}\nparent zzz\n\nx").as_bytes()),
            None
        );
    }
}
