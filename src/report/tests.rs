use super::*;
use crate::schedule::{Obstacle, Standing};
use crate::spool::{Ended, Exchange, Outcome, Queued};
use std::sync::{Arc, Mutex};

/// Keeps what was written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn said(what: impl FnOnce(&mut Lines)) -> String {
    let kept = Kept::default();
    let mut lines = Lines::to(kept.clone());
    what(&mut lines);
    lines.finish(Duration::from_secs(5));
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn ended(outcome: Outcome, why: &str) -> DeliveryReport {
    let exchange = Some(Exchange {
        took_ms: 61,
        ..Exchange::default()
    });
    let (delivery, why) = ("0190163d-8694-739b-aea5-966c1f0c7f2c".into(), why.into());
    let (unknown, whole_hook, next_attempt_ms) = (false, false, None);
    let (digest, single) = (0, false);
    let ended = Ended {
        delivery,
        at_ms: 0,
        outcome,
        why,
        unknown,
        whole_hook,
        digest,
        single,
        next_attempt_ms,
        exchange,
    };
    DeliveryReport::Ended {
        hook: "ci".into(),
        ended: Box::new(ended),
        until_ms: None,
    }
}

#[test]
fn a_delivery_is_reported_in_one_line() {
    let line = |report: &DeliveryReport| report.line();
    let queued = "queued app/build (http://jenkins.example.com/queue/item/42/)";
    assert_eq!(
        line(&ended(Outcome::Delivered, queued)),
        format!("ci: {queued}, 61 ms")
    );
    assert_eq!(line(&ended(Outcome::Delivered, "")), "ci: delivered, 61 ms");
    assert_eq!(
        line(&ended(Outcome::Failed, "404 Not Found")),
        "ci: failed permanently: 404 Not Found"
    );
    let unfinished = |after| DeliveryReport::Unfinished {
        hook: "slow".into(),
        after,
        stuck: None,
    };
    let five = unfinished(Some(Duration::from_secs(5)));
    assert_eq!(
        line(&five),
        "slow: still sending after 5 s, goes on in the background"
    );
    let nobody = "slow: recorded, not sent yet; another process, the next push or `drain` sends it";
    assert_eq!(line(&unfinished(None)), nobody);
}

#[test]
fn retrying_is_promised_only_when_a_timer_keeps_the_promise() {
    let deferred = ended(Outcome::Deferred, "503 Service Unavailable");
    let next_push = "ci: 503 Service Unavailable; will be tried again at the next push (no timer seen: see `check`)";
    assert_eq!(deferred.line(), next_push);
    let DeliveryReport::Ended { hook, ended, .. } = deferred else {
        unreachable!("it has ended")
    };
    let until_ms = 1_795_766_400_000;
    let promised = DeliveryReport::Ended {
        hook,
        ended,
        until_ms: Some(until_ms),
    };
    let until = crate::clock::local_minutes(until_ms);
    assert_eq!(
        promised.line(),
        format!("ci: 503 Service Unavailable; retrying until {until} (1f0c7f2c)")
    );
}

#[test]
fn a_queued_delivery_says_behind_how_many_and_since_when() {
    let at = crate::clock::now_ms();
    let interrupted = Queued {
        delivery: "d".into(),
        behind: 1,
        since_ms: at,
        interrupted: true,
        paced: false,
        standing: None,
    };
    let report = DeliveryReport::Queued {
        hook: "ci".into(),
        queued: interrupted,
    };
    assert!(
        report
            .line()
            .ends_with("was interrupted and is repeated first"),
        "nobody is said to be down: {}",
        report.line()
    );
    let queued = Queued {
        delivery: "d".into(),
        behind: 12,
        since_ms: at,
        interrupted: false,
        paced: false,
        standing: None,
    };
    let line = DeliveryReport::Queued {
        hook: "mirror".into(),
        queued,
    }
    .line();
    let time = crate::clock::local_minutes(at)[11..].to_owned();
    assert_eq!(
        line,
        format!("mirror: queued behind 12, receiver down since {time}")
    );
}

#[test]
fn failures_come_first() {
    let text = said(|lines| {
        lines.report(
            vec![ended(Outcome::Delivered, ""), ended(Outcome::Failed, "no")],
            true,
        );
    });
    assert_eq!(
        text,
        "service-hook: ci: failed permanently: no\nservice-hook: ci: delivered, 61 ms\n"
    );
}

#[test]
fn too_many_deliveries_are_one_sum_a_hook() {
    let mut results = vec![ended(Outcome::Delivered, ""); 90];
    results.push(ended(Outcome::Deferred, "503 Service Unavailable"));
    let text = said(|lines| lines.report(results, false));
    assert_eq!(
        text,
        "service-hook: ci: 1 to be retried, 90 delivered (503 Service Unavailable)\n"
    );
}

#[test]
fn a_hundred_hooks_do_not_fill_the_screen() {
    let results = (0..100)
        .map(|n| DeliveryReport::Lost {
            hook: format!("h{n:02}"),
            why: "x".repeat(3000),
        })
        .collect();
    let text = said(|lines| lines.report(results, false));
    assert!(
        text.lines().count() <= 20 && text.len() <= 8192,
        "{}",
        text.len()
    );
    let few = (0..100)
        .map(|n| DeliveryReport::Lost {
            hook: format!("h{n:02}"),
            why: "gone".into(),
        })
        .collect();
    assert!(
        said(|lines| lines.report(few, false)).ends_with("service-hook: … and 81 more hooks\n")
    );
}

#[test]
fn nothing_that_moves_the_cursor_reaches_the_pusher() {
    let text = said(|lines| {
        lines.say("a\u{1b}[31mred\r\nfake: ok\t\u{202e}\u{61c}\u{2066}\u{e0041}\u{0}end");
    });
    assert_eq!(text, "service-hook: a[31mred  fake: ok end\n");
}

/// Blocks for ever, as a pipe does that nobody reads.
struct Stuck;

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        loop {
            std::thread::park();
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_pipe_that_nobody_reads_holds_up_nothing() {
    let started = std::time::Instant::now();
    let mut lines = Lines::to(Stuck);
    (0..100).for_each(|_| lines.say("anything"));
    lines.finish(Duration::from_millis(50));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_receiver_is_called_down_only_where_it_is() {
    let at = crate::clock::now_ms();
    let moment = crate::clock::local_moment;
    let words = |obstacle, failures, minutes: i64, event_ms| {
        standing_text(&Standing {
            obstacle,
            failures,
            since_ms: at - minutes * 60_000,
            failed_ms: at,
            until_ms: at + 60_000,
            event_ms,
        })
    };
    let long_ago = moment(at - 600_000);
    let down = format!("receiver down since {long_ago}");
    for obstacle in [
        Obstacle::Unreachable,
        Obstacle::Unanswered,
        Obstacle::Unavailable,
    ] {
        assert_eq!(words(obstacle, 3, 10, Some(at)), down);
    }
    assert_eq!(words(Obstacle::Refused, 3, 10, None), down);
    let event = format!("refuses the event of {}", moment(at));
    assert_eq!(words(Obstacle::Refused, 9, 10, Some(at)), event);
    let lookup = format!("name lookup has failed since {long_ago}");
    assert_eq!(words(Obstacle::NameLookup, 1, 10, Some(at)), lookup);
    let limit = format!("rate limited until {}", moment(at + 60_000));
    assert_eq!(words(Obstacle::RateLimited, 9, 10, None), limit);
    let early = [Obstacle::Unanswered, Obstacle::Unavailable, Obstacle::Held];
    for text in early.map(|obstacle| words(obstacle, 2, 10, None)) {
        assert!(!text.contains("down") && text.contains(&long_ago), "{text}");
    }
}
