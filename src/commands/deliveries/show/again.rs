//! Renders the body again from the record and the current configuration, and compares it with the one that was sent.

use crate::action::Attempt;
use crate::clock;
use crate::commands::preview::masked_body;
use crate::config::Found;
use crate::deliver::{Site, render};
use crate::report::truncate;
use crate::spool::{Delivery, DeliveryStep, Outcome, Record, RecordedAttempt};
use sha2::{Digest, Sha256};

/// Bytes of it that are shown.
const MOST: usize = 16 * 1024;

/// What can be said of the body.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// Masked; absent when it cannot be made.
    pub(super) body: Option<String>,
    /// Bytes that are not shown.
    pub(super) cut: usize,
    /// Whether it is another one than what was sent; absent when nothing was, or it cannot be made.
    pub(super) differs: Option<bool>,
    /// Whether the action's bodies hold a time stamp.
    pub(super) stamped: bool,
    /// Why it cannot be made.
    pub(super) why_not: Option<String>,
}

pub(super) fn of(
    site: &Site<'_>,
    record: &Record,
    delivery: &Delivery,
    steps: &[DeliveryStep],
) -> Again {
    let not = |why: String| Again {
        why_not: Some(why),
        ..Again::default()
    };
    if delivery.last.as_ref().is_some_and(|l| l.digest > 0) {
        return not(
            "it was sent in a message for several deliveries, which is not rendered again"
                .to_owned(),
        );
    }
    let hook = match site.loaded.find(&delivery.planned.hook) {
        Found::Active(hook) => hook,
        Found::Broken => {
            return not("its hook is disabled until a mistake is fixed (see `check`)".to_owned());
        }
        Found::Gone => {
            return not("its hook was removed from the configuration, or is disabled".to_owned());
        }
    };
    let (request, secrets) =
        match render(site, hook, record, &delivery.planned, as_last_tried(steps)) {
            Ok(made) => made,
            Err(why) => return not(why),
        };
    let whole = masked_body(&request, &secrets);
    let shown = truncate(&whole, MOST);
    let sent = super::newest_exchange(steps).map(|(_, exchange)| &exchange.body_sha256);
    Again {
        cut: whole.len() - shown.len(),
        body: Some(shown.to_owned()),
        differs: sent.map(|sent| *sent != hex::encode(Sha256::digest(&request.body))),
        stamped: hook.kind.stamps_body,
        why_not: None,
    }
}

/// The newest attempt with a request, so that what depends on its time comes out as it was.
fn as_last_tried(steps: &[DeliveryStep]) -> Attempt {
    let mut attempt = Attempt {
        now_ms: clock::now_ms(),
        number: 1,
        simplify: false,
    };
    let mut simplify = false;
    for step in steps {
        match step {
            DeliveryStep::Requeued { .. } => simplify = false,
            DeliveryStep::Alone { .. } => {}
            DeliveryStep::Attempt(RecordedAttempt {
                number,
                started_ms,
                ended,
            }) => {
                let (Some(number), Some(now_ms), Some(ended)) = (number, started_ms, ended) else {
                    continue;
                };
                if ended.exchange.is_some() {
                    attempt = Attempt {
                        now_ms: *now_ms,
                        number: *number,
                        simplify,
                    };
                }
                simplify |= ended.outcome == Outcome::Simplify;
            }
        }
    }
    attempt
}
