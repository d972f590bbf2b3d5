//! A text of the configuration that may be a template, rendered within the size that a vendor takes.

use super::Style;
use crate::action::RenderError;
use crate::action::chat;
use crate::outgoing::Outgoing;
use crate::parameter::Value as Resolved;
use crate::template::{self, EscapeContext, TemplateError};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Bytes that a template may print before its text is cut to the vendor's size.
const LONGEST: usize = 256 * 1024;

/// A text as configured. What came from a reference is never evaluated.
pub(crate) struct Source {
    text: String,
    literal: bool,
}

impl Source {
    /// Of a resolved parameter.
    pub(crate) fn new(value: Resolved) -> Self {
        Self {
            text: value.text,
            literal: value.referenced,
        }
    }

    /// Whether it is the vendor's whole message.
    pub(crate) fn is_json(&self) -> bool {
        template::is_json(&self.text)
    }

    /// The text in at most `room` bytes: rendered with less of the event while it does not fit, then cut.
    pub(crate) fn text(
        &self,
        key: &'static str,
        out: &Outgoing,
        style: &Style,
        room: usize,
    ) -> Result<String, RenderError> {
        let fits = |text: &str| style.dialect.size(text) <= room;
        let place = EscapeContext::Text {
            escape: style.escape,
        };
        let text = self.render(key, out, place, LONGEST, &fits)?;
        if text.trim().is_empty() {
            return Err(RenderError {
                key,
                why: "renders to an empty text".to_owned(),
                range: None,
                is_empty: true,
            });
        }
        Ok(chat::cut_text(text.trim_end(), style.dialect, room))
    }

    /// The whole message, which `fits`; one that never does cannot be sent.
    pub(crate) fn whole(
        &self,
        out: &Outgoing,
        clean: fn(&str) -> String,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Result<Map<String, Value>, RenderError> {
        let error = |why: &str| RenderError {
            key: "template",
            why: why.to_owned(),
            range: None,
            is_empty: false,
        };
        let fitting =
            |text: &str| serde_json::from_str(text).map_or(true, |message| fits(&message));
        let text = self.render(
            "template",
            out,
            EscapeContext::Json { clean },
            LONGEST,
            &fitting,
        )?;
        let message =
            serde_json::from_str(&text).map_err(|_| error("does not render to a JSON object"))?;
        if fits(&message) {
            Ok(message)
        } else {
            Err(error("renders to more than the robot takes"))
        }
    }

    /// Renders with less and less of the event until it fits; the last result when it never does.
    fn render(
        &self,
        key: &'static str,
        out: &Outgoing,
        place: EscapeContext,
        longest: usize,
        fits: &dyn Fn(&str) -> bool,
    ) -> Result<String, RenderError> {
        if self.literal {
            return Ok(self.text.clone());
        }
        let mut out = Cow::Borrowed(out);
        loop {
            let last = match template::render(&self.text, place, &out.body(), longest) {
                Ok(text) if fits(&text) => return Ok(text),
                Err(error) if !error.too_large => return Err(unrendered(key, error)),
                too_large => too_large,
            };
            match out.smaller() {
                Some(smaller) => out = Cow::Owned(smaller),
                None => return last.map_err(|error| unrendered(key, error)),
            }
        }
    }
}

fn unrendered(key: &'static str, error: TemplateError) -> RenderError {
    RenderError {
        key,
        why: error.why,
        range: error.range,
        is_empty: false,
    }
}
