//! Renders a text of the configuration for the place where it is sent.

use super::RenderError;
use crate::parameter::ConfiguredText;
use crate::template::{self, EscapeContext, TemplateError};
use serde_json::Value;

impl ConfiguredText {
    /// The text, evaluated unless it came from a reference.
    pub(crate) fn render(
        &self,
        key: &'static str,
        context: EscapeContext,
        event: &Value,
        most: usize,
    ) -> Result<String, RenderError> {
        self.try_render(context, event, most)
            .map_err(|error| RenderError::from_template(key, error))
    }

    /// As [`Self::render`], with the error of the template engine.
    pub(crate) fn try_render(
        &self,
        context: EscapeContext,
        event: &Value,
        most: usize,
    ) -> Result<String, TemplateError> {
        if self.referenced {
            Ok(self.text.clone())
        } else {
            template::render(&self.text, context, event, most)
        }
    }
}

impl RenderError {
    /// A parameter that makes no request of this event.
    pub(crate) fn new(key: &'static str, why: impl Into<String>) -> Self {
        Self {
            key,
            why: why.into(),
            range: None,
            is_empty: false,
        }
    }

    /// The key holds the template.
    pub(crate) fn from_template(key: &'static str, error: TemplateError) -> Self {
        Self {
            range: error.range,
            ..Self::new(key, error.why)
        }
    }
}
