//! URL templates: the receiver is never chosen by an event.

use super::TemplateError;
use serde_json::Value;
use std::ops::Range;

/// Members of `[project]` that may begin a URL template.
const HEADS: [(&str, &str); 8] = [
    ("project", "url"),
    ("project", "clone_url"),
    ("project", "ssh_url"),
    ("repository", "url"),
    ("repository", "html_url"),
    ("repository", "clone_url"),
    ("repository", "ssh_url"),
    ("repository", "git_http_url"),
];

/// Where a template stands in the scheme, user, host or port of a URL template, if it does. `${project.url}` and its
/// siblings may begin it.
pub fn in_authority(template: &str) -> Option<Range<usize>> {
    let first = ["${", "{%", "{#"]
        .iter()
        .filter_map(|opening| template.find(opening))
        .min()?;
    if head(template).is_some() {
        return None;
    }
    let before = &template[..first];
    let authority = before.split_once("://").map(|(_, rest)| rest);
    if authority.is_some_and(|rest| rest.contains(['/', '?', '#'])) {
        return None;
    }
    let end = template[first..]
        .find('}')
        .map_or(template.len(), |at| first + at + 1);
    Some(first..end)
}

/// The member that begins the template, and what comes after it.
fn head(template: &str) -> Option<(&'static str, &'static str, &str)> {
    let (inner, rest) = template.strip_prefix("${")?.split_once('}')?;
    let (parent, member) = inner.trim().split_once('.')?;
    let known = HEADS.iter().find(|head| **head == (parent, member))?;
    Some((known.0, known.1, rest))
}

/// A URL member at the beginning stands as it is; everywhere else it is a value like any other.
pub(super) fn split_head<'a>(template: &'a str, context: &Value) -> (String, &'a str) {
    match head(template) {
        Some((parent, member, rest)) => {
            let url = context
                .get(parent)
                .and_then(|p| p.get(member))
                .and_then(Value::as_str);
            (url.unwrap_or_default().to_owned(), rest)
        }
        None => (String::new(), template),
    }
}

/// Refuses a URL with a path segment that receivers and proxies would resolve: `.`, `..` and their encoded forms.
pub(super) fn refuse_dots(url: String) -> Result<String, TemplateError> {
    let Some((_, rest)) = url.split_once("://") else {
        return Ok(url);
    };
    let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let is_dots = |segment: &str| {
        matches!(
            segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    };
    if path.split('/').skip(1).any(is_dots) {
        return Err(TemplateError::new(
            "a path segment of the URL becomes `.` or `..`",
        ));
    }
    Ok(url)
}
