//! Writes the state of repositories for people: what needs attention first, one sum at the end.

use super::health::{Health, Receiver};
use crate::clock;
use crate::commands::print;
use crate::terminal::Style;

/// The text for one repository, or for several: then only those that need attention, or where something waits, are listed.
pub(super) fn write(all: &[Health], several: bool, style: Style) -> String {
    let mut shown: Vec<&Health> = all
        .iter()
        .filter(|health| !several || !health.ok || health.waiting > 0)
        .collect();
    shown.sort_by_key(|health| health.ok);
    let mut written = Vec::new();
    for health in shown {
        let verdict = if health.ok {
            style.green("ok")
        } else {
            style.red("needs attention")
        };
        written.push(format!(
            "{}: {verdict}",
            print::one_line(&health.repository)
        ));
        let lines = lines(health).into_iter();
        written.extend(lines.map(|line| format!("  {}", print::one_line(&line))));
    }
    if several {
        written.push(sum(all));
    }
    written.join("\n")
}

fn lines(health: &Health) -> Vec<String> {
    let mut lines = health.problems.clone();
    lines.extend(health.receivers.iter().map(receiver));
    if let (1.., Some(since), Some(last)) = (health.failed, health.failed_since, health.failed_last)
    {
        lines.push(format!(
            "{} failed permanently since {}, the newest {} (see `git service-hook deliveries --state failed`)",
            health.failed,
            clock::local_minutes(since),
            clock::local_moment(last)
        ));
    }
    lines.push(match health.oldest_at {
        Some(at_ms) => format!(
            "{} waiting, the oldest since {}",
            health.waiting,
            clock::local_minutes(at_ms)
        ),
        None => "nothing waits".to_owned(),
    });
    if let Some(at_ms) = health.timer_at {
        lines.push(format!("a timer last ran {}", clock::local_moment(at_ms)));
    }
    lines
}

/// `ci: receiver down since 14:02 (5 failed attempts), 3 waiting, next attempt 15:10`
pub(super) fn receiver(receiver: &Receiver) -> String {
    let (hook, waiting) = (&receiver.hook, receiver.waiting);
    let next = receiver.next_attempt_at.map(clock::local_moment);
    let next = next.map(|next| format!(", next attempt {next}"));
    let next = next.unwrap_or_default();
    let Some(reason) = &receiver.reason else {
        return format!("{hook}: {waiting} waiting{next}");
    };
    let attempts = match receiver.failures {
        1 => "1 failed attempt".to_owned(),
        failures => format!("{failures} failed attempts"),
    };
    format!("{hook}: {reason} ({attempts}), {waiting} waiting{next}")
}

/// "`ci`: receiver down since 14:02, 3 waiting, the oldest since 2026-11-24 14:02"
pub(super) fn trouble(receiver: &Receiver) -> String {
    let reason = receiver.reason.as_deref().unwrap_or_default();
    let oldest = receiver.oldest_at.map(clock::local_minutes);
    let oldest = oldest.map(|oldest| format!(", the oldest since {oldest}"));
    format!(
        "`{}`: {reason}, {} waiting{}",
        receiver.hook,
        receiver.waiting,
        oldest.unwrap_or_default()
    )
}

fn sum(all: &[Health]) -> String {
    let count = |is: fn(&Health) -> bool| all.iter().filter(|health| is(health)).count();
    let waiting: usize = all.iter().map(|health| health.waiting).sum();
    let failed: usize = all.iter().map(|health| health.failed).sum();
    format!(
        "{} repositories: {} need attention, {} ok; {waiting} waiting, {failed} failed permanently",
        all.len(),
        count(|health| !health.ok),
        count(|health| health.ok),
    )
}
