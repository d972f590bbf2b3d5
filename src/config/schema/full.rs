//! Defaults and examples: those of examples/full.toml, which a test compares with what is built in.

use super::actions;
use crate::action::Kind;
use crate::config::entry::common_keys;
use crate::config::keys::Settings;
use serde_json::{Map, Value, json};

/// Every key with its default, or with an example behind a `#`.
const FULL: &str = include_str!("../../../examples/full.toml");

/// Written there, although they have no default.
const NO_DEFAULT: [&str; 3] = ["action", "service_url", "label"];

pub(super) struct Full {
    /// What is written.
    defaults: Value,
    /// The same, and what stands behind a `#`.
    examples: Value,
}

impl Full {
    pub(super) fn read() -> Self {
        let uncommented = FULL.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => rest,
            _ => line,
        });
        let uncommented = uncommented.collect::<Vec<_>>().join("\n");
        let read = |text: &str| {
            toml::from_str(text).expect("examples/full.toml is TOML: the tests read it")
        };
        Self {
            defaults: read(FULL),
            examples: read(&uncommented),
        }
    }

    /// Adds the default of a setting, or else an example.
    pub(super) fn annotate_setting(&self, table: Settings, key: &str, schema: &mut Value) {
        let of = |file: &Value| file.get(table.name())?.get(key).cloned();
        annotate(
            schema,
            of(&self.defaults),
            of(&self.examples).into_iter().collect(),
        );
    }

    /// Adds the default of a key of hooks that is the same for all actions, or else examples.
    pub(super) fn annotate_key(&self, key: &str, schema: &mut Value) {
        let examples = actions().filter_map(|kind| hook(&self.examples, kind)?.get(key).cloned());
        annotate(
            schema,
            self.common_default(key).cloned(),
            examples.collect(),
        );
    }

    /// The defaults that are an action's own.
    pub(super) fn defaults_of(&self, kind: Kind) -> Map<String, Value> {
        let keys = common_keys().iter().chain(kind.names);
        let own = keys.filter(|key| self.common_default(key).is_none());
        own.filter_map(|key| {
            Some((
                (*key).to_owned(),
                json!({ "default": self.default(kind, key)? }),
            ))
        })
        .collect()
    }

    fn common_default(&self, key: &str) -> Option<&Value> {
        let has = |kind: &Kind| common_keys().contains(&key) || kind.names.contains(&key);
        let mut defaults = actions().filter(has).map(|kind| self.default(kind, key));
        let first = defaults.next()??;
        defaults
            .all(|default| default == Some(first))
            .then_some(first)
    }

    /// The keys of every hook stand with the first one alone, unless an action differs.
    fn default(&self, kind: Kind, key: &str) -> Option<&Value> {
        let common = || {
            hook(&self.defaults, actions().next()?)
                .filter(|_| common_keys().contains(&key))?
                .get(key)
        };
        let own = hook(&self.defaults, kind)?.get(key);
        own.or_else(common).filter(|_| !NO_DEFAULT.contains(&key))
    }
}

fn hook(file: &Value, kind: Kind) -> Option<&Value> {
    file["hook"]
        .as_object()?
        .values()
        .find(|hook| hook["action"] == kind.id)
}

fn annotate(schema: &mut Value, default: Option<Value>, mut examples: Vec<Value>) {
    examples.dedup();
    match default {
        Some(default) => schema["default"] = default,
        None => schema["examples"] = json!(examples),
    }
}

fn is_key(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}
