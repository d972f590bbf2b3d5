//! Lines for people: what the pusher sees. Bounded, without control characters; secrets were removed before a text
//! came here. Writing never holds anything up: a pipe that nobody reads blocks its first writer for ever.

mod wording;

pub use wording::{DeliveryReport, failures_line, short_id, standing_text};

use crate::terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What stands before every line; Git adds `remote: `.
const PREFIX: &str = "service-hook: ";
/// Lines in all.
const MAX_LINES: usize = 20;
/// Bytes in all.
const MAX_BYTES: usize = 8 * 1024;
/// Bytes of one line, so that no answer of a receiver takes the room of the others.
const MAX_LINE: usize = 480;

/// Takes lines and writes them on a thread of its own, which is never joined.
#[derive(Debug)]
pub struct Lines {
    texts: Option<Sender<String>>,
    written: Receiver<()>,
    /// There are no more threads: straight to standard error, as long as it takes a line without being waited for.
    direct: bool,
    said: usize,
    bytes: usize,
    failed: usize,
}

impl Lines {
    /// To standard error; errors of writing are ignored.
    pub fn to_stderr() -> Self {
        let lines = Self::to(std::io::stderr());
        Self {
            direct: lines.texts.is_none(),
            ..lines
        }
    }

    /// To anything.
    pub fn to(mut out: impl Write + Send + 'static) -> Self {
        let (texts, incoming) = channel::<String>();
        let (done, written) = channel();
        let write = move || {
            for text in incoming {
                let _ = out.write_all(text.as_bytes());
            }
            let _ = out.flush();
            let _ = done.send(());
        };
        let texts = std::thread::Builder::new().spawn(write).ok().map(|_| texts);
        Self {
            texts,
            written,
            direct: false,
            said: 0,
            bytes: 0,
            failed: 0,
        }
    }

    /// Lines that can still be said.
    pub fn left(&self) -> usize {
        MAX_LINES - self.said
    }

    /// How many deliveries were reported as failed permanently.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Prints one line; past the limits it is dropped.
    pub fn say(&mut self, text: &str) {
        let line = format!("{PREFIX}{}\n", clean(text));
        if self.said == MAX_LINES || self.bytes + line.len() > MAX_BYTES {
            return;
        }
        self.said += 1;
        self.bytes += line.len();
        if let Some(texts) = &self.texts {
            let _ = texts.send(line);
        } else if self.direct && stderr_has_room() {
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    /// Lets what was said reach the reader, if there is one within that time.
    pub fn finish(mut self, patience: Duration) {
        self.texts = None;
        let _ = self.written.recv_timeout(patience);
    }

    /// Reports deliveries: one line each, failures first, or one summary per hook when there are too many.
    pub fn report(&mut self, mut reports: Vec<DeliveryReport>, each: bool) {
        self.failed += reports.iter().filter(|r| r.is_permanent_failure()).count();
        reports.sort_by_key(|t| !t.is_failure());
        if each {
            for report in reports {
                self.say(&report.line());
            }
            return;
        }
        let mut hooks: BTreeMap<String, Vec<DeliveryReport>> = BTreeMap::new();
        let mut order = Vec::new();
        for report in reports {
            if !hooks.contains_key(report.hook()) {
                order.push(report.hook().to_owned());
            }
            hooks
                .entry(report.hook().to_owned())
                .or_default()
                .push(report);
        }
        let room = self.left();
        for (index, hook) in order.iter().enumerate() {
            if index + 1 == room && order.len() > room {
                return self.say(&format!("… and {} more hooks", order.len() - index));
            }
            self.say(&wording::hook_summary(hook, &hooks[hook]));
        }
    }
}

/// Whether a line can be written now. A pipe says so only when a whole page is free, and no line is that long.
fn stderr_has_room() -> bool {
    let stderr = std::io::stderr();
    let mut polled = [PollFd::new(&stderr, PollFlags::OUT)];
    matches!(
        poll(
            &mut polled,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 0
            })
        ),
        Ok(1)
    ) && polled[0].revents() == PollFlags::OUT
}

/// The first characters of a text, at most so many bytes.
pub fn truncate(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// One line without control and invisible characters, not too long.
pub fn clean(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !terminal::is_invisible(*c))
        .collect();
    if line.len() > MAX_LINE {
        line.truncate(truncate(&line, MAX_LINE).len());
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
