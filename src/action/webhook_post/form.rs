//! `form`: the fields of a form instead of JSON, each a template whose result is encoded for its place.

use crate::action::web::{self, Payload};
use crate::action::{Finding, RenderError};
use crate::outgoing::Outgoing;
use crate::parameter::{ConfiguredText, Pairs, Resolver, Unresolved};
use crate::template::EscapeContext;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::borrow::Cow;

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// What stands in a field as it is; every decoder takes the rest percent-encoded.
const FIELD: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*');

/// What a form excludes.
pub(super) fn findings(form: Option<&Pairs>, excluded: &[(&'static str, bool)]) -> Vec<Finding> {
    if matches!(form, Some(Pairs::Joined(_))) {
        return vec![web::mistake("form", "takes a table of fields and values")];
    }
    let beside = excluded.iter().filter(|(_, is_given)| *is_given);
    let mistake = |(key, _): &(&'static str, bool)| web::mistake(key, "cannot stand beside `form`");
    let found = form.map(|_| beside.map(mistake).collect());
    found.unwrap_or_default()
}

/// A template cannot encode itself as a form: a quote or an `&` of a push would break it.
pub(super) fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}

/// The resolved fields, in the order of the file.
pub(super) struct FormFields(Vec<(String, ConfiguredText)>);

impl FormFields {
    /// Reads references.
    pub(super) fn build(
        resolver: &Resolver<'_>,
        form: Option<&Pairs>,
    ) -> Result<Option<Self>, Unresolved> {
        let Some(Pairs::Table(table)) = form else {
            return Ok(None);
        };
        let field = |(name, text): &(String, _)| {
            let value = resolver.text("form", Some(text))?;
            Ok((name.clone(), value.unwrap_or_default()))
        };
        let fields = table.iter().map(field).collect::<Result<_, _>>()?;
        Ok(Some(Self(fields)))
    }

    /// The body, with less and less of the event until it fits.
    pub(super) fn payload(
        &self,
        out: &Outgoing,
        context: impl Fn(&Outgoing) -> Value,
    ) -> Result<Payload, RenderError> {
        let mut out = Cow::Borrowed(out);
        loop {
            let too_large = match self.encode(&context(&out), out.max_body) {
                Ok(body) if body.len() <= out.max_body => {
                    return Ok(Payload::new(body.into_bytes(), FORM));
                }
                Ok(_) => RenderError::new("form", "becomes larger than `max_body`"),
                Err((error, true)) => error,
                Err((error, false)) => return Err(error),
            };
            out = Cow::Owned(out.smaller().ok_or(too_large)?);
        }
    }

    /// An error comes with whether a smaller event could be encoded.
    fn encode(&self, event: &Value, most: usize) -> Result<String, (RenderError, bool)> {
        let field = |(name, source): &(String, ConfiguredText)| {
            let value = source.try_render(EscapeContext::Plain, event, most);
            let value = value.map_err(|error| {
                let too_large = error.too_large;
                (RenderError::from_template("form", error), too_large)
            })?;
            let name = utf8_percent_encode(name, FIELD);
            Ok(format!("{name}={}", utf8_percent_encode(&value, FIELD)))
        };
        let fields = self.0.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        Ok(fields.join("&"))
    }
}
