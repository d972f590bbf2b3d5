//! The body: the event, or what a template makes of it.

use crate::action::RenderError;
use crate::outgoing::Outgoing;
use crate::parameter::ConfiguredText;
use crate::template::{self, EscapeContext};
use serde_json::Value;
use std::borrow::Cow;

/// Body and `Content-Type`.
pub(crate) struct Payload {
    /// As it is sent and signed.
    pub(crate) body: Vec<u8>,
    /// The header.
    pub(crate) content_type: String,
}

/// Whether a content type is JSON: `application/json`, or anything that ends in `+json`.
fn is_json_type(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// What is wrong with a configured `Content-Type`.
pub(crate) fn content_type(value: &str) -> Option<&'static str> {
    let essence = value.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"/,\"".contains(&b))
    };
    let fine = is_token(kind)
        && is_token(subtype)
        && !value.contains(|c: char| c.is_control() || !c.is_ascii());
    (!fine).then_some("is no content type such as `application/json`")
}

/// Whether a template is JSON: by the configured content type, else by its own text.
pub(crate) fn is_json(template: &str, content_type: Option<&str>) -> bool {
    content_type.map_or_else(|| template::is_json(template), is_json_type)
}

impl Payload {
    /// As it is.
    pub(crate) fn new(body: Vec<u8>, content_type: &str) -> Self {
        Self {
            body,
            content_type: content_type.to_owned(),
        }
    }

    /// What the template makes of `context(out)`, with less and less of the event until it fits. `json_type` is the content
    /// type of JSON if none is configured.
    pub(crate) fn templated(
        template: &ConfiguredText,
        (content_type, json_type): (Option<&str>, &str),
        out: &Outgoing,
        context: impl Fn(&Outgoing) -> Value,
    ) -> Result<Self, RenderError> {
        let json = is_json(&template.text, content_type);
        let default = if json {
            json_type
        } else {
            "text/plain; charset=UTF-8"
        };
        let content_type = content_type.unwrap_or(default).to_owned();
        let place = if json {
            EscapeContext::Json {
                clean: str::to_owned,
            }
        } else {
            EscapeContext::Plain
        };
        let mut out = Cow::Borrowed(out);
        loop {
            let error = match template.try_render(place, &context(&out), out.max_body) {
                Ok(text) => {
                    return Ok(Self {
                        body: text.into_bytes(),
                        content_type,
                    });
                }
                Err(error) => error,
            };
            match out.smaller().filter(|_| error.too_large) {
                Some(smaller) => out = Cow::Owned(smaller),
                None => return Err(RenderError::from_template("template", error)),
            }
        }
    }
}
