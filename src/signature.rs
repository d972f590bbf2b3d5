//! The HMAC variants, each with its source. Knows no headers and no actions: the caller places the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

fn digest<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    digest::<Hmac<Sha256>>(key, parts)
}

/// `sha1=` and the digest in lower-case hexadecimal, over the exact body: `X-Coding-Signature` (CODING help centre,
/// "WebHook") and `X-Hub-Signature` (GitHub, legacy).
pub fn hmac_sha1(token: &str, body: &[u8]) -> String {
    let digest = Algorithm::Sha1.hmac(token.as_bytes(), body);
    format!("sha1={}", hex::encode(digest))
}

/// The digest in lower-case hexadecimal, over the exact body: `X-Gitea-Signature` and `X-Gogs-Signature` as it is,
/// `X-Hub-Signature-256` after `sha256=` (GitHub, "Validating webhook deliveries").
pub fn hmac_sha256_hex(token: &str, body: &[u8]) -> String {
    hex::encode(sha256(token.as_bytes(), &[body]))
}

/// An entry of `webhook-signature`, over the exact body; `timestamp` is in seconds (Standard Webhooks 1.0: the message is
/// id, time stamp and body, separated by dots).
pub fn standard_webhooks(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let head = format!("{id}.{timestamp}.");
    format!(
        "v1,{}",
        STANDARD.encode(sha256(key, &[head.as_bytes(), body]))
    )
}

/// The hash of an HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Of 20 bytes.
    Sha1,
    /// Of 32 bytes.
    #[default]
    Sha256,
    /// Of 64 bytes.
    Sha512,
}

impl Algorithm {
    /// The digest.
    pub fn hmac(self, key: &[u8], body: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::<Hmac<Sha1>>(key, &[body]),
            Self::Sha256 => sha256(key, &[body]),
            Self::Sha512 => digest::<Hmac<Sha512>>(key, &[body]),
        }
    }
}

/// The query parameter `sign` of a DingTalk robot, percent-encoded once; `timestamp` is in milliseconds (DingTalk open
/// platform, custom robots: the key is the secret, the message time stamp, LF, secret).
pub fn dingtalk(secret: &str, timestamp: i64) -> String {
    let digest = sha256(
        secret.as_bytes(),
        &[timestamp.to_string().as_bytes(), b"\n", secret.as_bytes()],
    );
    utf8_percent_encode(&STANDARD.encode(digest), NON_ALPHANUMERIC).to_string()
}

/// The member `sign` of a Feishu or Lark robot's body; `timestamp` is in seconds (Feishu open platform, custom bots:
/// the key is time stamp, LF, secret, and the message is empty).
pub fn feishu(secret: &str, timestamp: i64) -> String {
    STANDARD.encode(sha256(format!("{timestamp}\n{secret}").as_bytes(), &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors(group: &str) -> Vec<Value> {
        let all: Value = serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
        let group = all[group].as_array().unwrap().clone();
        assert!(group.len() >= 3);
        group
    }

    fn text<'a>(vector: &'a Value, member: &str) -> &'a str {
        vector[member].as_str().unwrap()
    }

    #[test]
    fn sha1_equals_what_other_senders_send() {
        for v in vectors("hmac_sha1") {
            let body = STANDARD.decode(text(&v, "body_base64")).unwrap();
            assert_eq!(
                hmac_sha1(text(&v, "key"), &body),
                text(&v, "expected"),
                "{}",
                v["name"]
            );
        }
    }

    #[test]
    fn standard_webhooks_equal_what_their_libraries_sign() {
        for v in vectors("standard_webhooks") {
            let key = hex::decode(text(&v, "key_hex")).unwrap();
            let body = STANDARD.decode(text(&v, "body_base64")).unwrap();
            let (id, timestamp) = (text(&v, "id"), v["timestamp"].as_i64().unwrap());
            let signed = standard_webhooks(&key, id, timestamp, &body);
            assert_eq!(signed, text(&v, "expected"), "{}", v["name"]);
        }
    }

    #[test]
    fn sha256_equals_what_other_senders_send() {
        for v in vectors("hub_signature_256") {
            let body = STANDARD.decode(text(&v, "body_base64")).unwrap();
            let hex = hmac_sha256_hex(text(&v, "key"), &body);
            assert_eq!(hex, text(&v, "expected_hex"), "{}", v["name"]);
            assert_eq!(
                format!("sha256={hex}"),
                text(&v, "expected"),
                "{}",
                v["name"]
            );
        }
    }

    #[test]
    fn dingtalk_equals_what_its_libraries_send() {
        for v in vectors("dingtalk_sign") {
            let sign = dingtalk(text(&v, "secret"), v["timestamp"].as_i64().unwrap());
            assert_eq!(sign, text(&v, "encoded_expected"), "{}", v["name"]);
        }
    }

    #[test]
    fn feishu_equals_what_its_libraries_send() {
        for v in vectors("feishu_sign") {
            let sign = feishu(text(&v, "secret"), v["timestamp"].as_i64().unwrap());
            assert_eq!(sign, text(&v, "expected"), "{}", v["name"]);
        }
    }
}
