//! JSON templates: which ones are, and that what they become is JSON in which every text stands in its string.

use super::TemplateError;
use super::print::{JSON, JSON_END, MARKS, TEXT, TEXT_END, quote};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Whether a template is JSON, by its own text: its first character after blanks, `{% %}` and `{# #}` is `{`, or `[`
/// followed by `{`, `[` or `"`; `[{%` counts only if the template also ends in `]`, since `[text]` begins many a
/// chat message.
pub fn is_json(template: &str) -> bool {
    let Some(first) = skip_blocks(template) else {
        return false;
    };
    if first.starts_with('{') {
        return true;
    }
    let Some(second) = first.strip_prefix('[').map(str::trim_start) else {
        return false;
    };
    if second.starts_with("{%") || second.starts_with("{#") {
        return template.trim_end().ends_with(']');
    }
    second.starts_with(['{', '[', '"'])
}

fn skip_blocks(template: &str) -> Option<&str> {
    let mut rest = template.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    loop {
        let end = match rest.get(..2) {
            Some("{%") => "%}",
            Some("{#") => "#}",
            _ => return Some(rest),
        };
        rest = rest[2..].split_once(end)?.1.trim_start();
    }
}

/// Takes the marks out: a JSON value within a string becomes its text; text outside of strings is refused, unless it
/// is a comma, a blank, or a plain number or word (`${ "," if not loop.last }`).
pub(super) fn settle(marked: &str) -> Result<String, TemplateError> {
    let mut settled = String::with_capacity(marked.len());
    let mut in_string = false;
    let mut rest = marked;
    while let Some(at) = rest.find(MARKS) {
        let (own, marked) = rest.split_at(at);
        in_string = follow(own, in_string);
        settled.push_str(own);
        let Some((inner, is_text, after)) = section(marked) else {
            return Err(TemplateError::new("a printed value was cut into pieces"));
        };
        match (is_text, in_string) {
            (true, true) | (false, false) => settled.push_str(inner),
            (true, false) if is_bare(inner) => settled.push_str(inner),
            (true, false) => {
                return Err(TemplateError::new("`${…}` prints text outside of quotes"));
            }
            (false, true) => {
                let quoted = quote(inner);
                settled.push_str(&quoted[1..quoted.len() - 1]);
            }
        }
        rest = after;
    }
    settled.push_str(rest);
    Ok(settled)
}

/// The marked section at the start of `text`, whether it is text, and what comes after it.
fn section(text: &str) -> Option<(&str, bool, &str)> {
    let (is_text, inner, end) = if let Some(inner) = text.strip_prefix(JSON) {
        (false, inner, JSON_END)
    } else {
        (true, text.strip_prefix(TEXT)?, TEXT_END)
    };
    let (inner, after) = inner.split_once(end)?;
    (!inner.contains(MARKS)).then_some((inner, is_text, after))
}

/// Whether the template's own text leaves us within a string.
fn follow(text: &str, mut in_string: bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => drop(bytes.next()),
            _ => {}
        }
    }
    in_string
}

fn is_bare(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || text == ","
        || matches!(text, "true" | "false" | "null")
        || text.parse::<serde_json::Number>().is_ok()
}

/// One JSON value that repeats no key.
pub(super) fn verify(text: &str) -> Result<(), TemplateError> {
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict) => Ok(()),
        Err(error) if error.is_data() => Err(TemplateError::new("the result repeats a key")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(TemplateError::new(format!(
                "the result is not JSON (at line {line}, column {column} of it)"
            )))
        }
    }
}

struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom(""));
            }
            members.next_value::<Strict>()?;
        }
        Ok(Strict)
    }
}
