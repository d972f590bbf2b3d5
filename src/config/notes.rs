//! Collects the diagnostics of one file while it is read.

use super::offset;
use crate::diagnostic::{Diagnostic, Place, Severity};

/// The diagnostics of one file, noted in any order.
#[derive(Debug)]
pub(super) struct Notes<'t> {
    file: &'t str,
    text: &'t str,
    /// Each with the byte where it stands.
    noted: Vec<(usize, Diagnostic)>,
}

impl<'t> Notes<'t> {
    /// For a file as people may see it, and its text.
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self {
            file,
            text,
            noted: Vec::new(),
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
        // Line and column follow when all of them are known.
        let place = Place {
            file: self.file.to_owned(),
            line: 0,
            column: 0,
        };
        let diagnostic = Diagnostic {
            severity,
            place,
            hook: hook.map(str::to_owned),
            message,
        };
        self.noted.push((at, diagnostic));
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.noted.len()
    }

    /// Whether a mistake disables the hook.
    pub(super) fn disables(&self, hook: &str) -> bool {
        let mut noted = self.noted.iter();
        noted.any(|(_, diagnostic)| diagnostic.disabled_hook() == Some(hook))
    }

    /// Messages and bytes alone.
    pub(super) fn into_plain(self) -> impl Iterator<Item = (String, usize)> {
        self.noted
            .into_iter()
            .map(|(at, diagnostic)| (diagnostic.message, at))
    }

    /// In the order of the file.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.noted.sort_by_key(|(at, _)| *at);
        let mut positions = offset::Positions::new(self.text);
        let placed = self.noted.into_iter().map(|(at, mut diagnostic)| {
            (diagnostic.place.line, diagnostic.place.column) = positions.of(at);
            diagnostic
        });
        placed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_come_in_the_order_of_the_file() {
        let mut notes = Notes::new("hooks.toml", "a\nb");
        notes.mistake(2, Some("ci"), "unknown key `b`");
        notes.note(0, Some("team"), "odd".to_owned(), Severity::Warning);
        assert!(notes.disables("ci") && !notes.disables("team"));
        let lines = notes.into_diagnostics();
        let lines = lines.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            lines,
            [
                "hooks.toml:1:1: odd",
                "hooks.toml:2:1: unknown key `b`; hook `ci` is disabled until this is fixed",
            ]
        );
    }
}
