//! Holds bodies against the committed schema of the event. The judge is the crate boon.

use super::receiver::Received;
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use std::sync::OnceLock;

/// Why the schema does not accept an event; `None` if it does.
pub fn problem_of_event(body: &Value) -> Option<String> {
    static COMPILED: OnceLock<(Schemas, SchemaIndex)> = OnceLock::new();
    let (schemas, index) = COMPILED.get_or_init(|| {
        let text = include_str!("../../../examples/event.schema.json");
        let schema = serde_json::from_str(text).expect("the schema is JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler
            .add_resource("event.json", schema)
            .expect("the schema can be added");
        let index = compiler
            .compile("event.json", &mut schemas)
            .expect("the schema is valid");
        (schemas, index)
    });
    let problem = schemas.validate(body, *index).err()?;
    Some(format!("{problem:#}\n{body}"))
}

/// As [`problem_of_event`], of the body of a request, if it is the event itself: templates and other dialects make bodies
/// of their own, and Jenkins gets its arguments in it.
pub fn problem_of_request(request: &Received) -> Option<String> {
    let coding = request.header("x-coding-event").is_some();
    let body = request.json();
    let name = body["eventName"].as_str().unwrap_or_default();
    let is_event = ["代码推送", "投递异常"].contains(&name) && body.get("build_args").is_none();
    (coding && is_event)
        .then(|| problem_of_event(&body))
        .flatten()
}
