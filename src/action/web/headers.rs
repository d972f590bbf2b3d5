//! A user's headers: how they are written, which are refused, how they replace those of the action.

use super::unusable;
use crate::action::RenderError;
use crate::http::is_public_header;
use crate::parameter::{ConfiguredText, Pairs, Resolver, Unresolved};
use crate::secret::{Secrets, is_distinctive};
use crate::template::EscapeContext;
use base64::Engine as _;
use serde_json::Value;
use std::borrow::Cow;

/// Bytes that the value of a header may have.
const MAX_VALUE: usize = 8 * 1024;

/// One `Name: value` line: the name, the value, and where the value begins in the text.
pub(super) struct HeaderLine<'a> {
    pub(super) start: usize,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) value_start: usize,
}

/// Lines end in LF or CRLF, blank ones are skipped; `Err` is the place of a line without `:`.
pub(super) fn lines(
    text: &str,
) -> impl Iterator<Item = Result<HeaderLine<'_>, std::ops::Range<usize>>> {
    let start_of = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    text.split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(move |line| {
            let start = start_of(line);
            let (name, value) = line.split_once(':').ok_or(start..start + line.len())?;
            let value = value.trim_start();
            Ok(HeaderLine {
                start,
                name: name.trim_end(),
                value,
                value_start: start_of(value),
            })
        })
}

/// Why a name is refused, as a fragment that follows it.
pub(super) fn refused(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with("-signature") || lower.ends_with("-signature-256") {
        return Some("is a signature: it is made from the key `token`");
    }
    refused_for_signature(name)
}

/// The same for the name of a signature.
pub(crate) fn refused_for_signature(name: &str) -> Option<&'static str> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Some("is no valid name of a header");
    }
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "te" | "trailer"
        | "upgrade" | "expect" => Some("belongs to the connection and cannot be set"),
        _ if name.starts_with("proxy-") => Some("belongs to the connection and cannot be set"),
        "gwt-dry-run"
        | "x-coding-event"
        | "x-coding-service-hook-event"
        | "x-github-event"
        | "x-gitea-event"
        | "x-gitea-event-type"
        | "x-gogs-event"
        | "x-gitlab-event" => Some("cannot be set: it marks a test"),
        _ => None,
    }
}

/// A user's headers, resolved.
#[derive(Default)]
pub(crate) struct Headers {
    key: &'static str,
    own: Vec<(String, ConfiguredText)>,
    secrets: Secrets,
}

impl Headers {
    /// Reads references. What came from one is checked only now.
    pub(crate) fn build(
        resolver: &Resolver<'_>,
        key: &'static str,
        pairs: Option<&Pairs>,
    ) -> Result<Self, Unresolved> {
        let mut own = Vec::new();
        match pairs {
            None => {}
            Some(Pairs::Joined(text)) => {
                if let Some(ConfiguredText { text, referenced }) = resolver.text(key, Some(text))? {
                    for line in lines(&text) {
                        let line = line.map_err(|_| unusable(key, "has a line without `:`"))?;
                        let source = ConfiguredText {
                            text: line.value.to_owned(),
                            referenced,
                        };
                        own.push((line.name.to_owned(), source));
                    }
                }
            }
            Some(Pairs::Table(table)) => {
                for (name, text) in table {
                    if let Some(value) = resolver.text(key, Some(text))? {
                        own.push((name.trim().to_owned(), value));
                    }
                }
            }
        }
        if let Some(why) = own.iter().find_map(|(name, _)| refused(name)) {
            return Err(unusable(key, format!("holds a name that {why}")));
        }
        let mut secrets = Secrets::default();
        for (name, value) in &own {
            let fixed = !["${", "{%"]
                .iter()
                .any(|opening| value.text.contains(opening));
            if value.referenced || (fixed && !is_public_header(name) && is_distinctive(&value.text))
            {
                secrets.add(&value.text);
            }
        }
        Ok(Self { key, own, secrets })
    }

    /// The values that came from references, and fixed ones that may be credentials.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Whether the user sets it.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.own
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// `defaults`, except those that the user sets, then the user's.
    pub(crate) fn over(
        &self,
        defaults: Vec<(Cow<'static, str>, String)>,
        event: &Value,
    ) -> Result<Vec<(String, String)>, RenderError> {
        let mut all = defaults
            .into_iter()
            .map(|(n, v)| (n.into_owned(), v))
            .collect::<Vec<_>>();
        all.retain(|(name, _)| !self.sets(name));
        for (name, source) in &self.own {
            let value = source.render(self.key, EscapeContext::Header, event, MAX_VALUE)?;
            if value.contains(char::is_control) {
                return Err(RenderError::new(
                    self.key,
                    "holds line ends or control characters",
                ));
            }
            all.push((name.clone(), value));
        }
        Ok(all)
    }
}

/// `Authorization` of HTTP Basic authentication (RFC 7617, UTF-8).
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
    )
}
