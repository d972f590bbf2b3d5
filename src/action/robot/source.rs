//! A text of the configuration that may be a template, rendered within the size that a vendor takes.

use super::RobotStyle;
use crate::action::RenderError;
use crate::action::chat;
use crate::outgoing::Outgoing;
use crate::parameter::ConfiguredText;
use crate::template::{self, EscapeContext};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Bytes that a template may print before its text is cut to the vendor's size.
const LONGEST: usize = 256 * 1024;

/// What a template is rendered for.
struct Rendering<'a> {
    key: &'static str,
    context: EscapeContext,
    /// Whether the receiver takes a result.
    fits: &'a dyn Fn(&str) -> bool,
}

impl ConfiguredText {
    /// Whether it is the vendor's whole message.
    pub(super) fn is_json(&self) -> bool {
        template::is_json(&self.text)
    }

    /// The text in at most `room` bytes: rendered with less of the event while it does not fit, then cut.
    pub(super) fn message_text(
        &self,
        key: &'static str,
        out: &Outgoing,
        style: &RobotStyle,
        room: usize,
    ) -> Result<String, RenderError> {
        let fits = |text: &str| style.markup.size(text) <= room;
        let rendering = Rendering {
            key,
            context: EscapeContext::Text {
                escape: style.escape,
            },
            fits: &fits,
        };
        let text = self.render_fitting(out, &rendering)?;
        if text.trim().is_empty() {
            return Err(RenderError {
                is_empty: true,
                ..RenderError::new(key, "renders to an empty text")
            });
        }
        Ok(chat::cut_text(text.trim_end(), style.markup, room))
    }

    /// The whole message, which `fits`; one that never does cannot be sent.
    pub(super) fn whole_message(
        &self,
        out: &Outgoing,
        clean: fn(&str) -> String,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Result<Map<String, Value>, RenderError> {
        let error = |why: &str| RenderError::new("template", why);
        let fitting =
            |text: &str| serde_json::from_str(text).map_or(true, |message| fits(&message));
        let rendering = Rendering {
            key: "template",
            context: EscapeContext::Json { clean },
            fits: &fitting,
        };
        let text = self.render_fitting(out, &rendering)?;
        let message =
            serde_json::from_str(&text).map_err(|_| error("does not render to a JSON object"))?;
        if fits(&message) {
            Ok(message)
        } else {
            Err(error("renders to more than the robot takes"))
        }
    }

    /// Renders with less and less of the event until it fits; the last result when it never does.
    fn render_fitting(
        &self,
        out: &Outgoing,
        rendering: &Rendering<'_>,
    ) -> Result<String, RenderError> {
        let failed = |error| RenderError::from_template(rendering.key, error);
        let mut out = Cow::Borrowed(out);
        loop {
            let last = match self.try_render(rendering.context, &out.body(), LONGEST) {
                Ok(text) if self.referenced || (rendering.fits)(&text) => return Ok(text),
                Err(error) if !error.too_large => return Err(failed(error)),
                too_large => too_large,
            };
            match out.smaller() {
                Some(smaller) => out = Cow::Owned(smaller),
                None => return last.map_err(failed),
            }
        }
    }
}
