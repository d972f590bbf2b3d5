//! A text of the configuration: a template, or taken as it is when it came from a reference.

use crate::action::RenderError;
use crate::parameter::Value as Resolved;
use crate::template::{self, EscapeContext, TemplateError};
use serde_json::Value;

/// A text and whether it is evaluated.
#[derive(Clone)]
pub(crate) struct Source {
    /// As configured.
    pub(crate) text: String,
    /// From a reference: a secret, never evaluated.
    pub(crate) literal: bool,
}

impl Source {
    /// Of a resolved parameter.
    pub(crate) fn new(value: Resolved) -> Self {
        Self {
            text: value.text,
            literal: value.referenced,
        }
    }

    /// The text, evaluated for its place.
    pub(crate) fn render(
        &self,
        key: &'static str,
        place: EscapeContext,
        event: &Value,
        most: usize,
    ) -> Result<String, RenderError> {
        self.try_render(place, event, most)
            .map_err(|error| because(key, error))
    }

    /// As [`Self::render`], with what the template engine says.
    pub(crate) fn try_render(
        &self,
        place: EscapeContext,
        event: &Value,
        most: usize,
    ) -> Result<String, TemplateError> {
        if self.literal {
            Ok(self.text.clone())
        } else {
            template::render(&self.text, place, event, most)
        }
    }
}

/// The key that holds the template.
pub(crate) fn because(key: &'static str, error: TemplateError) -> RenderError {
    RenderError {
        key,
        why: error.why,
        range: error.range,
        is_empty: false,
    }
}
