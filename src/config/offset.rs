//! Converts between bytes of a hooks.toml and what people and findings name: a line and column, or a parameter with an
//! offset in its decoded string.

use crate::diagnostic::Finding;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The positions of bytes in ascending order: the text is read once for all of them.
pub(super) struct Positions<'t> {
    text: &'t str,
    at: usize,
    position: (usize, usize),
}

impl<'t> Positions<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            position: (1, 1),
        }
    }

    /// Line and column, both from 1, in characters; a byte order mark does not count.
    pub(super) fn of(&mut self, at: usize) -> (usize, usize) {
        let at = if self.text.is_char_boundary(at) {
            at
        } else {
            self.text.len()
        };
        if at < self.at {
            *self = Self::new(self.text);
        }
        let (line, column) = &mut self.position;
        for c in self.text[self.at..at].chars() {
            match c {
                '\n' => (*line, *column) = (*line + 1, 1),
                '\u{feff}' if *column == 1 => {}
                _ => *column += 1,
            }
        }
        self.at = at;
        self.position
    }
}

/// The byte at a line and column as [`Positions`] counts them.
pub(super) fn byte_at(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(1)? {
        0 => 0,
        before => text.match_indices('\n').nth(before - 1)?.0 + 1,
    };
    let rest = text[start..].trim_start_matches('\u{feff}');
    let mut places = rest.char_indices().map(|(at, _)| at);
    let within = places.nth(column.checked_sub(1)?).unwrap_or(rest.len());
    Some(text.len() - rest.len() + within)
}

/// The byte of `text` that a finding is about; `None` when its key is not written.
pub(super) fn of_finding(text: &str, table: &DeTable<'_>, finding: &Finding) -> Option<usize> {
    let value = table.get(finding.key)?;
    let value = finding
        .entry
        .as_deref()
        .and_then(|entry| entry_of(value, entry))
        .unwrap_or(value);
    Some(
        finding
            .range
            .as_ref()
            .and_then(|range| within(text, value, range))
            .unwrap_or(value.span().start),
    )
}

/// An entry of a table by name, of an array by number or by its text.
fn entry_of<'a, 'i>(
    value: &'a Spanned<DeValue<'i>>,
    entry: &str,
) -> Option<&'a Spanned<DeValue<'i>>> {
    match value.get_ref() {
        DeValue::Table(table) => table.get(entry),
        DeValue::Array(items) => items
            .iter()
            .find(|item| item.get_ref().as_str() == Some(entry))
            .or_else(|| {
                let index = entry.parse::<usize>().ok()?;
                items.get(index)
            }),
        _ => None,
    }
}

fn within(text: &str, value: &Spanned<DeValue<'_>>, range: &Range<usize>) -> Option<usize> {
    value.get_ref().as_str()?;
    let span = value.span();
    Some(span.start + in_token(text.get(span.clone())?, range.start))
}

/// The offset in a string's token, quotes included, of the byte `at` of what it stands for (toml.io, "String").
fn in_token(token: &str, at: usize) -> usize {
    let quotes = if token.starts_with("\"\"\"") || token.starts_with("'''") {
        3
    } else {
        1
    };
    let escapes = token.starts_with('"');
    let end = token.len().saturating_sub(quotes);
    let mut raw = quotes;
    if quotes == 3 {
        // A line end right after the opening quotes is not part of the string.
        raw += if token[raw..].starts_with("\r\n") {
            2
        } else {
            usize::from(token[raw..].starts_with('\n'))
        };
    }
    let mut decoded = 0;
    while raw < end {
        let rest = &token[raw..end];
        let (takes, gives) = if escapes && rest.starts_with('\\') {
            escape(rest)
        } else {
            plain(rest)
        };
        if decoded + gives > at {
            break;
        }
        (raw, decoded) = (raw + takes, decoded + gives);
    }
    raw
}

/// Bytes that the first character takes in the token and gives to the string.
fn plain(rest: &str) -> (usize, usize) {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    (length, length)
}

/// The same for an escape; a backslash at the end of a line gives nothing and takes all blanks that follow.
fn escape(rest: &str) -> (usize, usize) {
    let after = &rest[1..];
    let hex = |digits: usize| {
        let code = after
            .get(1..=digits)
            .and_then(|h| u32::from_str_radix(h, 16).ok())
            .and_then(char::from_u32);
        (2 + digits, code.map_or(1, char::len_utf8))
    };
    match after.chars().next() {
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(' ' | '\t' | '\r' | '\n') => (1 + after.len() - after.trim_start().len(), 0),
        _ => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str, at: usize) -> (usize, usize) {
        Positions::new(text).of(at)
    }

    #[test]
    fn positions_do_not_depend_on_the_order_in_which_they_are_asked_for() {
        let text = "\u{feff}a\n中b\n\nc";
        let mut positions = Positions::new(text);
        for at in [9, 0, 3, 5, 6, 99, 8, 10] {
            assert_eq!(positions.of(at), position(text, at), "{at}");
        }
    }
    use crate::diagnostic::Severity;

    /// Where the mark `X` of the decoded value of `key` (and entry) is found in the file.
    #[track_caller]
    fn finds(text: &str, key: &'static str, entry: Option<&str>) {
        let table = DeTable::parse(text).unwrap();
        let value = table.get_ref().get(key).unwrap();
        let value = entry.and_then(|e| entry_of(value, e)).unwrap_or(value);
        let offset = value.get_ref().as_str().unwrap().find('X').unwrap();
        let range = Some(offset..offset + 1);
        let finding = Finding {
            severity: Severity::Mistake,
            key,
            entry: entry.map(str::to_owned),
            range,
            message: String::new(),
        };
        let at = of_finding(text, table.get_ref(), &finding).unwrap();
        assert_eq!(&text[at..=at], "X", "{text}");
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("a\n中文x", 2 + 6), (2, 3));
        assert_eq!(position("\u{feff}a = 1", 3), (1, 1));
        assert_eq!(position("ab", 99), (1, 3));
        for (text, at) in [
            ("a\n中文x", 8),
            ("\u{feff}a = 1", 3),
            ("ab", 2),
            ("a\n\nb", 3),
        ] {
            let (line, column) = position(text, at);
            assert_eq!(byte_at(text, line, column), Some(at), "{text:?}");
        }
        assert_eq!(byte_at("a", 7, 1), None);
    }

    #[test]
    fn every_form_of_string_is_mapped() {
        finds(r#"a = "{\"t\": \"X\"}""#, "a", None);
        finds("a = '{\"t\": X}'", "a", None);
        finds("a = '''\n{\"t\":\n X}'''", "a", None);
        finds(
            "a = \"\"\"\r\n  l1 \\\r\n    \\u4e2d\\n\\x41\\U0001F600\\eX\"\"\"",
            "a",
            None,
        );
        finds("a = \"\"\"\\\n   X\"\"\"", "a", None);
        finds("b = 1\na.d = \"中X\"", "a", Some("d"));
        finds("a = { \"X-Y\" = \"12X\" }", "a", Some("X-Y"));
        finds("a = [\"a\", \"2X\"]", "a", Some("1"));
    }

    #[test]
    fn without_an_offset_the_value_is_meant() {
        let text = "b = 1\na = 'x'";
        let table = DeTable::parse(text).unwrap();
        let mut finding = Finding {
            severity: Severity::Mistake,
            key: "a",
            entry: None,
            range: None,
            message: String::new(),
        };
        assert_eq!(of_finding(text, table.get_ref(), &finding), Some(10));
        finding.key = "c";
        assert_eq!(of_finding(text, table.get_ref(), &finding), None);
    }
}
