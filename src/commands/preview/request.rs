//! Shows one request as it would be sent, with its secrets masked.

use crate::action::Attempt;
use crate::clock;
use crate::commands::event_selection::SelectedEvent;
use crate::config::{Hook, Per};
use crate::http::Request;
use crate::outgoing::{Limits, MessageKind, Outgoing, sample};
use crate::secret::Secrets;
use crate::terminal::Style;
use crate::transport;
use std::fmt::Write;

/// Made as a delivery would make it; the error names the key at fault.
pub(super) fn build(subject: &SelectedEvent, hook: &Hook) -> Result<(Request, Secrets), String> {
    let kind = if hook.per == Per::Push {
        MessageKind::Push
    } else {
        MessageKind::Ref
    };
    made(hook, &subject.for_hook(hook, kind))
}

/// The same for trouble of another hook.
pub(super) fn of_trouble(
    subject: &SelectedEvent,
    hook: &Hook,
) -> Result<(Request, Secrets), String> {
    let limits = Limits {
        max_commits: hook.max_commits,
        max_body: hook.max_body,
    };
    let samples = sample::troubles(&subject.project, &hook.name, limits);
    let own = subject.for_hook(hook, MessageKind::Trouble);
    let sample = samples.into_iter().next().ok_or("no sample")?;
    let out = Outgoing {
        project: own.project,
        delivery: own.delivery,
        ..sample
    };
    made(hook, &out)
}

fn made(hook: &Hook, out: &Outgoing) -> Result<(Request, Secrets), String> {
    let (action, secrets) = hook.action().map_err(|e| e.to_string())?;
    let attempt = Attempt {
        now_ms: clock::now_ms(),
        number: 1,
        simplify: false,
    };
    let request = action
        .request(out, &attempt)
        .map_err(|e| secrets.redact(&e.to_string()))?;
    Ok((request, secrets))
}

/// Request line with the whole URL, headers and body as they go out, in their colours; `harmless` keeps a text from
/// driving a terminal.
pub(super) fn as_sent(
    request: &Request,
    secrets: &Secrets,
    style: Style,
    harmless: fn(&str) -> String,
) -> String {
    let line = format!(
        "{} {} HTTP/1.1",
        request.method.as_str(),
        request.masked_url
    );
    let mut text = style.bold(&harmless(&line));
    for (name, value) in transport::masked_head(request) {
        let (name, value) = (
            style.dim(&harmless(&format!("{name}:"))),
            harmless(&secrets.redact(&value)),
        );
        let _ = write!(text, "\n{name} {value}");
    }
    if !request.body.is_empty() {
        let _ = write!(text, "\n\n{}", harmless(&masked(request, secrets)));
    }
    text
}

fn masked(request: &Request, secrets: &Secrets) -> String {
    secrets.redact(
        &request
            .secrets
            .redact(&String::from_utf8_lossy(&request.body)),
    )
}

/// The body as people may see it on a terminal.
pub fn masked_body(request: &Request, secrets: &Secrets) -> String {
    crate::commands::print::plain(&masked(request, secrets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    #[test]
    fn nothing_secret_is_shown_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.add("hunter2-hunter2");
        let request = Request {
            method: Method::Post,
            url: "http://h/hunter2-hunter2".into(),
            masked_url: "http://h/***".into(),
            headers: vec![
                ("Authorization".into(), "Bearer x".into()),
                ("X-Own".into(), "is hunter2-hunter2".into()),
            ],
            body: b"{\"a\":\"hunter2-hunter2\"}".to_vec(),
            secrets: Secrets::default(),
        };
        let text = as_sent(&request, &secrets, Style::plain(), str::to_owned);
        assert_eq!(
            text,
            "POST http://h/*** HTTP/1.1\ncontent-length: 23\nhost: h\nauthorization: ***\nx-own: ***\n\n{\"a\":\"***\"}"
        );
    }
}
