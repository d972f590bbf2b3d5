//! Colours text on a terminal, measures and cuts it by columns, and knows the characters that must not reach it.

use crate::environment::Environment;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// Columns where nobody says how many there are.
const WIDTH: usize = 80;

/// Whether to use colours (no-color.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colours: bool,
}

impl Style {
    /// For what goes to `stream`.
    pub fn for_stream(stream: &impl IsTerminal, environment: &Environment) -> Self {
        let refused = environment.non_empty("NO_COLOR").is_some()
            || environment.get("TERM").as_deref() == Some("dumb");
        Self {
            colours: stream.is_terminal() && !refused,
        }
    }

    /// Without colours.
    pub const fn plain() -> Self {
        Self { colours: false }
    }

    /// With colours.
    pub const fn coloured() -> Self {
        Self { colours: true }
    }

    /// Whether there are any.
    pub fn is_coloured(self) -> bool {
        self.colours
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// What to look at first.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What does not work.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// What may not work as expected.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// What is well.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What may be passed over.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}

/// Columns of the terminal behind `stream`, 80 where there is none.
pub fn width(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> usize {
    let size = stream
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(stream).ok())
        .flatten();
    size.map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH)
}

/// Columns that a text takes.
pub fn columns(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

/// Columns of a character: two in the scripts of East Asia and for pictures (Unicode, UAX #11, by blocks), none for
/// marks that stand on the one before.
pub fn of_char(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Whether a character drives the terminal, or is drawn as nothing and changes how its neighbours look: controls (C0,
/// C1), the bidi controls of UAX #9, joiners, fillers, tags and the other invisible characters. A name that has one can
/// look like another name.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// JSON without the characters of [`is_invisible`] in its strings: they are written as `\u` escapes, which mean the same.
pub fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        // JSON has line ends and tabs only between its values.
        if is_invisible(c) && !matches!(c, '\n' | '\t') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The end of a text in at most `width` columns.
pub fn cut_front(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut rest = text;
    while columns(rest) + 1 > width && !rest.is_empty() {
        rest = &rest[rest.chars().next().map_or(1, char::len_utf8)..];
    }
    format!("…{rest}")
}

/// The beginning in at most `width` columns, with a sign where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (mut short, mut taken) = (String::new(), 0);
    for c in text.chars() {
        taken += of_char(c);
        if taken + 1 > width {
            break;
        }
        short.push(c);
    }
    if width > 0 {
        short.push('…');
    }
    short
}

/// Lines of at most `width` columns, broken at blanks, all but the first with `hanging` in front; a word that is longer
/// than a line stays whole, to be copied.
pub fn wrapped(text: &str, width: usize, hanging: &str) -> String {
    let (mut out, mut taken) = (String::new(), 0);
    for word in text.split(' ') {
        let room = columns(word);
        if taken > 0 && taken + 1 + room > width {
            out.push('\n');
            out.push_str(hanging);
            taken = columns(hanging);
        } else if taken > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += room;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_owner_wants_them() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(
            Style::for_stream(&file, &Environment::default()),
            Style::plain()
        );
        assert_eq!(Style::coloured().red("no"), "\x1b[31mno\x1b[0m");
        assert_eq!(Style::plain().red("no"), "no");
        assert_eq!(width(&file), 80);
    }

    #[test]
    fn every_bidi_control_is_invisible_and_no_letter_is() {
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}']
            .into_iter()
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}');
        for c in bidi.chain("\u{1b}\u{9b}\u{7f}\u{200b}\u{feff}\u{e0041}".chars()) {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "aé提 ß\u{301}\u{5d0}\u{627}🙂\u{fe0f}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn json_keeps_its_meaning_when_it_is_escaped() {
        let value = serde_json::json!({ "a": "x\u{202e}y\u{e0041}\u{9b}提\n" });
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escape_json(&pretty);
        assert!(
            escaped.contains(r"x\u202ey\udb40\udc41\u009b提\n"),
            "{escaped}"
        );
        assert!(!escaped.chars().any(|c| is_invisible(c) && c != '\n'));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("a提交é"), 6);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(cut("提交提交", 6), "提交…");
        assert_eq!(cut("提交", 4), "提交");
    }

    #[test]
    fn a_line_is_broken_at_blanks() {
        assert_eq!(
            wrapped("one two three https://long.example.com/ x", 9, "  "),
            "one two\n  three\n  https://long.example.com/\n  x"
        );
    }
}
