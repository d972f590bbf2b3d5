//! Generates the JSON Schema of hooks.toml from the tables as they are declared. The program prints the committed file;
//! a test here compares the two.
//!
//! One schema serves both files: which keys belong to the server's alone is in their descriptions.

mod forms;
mod full;
mod hook;

use super::keys::Settings;
use crate::action::Kind;
use crate::environment::Environment;
use crate::parameter;
use crate::schema::{merge, table_of};
use full::Full;
use serde_json::{Map, Value, json};

/// The schema.
pub(super) fn schema() -> Value {
    let full = Full::read();
    let mut properties = Map::new();
    for settings in Settings::ALL {
        let mut table = json!({ "title": settings.title() });
        merge(&mut table, table_of(&settings.declared()));
        for (key, schema) in members(&mut table) {
            bound(key, schema);
            full.annotate_setting(settings, key, schema);
        }
        properties.insert(settings.name().to_owned(), table);
    }
    let hooks = json!({
        "title": "Hooks, by name",
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
        "additionalProperties": { "$ref": "#/definitions/hook" },
    });
    properties.insert("hook".to_owned(), hooks);
    let mut definitions = parameter::definitions();
    definitions.insert("hook".to_owned(), hook::any(&full));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "hooks.toml of git-service-hook",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "definitions": definitions,
    })
}

fn members(table: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    table["properties"].as_object_mut().into_iter().flatten()
}

/// What the reader refuses of a value beyond its form.
fn bound(key: &str, schema: &mut Value) {
    match key {
        "service_url" => schema["pattern"] = json!("^\\s*([Hh][Tt][Tt][Pp][Ss]?://|[$]\\{)"),
        "url" | "commit_url" | "compare_url" => {
            schema["pattern"] = json!("^$|^https?://|^[$]\\{|^\\{[%#]");
        }
        "proxy" => {
            schema["pattern"] = json!("^$|^([Hh][Tt][Tt][Pp][Ss]?|[Ss][Oo][Cc][Kk][Ss]5[Hh]?)://.");
        }
        "root" | "state_dir" => schema["pattern"] = json!("^$|^/"),
        "max_refs" => schema["minimum"] = json!(1),
        "max_body" => merge(schema, json!({ "minimum": 1 << 10, "maximum": 16 << 20 })),
        _ => {}
    }
}

/// The actions of the program, without the one that exists only in tests.
fn actions() -> impl DoubleEndedIterator<Item = Kind> {
    Kind::all().filter(|kind| kind.id != "toy_greeting")
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hooks.schema.json");
    let generated = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if Environment::of_process().get("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == generated,
        "examples/hooks.schema.json is out of date; to update it: UPDATE_GOLDEN=1 cargo test --lib config::schema"
    );
}
