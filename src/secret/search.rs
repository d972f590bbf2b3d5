//! Finds a secret in an answer however the receiver wrote it: in another case, percent-encoded, as
//! HTML entities or `\u` escapes, in hexadecimal, in base64 at any alignment, or split over lines.
//!
//! Lists of known spellings are a race that is lost sooner or later. So the answer is normalized
//! instead, and searched for the plain secret or for eight bytes of it in a row.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::collections::HashSet;

/// Bytes in a row that give a secret away.
const WINDOW: usize = 8;

/// Escapes within escapes that are undone, such as a percent-encoded JSON string in HTML.
const ROUNDS: usize = 3;

/// What is searched for.
#[derive(Default)]
pub(super) struct Needles {
    /// Eight bytes in a row of each secret of which a part is secret as well.
    windows: HashSet<[u8; WINDOW]>,
    /// Shorter secrets, and those that are secret as a whole only.
    whole: Vec<Vec<u8>>,
}

impl Needles {
    /// Adds a secret; `parts`: eight bytes in a row of it give it away. What is undone in answers is undone in a secret
    /// as well: `a%20b` that comes back in JSON must be found behind the escapes of JSON.
    pub(super) fn add(&mut self, secret: &str, parts: bool) {
        let mut form = secret.as_bytes().to_vec();
        for _ in 0..=ROUNDS {
            self.add_form(&form, parts);
            let plainer = unescape(&form);
            if plainer == form {
                break;
            }
            form = plainer;
        }
    }

    fn add_form(&mut self, form: &[u8], parts: bool) {
        let folded = fold(form);
        if parts && folded.len() >= WINDOW {
            self.windows.extend(
                folded
                    .windows(WINDOW)
                    .filter_map(|w| <[u8; WINDOW]>::try_from(w).ok()),
            );
        } else if !folded.is_empty() {
            self.whole.push(folded);
        }
    }

    /// Whether a secret stands in `text`, in any of the spellings that are undone here.
    pub(super) fn occur_in(&self, text: &[u8]) -> bool {
        let mut view = text.to_vec();
        for _ in 0..=ROUNDS {
            if self.in_view(&view) {
                return true;
            }
            let plainer = unescape(&view);
            if plainer == view {
                return false;
            }
            view = plainer;
        }
        false
    }

    fn in_view(&self, view: &[u8]) -> bool {
        let unbroken = without_breaks(view);
        self.in_plain(view)
            || hexadecimal(&unbroken)
                .iter()
                .any(|plain| self.in_plain(plain))
            || base64_runs(&unbroken)
                .iter()
                .any(|plain| self.in_plain(plain))
    }

    fn in_plain(&self, text: &[u8]) -> bool {
        let folded = fold(text);
        let has_window = |w: &[u8]| self.windows.contains(w);
        folded.windows(WINDOW).any(has_window)
            || self
                .whole
                .iter()
                .any(|whole| has_whole(text, &folded, whole))
    }
}

/// Very short secrets count as words only: `1` stands in every answer.
fn has_whole(text: &[u8], folded: &[u8], whole: &[u8]) -> bool {
    if whole.len() >= super::SHORT {
        return folded.windows(whole.len()).any(|w| w == whole);
    }
    let is_word_end = |byte: Option<&u8>| byte.is_none_or(|b| !b.is_ascii_alphanumeric());
    (0..text.len().saturating_sub(whole.len() - 1)).any(|at| {
        let end = at + whole.len();
        text[at..end].eq_ignore_ascii_case(whole)
            && is_word_end(at.checked_sub(1).and_then(|before| text.get(before)))
            && is_word_end(text.get(end))
    })
}

/// Lower case, without blanks, line ends and the soft breaks that mail puts into long lines.
fn fold(text: &[u8]) -> Vec<u8> {
    without_breaks(text)
        .iter()
        .map(u8::to_ascii_lowercase)
        .collect()
}

fn without_breaks(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for byte in text {
        if *byte == b'\n' && plain.last() == Some(&b'=') {
            plain.pop();
        }
        if !byte.is_ascii_whitespace() && *byte != 0 {
            plain.push(*byte);
        }
    }
    plain
}

/// One round of percent-encoding, entities and backslash escapes undone.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let escape = match first {
            b'%' => hex_escape(rest, 1, 2),
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            _ => None,
        };
        if let Some((length, character)) = escape {
            match character {
                Unescaped::Byte(byte) => plain.push(byte),
                Unescaped::Char(c) => {
                    plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            rest = &rest[length..];
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    plain
}

enum Unescaped {
    Byte(u8),
    Char(char),
}

/// The bytes that an escape takes up, and what it stands for.
type Escape = Option<(usize, Unescaped)>;

/// `digits` hexadecimal digits at `at` as a byte.
fn hex_escape(text: &[u8], at: usize, digits: usize) -> Escape {
    let value = number(text.get(at..at + digits)?, 16)?;
    Some((at + digits, Unescaped::Byte(u8::try_from(value).ok()?)))
}

/// `\n`, `\xHH`, `\uHHHH`, `\u{H}`, `\/` and the like.
fn backslash(text: &[u8]) -> Escape {
    match text.get(1)? {
        b'u' => unicode(text),
        b'x' => hex_escape(text, 2, 2),
        b'n' | b'r' | b't' | b'f' => Some((2, Unescaped::Byte(b' '))),
        b'b' => Some((2, Unescaped::Byte(8))),
        other => Some((2, Unescaped::Byte(*other))),
    }
}

fn unicode(text: &[u8]) -> Escape {
    if text.get(2) == Some(&b'{') {
        let end = text.iter().take(12).position(|b| *b == b'}')?;
        let character = char::from_u32(number(&text[3..end], 16)?)?;
        return Some((end + 1, Unescaped::Char(character)));
    }
    let unit = number(text.get(2..6)?, 16)?;
    if let Some(character) = char::from_u32(unit) {
        return Some((6, Unescaped::Char(character)));
    }
    let low = text
        .get(6..8)
        .filter(|u| *u == b"\\u")
        .and_then(|_| text.get(8..12))?;
    let low = number(low, 16)?.checked_sub(0xdc00)?;
    let high = unit.checked_sub(0xd800)?;
    Some((
        12,
        Unescaped::Char(char::from_u32(0x1_0000 + (high << 10) + low)?),
    ))
}

/// `&amp;`, `&#38;`, `&#x26;` and their like.
fn entity(text: &[u8]) -> Escape {
    let end = text.iter().take(12).position(|b| *b == b';')?;
    let name = &text[1..end];
    let character = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        b"amp" | b"AMP" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"sol" => '/',
        b"plus" => '+',
        b"equals" => '=',
        b"nbsp" => ' ',
        _ => return None,
    };
    Some((end + 1, Unescaped::Char(character)))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// Runs of hexadecimal digits, also with `:`, `-` or `,` between bytes, decoded from either digit.
fn hexadecimal(text: &[u8]) -> Vec<Vec<u8>> {
    let joined = text
        .iter()
        .copied()
        .filter(|b| !b":-,".contains(b))
        .collect::<Vec<_>>();
    let mut found = Vec::new();
    for source in [text, &joined] {
        for run in source
            .split(|b| !b.is_ascii_hexdigit())
            .filter(|run| run.len() >= WINDOW)
        {
            for from in 0..2 {
                let even = &run[from..][..(run.len() - from) & !1];
                found.extend(hex::decode(even));
            }
        }
    }
    found
}

/// Runs of either base64 alphabet, decoded from each of the four alignments. A text that was encoded
/// in the middle of another stands at one of them.
fn base64_runs(text: &[u8]) -> Vec<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_".contains(b);
    let mut found = Vec::new();
    for run in text
        .split(|b| !is_digit(b))
        .filter(|run| run.len() >= WINDOW)
    {
        let standard = run.iter().map(|b| match b {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        });
        let standard = standard.collect::<Vec<_>>();
        for from in 0..4 {
            let aligned = &standard[from..];
            // A single digit behind the last group encodes nothing.
            let length = if aligned.len() % 4 == 1 {
                aligned.len() - 1
            } else {
                aligned.len()
            };
            found.extend(engine.decode(&aligned[..length]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use std::fmt::Write as _;

    const SECRET: &str = "SECa1/b+2=\"x\"-密钥-9f8e7d";

    fn needles(secret: &str) -> Needles {
        let mut needles = Needles::default();
        needles.add(secret, true);
        needles
    }

    fn each(secret: &str, write: impl Fn(&mut String, char)) -> String {
        let mut text = String::new();
        secret.chars().for_each(|c| write(&mut text, c));
        text
    }

    fn utf16(c: char) -> String {
        let mut text = String::new();
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(text, "\\u{unit:04X}").unwrap();
        }
        text
    }

    /// Ways in which receivers write back what they got.
    fn spellings(text: &str) -> Vec<String> {
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let json = serde_json::to_string(text).unwrap();
        let hex = hex::encode(text);
        vec![
            text.to_owned(),
            text.to_uppercase(),
            text.to_lowercase(),
            percent.clone(),
            percent.to_lowercase(),
            utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string(),
            utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string(),
            json.replace('/', "\\/"),
            serde_json::to_string(&json).unwrap(),
            each(text, |out, c| out.push_str(&utf16(c))),
            each(text, |out, c| write!(out, "&#{};", u32::from(c)).unwrap()),
            each(text, |out, c| {
                write!(out, "&#x{:x};", u32::from(c)).unwrap();
            }),
            text.bytes()
                .fold(String::new(), |out, b| out + &format!("\\x{b:02x}")),
            text.bytes()
                .fold(String::new(), |out, b| out + &format!("{b:02X}:")),
            hex.to_uppercase(),
            hex,
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
            each(text, |out, c| write!(out, "{c}\r\n").unwrap()),
            each(&STANDARD.encode(text), |out, c| {
                write!(out, "{c}\n ").unwrap();
            }),
        ]
    }

    #[test]
    fn every_spelling_is_found_at_every_offset() {
        let needles = needles(SECRET);
        for before in 0..6 {
            let text = format!("{}{SECRET} and more", "ab cd:"[..before].to_owned());
            for echo in spellings(&text) {
                let answer = format!("{{\"errmsg\":\"{echo}\"}}");
                assert!(needles.occur_in(answer.as_bytes()), "{before}: {answer}");
            }
        }
    }

    #[test]
    fn a_secret_that_looks_escaped_is_found_within_other_escapes() {
        for secret in [
            "pa%20ss/w%2fo",
            "a&amp;b/c&lt;d",
            "a\\/b%41/\\u0041",
            "%25%32%30/x/y/z",
        ] {
            for parts in [true, false] {
                let mut needles = Needles::default();
                needles.add(secret, parts);
                for echo in spellings(secret) {
                    assert!(needles.occur_in(echo.as_bytes()), "{secret}: {echo}");
                }
            }
        }
    }

    #[test]
    fn eight_bytes_in_a_row_give_a_secret_away() {
        let secret = "0123456789abcdefghij";
        let needles = needles(secret);
        for at in 0..=secret.len() - WINDOW {
            let part = &secret[at..at + WINDOW];
            assert!(needles.occur_in(format!("<{part}>").as_bytes()), "{part}");
            assert!(
                !needles.occur_in(format!("<{}>", &part[1..]).as_bytes()),
                "{part}"
            );
        }
    }

    #[test]
    fn an_ordinary_answer_is_left_alone() {
        let needles = needles("c4f1d7a8e2b9c4f1d7a8e2b9");
        for answer in [
            "{\"errcode\":310000,\"errmsg\":\"keywords not in content\"}",
            "<html><body><h1>502 Bad Gateway</h1></body></html>",
            "sha256 9b74c9897bac770ffc029102a200c5de, see https://ci.example.com/job/app/42/",
        ] {
            assert!(!needles.occur_in(answer.as_bytes()), "{answer}");
        }
    }

    #[test]
    fn short_secrets_are_whole_and_the_shortest_are_words() {
        let found = |secret: &str, text: &str| needles(secret).occur_in(text.as_bytes());
        assert!(found("tok3n", "your TOK3N is wrong") && !found("tok3n", "your tok is wrong"));
        assert!(found("42", "got 42.") && !found("42", "got 1420") && !found("1", "201"));
        let mut whole = Needles::default();
        whole.add("access_token=abcd", false);
        assert!(!whole.occur_in(b"access_token is missing"));
        assert!(whole.occur_in(b"?access_token=abcd"));
    }
}
