use crate::clock;
use crate::schedule::{Obstacle, Standing};
use crate::spool::{Ended, Failures, Outcome, Queued, StuckLane};
use std::time::Duration;

/// What is known of one delivery when the pusher is notified.
#[derive(Clone, Debug)]
pub enum DeliveryReport {
    /// An attempt has ended.
    Ended {
        /// As people call it.
        hook: String,
        /// How.
        ended: Box<Ended>,
        /// When the delivery is given up; `None` when no timer keeps a promise to try again.
        until_ms: Option<i64>,
    },
    /// Others are before it.
    Queued {
        /// As people call it.
        hook: String,
        /// Behind how many, since when.
        queued: Queued,
    },
    /// No end within the time that the pusher waits.
    Unfinished {
        /// As people call it.
        hook: String,
        /// How long was waited; `None` when nobody works on it any more.
        after: Option<Duration>,
        /// The process that holds its lane for too long.
        stuck: Option<StuckLane>,
    },
    /// It was not recorded, and has failed or did not even have its turn.
    Lost {
        /// As people call it.
        hook: String,
        /// Why.
        why: String,
    },
}

impl DeliveryReport {
    /// Whose delivery it is.
    pub fn hook(&self) -> &str {
        match self {
            Self::Ended { hook, .. }
            | Self::Queued { hook, .. }
            | Self::Unfinished { hook, .. }
            | Self::Lost { hook, .. } => hook,
        }
    }

    /// Whether the receiver has accepted it.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Ended { ended, .. } if matches!(ended.outcome, Outcome::Delivered | Outcome::Accepted))
    }

    /// Whether people should see it first.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Ended { .. } => !self.is_success(),
            Self::Lost { .. } | Self::Unfinished { stuck: Some(_), .. } => true,
            Self::Queued { .. } | Self::Unfinished { .. } => false,
        }
    }

    /// Whether it will not be tried again.
    pub(super) fn is_permanent_failure(&self) -> bool {
        matches!(self, Self::Ended { ended, .. } if ended.outcome == Outcome::Failed)
    }

    /// The line for it.
    pub fn line(&self) -> String {
        let hook = self.hook();
        match self {
            Self::Ended {
                ended, until_ms, ..
            } => format!("{hook}: {}", ended_text(ended, *until_ms)),
            Self::Queued { queued, .. } => format!("{hook}: {}", queued_text(queued)),
            Self::Unfinished {
                stuck: Some(stuck), ..
            } => format!("{hook}: recorded, not sent yet; {stuck}"),
            Self::Unfinished {
                after: Some(after), ..
            } => {
                format!(
                    "{hook}: still sending after {}, goes on in the background",
                    seconds(*after)
                )
            }
            Self::Unfinished { after: None, .. } => {
                format!(
                    "{hook}: recorded, not sent yet; another process, the next push or `drain` sends it"
                )
            }
            Self::Lost { why, .. } => {
                format!("{hook}: {why}; not recorded, so it will not be tried again")
            }
        }
    }
}

/// Behind how many, and why it waits.
fn queued_text(queued: &Queued) -> String {
    let place = if queued.behind == 0 {
        "queued".to_owned()
    } else {
        format!("queued behind {}", queued.behind)
    };
    if queued.paced {
        return format!("{place}, the robot's rate limit is reached; they follow in one message");
    }
    let since = clock::local_moment(queued.since_ms);
    if queued.interrupted {
        format!("{place}, the attempt of {since} was interrupted and is repeated first")
    } else {
        let why = queued.standing.as_ref().map(standing_text);
        let why = why.unwrap_or_else(|| format!("receiver down since {since}"));
        format!("{place}, {why}")
    }
}

/// Why a hook cannot deliver: "receiver down since 14:02", "refuses the event of 14:02".
pub fn standing_text(standing: &Standing) -> String {
    let since = clock::local_moment(standing.since_ms);
    match (standing.obstacle, standing.event_ms) {
        (Obstacle::NameLookup, _) => format!("name lookup has failed since {since}"),
        _ if standing.is_down() => format!("receiver down since {since}"),
        (Obstacle::RateLimited, _) => {
            format!(
                "rate limited until {}",
                clock::local_moment(standing.until_ms)
            )
        }
        (Obstacle::Refused, Some(event_ms)) => {
            format!("refuses the event of {}", clock::local_moment(event_ms))
        }
        (Obstacle::Refused, None) => format!("has refused events since {since}"),
        (Obstacle::Unavailable, _) => format!("unavailable since {since}"),
        (Obstacle::Unreachable | Obstacle::Unanswered, _) => format!("no answer since {since}"),
        (Obstacle::Held, _) => {
            format!("held up by this server's set-up since {since} (see `check`)")
        }
    }
}

fn ended_text(ended: &Ended, until_ms: Option<i64>) -> String {
    let why = &ended.why;
    match ended.outcome {
        Outcome::Delivered | Outcome::Accepted => {
            let note = if why.is_empty() { "delivered" } else { why };
            let took = ended
                .exchange
                .as_ref()
                .map(|e| format!(", {} ms", e.took_ms))
                .unwrap_or_default();
            format!("{note}{took}")
        }
        Outcome::Failed => format!("failed permanently: {why}"),
        Outcome::Cancelled => format!("cancelled: {why}"),
        Outcome::Deferred | Outcome::Simplify => match until_ms {
            Some(until_ms) => {
                format!(
                    "{why}; retrying until {} ({})",
                    clock::local_minutes(until_ms),
                    short_id(&ended.delivery)
                )
            }
            None => {
                format!("{why}; will be tried again at the next push (no timer seen: see `check`)")
            }
        },
    }
}

/// Ids are shown by their last eight digits: the first ones are a time.
pub fn short_id(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// One line for all deliveries of a hook, with the first reason.
pub(super) fn hook_summary(hook: &str, reports: &[DeliveryReport]) -> String {
    let mut counts = [
        ("failed permanently", 0),
        ("lost", 0),
        ("to be retried", 0),
        ("delivered", 0),
        ("still sending", 0),
    ];
    let mut reason = None;
    for report in reports {
        let (kind, why) = match report {
            DeliveryReport::Ended { ended, .. } => match ended.outcome {
                Outcome::Failed | Outcome::Cancelled => (0, Some(&ended.why)),
                Outcome::Deferred | Outcome::Simplify => (2, Some(&ended.why)),
                Outcome::Delivered | Outcome::Accepted => (3, None),
            },
            DeliveryReport::Lost { why, .. } => (1, Some(why)),
            DeliveryReport::Queued { .. } | DeliveryReport::Unfinished { .. } => (4, None),
        };
        counts[kind].1 += 1;
        reason = reason.or(why);
    }
    let parts: Vec<String> = counts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(what, n)| format!("{n} {what}"))
        .collect();
    let reason = reason.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{hook}: {}{reason}", parts.join(", "))
}

/// What has failed permanently since the last report of it.
pub fn failures_line(failures: Failures) -> String {
    let Failures { count, since_ms } = failures;
    let have = if count == 1 {
        "delivery has"
    } else {
        "deliveries have"
    };
    let since = clock::local_minutes(since_ms);
    format!(
        "{count} {have} failed permanently since {since} (see `git service-hook deliveries --state failed`)"
    )
}
