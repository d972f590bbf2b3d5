//! One request as it would go out, masked.

use crate::action::Attempt;
use crate::clock;
use crate::commands::print::plain;
use crate::commands::subject::Subject;
use crate::config::{Hook, Per};
use crate::http::Request;
use crate::outgoing::Kind;
use crate::secret::Secrets;
use crate::terminal::Style;
use crate::transport;
use std::fmt::Write;

/// Made as a delivery would make it; the error names the key at fault.
pub(super) fn of(subject: &Subject, hook: &Hook) -> Result<(Request, Secrets), String> {
    let (action, secrets) = hook.action().map_err(|e| e.to_string())?;
    let kind = if hook.per == Per::Push { Kind::Push } else { Kind::Ref };
    let attempt = Attempt { now_ms: clock::now_ms(), number: 1, simplify: false };
    let request =
        action.request(&subject.for_hook(hook, kind), &attempt).map_err(|e| secrets.redact(&e.to_string()))?;
    Ok((request, secrets))
}

/// Request line with the whole URL, headers and body as they go out, names of headers in their colour. A terminal gets
/// no control characters of the request's.
pub(super) fn as_sent(request: &Request, secrets: &Secrets, style: Style, is_terminal: bool) -> String {
    let shown = |text: String| if is_terminal { plain(&text) } else { text };
    let mut text = style.bold(&shown(format!("{} {} HTTP/1.1", request.method.as_str(), request.masked_url)));
    for (name, value) in transport::masked_head(request) {
        let _ = write!(text, "\n{} {}", style.dim(&format!("{name}:")), shown(secrets.redact(&value)));
    }
    if !request.body.is_empty() {
        let _ = write!(text, "\n\n{}", shown(masked(request, secrets)));
    }
    text
}

fn masked(request: &Request, secrets: &Secrets) -> String {
    secrets.redact(&request.secrets.redact(&String::from_utf8_lossy(&request.body)))
}

/// The body as people may see it on a terminal.
pub fn masked_body(request: &Request, secrets: &Secrets) -> String {
    plain(&masked(request, secrets))
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
            headers: vec![("Authorization".into(), "Bearer x".into()), ("X-Own".into(), "is hunter2-hunter2".into())],
            body: b"{\"a\":\"hunter2-hunter2\"}".to_vec(),
            secrets: Secrets::default(),
        };
        let text = as_sent(&request, &secrets, Style::plain(), false);
        assert_eq!(
            text,
            "POST http://h/*** HTTP/1.1\ncontent-length: 23\nhost: h\nauthorization: ***\nx-own: ***\n\n{\"a\":\"***\"}"
        );
    }

    #[test]
    fn colours_are_ours_and_controls_of_the_request_reach_no_terminal() {
        let request = Request {
            method: Method::Post,
            url: "http://h/".into(),
            masked_url: "http://h/".into(),
            headers: Vec::new(),
            body: b"a\x1b[2Jb".to_vec(),
            secrets: Secrets::default(),
        };
        let text = as_sent(&request, &Secrets::default(), Style::coloured(), true);
        assert!(text.starts_with("\x1b[1mPOST http://h/ HTTP/1.1\x1b[0m\n"), "{text:?}");
        assert!(text.ends_with("a\u{fffd}[2Jb"), "{text:?}");
    }
}
