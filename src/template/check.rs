//! Finds template problems that only `check` reports: names that no event has, and comments that were not intended.

use super::engine::{environment, explain};
use super::print::Printer;
use super::{EscapeContext, TemplateError, thread};
use crate::suggest;
use minijinja::ErrorKind;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Bytes that a sample may render to.
const MAX_SAMPLE: usize = 1 << 20;

/// `{#` without a blank after it: `{#标题}` looks like text and is the beginning of a comment.
pub fn odd_comments(template: &str) -> Vec<Range<usize>> {
    let found = template.match_indices("{#").map(|(at, _)| at);
    // `${ "{#" }` is how it is written as text.
    let found = found.filter(|at| {
        !template[..*at]
            .trim_end_matches(['"', '\''])
            .trim_end()
            .ends_with("${")
    });
    found
        .filter(|at| !template[at + 2..].starts_with([' ', '\n', '\r', '\t', '-', '+']))
        .map(|at| at..at + 2)
        .collect()
}

/// Renders against samples and names every member that no event has, with the place where it is read. What cannot be
/// rendered besides is found by rendering it, in its place.
pub fn unknown_names(template: &str, samples: &[Json]) -> Vec<TemplateError> {
    if super::is_literal(template) || super::check_text(template).is_err() {
        return Vec::new();
    }
    let (source, samples) = (template.to_owned(), samples.to_vec());
    let found = thread::run(move || find(&source, &samples)).unwrap_or_else(|error| vec![error]);
    let mut from = std::collections::BTreeMap::<String, usize>::new();
    found
        .into_iter()
        .map(|mut error| {
            if error.range.is_none() {
                let name = error.why.split('`').nth(1).unwrap_or_default().to_owned();
                let start = from.entry(name.clone()).or_default();
                error.range = locate(template, &name, *start);
                *start = error.range.as_ref().map_or(*start, |r| r.end);
            }
            error
        })
        .collect()
}

fn find(template: &str, samples: &[Json]) -> Vec<TemplateError> {
    let environment = environment(Printer::new(
        EscapeContext::Text {
            escape: str::to_owned,
        },
        MAX_SAMPLE,
    ));
    let compiled = match environment.template_from_str(template) {
        Ok(compiled) => compiled,
        Err(error) => return vec![explain(&error, template)],
    };
    let shape = Arc::new(
        samples
            .iter()
            .fold(Json::Null, |shape, sample| merge(&shape, sample)),
    );
    let unknown = Arc::new(Mutex::new(BTreeSet::new()));
    let mut errors = Vec::new();
    for sample in samples {
        let Err(error) = compiled.render(probe(sample, &shape, String::new(), &unknown)) else {
            continue;
        };
        if matches!(
            error.kind(),
            ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::UnknownMethod
        ) {
            errors.push(explain(&error, template));
        }
    }
    errors.dedup();
    let mut unknown = std::mem::take(&mut *unknown.lock().expect("no probe panics with it"));
    // Names in branches that no sample takes.
    let globals = environment
        .globals()
        .map(|(name, _)| name.to_owned())
        .collect::<Vec<_>>();
    let declared = compiled.undeclared_variables(false);
    unknown.extend(
        declared
            .into_iter()
            .filter(|n| shape.get(n).is_none() && !globals.contains(n)),
    );
    unknown
        .iter()
        .map(|name| describe(name, &shape))
        .chain(errors)
        .collect()
}

fn describe(name: &str, shape: &Json) -> TemplateError {
    let (parent, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut known = shape;
    for member in parent.split('.').filter(|s| !s.is_empty()) {
        known = match member.strip_suffix("[]") {
            Some(array) => &known[array][0],
            None => &known[member],
        };
    }
    let names = known.as_object().into_iter().flat_map(Map::keys);
    let hint = match suggest::near(last, names.map(String::as_str)) {
        Some(near) if parent.is_empty() => suggest::did_you_mean(near),
        Some(near) => suggest::did_you_mean(&format!("{parent}.{near}")),
        None => String::new(),
    };
    TemplateError::new(format!("no event has `{name}`{hint}"))
}

/// The members of both; a list has the members of all its items.
fn merge(a: &Json, b: &Json) -> Json {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            let mut both = a.clone();
            for (key, member) in b {
                let merged = merge(both.get(key).unwrap_or(&Json::Null), member);
                both.insert(key.clone(), merged);
            }
            Json::Object(both)
        }
        (Json::Null, Json::Object(b)) => merge(&Json::Object(Map::new()), &Json::Object(b.clone())),
        (Json::Array(a), Json::Array(b)) => one_item(a.iter().chain(b)),
        (Json::Null, Json::Array(b)) => one_item(b.iter()),
        (Json::Null, other) | (other, Json::Null) => other.clone(),
        (a, _) => a.clone(),
    }
}

fn one_item<'a>(items: impl Iterator<Item = &'a Json>) -> Json {
    let item = items.fold(Json::Null, |shape, item| merge(&shape, item));
    Json::Array(if item.is_null() {
        Vec::new()
    } else {
        vec![item]
    })
}

/// An object shaped like a part of the event, which notes what is asked of it in vain. It answers "undefined" then:
/// an error value would panic in `sort`.
#[derive(Debug)]
struct Probe {
    members: Map<String, Json>,
    shape: Json,
    path: String,
    unknown: Arc<Mutex<BTreeSet<String>>>,
}

fn probe(json: &Json, shape: &Json, path: String, unknown: &Arc<Mutex<BTreeSet<String>>>) -> Value {
    match json {
        Json::Object(members) => Value::from_object(Probe {
            members: members.clone(),
            shape: shape.clone(),
            path,
            unknown: unknown.clone(),
        }),
        Json::Array(items) => {
            let probes = items
                .iter()
                .map(|item| probe(item, &shape[0], format!("{path}[]"), unknown));
            Value::from(probes.collect::<Vec<_>>())
        }
        Json::Null => Value::from(()),
        other => Value::from(minijinja::value::Serde(other)),
    }
}

impl Object for Probe {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        if let Some(member) = self.members.get(key) {
            return Some(probe(member, &self.shape[key], path, &self.unknown));
        }
        // Globals are asked of the context first.
        if self.shape.get(key).is_none() && !(self.path.is_empty() && key == "range") {
            self.unknown
                .lock()
                .expect("no probe panics with it")
                .insert(path);
        }
        None
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.members
                .keys()
                .map(|key| Value::from(key.as_str()))
                .collect(),
        )
    }
}

/// The next place from `start` where the last part of the name stands as a word of an expression, preferably after the
/// part before it.
fn locate(template: &str, name: &str, start: usize) -> Option<Range<usize>> {
    let plain = name.replace("[]", "");
    let last = plain.rsplit('.').next()?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = template
        .match_indices(last)
        .map(|(at, word)| at..at + word.len())
        .filter(|range| {
            let before = &template[..range.start];
            let opened = ["${", "{%"].iter().filter_map(|o| before.rfind(o)).max();
            let closed = ["%}", "}"].iter().filter_map(|c| before.rfind(c)).max();
            opened.is_some_and(|opened| closed.is_none_or(|closed| closed < opened))
                && !before.ends_with(is_word)
                && !template[range.end..].starts_with(is_word)
        });
    let words = words.collect::<Vec<_>>();
    let member = plain.contains('.');
    let fits =
        |range: &&Range<usize>| template[..range.start].ends_with(['.', '\'', '"']) == member;
    let later = words.iter().filter(|r| r.start >= start);
    later
        .clone()
        .find(fits)
        .or_else(|| words.iter().find(fits))
        .or_else(|| words.first())
        .cloned()
}
