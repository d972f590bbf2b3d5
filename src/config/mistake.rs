//! Mistakes and where they stand. Never shows a value: only keys, hook names and what was expected.

use crate::action::Severity;
use std::fmt;

/// Something wrong, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// As people may see it: `hooks.toml` or the server's path.
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// One sentence fragment; never a value.
    pub message: String,
    /// The hook that is off because of it.
    pub hook: Option<String>,
    /// How bad.
    pub severity: Severity,
}

/// `hooks.toml:7:1: unknown key …, did you mean …? hook `ci` is off until this is mended`
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hook {
            Some(hook) if self.severity == Severity::Mistake => {
                let join = if self.message.ends_with('?') { "" } else { ";" };
                write!(f, "{join} hook `{hook}` is off until this is mended")
            }
            _ => Ok(()),
        }
    }
}

/// The mistakes of one file, collected in any order.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    file: &'t str,
    text: &'t str,
    /// With the byte where they stand.
    found: Vec<(usize, Mistake)>,
}

impl<'t> Notes<'t> {
    /// For a file as people may see it, and its text.
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            found: Vec::new(),
        }
    }

    /// The text that offsets count in.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Notes a mistake at a byte of the text.
    pub(super) fn mistake(&mut self, at: usize, hook: Option<&str>, message: impl Into<String>) {
        self.note(at, hook, message.into(), Severity::Mistake);
    }

    /// Notes a mistake or a warning.
    pub(super) fn note(
        &mut self,
        at: usize,
        hook: Option<&str>,
        message: String,
        severity: Severity,
    ) {
        let (line, column) = position(self.text, at);
        let hook = hook.map(str::to_owned);
        self.found.push((
            at,
            Mistake {
                file: self.file.to_owned(),
                line,
                column,
                message,
                hook,
                severity,
            },
        ));
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether there is a mistake in the hook.
    pub(super) fn breaks(&self, hook: &str) -> bool {
        self.found
            .iter()
            .any(|(_, m)| m.severity == Severity::Mistake && m.hook.as_deref() == Some(hook))
    }

    /// Messages and bytes alone.
    pub(super) fn into_plain(self) -> impl Iterator<Item = (String, usize)> {
        self.found
            .into_iter()
            .map(|(at, mistake)| (mistake.message, at))
    }

    /// In the order of the file.
    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|(at, _)| *at);
        self.found.into_iter().map(|(_, mistake)| mistake).collect()
    }
}

/// A mistake of a whole file.
pub(super) fn whole_file(file: &str, message: impl Into<String>, severity: Severity) -> Mistake {
    Mistake {
        file: file.to_owned(),
        line: 0,
        column: 0,
        message: message.into(),
        hook: None,
        severity,
    }
}

/// Line and column, both from 1, in characters; a byte order mark does not count.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (
        before.matches('\n').count() + 1,
        line.trim_start_matches('\u{feff}').chars().count() + 1,
    )
}

/// The byte of a place that [`position`] gave.
pub(super) fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(1)? {
        0 => 0,
        before => text.match_indices('\n').nth(before - 1)?.0 + 1,
    };
    let rest = &text[start..];
    let mark = rest.len() - rest.trim_start_matches('\u{feff}').len();
    let mut places = rest[mark..].char_indices().map(|(at, _)| at);
    Some(
        start
            + mark
            + places
                .nth(column.checked_sub(1)?)
                .unwrap_or(rest.len() - mark),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(offset(text, line, column), Some(at), "{text:?}");
        }
        assert_eq!(offset("a", 7, 1), None);
    }

    #[test]
    fn a_mistake_is_one_sentence() {
        let mut notes = Notes::new("hooks.toml", "a\nb");
        notes.mistake(2, Some("ci"), "unknown key `b`, did you mean `c`?");
        notes.mistake(0, Some("ci"), "`action` is missing");
        notes.note(0, Some("ci"), "odd".to_owned(), Severity::Warning);
        let told = notes
            .into_mistakes()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                "hooks.toml:1:1: `action` is missing; hook `ci` is off until this is mended",
                "hooks.toml:1:1: odd",
                "hooks.toml:2:1: unknown key `b`, did you mean `c`? hook `ci` is off until this is mended",
            ]
        );
        assert_eq!(
            whole_file("hooks.toml", "is odd", Severity::Mistake).to_string(),
            "hooks.toml: is odd"
        );
    }
}
