//! The forms of parameters in the words of JSON Schema, as `form.rs` reads them. Only tests generate the schema.

use super::{List, Pairs, Reference, SecretList, Text};
use crate::schema::{Form, merge};
use serde_json::{Map, Value, json};

// What is about objects says nothing about strings: no form needs `anyOf`, behind which editors lose the description.

/// What the forms below refer to, to be put under `definitions`.
pub(crate) fn definitions() -> Map<String, Value> {
    let request = "^(HTTP_|SSH_|GL_|GIT_|REMOTE_|CONTENT_)|^QUERY_STRING$";
    let file = json!({
        "title": "File that holds the value",
        "description": "File that holds the value. A relative path starts at the directory of this file.",
        "type": "string",
        "minLength": 1,
    });
    let env = json!({
        "title": "Variable of the environment that holds the value",
        "description": "Variable of the environment that holds the value. None that a request sets: `HTTP_*`, `SSH_*`, \
            `GL_*`, `GIT_*` and the like.",
        "type": "string",
        "minLength": 1,
        "not": { "pattern": request },
    });
    let credential = json!({
        "title": "Credential of systemd that holds the value",
        "description": "Credential of systemd that holds the value: its name, as in `LoadCredential=`.",
        "type": "string",
        "pattern": "^[^/]+$",
        "not": { "enum": [".", ".."] },
    });
    Map::from_iter([
        ("file".to_owned(), file),
        ("env".to_owned(), env),
        ("credential".to_owned(), credential),
    ])
}

impl Form for Reference {
    fn schema() -> Value {
        let defined = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
        json!({
            "type": "object",
            "properties": { "file": defined("file"), "env": defined("env"), "credential": defined("credential") },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

impl Form for Text {
    fn schema() -> Value {
        let mut schema = Reference::schema();
        schema["type"] = json!(["string", "object"]);
        schema
    }
}

impl Form for List {
    fn schema() -> Value {
        let mut schema = Reference::schema();
        merge(
            &mut schema,
            json!({ "type": ["array", "string", "object"], "items": Text::schema() }),
        );
        schema
    }
}

impl Form for SecretList {
    fn schema() -> Value {
        let mut schema = List::schema();
        merge(&mut schema, json!({ "minItems": 1, "maxItems": 4 }));
        schema
    }
}

impl Form for Pairs {
    fn schema() -> Value {
        let mut value = Reference::schema();
        value["type"] = json!(["string", "integer", "boolean", "object"]);
        json!({ "type": ["object", "string"], "additionalProperties": value })
    }
}
