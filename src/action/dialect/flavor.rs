//! The key `flavor`, which selects a dialect.

use super::{DEFAULT, DIALECTS, Dialect};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// `flavor` of `webhook_http_post`.
#[derive(Clone, Copy)]
pub struct Flavor(&'static dyn Dialect);

/// As they are written in hooks.toml.
pub(super) const NAMES: [&str; DIALECTS.len()] = [
    "default",
    "coding",
    "github",
    "gitea",
    "gogs",
    "gitlab",
    "cloudevents",
    "cloudevents-structured",
];

impl Flavor {
    /// The dialect; the default one if there is no flavor.
    pub(crate) fn dialect(flavor: Option<Self>) -> &'static dyn Dialect {
        flavor.map_or(DEFAULT, |flavor| flavor.0)
    }

    /// The one of this name.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let mut dialects = DIALECTS.into_iter();
        dialects.find(|dialect| dialect.name() == word).map(Self)
    }

    /// Whether `token` is sent as it is.
    pub(crate) fn sends_token(self) -> bool {
        self.0.sends_token()
    }
}

impl fmt::Debug for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Flavor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlavorVisitor)
    }
}

struct FlavorVisitor;

impl Visitor<'_> for FlavorVisitor {
    type Value = Flavor;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a dialect such as `github`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Flavor, E> {
        Flavor::named(word).ok_or_else(|| E::unknown_variant(word, &NAMES))
    }
}

#[cfg(test)]
impl crate::schema::Form for Flavor {
    fn schema() -> serde_json::Value {
        serde_json::json!({ "enum": NAMES })
    }
}
