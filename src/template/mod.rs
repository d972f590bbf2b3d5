//! Templates: minijinja with `${ }`, bounded, escaping by place (docs/actions.md, "Templates").
//!
//! No template can make a text of the push leave the place where it is printed. Knows events only as JSON, and no
//! action.

mod check;
mod engine;
mod expression;
mod filters;
mod json;
mod print;
mod thread;
mod url;
mod value;

pub use check::{odd_comments, unknown_names};
pub use expression::{compile_expression, holds};
pub use json::is_json;
pub use url::in_authority;

use serde_json::Value;
use std::ops::Range;

/// Bytes that a template may have.
pub const MAX_TEMPLATE: usize = 64 * 1024;

/// Where a value is going to stand: decides how it is escaped.
#[derive(Clone, Copy)]
pub enum EscapeContext {
    /// String contents of JSON. `clean` is applied to every string first (a vendor's mention syntax); identity for webhooks.
    Json {
        /// Makes text harmless.
        clean: fn(&str) -> String,
    },
    /// Text; `escape` is the dialect's.
    Text {
        /// Makes text harmless.
        escape: fn(&str) -> String,
    },
    /// Path or query of a URL: everything but `A-Za-z0-9-._~` is percent-encoded.
    Url,
    /// Value of a header: no control characters.
    Header,
    /// As it is: the caller escapes the whole.
    Plain,
}

/// A template that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct TemplateError {
    /// A lower-case fragment; never an excerpt of the source or a value.
    pub why: String,
    /// Bytes in the template.
    pub range: Option<Range<usize>>,
    /// Whether a smaller event could be rendered (fuel, output size, time).
    pub too_large: bool,
}

impl TemplateError {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            range: None,
            too_large: false,
        }
    }

    fn too_large(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            range: None,
            too_large: true,
        }
    }
}

/// Finds syntax errors without rendering.
pub fn compile(template: &str) -> Result<(), TemplateError> {
    check_text(template)?;
    if is_literal(template) {
        return Ok(());
    }
    let source = template.to_owned();
    thread::run_if_deep(template, move || engine::compile(&source))?
}

/// Whether the template reads the top-level name.
pub fn reads(template: &str, name: &str) -> bool {
    if !template.contains(name) || is_literal(template) || check_text(template).is_err() {
        return false;
    }
    let (source, owned) = (template.to_owned(), name.to_owned());
    thread::run_if_deep(template, move || engine::reads(&source, &owned)).unwrap_or(true)
}

/// Renders within `max_output` bytes. `context` is the event JSON.
///
/// In [`EscapeContext::Json`] the result is JSON that repeats no key; in [`EscapeContext::Url`] no path segment is `.` or
/// `..`; in [`EscapeContext::Header`] there is no control character.
pub fn render(
    template: &str,
    place: EscapeContext,
    context: &Value,
    max_output: usize,
) -> Result<String, TemplateError> {
    check_text(template)?;
    if is_literal(template) {
        let text = template.strip_suffix('\n').unwrap_or(template);
        return finish(
            text.strip_suffix('\r').unwrap_or(text).to_owned(),
            place,
            max_output,
        );
    }
    let (head, source) = match place {
        EscapeContext::Url => url::split_head(template, context),
        _ => (String::new(), template),
    };
    let offset = template.len() - source.len();
    let (source, context) = (source.to_owned(), value::event_value(context, place));
    let rendered = thread::run(move || engine::render(&source, place, context, max_output));
    let rendered = rendered.flatten().map_err(|mut error| {
        error.range = error.range.map(|r| r.start + offset..r.end + offset);
        error
    })?;
    finish(head + &rendered, place, max_output)
}

fn finish(
    rendered: String,
    place: EscapeContext,
    max_output: usize,
) -> Result<String, TemplateError> {
    let rendered = match place {
        EscapeContext::Json { .. } => json::settle(&rendered)?,
        EscapeContext::Text { .. } | EscapeContext::Plain => rendered,
        EscapeContext::Url => url::refuse_dots(rendered)?,
        EscapeContext::Header if rendered.contains(char::is_control) => {
            return Err(TemplateError::new(
                "the value of a header cannot hold line ends or control characters",
            ));
        }
        EscapeContext::Header => rendered.trim().to_owned(),
    };
    if rendered.len() > max_output {
        return Err(TemplateError::too_large(format!(
            "the result is larger than {max_output} bytes"
        )));
    }
    if matches!(place, EscapeContext::Json { .. }) {
        json::verify(&rendered)?;
    }
    Ok(rendered)
}

/// Whether nothing in it is to be evaluated, so that no engine is needed.
fn is_literal(template: &str) -> bool {
    !["${", "{%", "{#"]
        .iter()
        .any(|opening| template.contains(opening))
}

fn check_text(template: &str) -> Result<(), TemplateError> {
    if template.len() > MAX_TEMPLATE {
        return Err(TemplateError::new("a template may have at most 64 KiB"));
    }
    if let Some(at) = template.find(print::MARKS) {
        let range = Some(at..at + 3);
        return Err(TemplateError {
            range,
            ..TemplateError::new("the characters U+FDD0 to U+FDD3 are not allowed")
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
