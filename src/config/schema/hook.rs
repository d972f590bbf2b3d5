//! The schema of a hook: all keys of all actions, so that an editor can offer them, then which of them its action has.

use super::full::Full;
use super::{actions, bound, members};
use crate::action::Kind;
use crate::config::entry::{Common, FILTERS};
use crate::schema::{Key, Table, merge, table_of};
use serde_json::{Map, Value, json};

/// Any hook.
pub(super) fn any(full: &Full) -> Value {
    let mut hook = json!({ "title": "Hook" });
    merge(&mut hook, table_of(&Common::keys()));
    hook["properties"]
        .as_object_mut()
        .expect("a table has properties")
        .extend(of_actions());
    for (key, schema) in members(&mut hook) {
        bound(key, schema);
        full.annotate_key(key, schema);
    }
    let pair = json!({ "client_cert": ["client_key"], "client_key": ["client_cert"] });
    merge(&mut hook, json!({ "dependencies": pair }));
    // A repository's file may narrow a hook of the server's.
    let narrowing = without(&hook, &[&FILTERS[..], &["enabled", "action"]].concat());
    let mut rule = json!({ "properties": narrowing });
    // A chain, no `allOf`: taplo would merge that, and offer no key any more.
    for kind in actions().rev() {
        rule = json!({ "if": is("action", kind.id), "then": of_action(kind, &hook, full), "else": rule });
    }
    merge(&mut hook, rule);
    hook
}

/// What holds for the hooks of an action.
fn of_action(kind: Kind, hook: &Value, full: &Full) -> Value {
    let own = [Common::NAMES, kind.names].concat();
    let mut properties = without(hook, &own);
    properties.extend(full.defaults_of(kind));
    let mut rule = json!({ "required": ["service_url"], "properties": properties });
    if own.contains(&"msg_type") {
        let customized =
            json!({ "if": is("msg_type", "customize"), "then": { "required": ["template"] } });
        merge(&mut rule, customized);
    }
    rule
}

/// All keys but these, each refused where it stands: an editor would mark the whole table for a list of names.
fn without(hook: &Value, keys: &[&str]) -> Map<String, Value> {
    let all = hook["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys);
    all.filter(|key| !keys.contains(&key.as_str()))
        .map(|key| (key.clone(), json!(false)))
        .collect()
}

fn is(key: &str, word: &str) -> Value {
    json!({ "properties": { key: { "const": word } }, "required": [key] })
}

/// The keys of all actions, each with what it means for which action.
fn of_actions() -> Map<String, Value> {
    let mut merged = Map::new();
    let declared = actions().flat_map(|kind| (kind.keys)().into_iter().map(move |key| (kind, key)));
    let declared = declared.collect::<Vec<_>>();
    for (_, key) in &declared {
        let mut schema = key.schema();
        let same = declared.iter().filter(|(_, other)| other.name == key.name);
        schema["description"] = json!(meanings(&same.collect::<Vec<_>>()));
        merged.entry(key.name).or_insert(schema);
    }
    merged
}

fn meanings(same: &[&(Kind, Key)]) -> String {
    let mut meanings: Vec<(&str, Vec<String>)> = Vec::new();
    for (kind, key) in same {
        let kind = format!("`{}`", kind.id);
        match meanings.iter_mut().find(|(about, _)| *about == key.about) {
            Some((_, kinds)) => kinds.push(kind),
            None => meanings.push((key.about, vec![kind])),
        }
    }
    let lines = meanings
        .iter()
        .map(|(about, kinds)| format!("{}: {}", kinds.join(", "), about.trim()));
    lines.collect::<Vec<_>>().join("\n\n")
}
