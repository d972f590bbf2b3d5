//! Checks URL templates: an event must not choose the receiver.

use super::TemplateError;
use crate::url::UrlParts;
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

/// The range of the first `${ }` in the scheme, user, host or port of a URL template. `${project.url}` and its siblings
/// are allowed at the beginning.
pub fn in_authority(template: &str) -> Option<Range<usize>> {
    let first = ["${", "{%", "{#"]
        .iter()
        .filter_map(|opening| template.find(opening))
        .min()?;
    if head(template).is_some() {
        return None;
    }
    let before = &template[..first];
    let parts = UrlParts::split(before);
    // Some clients take a backslash for a part of the authority.
    let is_complete = parts.path.starts_with('/') || parts.query.is_some() || before.contains('#');
    if !parts.scheme.is_empty() && is_complete && !parts.path.starts_with('\\') {
        return None;
    }
    let end = template[first..]
        .find('}')
        .map_or(template.len(), |at| first + at + 1);
    Some(first..end)
}

/// The member at the beginning of the template, and the rest.
fn head(template: &str) -> Option<(&'static str, &'static str, &str)> {
    let (inner, rest) = template.strip_prefix("${")?.split_once('}')?;
    let (parent, member) = inner.trim().split_once('.')?;
    let known = HEADS.iter().find(|head| **head == (parent, member))?;
    Some((known.0, known.1, rest))
}

/// Replaces a URL member at the beginning without encoding it; everywhere else it is encoded like any value.
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
    let parts = UrlParts::split(&url);
    if parts.scheme.is_empty() {
        return Ok(url);
    }
    let is_dots = |segment: &str| {
        matches!(
            segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    };
    if parts.path.split('/').skip(1).any(is_dots) {
        return Err(TemplateError::new(
            "a path segment of the URL becomes `.` or `..`",
        ));
    }
    Ok(url)
}
