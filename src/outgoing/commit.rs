//! Converts commits, tags and people to the JSON that receivers read: the members that GitHub, Gitea, Gogs, GitLab and CODING share.

use crate::push::{Commit, Person, Tag};
use serde_json::{Map, Value};

/// The members of an object, in the order in which they are put.
#[derive(Default)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// What is not known is left out.
    pub(super) fn put_known(&mut self, name: &str, value: Option<impl Into<Value>>) -> &mut Self {
        if let Some(value) = value {
            self.put(name, value);
        }
        self
    }

    /// Flags that are seldom set are there only when they are.
    pub(super) fn put_flag(&mut self, name: &str, flag: bool) -> &mut Self {
        self.put_known(name, flag.then_some(true))
    }

    pub(super) fn object(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.0))
    }
}

/// One commit.
pub(super) fn commit(commit: &Commit) -> Value {
    let mut members = Members::default();
    members
        .put("id", commit.id.as_str())
        .put("tree_id", commit.tree_id.as_str())
        .put(
            "parents",
            commit
                .parents
                .iter()
                .map(|p| Value::from(p.as_str()))
                .collect::<Vec<_>>(),
        )
        .put("distinct", commit.distinct)
        .put("title", commit.title())
        .put("message", commit.message.as_str())
        .put_flag("message_truncated", commit.message_truncated)
        .put_flag("encoding_lossy", commit.encoding_lossy)
        .put_known("timestamp", commit.author.date.as_deref())
        .put_known("url", commit.url.as_deref())
        .put("author", person(&commit.author))
        .put("committer", person(&commit.committer))
        .put("added", commit.added.clone())
        .put("removed", commit.removed.clone())
        .put("modified", commit.modified.clone())
        .put_flag("files_truncated", commit.files_truncated)
        .put_flag("paths_lossy", commit.paths_lossy)
        .put_flag("signed", commit.signed)
        .object()
}

/// Author, committer or tagger.
pub(super) fn person(person: &Person) -> Value {
    let mut members = Members::default();
    members
        .put("name", person.name.as_str())
        .put("email", person.email.as_str());
    members.put_known("date", person.date.as_deref()).object()
}

/// What a tag ref names.
pub(super) fn tag(tag: &Tag) -> Value {
    let mut members = Members::default();
    members
        .put("name", tag.name.as_str())
        .put("annotated", tag.annotated)
        .put("message", tag.message.as_deref())
        .put_flag("encoding_lossy", tag.encoding_lossy)
        .put("tagger", tag.tagger.as_ref().map(person))
        .put("target", tag.target.as_str())
        .put("target_type", tag.target_type.as_str())
        .put("signed", tag.signed)
        .object()
}
