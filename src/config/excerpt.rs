//! Shows a line of a hooks.toml: its keys as they are written, every value masked, comments left out. In a file with
//! syntax errors a string may seem to end where it begins, so only keys that are known are shown there.

use super::keys;
use super::tokens::{Token, tokens};
use crate::suggest;
use std::ops::Range;

/// Stands for a value.
const MASK: &str = "…";

/// A line, and the part of it that a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands before it.
    pub before: String,
    /// The key or the masked value; empty when it is the end of the line.
    pub meant: String,
    /// What stands behind it.
    pub after: String,
}

/// The line with the byte `at` of a file that is TOML or not. `None` when there is nothing on it.
pub(super) fn at(text: &str, at: usize, is_toml: bool) -> Option<Excerpt> {
    let at = at.min(text.len());
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let on_line = |(range, _): &(Range<usize>, Token)| range.end > start && range.start < end;
    let pieces: Vec<_> = tokens(text)
        .into_iter()
        .skip_while(|t| !on_line(t))
        .take_while(on_line)
        .collect();
    let meant = meant(text, &pieces, at);
    let keys = keys_of(text, &pieces, is_toml);
    let show = |places: Range<usize>| -> String {
        places
            .map(|n| show(text, &pieces[n], keys[n], start..end))
            .collect()
    };
    let excerpt = Excerpt {
        before: show(0..meant.start).trim_start().to_owned(),
        meant: show(meant.clone()),
        after: show(meant.end..pieces.len()).trim_end().to_owned(),
    };
    let empty =
        excerpt.before.is_empty() && excerpt.meant.trim().is_empty() && excerpt.after.is_empty();
    (!empty).then_some(excerpt)
}

type Piece = (Range<usize>, Token);

/// As people may see it; a value of several lines is cut to what of it stands on this one.
fn show(text: &str, (range, token): &Piece, is_key: bool, line: Range<usize>) -> String {
    match token {
        Token::End | Token::Comment => String::new(),
        Token::Blank => " ".repeat(range.len()),
        Token::Mark => text[range.clone()].to_owned(),
        Token::Key if is_key => {
            let key = &text[range.clone()];
            let quote = key.chars().next().filter(|c| ['"', '\''].contains(c));
            let quote = quote.map(String::from).unwrap_or_default();
            let bare = key.trim_matches(['"', '\'']);
            format!("{quote}{}{quote}", suggest::shown(bare))
        }
        Token::Key | Token::Word => MASK.to_owned(),
        Token::Text(quotes) => {
            let open = if range.start >= line.start {
                quotes
            } else {
                ""
            };
            let close = if range.end <= line.end { quotes } else { "" };
            format!("{open}{MASK}{close}")
        }
    }
}

/// Which pieces are keys: words with a `=` behind them, and those of a header that is closed.
fn keys_of(text: &str, pieces: &[Piece], is_toml: bool) -> Vec<bool> {
    let mark = |n: usize| {
        pieces
            .get(n)
            .filter(|(_, t)| *t == Token::Mark)
            .map(|(r, _)| &text[r.clone()])
    };
    let joins =
        |n: &usize| matches!(pieces[*n].1, Token::Key | Token::Blank) || mark(*n) == Some(".");
    let first = pieces
        .iter()
        .position(|(_, token)| *token != Token::Blank)
        .unwrap_or(0);
    let opens = (first..pieces.len())
        .take_while(|n| mark(*n) == Some("["))
        .count();
    let is_key = |n: usize| {
        let next = (n..pieces.len()).find(|n| !joins(n)).and_then(mark);
        let in_header = opens > 0 && (first + opens..n).all(|n| joins(&n));
        let is_known = |n: usize| keys::is_known(&text[pieces[n].0.clone()]);
        // The names of hooks are theirs.
        let is_ours = || {
            is_known(n)
                || (opens > 0 && pieces.get(first + opens).is_some() && is_known(first + opens))
        };
        pieces[n].1 == Token::Key
            && (is_toml || is_ours())
            && (next == Some("=") || (in_header && next == Some("]")))
    };
    (0..pieces.len()).map(is_key).collect()
}

/// The pieces that are meant by a byte: the one that holds it, and a bracket with what it encloses.
fn meant(text: &str, pieces: &[Piece], at: usize) -> Range<usize> {
    let Some(first) = pieces.iter().position(|(range, _)| range.contains(&at)) else {
        return pieces.len()..pieces.len();
    };
    let mut depth = 0_usize;
    let closes = |(range, token): &Piece| {
        match (token, &text[range.clone()]) {
            (Token::Mark, "[" | "{") => depth += 1,
            (Token::Mark, "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    };
    let length = pieces[first..]
        .iter()
        .position(closes)
        .map_or(pieces.len() - first, |last| last + 1);
    first..first + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    /// The line with `X` marked in brackets of its own.
    #[track_caller]
    fn shows(text: &str, at: &str, expected: &str) {
        let Excerpt {
            before,
            meant,
            after,
        } = super::at(text, text.find(at).unwrap(), DeTable::parse(text).is_ok()).unwrap();
        assert_eq!(format!("{before}«{meant}»{after}"), expected, "{text}");
    }

    #[test]
    fn keys_are_shown_and_values_are_not() {
        shows(
            "[hook.ci]\nbrnches = [\"main\"] # hunter2",
            "brnches",
            "«brnches» = [\"…\"]",
        );
        shows("wait = 5", "5", "wait = «…»");
        shows("\t at = 'hunter2'\r\n", "'h", "at = «'…'»");
        shows(
            "a.\"b c\".d = 1979-05-27 07:32:00",
            "d =",
            "a.\"b c\".«d» = … …",
        );
        shows(
            "h = { Host = \"y\", 'X-A' = 2 }",
            "Host",
            "h = { «Host» = \"…\", 'X-A' = … }",
        );
        shows("h = { file = \"y\" }", "{ file", "h = «{ file = \"…\" }»");
        shows(
            "a = [[1, 2], [\"x\"]] # c",
            "[\"x",
            "a = [[…, …], «[\"…\"]»]",
        );
    }

    #[test]
    fn a_header_is_meant_as_a_whole() {
        shows("[hook.ci] # hunter2", "[", "«[hook.ci]»");
        shows("x = 1\n[[hook]]", "[[", "«[[hook]]»");
        shows("[hook.\"bad name\"]", "\"bad", "[hook.«\"bad name\"»]");
    }

    #[test]
    fn of_a_value_of_several_lines_only_one_line_is_shown() {
        let text = "t = \"\"\"\nhunter2 = 1\n[hunter2]\nlast\"\"\"\nu = '''a\n'''";
        shows(text, "\"\"\"\nh", "t = «\"\"\"…»");
        shows(text, "hunter2 = 1", "«…»");
        shows(text, "[hunter2]", "«…»");
        shows(text, "last", "«…\"\"\"»");
        shows(text, "u =", "«u» = '''…");
        shows("a = [\n  \"one\", # x\n  2\n]", "\"one", "«\"…\"»,");
        shows("a = {\n  b = 1,\n  c = 2\n}", "c", "«c» = …");
    }

    #[test]
    fn nothing_of_a_broken_file_is_taken_for_a_key_by_mistake() {
        shows("action = hunter2 hunter3", "hunter2", "action = «…» …");
        shows("hunter2", "hunter2", "«…»");
        shows("token = \"hunter2", "\"h", "token = «\"…\"»");
        shows("a = \"\"\"\nhunter2\nb = \"x\"\n", "hunter2", "«…»");
        shows("[hunter2", "[", "«[…»");
        shows("[hook.ci]\n[hook.ci]\nx", "]\n[", "[hook.ci«]»");
        shows("hunter2, token = 4", "token", "…, «…» = …");
        shows(
            "a = \"\"\" x \"\"\"\nb = \"\"\"\"\"\"\"\n[hunter2]\nhunter2==\n\"\"\"",
            "hunter2=",
            "«…»==",
        );
        shows("= hunter2", "=", "«=» …");
        assert_eq!(super::at("a = 1\n\n", 6, true), None);
        assert_eq!(super::at("", 0, true), None);
        shows("a = \"\\\"hunter2\" #", "a", "«a» = \"…\"");
    }

    #[test]
    fn the_end_of_a_line_can_be_meant() {
        let Excerpt {
            before,
            meant,
            after,
        } = super::at("action =\nb = 1", 8, false).unwrap();
        assert_eq!(
            (before.as_str(), meant.as_str(), after.as_str()),
            ("action =", "", "")
        );
    }
}
