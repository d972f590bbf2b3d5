//! The result of each delivery that was queued, as a line of text or of JSON.

use super::At;
use crate::clock;
use crate::commands::deliveries::find::Found;
use crate::commands::print;
use crate::config::Found as Configured;
use crate::report::{DeliveryReport, short_id};
use crate::schedule;
use crate::spool::{Delivery, DeliveryState, RecordFile};
use crate::terminal;
use serde_json::json;
use std::time::Duration;

impl At<'_> {
    /// What came of one, and whether it has failed permanently.
    pub(super) fn result(&self, found: &Found, queued_ms: i64) -> (String, bool) {
        let planned = &found.delivery.planned;
        let now = match self.spool.read_anywhere(&found.record) {
            Ok(RecordFile::Record(record)) => record
                .deliveries
                .into_iter()
                .find(|d| d.planned.id == planned.id),
            _ => None,
        };
        let (text, failed) = self.words(found, now.as_ref(), queued_ms);
        if self.arguments.json {
            let object = json!({
                "repository": self.repository.git_dir().display().to_string(),
                "id": planned.id,
                "hook": planned.hook,
                "state": now.map(|now| now.state.name()),
                "message": text,
            });
            return (terminal::escape_json(&object.to_string()), failed);
        }
        let (place, id) = (self.place(), short_id(&planned.id));
        (print::one_line(&format!("{place}{id}  {text}")), failed)
    }

    fn words(&self, found: &Found, now: Option<&Delivery>, queued_ms: i64) -> (String, bool) {
        let name = &found.delivery.planned.hook;
        let hook = self.loaded.label_of(name).to_owned();
        let Some(now) = now else {
            return (
                format!("{hook}: its record has been removed from the history"),
                false,
            );
        };
        match &now.last {
            Some(ended) if now.last != found.delivery.last && now.open_since_ms.is_none() => {
                let until_ms = self.spool.timer_seen(clock::now_ms());
                let until_ms =
                    until_ms.then(|| schedule::retry_deadline(queued_ms, self.retry_for(name)));
                let report = DeliveryReport::Ended {
                    hook,
                    ended: Box::new(ended.clone()),
                    until_ms,
                };
                (report.line(), now.state == DeliveryState::Failed)
            }
            _ => (format!("{hook}: queued, {}", self.when(name)), false),
        }
    }

    fn when(&self, hook: &str) -> &'static str {
        match self.loaded.find(hook) {
            Configured::Broken => "sent when the mistake that disables its hook is fixed",
            _ => "sent by the next push or `drain`",
        }
    }

    fn retry_for(&self, name: &str) -> Duration {
        match self.loaded.find(name) {
            Configured::Active(hook) => hook.retry_for,
            _ => self.loaded.deliver.retry_for,
        }
    }
}
