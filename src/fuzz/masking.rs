//! Fuzz target: a secret among other text, in one of the spellings in which receivers repeat what they got.

use super::split_line;
use crate::secret::{MASK, Secrets, mask_url, url_secrets};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

/// Shorter secrets are replaced as whole words only.
const LONG: usize = 8;

/// The first line is the secret, what follows stands around it, from the middle on behind it.
pub(super) fn mask(data: &[u8]) {
    let (secret, around) = split_line(data);
    let (Ok(secret), Ok(around)) = (std::str::from_utf8(secret), std::str::from_utf8(around))
    else {
        return;
    };
    let mut secrets = Secrets::default();
    secrets.add(secret);
    let middle = around.len() / 2;
    let middle = (0..=middle).rev().find(|at| around.is_char_boundary(*at));
    let (before, behind) = around.split_at(middle.unwrap_or(0));
    let masked = secrets.redact(&format!("{before}{secret}{behind}"));
    if secret.len() >= LONG && !secret.contains(MASK) && !secret.contains('*') {
        assert!(!masked.contains(secret), "{masked}");
    }
    if secret.len() >= LONG && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        for spelling in spellings(&format!("{before}{secret}{behind}")) {
            assert!(secrets.occur_in(spelling.as_bytes()), "{spelling}");
        }
    }
    // Everything that an address shows of itself is free of what is secret in it.
    let shown = mask_url(secret, false);
    let of_url = url_secrets(secret, false);
    assert!(!shown.contains("${") || secret.contains("${"));
    let _total = of_url.redact(&shown);
}

fn spellings(text: &str) -> Vec<String> {
    let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(text).unwrap_or_default();
    let mut entities = String::new();
    let mut bytes = String::new();
    for c in text.chars() {
        let _infallible = write!(entities, "&#{};", u32::from(c));
    }
    for byte in text.bytes() {
        let _infallible = write!(bytes, "\\x{byte:02x}");
    }
    vec![
        text.to_owned(),
        text.to_ascii_uppercase(),
        percent.to_lowercase(),
        percent,
        json.replace('/', "\\/"),
        json,
        entities,
        bytes,
        hex::encode(text),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ]
}
