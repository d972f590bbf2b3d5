//! Writes the state of repositories for Prometheus, as the textfile collector of its node exporter reads it.

use super::health::{Health, Receiver};
use crate::commands::print;
use std::fmt::Write;

/// A metric: its name after the prefix, its help, and its samples of one repository, each with the hook if it has one.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: fn(&Health) -> Samples<'_>,
}

type Samples<'a> = Vec<(Option<&'a str>, i64)>;

const METRICS: &[Metric] = &[
    Metric {
        name: "ok",
        help: "Whether nothing needs attention (1) or something does (0).",
        samples: |health| one(i64::from(health.ok)),
    },
    Metric {
        name: "waiting_deliveries",
        help: "Deliveries that wait.",
        samples: |health| one(count(health.waiting)),
    },
    Metric {
        name: "oldest_waiting_seconds",
        help: "Age of the push of the oldest delivery that waits, 0 if none does.",
        samples: |health| one(health.oldest_seconds.unwrap_or(0)),
    },
    Metric {
        name: "failed_deliveries",
        help: "Deliveries in the history that failed permanently and were not queued again.",
        samples: |health| one(count(health.failed)),
    },
    Metric {
        name: "last_failure_timestamp_seconds",
        help: "When the newest of them failed, in seconds since 1970.",
        samples: |health| {
            health
                .failed_last
                .map_or_else(Vec::new, |at_ms| one(at_ms / 1000))
        },
    },
    Metric {
        name: "timer_last_run_timestamp_seconds",
        help: "When a timer last ran drain, in seconds since 1970.",
        samples: |health| {
            health
                .timer_at
                .map_or_else(Vec::new, |at_ms| one(at_ms / 1000))
        },
    },
    Metric {
        name: "problems",
        help: "Mistakes, stuck processes, unreadable files and other problems that status names.",
        samples: |health| one(count(health.problems.len())),
    },
    Metric {
        name: "receiver_down",
        help: "Whether the receiver of a hook for which something waits is down.",
        samples: |health| of_receivers(health, |receiver| i64::from(receiver.down)),
    },
    Metric {
        name: "receiver_waiting_deliveries",
        help: "Deliveries that wait for a hook whose last attempt failed.",
        samples: |health| of_receivers(health, |receiver| count(receiver.waiting)),
    },
];

/// The text for all of them: a group of lines for each metric.
pub(super) fn write(all: &[Health]) -> String {
    let mut text = String::new();
    for Metric {
        name,
        help,
        samples,
    } in METRICS
    {
        let name = format!("git_service_hook_{name}");
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for health in all {
            let repository = escaped(&health.repository);
            for (hook, value) in samples(health) {
                let hook = hook.map(|hook| format!(",hook=\"{}\"", escaped(hook)));
                let hook = hook.unwrap_or_default();
                let _ = writeln!(text, "{name}{{repository=\"{repository}\"{hook}}} {value}");
            }
        }
    }
    text
}

fn one(value: i64) -> Samples<'static> {
    vec![(None, value)]
}

fn of_receivers(health: &Health, value: fn(&Receiver) -> i64) -> Samples<'_> {
    let receivers = health.receivers.iter();
    receivers
        .map(|receiver| (Some(receiver.hook.as_str()), value(receiver)))
        .collect()
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The value of a label, as it stands between quotes. Somebody may read it at a terminal.
fn escaped(value: &str) -> String {
    print::plain(value)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_what_is_unknown_is_left_out() {
        let health = Health {
            repository: "/srv/a\"b\\c\nd.git".to_owned(),
            receivers: vec![Receiver {
                hook: "ci".to_owned(),
                down: true,
                waiting: 3,
                ..Receiver::default()
            }],
            ..Health::default()
        };
        let text = write(&[health]);
        let label = r#"{repository="/srv/a\"b\\c\nd.git"}"#;
        assert!(
            text.contains(&format!("git_service_hook_ok{label} 0\n")),
            "{text}"
        );
        assert!(text.contains(r#"down{repository="/srv/a\"b\\c\nd.git",hook="ci"} 1"#));
        assert!(
            !text.contains("timer_last_run_timestamp_seconds{"),
            "{text}"
        );
    }
}
