//! Lays out one delivery in full as text.

use super::super::row::outcome;
use super::super::table::coloured;
use super::Whole;
use crate::clock;
use crate::commands::print::plain;
use crate::push::RefUpdate;
use crate::report::clean;
use crate::spool::{DeliveryState, DeliveryStep, Exchange, RecordedAttempt};
use crate::terminal::Style;
use std::fmt::Write;

/// Refs of a push that are listed.
const REFS: usize = 20;

pub(super) fn of(whole: &Whole<'_>, style: Style) -> String {
    let mut text = head(whole, style);
    let _ = writeln!(text, "\n{}", style.bold("attempts"));
    for step in &whole.steps {
        let _ = writeln!(text, "  {}", clean(&line(step, whole)));
    }
    if whole.steps.is_empty() {
        text.push_str("  none yet\n");
    }
    if let Some((number, exchange)) = whole.exchange() {
        let of = number
            .map(|n| format!(" of attempt {n}"))
            .unwrap_or_default();
        let _ = write!(
            text,
            "\n{}\n{}",
            style.bold(&format!("request{of}")),
            request(exchange, style)
        );
    }
    text.push_str(&body(whole, style));
    text
}

fn head(whole: &Whole<'_>, style: Style) -> String {
    let (push, planned, row) = (&whole.record.push, &whole.delivery.planned, &whole.row);
    let mut text = String::new();
    let mut say = |name: &str, what: &str| {
        let name = format!("{name:<9}");
        let what = clean(what);
        let what = match what
            .strip_prefix(row.state.name())
            .filter(|_| name.starts_with("state"))
        {
            Some(rest) => format!("{}{rest}", coloured(row.state, row.state.name(), style)),
            None => what,
        };
        let _ = writeln!(text, "{} {what}", style.dim(&name));
    };
    say("delivery", &planned.id);
    say("hook", &planned.hook);
    let words = row.words();
    let next = row
        .next_attempt_ms
        .map(|at| format!("; due {}", clock::local_seconds(at)))
        .unwrap_or_default();
    let words = if words.is_empty() {
        words
    } else {
        format!(": {words}")
    };
    say("state", &format!("{}{words}{next}", row.state.name()));
    let pusher = &push.pusher;
    let by = format!(
        " by {} ({}, from {})",
        pusher.name, pusher.username, pusher.source
    );
    let (name, by) = match &push.trouble {
        Some(trouble) => (
            "trouble",
            format!(" of {}: {}", trouble.hook, trouble.kind.name()),
        ),
        None => ("push", by),
    };
    let time = clock::local_seconds(push.time_ms);
    say(name, &format!("{}{by}, {time}", push.id));
    for update in push
        .updates
        .iter()
        .filter(|u| row.refs.contains(&u.name))
        .take(REFS)
    {
        say("ref", &moved(update));
    }
    let more = row.refs.len().saturating_sub(REFS) + row.unlisted;
    if more > 0 {
        say("", &format!("… and {more} more"));
    }
    text
}

fn moved(update: &RefUpdate) -> String {
    let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
    format!(
        "{} {}..{}",
        update.name.display(),
        short(update.old.as_str()),
        short(update.new.as_str())
    )
}

fn line(step: &DeliveryStep, whole: &Whole<'_>) -> String {
    let attempted = match step {
        DeliveryStep::Attempt(attempted) => attempted,
        DeliveryStep::Requeued { at_ms } => {
            return format!("-  {}  queued again", clock::local_seconds(*at_ms));
        }
        DeliveryStep::Alone { at_ms } => {
            return format!(
                "-  {}  goes alone from now on: others are taken",
                clock::local_seconds(*at_ms)
            );
        }
    };
    let RecordedAttempt {
        number,
        started_ms,
        ended,
    } = attempted;
    let number = number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let at = started_ms
        .or(ended.as_ref().map(|e| e.at_ms))
        .map(clock::local_seconds)
        .unwrap_or_default();
    let Some(ended) = ended else {
        let newest = whole
            .steps
            .iter()
            .rev()
            .find(|s| matches!(s, DeliveryStep::Attempt(_)));
        let goes_on =
            whole.row.state == DeliveryState::Pending && whole.row.sending && newest == Some(step);
        let what = if goes_on {
            "being sent now"
        } else {
            "interrupted: the sending process died"
        };
        return format!("{number}  {at}  {what}");
    };
    let mut line = format!("{number}  {at}");
    if let Some(exchange) = &ended.exchange {
        let status = exchange
            .status
            .map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let _ = write!(line, "  {} ms  {status}", exchange.took_ms);
    }
    let _ = write!(line, "  {}", outcome(ended.outcome));
    if !ended.why.is_empty() {
        let _ = write!(line, ": {}", ended.why);
    }
    if ended.unknown {
        line.push_str(" (it may have had its effect all the same)");
    }
    if ended.digest > 0 {
        let _ = write!(line, " (one of {} in one message)", ended.digest);
    }
    line
}

/// Request line, headers, body and answer, masked when they were written down.
fn request(exchange: &Exchange, style: Style) -> String {
    let mut text = format!("  {} {}\n", clean(&exchange.method), clean(&exchange.url));
    for (name, value) in &exchange.headers {
        let _ = writeln!(text, "  {}: {}", clean(name), clean(value));
    }
    let _ = writeln!(
        text,
        "  body: {} bytes, SHA-256 {}",
        exchange.body_size,
        clean(&exchange.body_sha256)
    );
    if let Some(status) = exchange.status {
        let _ = writeln!(text, "\n{}", style.bold(&format!("answer, {status}")));
        for line in plain(&exchange.answer).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn body(whole: &Whole<'_>, style: Style) -> String {
    let again = &whole.again;
    let mut text = format!(
        "\n{}, made again with the configuration of today",
        style.bold("body")
    );
    if let Some(why) = &again.why_not {
        let _ = writeln!(text, ": none, {}", clean(why));
        return text;
    }
    text.push_str(match (again.differs, again.stamped) {
        (None, _) => "\n",
        (Some(false), _) => ": what was sent\n",
        (Some(true), false) => ": not what was sent, the configuration or the program has changed since\n",
        (Some(true), true) => {
            ": not what was sent; it holds a time stamp and a signature, or the configuration has changed since\n"
        }
    });
    let body = again.body.as_deref().unwrap_or_default();
    let _ = writeln!(text, "{}", plain(body));
    if again.cut > 0 {
        let _ = writeln!(text, "… and {} bytes more", again.cut);
    }
    text
}
