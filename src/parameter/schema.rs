//! The forms of parameters in the words of JSON Schema: as `form.rs` and `choice.rs` read them.

use super::{Flavor, List, MsgType, Pairs, Reference, Text};
use crate::schema::{Form, words};
use serde_json::{Value, json};

impl Form for Reference {
    fn schema() -> Value {
        let request = "^(HTTP_|SSH_|GL_|GIT_|REMOTE_|CONTENT_)|^QUERY_STRING$";
        json!({
            "type": "object",
            "title": "Where the value stands: { file = \"PATH\" }, { env = \"NAME\" } or { credential = \"NAME\" }",
            "properties": {
                "file": {
                    "title": "File that holds it",
                    "description": "A relative path starts at the directory of this file.",
                    "type": "string",
                    "minLength": 1,
                },
                "env": {
                    "title": "Variable of the environment that holds it",
                    "description": "None that a request sets: `HTTP_*`, `SSH_*`, `GL_*`, `GIT_*` and the like.",
                    "type": "string",
                    "minLength": 1,
                    "not": { "pattern": request },
                },
                "credential": {
                    "title": "Credential of systemd that holds it",
                    "type": "string",
                    "pattern": "^[^/]+$",
                    "not": { "enum": [".", ".."] },
                },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// Defined once: `#/definitions/reference`.
fn reference() -> Value {
    json!({ "$ref": "#/definitions/reference" })
}

impl Form for Text {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string" }, reference()] })
    }
}

impl Form for List {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "array", "items": Text::schema() }, { "type": "string" }, reference()] })
    }
}

impl Form for Pairs {
    fn schema() -> Value {
        let value = json!({ "anyOf": [{ "type": ["string", "integer", "boolean"] }, reference()] });
        json!({ "anyOf": [{ "type": "object", "additionalProperties": value }, { "type": "string" }] })
    }
}

impl Form for MsgType {
    fn schema() -> Value {
        words::<Self>()
    }
}

impl Form for Flavor {
    fn schema() -> Value {
        json!({ "enum": super::choice::FLAVORS })
    }
}
