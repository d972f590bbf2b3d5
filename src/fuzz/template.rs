//! Fuzz targets: templates and `success`, which are written by the person who writes `hooks.toml`, over texts that are
//! written by the person who pushes or by a receiver.

use super::split_line;
use crate::action::{Action, Kind, Verdict, read, verdict};
use crate::http::Response;
use crate::outgoing::sample;
use crate::parameter::{Reference, ReferenceError, Resolve, Resolver};
use crate::template::{self, EscapeContext};
use crate::url::UrlParts;
use serde_json::{Value, json};

/// Bytes that a template may make here.
const MAX_OUTPUT: usize = 4096;

/// The first byte selects the place, the rest is the template. A result keeps the promises of `template::render`.
pub(super) fn render(data: &[u8]) {
    let Some((first, Ok(text))) = data
        .split_first()
        .map(|(first, rest)| (first, std::str::from_utf8(rest)))
    else {
        return;
    };
    let same = |text: &str| text.to_owned();
    let place = match first % 5 {
        0 => EscapeContext::Json { clean: same },
        1 => EscapeContext::Text { escape: same },
        2 => EscapeContext::Url,
        3 => EscapeContext::Header,
        _ => EscapeContext::Plain,
    };
    let bodies = sample::bodies();
    let body = &bodies[usize::from(first / 5) % bodies.len()];
    let compiled = template::compile(text);
    let rendered = template::render(text, place, body, MAX_OUTPUT);
    if let Err(error) = compiled.and_then(|()| rendered.clone().map(drop)) {
        let range = error.range.unwrap_or_default();
        assert!(range.start <= range.end && range.end <= text.len());
        assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
    }
    let Ok(rendered) = rendered else { return };
    assert!(rendered.len() <= MAX_OUTPUT);
    match place {
        EscapeContext::Json { .. } => {
            let parsed = serde_json::from_str::<Value>(&rendered);
            assert!(parsed.is_ok(), "{rendered}");
        }
        EscapeContext::Url => {
            let parts = UrlParts::split(&rendered);
            let is_dots = |segment: &str| matches!(segment, "." | "..");
            let has_dots = parts.path.split('/').any(is_dots);
            assert!(parts.scheme.is_empty() || !has_dots, "{rendered}");
        }
        EscapeContext::Header => assert!(!rendered.contains(char::is_control)),
        EscapeContext::Text { .. } | EscapeContext::Plain => {}
    }
    let again = template::render(text, place, body, MAX_OUTPUT);
    assert_eq!(again.as_ref(), Ok(&rendered), "rendering is a function");
}

/// Reads no file.
pub(super) struct NoReferences;

impl Resolve for NoReferences {
    fn reference(&self, _: &Reference) -> Result<String, ReferenceError> {
        Err(ReferenceError::NoCredentials)
    }
}

/// An action from its keys.
pub(super) fn build(id: &str, keys: &Value) -> Option<Box<dyn Action>> {
    let kind = Kind::all().find(|kind| kind.id == id)?;
    let parameters = read(kind, keys.clone()).ok()?;
    parameters.build(&Resolver::new(&NoReferences)).ok()
}

/// A status as HTTP has it.
pub(super) fn status(bytes: [u8; 2]) -> u16 {
    100 + (u16::from_be_bytes(bytes).wrapping_sub(100)) % 900
}

/// Two bytes are the status, then follow the expression on a line, and the body.
pub(super) fn success(data: &[u8]) {
    let Some(([high, low], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (expression, body) = split_line(rest);
    let Ok(expression) = std::str::from_utf8(expression) else {
        return;
    };
    let keys = json!({ "service_url": "https://ci.example.com/", "success": expression });
    let Some(action) = build("webhook_http_get", &keys) else {
        return;
    };
    let response = Response {
        status: status([*high, *low]),
        headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        body: body.to_vec(),
        ..Response::default()
    };
    let judged = action.verdict(&response);
    assert_eq!(judged, action.verdict(&response));
    let by_status = verdict::from_status(&response);
    match &judged {
        Verdict::Delivered { note } => assert!(note.is_empty()),
        Verdict::Failed { why } => assert!(!why.is_empty()),
        Verdict::Deferred { unknown, .. } => assert!(*unknown || judged == by_status),
        Verdict::Accepted { .. } | Verdict::Simplify { .. } => {
            unreachable!("no expression says so: {judged:?}")
        }
    }
    if expression.is_empty() || matches!(response.status, 408 | 425 | 429 | 500..) {
        assert_eq!(judged, by_status);
    }
}
