//! `test`: really sends, and says in words what the receiver answered.

use super::subject::{Subject, Wanted};
use super::{Failure, Session, check, print};
use crate::action::{Action, Attempt, Verdict};
use crate::config::{self, Hook, Per, Places};
use crate::http::{Request, Response};
use crate::outgoing::{Kind, Outgoing};
use crate::secret::Secrets;
use crate::terminal::{self, Style, wrapped};
use crate::transport::{self, Options};
use crate::{clock, exit};
use std::io::stdout;

/// Characters of an answer that are shown when it was no yes.
const EXCERPT: usize = 300;

/// Lines are never longer on a wide terminal.
const WIDEST: usize = 100;

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
    /// What was answered to a request that was not accepted.
    answer: String,
    /// What to do about it.
    advice: Vec<&'static str>,
}

impl Outcome {
    fn no(words: String) -> Self {
        Self { accepted: false, words, answer: String::new(), advice: Vec::new() }
    }
}

/// Sends to one hook after the other.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    check::tell_mistakes(&loaded);
    let wanted = Wanted { name: arguments.name.as_deref(), ..Wanted::default() };
    let subject = Subject::of(session, &repository, loaded, &wanted)?;
    if let Some(why) = &subject.loaded.hold {
        return Err(Failure::new(format!("nothing is sent: {why}")));
    }
    let names = arguments.hooks.iter().map(String::as_str).collect::<Vec<_>>();
    let hooks = subject.hooks(&names, &Places::read(repository.git_dir(), &session.environment))?;
    if hooks.is_empty() {
        return Err(Failure::new("no hook is configured: see hooks.toml in the Git directory"));
    }
    let (style, width) = (Style::of(&stdout(), &session.environment), terminal::width(&stdout()).min(WIDEST));
    let mut code = exit::OK;
    for hook in hooks {
        let outcome = send(&subject, hook, arguments.as_push);
        print::stdout(&written(&hook.name, &outcome, style, width));
        if !outcome.accepted {
            code = exit::FAILURE;
        }
    }
    Ok(code)
}

/// The verdict; below it the answer and what to do, where it was no plain yes.
fn written(name: &str, outcome: &Outcome, style: Style, width: usize) -> String {
    let words = print::plain(&outcome.words);
    let words = if outcome.accepted { style.green(&words) } else { style.red(&words) };
    let mut text = format!("{}: {words}", style.bold(name));
    if !outcome.answer.is_empty() {
        text.push_str(&style.dim(&paragraph("  ", &print::plain(&outcome.answer), width)));
    }
    for advice in &outcome.advice {
        text.push_str(&paragraph("  - ", advice, width));
    }
    text
}

/// A line end, and lines that are set in below the first one's text.
fn paragraph(first: &str, text: &str, width: usize) -> String {
    let text = wrapped(text, width.saturating_sub(first.len()), "");
    format!("\n{first}{}", text.replace('\n', &format!("\n{}", " ".repeat(first.len()))))
}

fn send(subject: &Subject, hook: &Hook, as_push: bool) -> Outcome {
    let (action, secrets) = match hook.action() {
        Ok(built) => built,
        Err(why) => return Outcome::no(format!("not sent: {why}")),
    };
    let kind = match (as_push, hook.per) {
        (false, _) => Kind::Test,
        (true, Per::Push) => Kind::Push,
        (true, Per::Ref) => Kind::Ref,
    };
    let outgoing = subject.for_hook(hook, kind);
    let attempt = |simplify| attempt(action.as_ref(), &outgoing, hook, &secrets, simplify);
    attempt(false).unwrap_or_else(|refused| {
        let plain = attempt(true).unwrap_or_else(Outcome::no);
        Outcome { words: format!("{}; in the plain form, since {refused}", plain.words), ..plain }
    })
}

/// `Err` when the receiver wants the plain form: why.
fn attempt(
    action: &dyn Action,
    out: &Outgoing,
    hook: &Hook,
    secrets: &Secrets,
    simplify: bool,
) -> Result<Outcome, String> {
    let attempt = Attempt { now_ms: clock::now_ms(), number: if simplify { 2 } else { 1 }, simplify };
    let no = |words: String| Ok(Outcome::no(secrets.redact(&words)));
    let request = match action.request(out, &attempt) {
        Ok(request) => request,
        Err(why) => return no(format!("not sent: {why}")),
    };
    let options = match options(hook) {
        Ok(options) => options,
        Err(why) => return no(format!("not sent: {why}")),
    };
    match transport::send(&request, &options) {
        Err(why) => {
            let outcome = no(format!("no answer: {}", request.secrets.redact(&why.what)))?;
            let advice = Some(why.advice).filter(|advice| !advice.is_empty()).into_iter().collect();
            Ok(Outcome { advice, ..outcome })
        }
        Ok(response) => match action.verdict(&response) {
            Verdict::Simplify { why } if !simplify => Err(why),
            verdict => {
                let outcome = judge(&verdict, &request, &response, secrets);
                Ok(Outcome { advice: action.advice(&response), ..outcome })
            }
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
    let clean = |text: &str| secrets.redact(&request.secrets.redact(text));
    // The 403 of Jenkins' plugin repeats the request's headers: what cannot be cleaned for sure is not shown.
    let excerpt = if accepted || response.status == 403 { String::new() } else { excerpt(&clean(&response.text())) };
    let answer = if excerpt.is_empty() { excerpt } else { format!("answer ({}): {excerpt}", response.status) };
    Outcome {
        accepted,
        words: clean(&format!("{words}, {} ms", response.took.as_millis())),
        answer,
        advice: Vec::new(),
    }
}

fn excerpt(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = text.chars().take(EXCERPT).collect::<String>();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
