//! `test`: really sends, and says in words what the receiver answered.

use super::subject::{Subject, Wanted};
use super::{Failure, Session, check, print};
use crate::action::{Action, Attempt, Verdict};
use crate::config::{Hook, Per};
use crate::http::{Request, Response};
use crate::outgoing::{Kind, Outgoing};
use crate::secret::Secrets;
use crate::transport::{self, Options};
use crate::{clock, exit};

/// Characters of an answer that are shown when it was no yes.
const EXCERPT: usize = 300;

/// Of `test`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Hooks by name (default: all)
    #[arg(value_name = "HOOK")]
    hooks: Vec<String>,
    /// The ref whose newest commit is told, in full or a branch's or tag's short name (default: HEAD's branch)
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
    /// Send it as a push would: not marked as a test, so that Jenkins builds
    #[arg(long)]
    as_push: bool,
}

/// What came of one hook.
struct Outcome {
    accepted: bool,
    words: String,
}

/// Sends to one hook after the other.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let subject = Subject::find(session, &Wanted { range: None, name: arguments.name.as_deref() })?;
    check::tell_mistakes(&subject.loaded);
    if let Some(why) = &subject.loaded.hold {
        return Err(Failure::new(format!("nothing is sent: {why}")));
    }
    let names = arguments.hooks.iter().map(String::as_str).collect::<Vec<_>>();
    let hooks = subject.hooks(&names)?;
    if hooks.is_empty() {
        return Err(Failure::new("no hook is configured: see hooks.toml in the Git directory"));
    }
    let mut code = exit::OK;
    for hook in hooks {
        let outcome = send(&subject, hook, arguments.as_push);
        print::stdout(&format!("{}: {}", hook.name, print::plain(&outcome.words)));
        if !outcome.accepted {
            code = exit::FAILURE;
        }
    }
    Ok(code)
}

fn send(subject: &Subject, hook: &Hook, as_push: bool) -> Outcome {
    let (action, secrets) = match hook.action() {
        Ok(built) => built,
        Err(why) => return Outcome { accepted: false, words: format!("not sent: {why}") },
    };
    let kind = match (as_push, hook.per) {
        (false, _) => Kind::Test,
        (true, Per::Push) => Kind::Push,
        (true, Per::Ref) => Kind::Ref,
    };
    let outgoing = subject.for_hook(hook, kind);
    let mut outcome = attempt(action.as_ref(), &outgoing, hook, &secrets, false);
    if outcome.is_none() {
        outcome = attempt(action.as_ref(), &outgoing, hook, &secrets, true);
    }
    outcome.unwrap_or_else(|| Outcome { accepted: false, words: "refused in the plain form as well".to_owned() })
}

/// `None` when the receiver wants the plain form.
fn attempt(action: &dyn Action, out: &Outgoing, hook: &Hook, secrets: &Secrets, simplify: bool) -> Option<Outcome> {
    let attempt = Attempt { now_ms: clock::now_ms(), number: if simplify { 2 } else { 1 }, simplify };
    let no = |words: String| Some(Outcome { accepted: false, words: secrets.redact(&words) });
    let request = match action.request(out, &attempt) {
        Ok(request) => request,
        Err(why) => return no(format!("not sent: {why}")),
    };
    let options = match options(hook) {
        Ok(options) => options,
        Err(why) => return no(format!("not sent: {why}")),
    };
    match transport::send(&request, &options) {
        Err(why) => no(format!("no answer: {}", request.secrets.redact(&why.what))),
        Ok(response) => match action.verdict(&response) {
            Verdict::Simplify { .. } => None,
            verdict => Some(judge(&verdict, &request, &response, secrets)),
        },
    }
}

fn options(hook: &Hook) -> Result<Options, String> {
    Ok(Options {
        timeout: hook.timeout,
        connect_timeout: hook.connect_timeout,
        ca_pem: hook.ca_pem().map_err(|e| e.to_string())?,
        insecure_skip_verify: hook.insecure_skip_verify,
    })
}

/// The verdict in words, the time it took, and an excerpt of an answer that was no yes.
fn judge(verdict: &Verdict, request: &Request, response: &Response, secrets: &Secrets) -> Outcome {
    let (accepted, words) = match verdict {
        Verdict::Delivered { note } | Verdict::Accepted { note } if note.is_empty() => (true, "delivered".to_owned()),
        Verdict::Delivered { note } => (true, format!("delivered: {note}")),
        Verdict::Accepted { note } => (true, note.clone()),
        Verdict::Deferred { why, .. } => (false, format!("{why} (a push would try again)")),
        Verdict::Simplify { why } => (false, why.clone()),
        Verdict::Failed { why } => (false, format!("failed: {why}")),
    };
    let took = response.took.as_millis();
    let mut words = format!("{words}, {took} ms");
    // The 403 of Jenkins' plugin repeats the request's headers: what cannot be cleaned for sure is not shown.
    let excerpt = if accepted || response.status == 403 { String::new() } else { excerpt(response) };
    if !excerpt.is_empty() {
        words = format!("{words}\n  answer ({}): {excerpt}", response.status);
    }
    Outcome { accepted, words: secrets.redact(&request.secrets.redact(&words)) }
}

fn excerpt(response: &Response) -> String {
    let text = response.text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = text.chars().take(EXCERPT).collect::<String>();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
