//! Shows the progress of long work in one line on stderr, if that is a terminal, and removes it at the end.

use crate::terminal;
use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// What is quicker shows nothing.
const PATIENCE: Duration = Duration::from_millis(400);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Does the work, and shows meanwhile how far it is. The line ends with a return: what others write overwrites it.
pub(super) fn watch<R>(far: impl Fn() -> String + Sync, work: impl FnOnce() -> R) -> R {
    if !stderr().is_terminal() {
        return work();
    }
    let far = &far;
    let (done, is_done) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let show = move || {
            let mut pause = PATIENCE;
            while is_done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = PAUSE;
                let _ = stderr().write_all(line(&far(), terminal::width(&stderr())).as_bytes());
            }
            if pause == PAUSE {
                let _ = stderr().write_all(b"\r\x1b[K");
            }
        };
        // Without a thread for it the work is done in silence.
        let _shown = std::thread::Builder::new().spawn_scoped(scope, show);
        let result = work();
        drop(done);
        result
    })
}

/// It fits into the terminal: a wrapped line could not be rewritten.
fn line(text: &str, width: usize) -> String {
    format!("\r\x1b[K{}\r", terminal::cut(text, width.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_of_progress_never_wraps_and_is_overwritten() {
        assert_eq!(
            super::line("12 of 300 repositories", 10),
            "\r\x1b[K12 of 30…\r"
        );
    }
}
