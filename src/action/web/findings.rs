//! What is wrong with parameters and can be seen without resolving anything. Cheap: this runs on every push.

use super::headers::{lines, refused};
use super::pieces::Piece;
use super::target::without_user;
use crate::action::{Finding, Severity, vendors};
use crate::parameter::{Pairs, Text};
use crate::template::{compile, in_authority, odd_comments};
use std::ops::Range;

/// A finding that switches the hook off.
pub(crate) fn mistake(key: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        severity: Severity::Mistake,
        key,
        entry: None,
        range: None,
        message: message.into(),
    }
}

/// A finding that only `check` reports.
pub(crate) fn warning(key: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..mistake(key, message)
    }
}

/// Syntax of every template, and comments that nobody meant.
pub(crate) fn check_pieces(pieces: &[Piece<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for piece in pieces {
        if let Err(error) = compile(piece.text) {
            found.push(piece.broken(error));
            continue;
        }
        for at in odd_comments(piece.text) {
            let message =
                r#"`{#` begins a comment, which is not sent; as text it is written `${ "{#" }`"#;
            let range = Some(at.start + piece.offset..at.end + piece.offset);
            let entry = piece.entry.map(str::to_owned);
            found.push(Finding {
                entry,
                range,
                ..warning(piece.key, message)
            });
        }
    }
    found
}

/// An http or https URL whose receiver no event chooses.
pub(crate) fn check_url(service_url: Option<&Text>) -> Option<Finding> {
    let text = plain(service_url)?;
    if let Some(range) = in_authority(text) {
        let message = "a template cannot stand in the scheme, user, host or port";
        return Some(Finding {
            range: Some(range),
            ..mistake("service_url", message)
        });
    }
    // A member of [project] may begin it: what that holds is known when it is sent.
    let literal = text.trim();
    if literal.starts_with("${") {
        return None;
    }
    without_user(literal)
        .err()
        .map(|why| mistake("service_url", why))
}

/// The address of a chat robot, which takes nothing but messages. A template may well be one.
pub(crate) fn check_robot(action: &str, url: &str, has_template: bool) -> Option<Finding> {
    let why = vendors::other(action, url).filter(|_| !has_template)?;
    Some(warning(
        "service_url",
        format!("{why} (it takes no event, only messages)"),
    ))
}

/// As it stands in the file; an empty string counts as absent.
pub(crate) fn plain(text: Option<&Text>) -> Option<&str> {
    match text? {
        Text::Plain(text) if !text.is_empty() => Some(text),
        Text::Plain(_) | Text::Reference(_) => None,
    }
}

/// Whether a parameter is given; an empty string counts as absent.
pub(crate) fn is_given(text: Option<&Text>) -> bool {
    matches!(text, Some(Text::Reference(_))) || plain(text).is_some()
}

/// Whether the address holds a user.
pub(super) fn url_has_user(service_url: Option<&Text>) -> bool {
    plain(service_url).is_some_and(|url| matches!(without_user(url.trim()), Ok((_, Some(_)))))
}

/// Headers that other keys of the same hook set.
pub(super) struct ReservedNames<'a> {
    /// The key that sets `Authorization`.
    pub(super) authorization: Option<&'a str>,
    /// The header of the key `signature`.
    pub(super) signature: Option<&'a str>,
}

impl ReservedNames<'_> {
    /// The key that sets this header.
    fn key(&self, name: &str) -> Option<&str> {
        let is_signature = self.signature.is_some_and(|header| is_same(header, name));
        match self.authorization {
            _ if is_signature => Some("signature"),
            Some(key) if is_same(name, "authorization") => Some(key),
            _ => None,
        }
    }
}

/// Whether two names of headers are the same.
pub(super) fn is_same(name: &str, other: &str) -> bool {
    name.trim().eq_ignore_ascii_case(other.trim())
}

/// `Name: value` lines or a table; names that this program, the connection, or another key sets.
pub(super) fn check_headers(
    key: &'static str,
    pairs: Option<&Pairs>,
    reserved: &ReservedNames<'_>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut check = |name: &str, value: &str, entry: Option<&str>, range: Option<Range<usize>>| {
        let why = match (refused(name), reserved.key(name)) {
            (Some(why), _) => why.to_owned(),
            (None, Some(other)) => {
                format!("cannot stand beside `{other}`, which is sent in the same header")
            }
            (None, None) if value.contains(char::is_control) => {
                "has line ends or control characters in its value".to_owned()
            }
            (None, None) => return,
        };
        let message = if entry.is_some() {
            why
        } else {
            format!("has a line whose name {why}")
        };
        found.push(Finding {
            entry: entry.map(str::to_owned),
            range,
            ..mistake(key, message)
        });
    };
    match pairs {
        None => {}
        Some(Pairs::Table(table)) => {
            for (name, text) in table {
                check(
                    name.trim(),
                    plain(Some(text)).unwrap_or_default(),
                    Some(name),
                    None,
                );
            }
        }
        Some(Pairs::Joined(text)) => {
            for line in lines(plain(Some(text)).unwrap_or_default()) {
                match line {
                    Ok(l) => check(l.name, l.value, None, Some(l.start..l.start + l.name.len())),
                    Err(range) => {
                        found.push(Finding {
                            range: Some(range),
                            ..mistake(key, "has a line that is no `Name: value`")
                        });
                        return found;
                    }
                }
            }
        }
    }
    found
}
