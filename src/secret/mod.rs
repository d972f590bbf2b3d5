//! What nobody may see, and how texts are cleaned of it. Knows no source of secrets.

mod search;
mod url;

pub use url::{is_distinctive, is_secret_pair, mask_url, url_secrets};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use std::fmt::Write as _;

/// Stands where a secret was.
pub const MASK: &str = "***";

/// Shorter secrets are replaced as whole words only: `1` would otherwise eat every number.
const SHORT: usize = 4;
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secrets of one request or one hook. `Debug` shows their number only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    known: Vec<Known>,
    /// Every form of every secret, the longest first: a secret within another leaves no remainder.
    forms: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Known {
    text: String,
    /// Whether eight bytes of it in a row are secret as well.
    parts: bool,
}

impl Secrets {
    /// Notes a secret; the empty string is none. Its percent-encoded, JSON-escaped, HTML-escaped and base64 forms are
    /// noted as well: receivers echo what they got in the form in which they got it, or their own.
    pub fn add(&mut self, secret: &str) {
        // Scheme and host of an address are no secret.
        self.note(secret, !secret.contains("://"));
    }

    /// As [`Self::add`] for a text of which a part may be shown: `name=value`, or a path.
    pub fn add_whole(&mut self, secret: &str) {
        self.note(secret, false);
    }

    fn note(&mut self, secret: &str, parts: bool) {
        if secret.is_empty() {
            return;
        }
        if let Some(known) = self.known.iter_mut().find(|known| known.text == secret) {
            known.parts |= parts;
            return;
        }
        self.known.push(Known {
            text: secret.to_owned(),
            parts,
        });
        for form in forms(secret) {
            if !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// Whether one of them stands in an answer, whole or in part, in whatever spelling.
    pub fn occur_in(&self, answer: &[u8]) -> bool {
        let mut needles = search::Needles::default();
        for known in &self.known {
            needles.add(&known.text, known.parts);
        }
        needles.occur_in(answer)
    }

    /// Notes all of `other`.
    pub fn extend(&mut self, other: &Self) {
        for known in &other.known {
            self.note(&known.text, known.parts);
        }
    }

    /// `text` with every secret replaced by [`MASK`].
    pub fn redact(&self, text: &str) -> String {
        self.forms
            .iter()
            .fold(text.to_owned(), |text, form| match form.len() {
                0..SHORT => replace_words(&text, form),
                _ if text.contains(form.as_str()) => text.replace(form.as_str(), MASK),
                _ => text,
            })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.known.len())
    }
}

fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    let mut note = |form: String| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    let percent = utf8_percent_encode(secret, COMPONENT).to_string();
    for form in [
        percent.replace("%20", "+"),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        percent,
    ] {
        note(lower_hex(&form));
        note(form);
    }
    let json = serde_json::Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    note(json.to_owned());
    note(json.replace('/', "\\/"));
    note(ascii(json));
    // Go's encoding/json, and those that guard against `</script>` and quotes as well.
    let guarded = json
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e");
    note(guarded.replace('\'', "\\u0027"));
    note(guarded);
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    for single in ["'", "&#39;", "&#x27;", "&apos;"] {
        for double in ["&quot;", "&#34;"] {
            note(html.replace('\'', single).replace('"', double));
        }
    }
    if secret.len() >= SHORT {
        // Without the padding: it may or may not be there.
        note(STANDARD_NO_PAD.encode(secret));
        note(URL_SAFE_NO_PAD.encode(secret));
    }
    forms
}

/// As .NET percent-encodes.
fn lower_hex(percent: &str) -> String {
    let mut digits = 0;
    let lower = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' {
            2_u32
        } else {
            digits.saturating_sub(1)
        };
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(lower).collect()
}

/// As JSON encoders write it that are set to keep to ASCII.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").expect("a string takes everything");
            }
        }
    }
    text
}

fn replace_words(text: &str, word: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, _) in text.match_indices(word) {
        let end = at + word.len();
        if !text[..at].ends_with(char::is_alphanumeric)
            && !text[end..].starts_with(char::is_alphanumeric)
        {
            cleaned.push_str(&text[rest..at]);
            cleaned.push_str(MASK);
            rest = end;
        }
    }
    cleaned + &text[rest..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(all: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        for secret in all {
            secrets.add(secret);
        }
        secrets
    }

    #[test]
    fn every_form_in_which_it_may_come_back_is_masked() {
        let secret = "p&ss \"w/rd\" 密";
        let secrets = secrets(&[secret]);
        let json = serde_json::to_string(secret).unwrap();
        for echo in [
            secret.to_owned(),
            "p%26ss%20%22w%2Frd%22%20%E5%AF%86".to_owned(),
            "p%26ss+%22w%2Frd%22+%E5%AF%86".to_owned(),
            json[1..json.len() - 1].to_owned(),
            "p&ss \\\"w\\/rd\\\" 密".to_owned(),
            "p&ss \\\"w/rd\\\" \\u5bc6".to_owned(),
            "p&amp;ss &quot;w/rd&quot; 密".to_owned(),
            "p&amp;ss &#34;w/rd&#34; 密".to_owned(),
            "p%26ss%20%22w%2frd%22%20%e5%af%86".to_owned(),
            "p\\u0026ss \\\"w/rd\\\" 密".to_owned(),
            base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret),
        ] {
            assert_eq!(
                secrets.redact(&format!("got {echo}, no")),
                "got ***, no",
                "{echo}"
            );
        }
        assert_eq!(format!("{secrets:?}"), "1 secrets");
    }

    #[test]
    fn the_longest_goes_first_and_short_ones_are_words() {
        let secrets = secrets(&["token", "token-and-more", "12"]);
        assert_eq!(secrets.redact("token-and-more token"), "*** ***");
        assert_eq!(secrets.redact("at 12:120 id=12"), "at ***:120 id=***");
    }

    #[test]
    fn the_empty_string_is_no_secret() {
        assert_eq!(secrets(&[""]).redact("a b"), "a b");
    }
}
