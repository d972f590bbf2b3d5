//! `build_args`. The plugin reads the query, the headers and the body, and the first two have keys of their own, so
//! the arguments stand in the body: under `build_args`, where nothing can clash, and at the top level as well.

use super::configured;
use crate::action::Finding;
use crate::action::web::{self, mistake, unusable};
use crate::outgoing::{MEMBERS, Outgoing};
use crate::parameter::{Pairs, Resolver, Unresolved};
use crate::secret::Secrets;
use serde_json::{Map, Value};

const NESTED: &str = "build_args";

/// Names and values, in the order of the file.
#[derive(Default)]
pub(super) struct Arguments(Map<String, Value>);

/// `Err` is a fragment that follows the key, and the byte in question.
fn parse(json: &str) -> Result<Map<String, Value>, (String, Option<usize>)> {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err((
            "is not a JSON object such as `{\"arg\": \"value\"}`".to_owned(),
            None,
        )),
        Err(error) => {
            let lines = json
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            let at = (0..=at.min(json.len()))
                .rev()
                .find(|at| json.is_char_boundary(*at))
                .unwrap_or(0);
            let curly = json.find(['“', '”', '„', '‟', '‘', '’']);
            // Within strings they are text, and no reader stumbles there.
            let wide = json[at..].chars().next().and_then(ascii);
            Err(match (wide, curly) {
                (Some(straight), _) => (
                    format!(
                        "has a full-width `{}`: JSON takes `{straight}`",
                        &json[at..][..3]
                    ),
                    Some(at),
                ),
                (_, Some(curly)) => (
                    "has curly quotes (“ ”): JSON takes straight ones (\")".to_owned(),
                    Some(curly),
                ),
                _ => ("is not JSON from here on".to_owned(), Some(at)),
            })
        }
    }
}

/// What a Chinese keyboard writes where JSON has a character of ASCII; each is three bytes long.
fn ascii(wide: char) -> Option<char> {
    let pairs = [
        ('：', ':'),
        ('，', ','),
        ('｛', '{'),
        ('｝', '}'),
        ('［', '['),
        ('］', ']'),
        ('＂', '"'),
        ('、', ','),
    ];
    pairs
        .iter()
        .find(|(full, _)| *full == wide)
        .map(|(_, ascii)| *ascii)
}

/// Mistakes in JSON text that stands in the file.
pub(super) fn check(pairs: Option<&Pairs>) -> Option<Finding> {
    let Some(Pairs::Joined(text)) = pairs else {
        return None;
    };
    let json = web::plain(Some(text))?;
    let (why, at) = parse(json).err()?;
    let end = at.map(|at| {
        (at + 1..=json.len())
            .find(|end| json.is_char_boundary(*end))
            .unwrap_or(json.len())
    });
    let range = at
        .zip(end)
        .filter(|(at, _)| json.is_char_boundary(*at))
        .map(|(at, end)| at..end);
    Some(Finding {
        range,
        ..mistake(NESTED, why)
    })
}

impl Arguments {
    /// Names, and values where the file holds them.
    pub(super) fn shape(pairs: Option<&Pairs>) -> Self {
        match pairs {
            None => Self::default(),
            Some(Pairs::Joined(text)) => Self(parse(configured(text)).unwrap_or_default()),
            Some(Pairs::Table(table)) => Self(
                table
                    .iter()
                    .map(|(name, text)| (name.clone(), Value::from(configured(text))))
                    .collect(),
            ),
        }
    }

    /// Reads references.
    pub(super) fn build(
        resolver: &Resolver<'_>,
        secrets: &mut Secrets,
        pairs: Option<&Pairs>,
    ) -> Result<Self, Unresolved> {
        let mut members = Map::new();
        match pairs {
            None => {}
            Some(Pairs::Joined(text)) => {
                if let Some(json) = resolver.text(NESTED, Some(text))? {
                    members = parse(json.text.trim()).map_err(|(why, _)| unusable(NESTED, why))?;
                }
            }
            Some(Pairs::Table(table)) => {
                for (name, text) in table {
                    let value = resolver.text(NESTED, Some(text))?;
                    if let Some(value) = value.as_ref().filter(|value| value.referenced) {
                        secrets.add(&value.text);
                    }
                    members.insert(
                        name.clone(),
                        value.map_or_else(String::new, |v| v.text).into(),
                    );
                }
            }
        }
        Ok(Self(members))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// As a template sees them.
    pub(super) fn put_nested(&self, event: &mut Value) {
        if let Some(event) = event.as_object_mut().filter(|_| !self.0.is_empty()) {
            event.insert(NESTED.to_owned(), Value::Object(self.0.clone()));
        }
    }

    /// The event with the arguments in it, within `max_body`.
    pub(super) fn body(&self, out: &Outgoing) -> Vec<u8> {
        if self.0.is_empty() {
            return out.body_bytes();
        }
        let mut own = Map::from_iter([(NESTED.to_owned(), Value::Object(self.0.clone()))]);
        // By the names of all events, so that a job finds an argument in the same place every time.
        let free = self
            .0
            .iter()
            .filter(|(name, _)| !MEMBERS.contains(&name.as_str()) && *name != NESTED);
        own.extend(free.map(|(name, value)| (name.clone(), value.clone())));
        let own = Value::Object(own).to_string();
        let mut smaller = out.clone();
        smaller.max_body = out.max_body.saturating_sub(own.len());
        let mut body = smaller.body_bytes();
        body.pop();
        body.push(b',');
        body.extend_from_slice(&own.as_bytes()[1..]);
        body
    }
}
