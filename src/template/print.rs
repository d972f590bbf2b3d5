//! How values print. The place is given when the engine is set up, never asked of the engine's state: a template can
//! change that (`{% autoescape %}`).

use super::{EscapeContext, value};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, Output};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// Begins a JSON value, whose form is decided when it is known whether it stands within a string.
pub(super) const JSON: char = '\u{fdd0}';
/// Ends a JSON value.
pub(super) const JSON_END: char = '\u{fdd1}';
/// Begins text, already escaped for a JSON string.
pub(super) const TEXT: char = '\u{fdd2}';
/// Ends text.
pub(super) const TEXT_END: char = '\u{fdd3}';
/// Noncharacters: Unicode keeps them for a program's own use. No template and no value brings them in.
pub(super) const MARKS: [char; 4] = [JSON, JSON_END, TEXT, TEXT_END];

/// All but RFC 3986's unreserved characters.
pub(super) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Prints for one place.
#[derive(Clone, Copy)]
pub(super) struct Printer {
    pub(super) place: EscapeContext,
    max_output: usize,
}

impl Printer {
    pub(super) fn new(place: EscapeContext, max_output: usize) -> Self {
        Self { place, max_output }
    }

    /// Bytes before the marks are taken out.
    pub(super) fn limit(self) -> usize {
        match self.place {
            EscapeContext::Json { .. } => {
                self.max_output.saturating_mul(2).saturating_add(64 * 1024)
            }
            _ => self.max_output.saturating_add(1024),
        }
    }

    /// Writes a value escaped; what was escaped before (captured blocks, macros, `tojson`) as it is.
    pub(super) fn print(self, out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
        if value.is_safe() {
            return Ok(out.write_str(value.as_str().unwrap_or_default())?);
        }
        match value.kind() {
            ValueKind::Undefined | ValueKind::None => Ok(()),
            ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
            ValueKind::Number => Ok(out.write_str(&self.json_of(value)?)?),
            ValueKind::String => self.text(out, value.as_str().unwrap_or_default()),
            ValueKind::Bytes => self.text(
                out,
                &String::from_utf8_lossy(value.as_bytes().unwrap_or_default()),
            ),
            ValueKind::Seq | ValueKind::Iterable if value.len() == Some(0) => Ok(()),
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
                let json = self.json_of(value)?;
                match self.place {
                    EscapeContext::Json { .. } => Ok(write!(out, "{JSON}{json}{JSON_END}")?),
                    _ => self.text(out, &json),
                }
            }
            _ => Err(Error::new(
                ErrorKind::InvalidOperation,
                "this cannot be printed",
            )),
        }
    }

    /// As compact JSON, the mentions in it made harmless.
    pub(super) fn json_of(self, value: &Value) -> Result<String, Error> {
        let clean = match self.place {
            EscapeContext::Json { clean } => clean,
            _ => str::to_owned,
        };
        value::to_json(value, clean, self.limit())
    }

    fn text(self, out: &mut Output<'_>, text: &str) -> Result<(), Error> {
        match self.place {
            EscapeContext::Json { clean } => {
                let quoted = quote(&clean(&without_marks(text)));
                write!(out, "{TEXT}{}{TEXT_END}", &quoted[1..quoted.len() - 1])?;
            }
            EscapeContext::Text { escape } => out.write_str(&escape(text))?,
            EscapeContext::Plain => out.write_str(text)?,
            EscapeContext::Url => write!(out, "{}", utf8_percent_encode(text, COMPONENT))?,
            EscapeContext::Header => {
                let words = text.split(char::is_control).filter(|w| !w.is_empty());
                for (index, word) in words.enumerate() {
                    out.write_str(if index > 0 { " " } else { "" })?;
                    out.write_str(word)?;
                }
            }
        }
        Ok(())
    }
}

/// A JSON string with its quotes.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Noncharacters of the event become U+FFFD.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    if text.contains(MARKS) {
        text.replace(MARKS, "\u{fffd}").into()
    } else {
        text.into()
    }
}
