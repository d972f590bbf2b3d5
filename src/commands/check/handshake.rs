//! `check --handshake`: asks a CloudEvents receiver for its consent, as the HTTP 1.1 Web Hooks for Event Delivery
//! specification describes (section 4, validation request). The one thing of `check` that sends.

use crate::action::Attempt;
use crate::commands::event_selection::{EventSelection, SelectedEvent};
use crate::commands::{Failure, Session, print};
use crate::config::{Hook, SourceMap};
use crate::deliver;
use crate::http::{Method, Request, Response};
use crate::outgoing::MessageKind;
use crate::transport;
use crate::{clock, exit};

/// Asks the receiver of one hook. Exits with 0 only if it consents.
pub(super) fn run(session: &Session, name: &str) -> Result<u8, Failure> {
    let subject = SelectedEvent::find(session, &EventSelection::default())?;
    if let Some(why) = &subject.loaded.hold {
        return Err(Failure::new(format!("nothing is sent: {why}")));
    }
    let map = SourceMap::read(session.repository()?.git_dir(), &session.environment);
    let hooks = subject.hooks(&[name], &map)?;
    let hook = hooks.first().ok_or_else(|| Failure::new("no such hook"))?;
    let (consents, words) =
        ask(&subject, hook).map_err(|why| Failure::new(format!("{}: {why}", hook.name)))?;
    print::stdout(&print::plain(&format!("{}: {words}", hook.name)));
    Ok(if consents { exit::OK } else { exit::FAILURE })
}

fn ask(subject: &SelectedEvent, hook: &Hook) -> Result<(bool, String), String> {
    let origin = origin();
    let (action, secrets) = hook.action().map_err(|error| error.to_string())?;
    let attempt = Attempt {
        now_ms: clock::now_ms(),
        number: 1,
        simplify: false,
    };
    let outgoing = subject.for_hook(hook, MessageKind::Ref);
    let delivery = action
        .request(&outgoing, &attempt)
        .map_err(|error| secrets.redact(&error.to_string()))?;
    let request = handshake(delivery, &origin)
        .ok_or("speaks no CloudEvents, so there is no handshake: set `flavor = \"cloudevents\"`")?;
    let options = deliver::options(hook).map_err(|error| error.to_string())?;
    let answer = transport::send(&request, &options)
        .map_err(|error| secrets.redact(&request.secrets.redact(&error.what)))?;
    let answer = answer.without(&secrets).without(&request.secrets);
    Ok(judge(&answer, &origin))
}

/// The question for the same address with the same credentials; `None` if the delivery is no CloudEvent.
fn handshake(delivery: Request, origin: &str) -> Option<Request> {
    let structured = delivery
        .header("content-type")
        .is_some_and(|value| value.starts_with("application/cloudevents"));
    if !structured && delivery.header("ce-specversion").is_none() {
        return None;
    }
    // All others stay: any of them may be the credential that the receiver asks for.
    let of_event = ["ce-", "content-", "webhook-"];
    let mut headers = delivery.headers;
    headers.retain(|(name, _)| {
        let name = name.to_ascii_lowercase();
        !of_event.iter().any(|prefix| name.starts_with(prefix))
    });
    headers.push(("WebHook-Request-Origin".to_owned(), origin.to_owned()));
    Some(Request {
        method: Method::Options,
        headers,
        body: Vec::new(),
        ..delivery
    })
}

/// The name of this machine.
fn origin() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// Whether the receiver consents, and its answer in words. The status alone is no consent.
fn judge(answer: &Response, origin: &str) -> (bool, String) {
    let status = crate::action::verdict::phrase(answer.status);
    let Some(allowed) = answer.header("webhook-allowed-origin") else {
        let words = format!(
            "the receiver takes no part in the handshake ({status}, no WebHook-Allowed-Origin); it may accept \
             deliveries all the same: `git service-hook test` tries one"
        );
        return (false, words);
    };
    let consents = allowed == "*" || allowed.eq_ignore_ascii_case(origin);
    if !consents {
        let words =
            format!("the receiver allows `{allowed}` and not `{origin}`, this machine's name");
        return (false, words);
    }
    let rate = match answer.header("webhook-allowed-rate") {
        None => "names no rate".to_owned(),
        Some("*") => "any number of deliveries a minute".to_owned(),
        Some(rate) => format!("{rate} deliveries a minute"),
    };
    (
        true,
        format!("the receiver consents: origin `{allowed}`, {rate}"),
    )
}
