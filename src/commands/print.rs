//! Prints to stdout and stderr. Write errors are ignored: a reader that has gone away causes neither an error nor a
//! panic.

use crate::terminal;
use std::io::{IsTerminal, Write};

/// A line, or several, on stdout.
pub fn stdout(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A text as it is on stdout, where its reader must know whether it is complete.
pub fn stdout_whole(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A line, or several, on stderr.
pub fn stderr(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// An error of the program, one line.
pub fn error(message: &str) {
    stderr(&format!("git-service-hook: {}", one_line(message)));
}

/// Whether somebody reads stdout with their eyes.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// A sentence about a name that somebody else chose, on stdout.
pub fn line(text: &str) {
    stdout(&one_line(text));
}

/// A JSON value as one line on stdout. A terminal may be reading.
pub fn json(value: &serde_json::Value) {
    stdout(&terminal::escape_json(&value.to_string()));
}

/// `text` without control and invisible characters except line ends and tabs: what a receiver or a file says must not
/// drive a terminal, and no name may look like another one.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if terminal::is_invisible(c) && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// The same without line ends and tabs: no name, path or value may look like a line of ours.
pub fn one_line(text: &str) -> String {
    plain(text).replace(['\n', '\t'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(
            super::plain("a\x1b[31mb\r\n\tc\u{9b}\u{202e}\u{2066}\u{61c}d"),
            "a\u{fffd}[31mb\u{fffd}\n\tc\u{fffd}\u{fffd}\u{fffd}\u{fffd}d"
        );
    }
}
