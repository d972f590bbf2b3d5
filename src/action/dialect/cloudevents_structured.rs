//! `cloudevents-structured`: CloudEvents 1.0 in structured mode. The body is the whole CloudEvent, with the event as its
//! `data`. The attributes are those of [`super::cloudevents`].

use super::{Dialect, Header, cloudevents, github};
use crate::outgoing::{Outgoing, Project};
use serde_json::{Map, Value};

pub(super) struct CloudEventsStructured;

impl Dialect for CloudEventsStructured {
    fn name(&self) -> &'static str {
        "cloudevents-structured"
    }

    fn content_type(&self) -> &'static str {
        "application/cloudevents+json"
    }

    fn headers(&self, _: &str, _: &Outgoing) -> Vec<Header> {
        super::headers([("User-Agent", super::USER_AGENT)])
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        github::signatures(token, body)
    }

    fn adapt(&self, out: &Outgoing, body: Value) -> Value {
        let attributes = cloudevents::attributes(out).into_iter();
        let known = attributes.filter_map(|(header, value)| {
            let name = header.strip_prefix(cloudevents::PREFIX)?;
            Some((name.to_owned(), value?.into()))
        });
        let mut event = known.collect::<Map<_, _>>();
        event.insert("datacontenttype".to_owned(), super::JSON.into());
        event.insert("data".to_owned(), body);
        Value::Object(event)
    }

    fn wraps(&self) -> bool {
        true
    }

    fn is_cloud_event(&self) -> bool {
        true
    }

    fn max_body(&self) -> usize {
        cloudevents::MAX_BODY
    }

    fn has_ping(&self) -> bool {
        true
    }

    fn reads_summary(&self) -> bool {
        true
    }

    fn lacks(&self, project: &Project) -> Vec<String> {
        cloudevents::lacks(project)
    }
}
