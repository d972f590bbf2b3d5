//! `default`: the whole body of docs/events.md, with the headers of CODING and GitHub. Without Gitea's and Gogs' names:
//! a receiver that checks for these first would read another dialect than the one it gets.

use super::{Dialect, Header, coding, github};
use crate::outgoing::Outgoing;

pub(super) struct Default;

impl Dialect for Default {
    fn name(&self) -> &'static str {
        "default"
    }

    fn headers(&self, action: &str, out: &Outgoing) -> Vec<Header> {
        let mut headers = super::headers([("User-Agent", super::USER_AGENT)]);
        headers.extend(coding::event(action, out));
        headers.extend(github::event(out));
        headers
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        let mut headers = coding::signature(token, body);
        headers.extend(github::signatures(token, body));
        headers
    }

    fn has_ping(&self) -> bool {
        true
    }

    fn reads_summary(&self) -> bool {
        true
    }
}
