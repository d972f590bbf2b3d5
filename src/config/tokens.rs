//! The tokens of a hooks.toml, also of one that is broken: which of its characters are keys, which are values. Knows
//! nothing of what they mean.

use std::ops::Range;

/// What a stretch of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Blanks and tabs.
    Blank,
    /// The end of a line.
    End,
    /// From `#` to the end of its line.
    Comment,
    /// A word or a quoted word where a key may stand.
    Key,
    /// One of `. = , [ ] { }`.
    Mark,
    /// A string with its quotes: these.
    Text(&'static str),
    /// A number, a date, a boolean, or what should be one.
    Word,
}

/// Reads a file from its beginning, token by token.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    /// Open brackets of values.
    open: Vec<char>,
    /// Whether a key may stand here.
    key: bool,
}

impl<'t> Tokens<'t> {
    /// Of a whole file.
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            open: Vec::new(),
            key: true,
        }
    }

    fn mark(&mut self, c: char) {
        match c {
            '=' => self.key = false,
            // In the place of a key it begins the header of a table.
            '[' if self.key && self.open.is_empty() => {}
            '[' | '{' => {
                self.open.push(c);
                self.key = c == '{';
            }
            ']' | '}' => {
                self.open.pop();
                self.key = false;
            }
            ',' => self.key = self.open.last() == Some(&'{'),
            _ => {}
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Range<usize>, Token);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let run =
            |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len()).max(first.len_utf8());
        let (length, token) = match first {
            '\n' => (1, Token::End),
            _ if is_blank(first) => (run(|c| !is_blank(c)), Token::Blank),
            '#' => (run(|c| c == '\n'), Token::Comment),
            '"' | '\'' => {
                let (length, quotes) = string(rest);
                (
                    length,
                    if self.key {
                        Token::Key
                    } else {
                        Token::Text(quotes)
                    },
                )
            }
            '=' | ',' | '[' | ']' | '{' | '}' => (1, Token::Mark),
            '.' if self.key => (1, Token::Mark),
            _ if self.key => (
                run(|c| is_blank(c) || "\n#\"'=,[]{}.".contains(c)),
                Token::Key,
            ),
            _ => (run(|c| is_blank(c) || "\n#,[]{}=".contains(c)), Token::Word),
        };
        match token {
            Token::End if self.open.is_empty() => self.key = true,
            Token::Mark => self.mark(first),
            _ => {}
        }
        let start = self.at;
        self.at += length;
        Some((start..self.at, token))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{feff}')
}

/// Bytes of the string at the beginning of `rest`, and its quotes. One that is not closed ends with its line, or with
/// the file.
fn string(rest: &str) -> (usize, &'static str) {
    let quotes = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|q| rest.starts_with(q))
        .unwrap_or("\"");
    let mut at = quotes.len();
    while at < rest.len() {
        let tail = &rest[at..];
        if tail.starts_with(quotes) {
            let quote = &quotes[..1];
            // Up to two quotes may stand before the closing ones.
            let more = if quotes.len() == 3 {
                tail[3..].len() - tail[3..].trim_start_matches(quote).len()
            } else {
                0
            };
            return (at + quotes.len() + more.min(2), quotes);
        }
        let next = tail.chars().next().map_or(1, char::len_utf8);
        match tail.as_bytes()[0] {
            b'\n' if quotes.len() == 1 => return (at, quotes),
            b'\\' if quotes.starts_with('"') => {
                at += 1 + tail[1..]
                    .chars()
                    .next()
                    .filter(|c| quotes.len() == 3 || *c != '\n')
                    .map_or(0, char::len_utf8);
            }
            _ => at += next,
        }
    }
    (rest.len(), quotes)
}
