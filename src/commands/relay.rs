//! Runs a child that belongs to another user, and copies its output: a line at a time, in bounded memory, and without
//! control characters if a terminal shows it. The child gets no stream of this process.

use super::print;
use crate::exit;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{ChildStdout, Command, Stdio};

/// Bytes that are copied at once at most.
const LONGEST: u64 = 64 << 10;

/// Runs it to its end; `stdout` reads its output meanwhile. The exit code.
pub(super) fn run(
    mut command: Command,
    stdout: impl FnOnce(&mut ChildStdout),
) -> std::io::Result<u8> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let streams = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let Some(mut errors) = streams.1 {
            scope.spawn(move || copy(&mut errors, &mut std::io::stderr()));
        }
        if let Some(mut out) = streams.0 {
            stdout(&mut out);
        }
    });
    let code = child.wait()?.code();
    Ok(code
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(exit::FAILURE))
}

/// Copies lines until there are no more, or nobody reads them.
pub(super) fn copy(from: &mut impl Read, to: &mut (impl Write + IsTerminal)) {
    let is_terminal = to.is_terminal();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = from.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
        if is_terminal {
            line = print::plain(&String::from_utf8_lossy(&line)).into_bytes();
        }
        if to.write_all(&line).and_then(|()| to.flush()).is_err() {
            return;
        }
        line.clear();
    }
}
