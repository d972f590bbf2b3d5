//! The ways in which a receiver may write a secret back, and the search for eight characters of one in any of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Characters in a row that give a secret away.
const WINDOW: usize = 8;

/// Length of a secret.
const LENGTH: usize = 24;

/// Letters and digits that only `name` has; no two names share eight in a row.
pub fn alphanumeric(name: &str) -> String {
    let digest = Sha256::digest(name);
    let letters = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9');
    let letters = letters.map(char::from).collect::<Vec<_>>();
    let bytes = digest.iter().take(LENGTH);
    bytes
        .map(|b| letters[usize::from(*b) % letters.len()])
        .collect()
}

fn each(text: &str, spell: impl Fn(u8) -> String) -> String {
    text.bytes().map(spell).collect()
}

/// How a receiver may write a secret back.
pub const SPELLINGS: [fn(&str) -> String; 10] = [
    str::to_owned,
    str::to_uppercase,
    |text| hex::encode(text),
    |text| STANDARD.encode(text),
    |text| STANDARD.encode(format!("a{text}")),
    |text| STANDARD.encode(format!("ab{text}")),
    |text| each(text, |b| format!("%{b:02X}")),
    |text| each(text, |b| format!("\\u{b:04x}")),
    |text| each(text, |b| format!("&#x{b:x};")),
    // Split over lines; the search leaves blanks out.
    |text| each(text, |b| format!("{}\n ", char::from(b))),
];

/// Finds secrets in texts.
pub struct Search {
    /// Eight characters of a secret in a spelling: its number.
    windows: HashMap<Vec<u8>, usize>,
    lengths: Vec<usize>,
    /// Whether a window may begin with four bytes, by their hash.
    begins: Vec<bool>,
}

impl Search {
    pub fn new<'t>(secrets: impl IntoIterator<Item = &'t str>) -> Self {
        let mut search = Self {
            windows: HashMap::new(),
            lengths: Vec::new(),
            begins: vec![false; 1 << 20],
        };
        for (number, secret) in secrets.into_iter().enumerate() {
            for spell in SPELLINGS {
                search.add(number, secret, &plain(spell(secret).as_bytes()));
            }
        }
        search
    }

    fn add(&mut self, number: usize, secret: &str, spelt: &[u8]) {
        let length = (spelt.len() * WINDOW).div_ceil(secret.len());
        if !self.lengths.contains(&length) {
            self.lengths.push(length);
        }
        for window in spelt.windows(length) {
            self.begins[hash(window)] = true;
            self.windows.insert(window.to_owned(), number);
        }
    }

    /// The secrets of which a part stands in a text, with that part.
    pub fn find(&self, text: &[u8]) -> Vec<(usize, String)> {
        let text = plain(text);
        let mut found = Vec::new();
        for at in 0..text.len().saturating_sub(WINDOW - 1) {
            if !self.begins[hash(&text[at..])] {
                continue;
            }
            for length in &self.lengths {
                let window = text.get(at..at + length);
                if let Some(number) = window.and_then(|window| self.windows.get(window)) {
                    let around = &text[at.saturating_sub(60)..text.len().min(at + 80)];
                    found.push((*number, String::from_utf8_lossy(around).into_owned()));
                }
            }
        }
        found
    }
}

fn hash(text: &[u8]) -> usize {
    let first = [text[0], text[1], text[2], text[3]];
    (u32::from_le_bytes(first).wrapping_mul(0x9E37_79B1) >> 12) as usize
}

/// Lower case, without blanks, and without the line ends of JSON.
fn plain(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        if rest.starts_with(b"\\n") {
            rest = &rest[2..];
            continue;
        }
        // JSON within JSON.
        if rest.starts_with(b"\\\\") {
            rest = behind;
            continue;
        }
        if !first.is_ascii_whitespace() {
            plain.push(first.to_ascii_lowercase());
        }
        rest = behind;
    }
    plain
}

#[test]
fn the_search_finds_eight_characters_in_every_spelling_and_no_seven() {
    let secret = alphanumeric("a");
    let search = Search::new([secret.as_str(), &alphanumeric("b")]);
    for (number, spell) in SPELLINGS.iter().enumerate() {
        let text = format!("before {} behind", spell(&secret));
        let found = search.find(text.as_bytes());
        assert!(found.iter().any(|(n, _)| *n == 0), "{number}: {text}");
        assert!(found.iter().all(|(n, _)| *n == 0), "{number}");
    }
    assert!(!search.find(&secret.as_bytes()[9..17]).is_empty());
    assert!(search.find(&secret.as_bytes()[9..16]).is_empty());
    let other = alphanumeric("c");
    for spell in SPELLINGS {
        assert!(search.find(spell(&other).as_bytes()).is_empty());
    }
}
