//! Converts events to values of the engine, and values to JSON.

use super::EscapeContext;
use super::print::{COMPONENT, without_marks};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde::ser::{Error as _, Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value as Json;
use std::io;

/// Members that hold absolute URLs; they come from `[project]`, filled with ids and encoded names.
const URLS: [&str; 11] = [
    "url",
    "html_url",
    "compare",
    "compare_url",
    "clone_url",
    "ssh_url",
    "git_url",
    "git_http_url",
    "git_ssh_url",
    "web_url",
    "homepage",
];
/// What may stand in a URL and means nothing in any dialect of markdown.
const LINK: &AsciiSet = &COMPONENT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');
const PATH: &AsciiSet = &COMPONENT.remove(b'/');

/// JSON that was not written, because a smaller event could fit.
#[derive(Debug, thiserror::Error)]
#[error("JSON larger than the body may be")]
pub(super) struct TooLarge;

/// The event for a place: in text, URL members print percent-encoded and nothing else; in URLs, the project's name
/// keeps its slashes.
pub(super) fn event_value(event: &Json, place: EscapeContext) -> Value {
    let mut path = Vec::new();
    convert(event, &mut path, place)
}

fn convert<'a>(json: &'a Json, path: &mut Vec<&'a str>, place: EscapeContext) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(b) => Value::from(*b),
        Json::Number(_) => Value::from(minijinja::value::Serde(json)),
        Json::String(text) => string(text, path, place),
        Json::Array(items) => Value::from(
            items
                .iter()
                .map(|item| convert(item, path, place))
                .collect::<Vec<_>>(),
        ),
        Json::Object(members) => Value::from_pairs(members.iter().map(|(key, member)| {
            path.push(key);
            let value = convert(member, path, place);
            path.pop();
            (Value::from(key.as_str()), value)
        })),
    }
}

fn string(text: &str, path: &[&str], place: EscapeContext) -> Value {
    match place {
        EscapeContext::Text { .. }
            if path.last().is_some_and(|k| URLS.contains(k))
                && (text.starts_with("https://") || text.starts_with("http://")) =>
        {
            Value::from_safe_string(utf8_percent_encode(text, LINK).to_string())
        }
        EscapeContext::Url if matches!(path, ["project", "name"] | ["repository", "full_name"]) => {
            Value::from_safe_string(utf8_percent_encode(text, PATH).to_string())
        }
        _ => Value::from(text),
    }
}

/// Compact JSON of at most `limit` bytes; the bound is kept before anything is allocated.
pub(super) fn to_json(
    value: &Value,
    clean: fn(&str) -> String,
    limit: usize,
) -> Result<String, Error> {
    let mut bounded = Limited {
        text: Vec::new(),
        limit,
    };
    match serde_json::to_writer(&mut bounded, &Cleaned { value, clean }) {
        Ok(()) => String::from_utf8(bounded.text)
            .map_err(|_| Error::new(ErrorKind::BadSerialization, "the value is not UTF-8")),
        Err(error) if error.is_io() => {
            Err(Error::new(ErrorKind::InvalidOperation, TooLarge.to_string()).with_source(TooLarge))
        }
        Err(_) => Err(Error::new(
            ErrorKind::BadSerialization,
            "the value cannot be written as JSON",
        )),
    }
}

struct Cleaned<'a> {
    value: &'a Value,
    clean: fn(&str) -> String,
}

impl Serialize for Cleaned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (value, clean) = (self.value, self.clean);
        match value.kind() {
            ValueKind::String => {
                serializer.serialize_str(&clean(&without_marks(value.as_str().unwrap_or_default())))
            }
            ValueKind::Seq | ValueKind::Iterable => {
                let mut seq = serializer.serialize_seq(None)?;
                for item in value.try_iter().map_err(S::Error::custom)? {
                    seq.serialize_element(&Cleaned {
                        value: &item,
                        clean,
                    })?;
                }
                seq.end()
            }
            ValueKind::Map => {
                let mut map = serializer.serialize_map(None)?;
                for key in value.try_iter().map_err(S::Error::custom)? {
                    let item = value.get_item(&key).map_err(S::Error::custom)?;
                    let key = key.to_string();
                    map.serialize_entry(
                        &clean(&without_marks(&key)),
                        &Cleaned {
                            value: &item,
                            clean,
                        },
                    )?;
                }
                map.end()
            }
            ValueKind::Undefined | ValueKind::None => serializer.serialize_unit(),
            ValueKind::Bool | ValueKind::Number => value.serialize(serializer),
            _ => serializer.serialize_str(&without_marks(&value.to_string())),
        }
    }
}

struct Limited {
    text: Vec<u8>,
    limit: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
