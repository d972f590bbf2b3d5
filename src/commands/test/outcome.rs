//! Describes the result of testing one hook.

use crate::action::Verdict;
use crate::commands::print;
use crate::http::Response;
use crate::terminal::{Style, wrapped};
use std::io::{IsTerminal, stdout};

/// Characters of an answer that are shown when it was no yes.
const EXCERPT: usize = 300;

/// What came of one hook.
pub(super) struct Outcome {
    /// Whether the receiver said yes.
    pub(super) accepted: bool,
    /// The verdict, and the time it took.
    pub(super) words: String,
    /// What was answered to a request that was not accepted.
    pub(super) answer: String,
    /// What to do about it.
    pub(super) advice: Vec<&'static str>,
}

impl Outcome {
    /// It was not even sent, or not answered.
    pub(super) fn no(words: String) -> Self {
        Self {
            accepted: false,
            words,
            answer: String::new(),
            advice: Vec::new(),
        }
    }
}

/// The verdict in words, the time it took, and an excerpt of an answer that was no yes, where it may be shown. `clean`
/// takes secrets out.
pub(super) fn judge(
    verdict: &Verdict,
    response: &Response,
    shows: bool,
    clean: impl Fn(&str) -> String,
) -> Outcome {
    let (accepted, words) = match verdict {
        Verdict::Delivered { note } | Verdict::Accepted { note } if note.is_empty() => {
            (true, "delivered".to_owned())
        }
        Verdict::Delivered { note } => (true, format!("delivered: {note}")),
        Verdict::Accepted { note } => (true, note.clone()),
        Verdict::Deferred { why, .. } => (false, format!("{why} (a push would try again)")),
        Verdict::Simplify { why } => (false, why.clone()),
        Verdict::Failed { why } => (false, format!("failed: {why}")),
    };
    let excerpt = if accepted || !shows {
        String::new()
    } else {
        excerpt(&clean(&response.shown()))
    };
    let answer = if excerpt.is_empty() {
        excerpt
    } else {
        format!("answer ({}): {excerpt}", response.status)
    };
    Outcome {
        accepted,
        words: clean(&format!("{words}, {} ms", response.took.as_millis())),
        answer,
        advice: Vec::new(),
    }
}

fn excerpt(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = text.chars().take(EXCERPT).collect::<String>();
    if cut.len() < text.len() {
        format!("{cut}…")
    } else {
        cut
    }
}

/// The verdict; below it the answer and what to do, where it was no plain yes.
pub(super) fn written(name: &str, outcome: &Outcome, style: Style, width: usize) -> String {
    let words = print::one_line(&outcome.words);
    // In a pipe it stays one line, to be searched.
    let words = if stdout().is_terminal() {
        wrapped(&format!("{name}: {words}"), width, "  ")
    } else {
        format!("{name}: {words}")
    };
    let (name, words) = words.split_at(name.len() + 1);
    let words = if outcome.accepted {
        style.green(words)
    } else {
        style.red(words)
    };
    let mut text = format!("{}{words}", style.bold(name));
    if !outcome.answer.is_empty() {
        text.push_str(&style.dim(&paragraph("  ", &print::plain(&outcome.answer), width)));
    }
    for advice in &outcome.advice {
        text.push_str(&paragraph("  - ", advice, width));
    }
    text
}

/// A line end, and lines that are set in below the first one's text.
fn paragraph(first: &str, text: &str, width: usize) -> String {
    let text = wrapped(text, width.saturating_sub(first.len()), "");
    format!(
        "\n{first}{}",
        text.replace('\n', &format!("\n{}", " ".repeat(first.len())))
    )
}
