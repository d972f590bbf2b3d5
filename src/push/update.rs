use super::ObjectId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The full name of a ref, byte for byte as Git gave it. Serialized as a string, or as an array of bytes when it is
/// not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "RefNameForm", into = "RefNameForm")]
pub struct RefName(Vec<u8>);

/// How a name is written down: serde picks the form by what stands there.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RefNameForm {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<RefNameForm> for RefName {
    fn from(form: RefNameForm) -> Self {
        match form {
            RefNameForm::Text(text) => Self(text.into_bytes()),
            RefNameForm::Bytes(bytes) => Self(bytes),
        }
    }
}

impl From<RefName> for RefNameForm {
    fn from(name: RefName) -> Self {
        String::from_utf8(name.0).map_or_else(|e| Self::Bytes(e.into_bytes()), Self::Text)
    }
}

/// Where a ref lives; decides which filters look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefKind {
    /// Below `refs/heads/`.
    Branch,
    /// Below `refs/tags/`.
    Tag,
    /// Anything else: notes, reviews, meta.
    Other,
}

impl RefName {
    /// Takes the bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The exact bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For people and JSON: bytes that are not UTF-8 become U+FFFD.
    pub fn display(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether [`Self::display`] lost nothing.
    pub fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.0).is_ok()
    }

    /// By prefix.
    pub fn kind(&self) -> RefKind {
        if self.0.starts_with(b"refs/heads/") {
            RefKind::Branch
        } else if self.0.starts_with(b"refs/tags/") {
            RefKind::Tag
        } else {
            RefKind::Other
        }
    }

    /// The name without `refs/heads/` or `refs/tags/`; other names stay whole. Lossy like [`Self::display`].
    pub fn short(&self) -> Cow<'_, str> {
        let bytes = self
            .0
            .strip_prefix(b"refs/heads/")
            .or_else(|| self.0.strip_prefix(b"refs/tags/"));
        String::from_utf8_lossy(bytes.unwrap_or(&self.0))
    }
}

/// One line on the stdin of post-receive (githooks(5)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// Before the push; null when the ref was created.
    pub old: ObjectId,
    /// After the push; null when the ref was deleted.
    pub new: ObjectId,
    /// Full name.
    #[serde(rename = "ref")]
    pub name: RefName,
}

impl RefUpdate {
    /// What the ids alone tell: whether it was there before and is there now.
    pub fn change(&self) -> Change {
        match (self.old.is_null(), self.new.is_null()) {
            (true, _) => Change::Created,
            (false, true) => Change::Deleted,
            (false, false) => Change::Updated,
        }
    }
}

/// What happened to a ref. Each update is exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The ref did not exist before.
    Created,
    /// The new tip descends from the old one.
    Updated,
    /// It does not, or one of them is no commit.
    Forced,
    /// The ref is gone.
    Deleted,
}

/// A line of stdin that is no ref update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub number: usize,
    /// What is wrong with it, in words.
    pub why: &'static str,
}

/// Splits the stdin of post-receive into updates and lines that are none. The last newline is optional; empty lines
/// are skipped.
pub fn parse_updates(stdin: &[u8]) -> (Vec<RefUpdate>, Vec<BadLine>) {
    let (mut updates, mut bad) = (Vec::new(), Vec::new());
    for (index, line) in stdin.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        match parse_update(line) {
            Ok(update) => updates.push(update),
            Err(why) => bad.push(BadLine {
                number: index + 1,
                why,
            }),
        }
    }
    (updates, bad)
}

/// Parses one line without its end; the error says what is wrong with it.
pub fn parse_update(line: &[u8]) -> Result<RefUpdate, &'static str> {
    let mut parts = line.splitn(3, |b| *b == b' ');
    let mut id = || {
        let digits = parts.next().and_then(|p| std::str::from_utf8(p).ok());
        digits
            .and_then(ObjectId::parse)
            .ok_or("expected `OLD NEW REF` with two object ids")
    };
    let (old, new) = (id()?, id()?);
    let name = parts
        .next()
        .filter(|n| !n.is_empty())
        .ok_or("the name of the ref is missing")?;
    if old.is_null() && new.is_null() {
        return Err("both object ids are null");
    }
    if old.as_str().len() != new.as_str().len() {
        return Err("the object ids are of different length");
    }
    Ok(RefUpdate {
        old,
        new,
        name: RefName::new(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_newline_is_optional_and_bad_lines_are_named() {
        let (a, b) = ("1".repeat(40), "2".repeat(40));
        let text = format!("{a} {b} refs/heads/a b\nnonsense\n\n{a} {b}\n{b} {a} refs/tags/x");
        let (updates, bad) = parse_updates(text.as_bytes());
        assert_eq!(
            updates
                .iter()
                .map(|u| u.name.display().into_owned())
                .collect::<Vec<_>>(),
            ["refs/heads/a b", "refs/tags/x"]
        );
        assert_eq!(bad.iter().map(|b| b.number).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_name_that_is_not_utf8_survives_json() {
        let name = RefName::new(&b"refs/heads/\xff"[..]);
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(serde_json::from_str::<RefName>(&json).unwrap(), name);
        assert_eq!(name.display(), "refs/heads/\u{fffd}");
    }
}
