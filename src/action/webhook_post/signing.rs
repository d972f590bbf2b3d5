//! What proves that a request comes from here: the signatures of the dialect, a header of the receiver's own, and those of
//! Standard Webhooks. All of them cover the exact body.

use crate::action::dialect::Dialect;
use crate::action::web::{self, Endpoint};
use crate::action::{Attempt, Finding};
use crate::outgoing::Outgoing;
use crate::parameter::{Resolver, SecretList, Unresolved};
use crate::signature::{self, Algorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// `signature`: a header of the receiver's own.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureHeader {
    header: String,
    #[serde(default)]
    algorithm: Algorithm,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    encoding: Encoding,
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Hex,
    Base64,
}

impl SignatureHeader {
    /// The name of the header.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    fn value(&self, token: &str, body: &[u8]) -> String {
        let digest = self.algorithm.hmac(token.as_bytes(), body);
        let digest = match self.encoding {
            Encoding::Hex => hex::encode(digest),
            Encoding::Base64 => STANDARD.encode(digest),
        };
        format!("{}{digest}", self.prefix)
    }

    fn finding(&self, has_token: bool) -> Option<Finding> {
        let why = match web::refused_for_signature(&self.header) {
            Some(why) => format!("has a `header` that {why}"),
            None if self
                .prefix
                .contains(|c: char| c.is_control() || !c.is_ascii()) =>
            {
                "has a `prefix` that no header can have".to_owned()
            }
            None if !has_token => "is made with the key `token`, which is missing".to_owned(),
            None => return None,
        };
        Some(web::mistake("signature", why))
    }
}

#[cfg(test)]
impl crate::schema::Form for SignatureHeader {
    fn schema() -> serde_json::Value {
        serde_json::json!({
            "type": "object",
            "properties": {
                "header": { "type": "string", "minLength": 1, "description": "Name of the header." },
                "algorithm": { "enum": ["sha1", "sha256", "sha512"], "description": "Hash of the HMAC. Default `sha256`." },
                "prefix": { "type": "string", "description": "What stands before the digest, such as `sha256=`." },
                "encoding": { "enum": ["hex", "base64"], "description": "How the digest is written. Default `hex`." },
            },
            "required": ["header"],
            "additionalProperties": false,
        })
    }
}

/// The keys, as they stand in the file.
pub(super) struct SigningKeys<'a> {
    pub(super) token: Option<&'a SecretList>,
    pub(super) signing_secret: Option<&'a SecretList>,
    pub(super) signature: Option<&'a SignatureHeader>,
}

/// The key of a Standard Webhooks secret: what stands behind `whsec_`, decoded.
fn decode(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD
        .decode(secret.trim().strip_prefix("whsec_")?)
        .ok()?;
    (!key.is_empty()).then_some(key)
}

/// Why a secret is refused.
const MALFORMED: &str = "must be `whsec_` followed by base64";

impl SigningKeys<'_> {
    /// What is wrong with them.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let plain = self.signing_secret.into_iter().flat_map(SecretList::plain);
        let malformed = plain.filter(|secret| decode(secret).is_none());
        let mut found = malformed
            .map(|_| web::mistake("signing_secret", MALFORMED))
            .collect::<Vec<_>>();
        found.dedup();
        let has_token = self.token.is_some_and(SecretList::is_given);
        found.extend(self.signature.and_then(|own| own.finding(has_token)));
        found
    }

    /// Reads references.
    pub(super) fn build(
        &self,
        resolver: &Resolver<'_>,
        endpoint: &mut Endpoint,
    ) -> Result<Signing, Unresolved> {
        let tokens = endpoint.secrets_of(resolver, "token", self.token)?;
        let secrets = endpoint.secrets_of(resolver, "signing_secret", self.signing_secret)?;
        let keys = secrets.iter().map(|secret| decode(secret));
        let keys = keys.collect::<Option<Vec<_>>>();
        Ok(Signing {
            token: tokens.into_iter().next(),
            keys: keys.ok_or_else(|| web::unusable("signing_secret", MALFORMED))?,
            header: self.signature.cloned(),
        })
    }
}

/// What requests are signed with.
pub(super) struct Signing {
    /// The first of the list: the others are for receivers that have not changed theirs yet.
    token: Option<String>,
    /// Standard Webhooks has a signature of each.
    keys: Vec<Vec<u8>>,
    header: Option<SignatureHeader>,
}

impl Signing {
    /// The headers for this body, at the time of this attempt.
    pub(super) fn headers(
        &self,
        dialect: &dyn Dialect,
        out: &Outgoing,
        attempt: &Attempt,
        body: &[u8],
    ) -> Vec<(Cow<'static, str>, String)> {
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers = web::named(dialect.signatures(token, body));
            if let Some(own) = &self.header {
                headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&own.header));
                headers.push((own.header.clone().into(), own.value(token, body)));
            }
        }
        if !self.keys.is_empty() {
            let (id, seconds) = (&out.delivery, attempt.now_ms.div_euclid(1000));
            let signed = |key: &Vec<u8>| signature::standard_webhooks(key, id, seconds, body);
            let signatures = self.keys.iter().map(signed).collect::<Vec<_>>();
            headers.extend([
                ("webhook-id".into(), id.clone()),
                ("webhook-timestamp".into(), seconds.to_string()),
                ("webhook-signature".into(), signatures.join(" ")),
            ]);
        }
        headers
    }
}
