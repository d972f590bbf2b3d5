//! What a terminal can show: colours, and how many columns there are. Knows no commands and no words.
//!
//! Colour is decoration: every text says the same without it.

use crate::environment::Environment;
use std::io::IsTerminal;
use std::os::fd::AsFd;

/// Columns where nobody says.
pub const COLUMNS: usize = 80;

/// How text for one stream is set off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// No colour at all: for pipes, files and the pusher.
    pub const PLAIN: Self = Self { coloured: false };

    /// Colour only for eyes that want it: a terminal, and neither `NO_COLOR` (no-color.org) nor a dumb one.
    pub fn of(stream: &impl IsTerminal) -> Self {
        Self { coloured: stream.is_terminal() && wanted(&Environment::of_process()) }
    }

    /// Names and headings.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What went wrong.
    #[must_use]
    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// What waits, and what is left out.
    #[must_use]
    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// What went well.
    #[must_use]
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What is beside the point.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Nothing around nothing: a blank cell stays blank. `text` must be cleaned of control characters already.
    fn wrap(self, code: &str, text: &str) -> String {
        if self.coloured && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Whether the environment leaves colour on.
fn wanted(environment: &Environment) -> bool {
    environment.non_empty("NO_COLOR").is_none() && environment.get("TERM").as_deref() != Some("dumb")
}

/// Columns of the terminal behind a stream; [`COLUMNS`] where it is none, or does not say.
pub fn width(stream: &impl AsFd) -> usize {
    let columns = rustix::termios::tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { COLUMNS } else { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_alone() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!((Style::of(&file), width(&file)), (Style::PLAIN, COLUMNS));
        assert_eq!(Style::PLAIN.red("no"), "no");
        let coloured = Style { coloured: true };
        assert_eq!((coloured.red("no"), coloured.bold("")), ("\x1b[31mno\x1b[0m".into(), String::new()));
    }

    #[test]
    fn the_environment_can_switch_it_off() {
        let on = |name: &str, value: &str| wanted(&Environment::from([(name, value)]));
        assert!(on("NO_COLOR", "") && on("TERM", "xterm"));
        assert!(!on("NO_COLOR", "1") && !on("TERM", "dumb"));
    }
}
