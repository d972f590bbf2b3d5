//! Prints to stdout and stderr. Write errors are ignored: a reader that has gone away causes neither an error nor a
//! panic.

use std::io::{IsTerminal, Write};

/// A line, or several, on stdout.
pub fn stdout(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line, or several, on stderr.
pub fn stderr(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// An error of the program, one line.
pub fn error(message: &str) {
    stderr(&format!("git-service-hook: {}", plain(message)));
}

/// Whether somebody reads stdout with their eyes.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// `text` without control characters except line ends and tabs: what a receiver or a file says must not drive a
/// terminal.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(
            super::plain("a\x1b[31mb\r\n\tc\u{9b}"),
            "a\u{fffd}[31mb\u{fffd}\n\tc\u{fffd}"
        );
    }
}
