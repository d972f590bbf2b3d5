//! One commit object as the facts that an event tells.

use super::object::{headers, plain, split};
use super::person;
use super::text::{Decoder, cut};
use crate::push::{Commit, Person};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;

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
    let mut links = begun(data)?;
    links.date = links.date.or(Some(0));
    links.whole()
}

/// The same from the first bytes of a commit; `None` when they do not suffice.
pub(super) fn links_of_head(head: &[u8]) -> Option<Links> {
    let end = head.rfind_byte(b'\n')?;
    begun(&head[..=end])?.whole()
}

#[derive(Default)]
struct Begun {
    tree: Option<ObjectId>,
    parents: Vec<ObjectId>,
    date: Option<i64>,
}

impl Begun {
    fn whole(self) -> Option<Links> {
        Some(Links { tree: self.tree?, parents: self.parents, date: self.date? })
    }
}

fn begun(data: &[u8]) -> Option<Begun> {
    let mut begun = Begun::default();
    for (key, value) in headers(data) {
        match key {
            b"tree" if begun.tree.is_none() => begun.tree = Some(ObjectId::from_hex(value).ok()?),
            b"parent" => begun.parents.push(ObjectId::from_hex(value).ok()?),
            b"committer" => {
                begun.date = Some(person::seconds(value));
                break;
            }
            _ => {}
        }
    }
    Some(begun)
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
    let headers = headers(data);
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
    fn the_beginning_of_a_commit_suffices_once_the_committer_is_whole() {
        let data =
            format!("tree {TREE}\nparent {TREE}\nauthor A <a@b> 5 +0000\ncommitter C <c@d> 1714521600 +0000\n\nx\n");
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
    }
}
