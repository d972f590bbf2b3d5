//! `test`: sends an event, and prints the answer of the receiver and what to do about it.

mod outcome;

use super::event_selection::{EventSelection, SelectedEvent};
use super::{Failure, Session, check, print};
use crate::action::{Action, Attempt, Verdict};
use crate::config::{self, Hook, Per, SourceMap};
use crate::deliver;
use crate::filter::Decision;
use crate::http::Response;
use crate::outgoing::{MessageKind, Outgoing};
use crate::secret::Secrets;
use crate::terminal::{self, Style};
use crate::transport;
use crate::{clock, exit};
use outcome::{Outcome, judge, written};
use std::io::stdout;

/// Lines are never longer on a wide terminal.
const WIDEST: usize = 100;

/// Such hooks do not count in the exit code.
const WITHOUT_PING: &str =
    "not sent: this dialect has no test event; `test --as-push` sends it a push";

/// Of `test`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Hooks by name (default: all)
    #[arg(value_name = "HOOK")]
    hooks: Vec<String>,
    /// The ref whose newest commit is sent, in full or a branch's or tag's short name (default: HEAD's branch)
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
    /// Who pushes, for filters and messages (default: the user who runs the command)
    #[arg(long, value_name = "NAME")]
    pusher: Option<String>,
    /// Send it as a push would: not marked as a test, so that Jenkins builds
    #[arg(long)]
    as_push: bool,
}

/// Sends to one hook after the other.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    check::print_mistakes(&loaded);
    let selection = EventSelection {
        name: arguments.name.as_deref(),
        pusher: arguments.pusher.as_deref(),
        ..EventSelection::default()
    };
    let subject = SelectedEvent::compute(session, &repository, loaded, &selection)?;
    if let Some(why) = &subject.loaded.hold {
        return Err(Failure::new(format!("nothing is sent: {why}")));
    }
    let names = arguments
        .hooks
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>();
    let hooks = subject.hooks(
        &names,
        &SourceMap::read(repository.git_dir(), &session.environment),
    )?;
    if hooks.is_empty() {
        return Err(Failure::new(
            "no hook is on: see hooks.toml in the Git directory",
        ));
    }
    let (style, width) = (
        Style::for_stream(&stdout(), &session.environment),
        terminal::width(&stdout()).min(WIDEST),
    );
    let (mut tested, mut accepted) = (0, 0);
    for hook in hooks {
        let is_tested = arguments.as_push || hook.parameters.has_ping();
        let mut outcome = if is_tested {
            send(&subject, hook, arguments.as_push)
        } else {
            Outcome::no(WITHOUT_PING.to_owned())
        };
        if let Decision::Skip(_) = hook.decide(&subject.push, &subject.computed) {
            outcome.advice.push(
                "a push like this would not fire it: `git service-hook preview` says which filter",
            );
        }
        if hook.insecure_skip_verify {
            outcome.advice.push(
                "`insecure_skip_verify` is set: anybody on the way can read and answer what is sent",
            );
        }
        print::stdout(&written(&hook.name, &outcome, style, width));
        tested += usize::from(is_tested);
        accepted += usize::from(outcome.accepted);
    }
    Ok(if tested > 0 && accepted == tested {
        exit::OK
    } else {
        exit::FAILURE
    })
}

fn send(subject: &SelectedEvent, hook: &Hook, as_push: bool) -> Outcome {
    let (action, secrets) = match hook.action() {
        Ok(built) => built,
        Err(why) => return Outcome::no(format!("not sent: {why}")),
    };
    let kind = match (as_push, hook.per) {
        (false, _) => MessageKind::Test,
        (true, Per::Push) => MessageKind::Push,
        (true, Per::Ref) => MessageKind::Ref,
    };
    let outgoing = subject.for_hook(hook, kind);
    let attempt = |simplify| attempt(action.as_ref(), &outgoing, hook, &secrets, simplify);
    attempt(false).unwrap_or_else(|refused| {
        let plain = attempt(true).unwrap_or_else(Outcome::no);
        Outcome {
            words: format!("{}; in the plain form, since {refused}", plain.words),
            ..plain
        }
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
    let attempt = Attempt {
        now_ms: clock::now_ms(),
        number: if simplify { 2 } else { 1 },
        simplify,
    };
    let no = |words: String| Ok(Outcome::no(secrets.redact(&words)));
    let request = match action.request(out, &attempt) {
        Ok(request) => request,
        Err(why) => return no(format!("not sent: {why}")),
    };
    let options = match deliver::options(hook) {
        Ok(options) => options,
        Err(why) => return no(format!("not sent: {why}")),
    };
    let clean = |answer: Response| answer.without(secrets).without(&request.secrets);
    match transport::send(&request, &options).map(clean) {
        Err(why) => {
            let outcome = no(format!("no answer: {}", request.secrets.redact(&why.what)))?;
            let advice = Some(why.advice)
                .filter(|advice| !advice.is_empty())
                .into_iter()
                .collect();
            Ok(Outcome { advice, ..outcome })
        }
        Ok(response) => match action.verdict(&response) {
            Verdict::Simplify { why } if !simplify => Err(why),
            verdict => {
                // What cannot be cleaned for sure is not shown.
                let shows = !hook.kind.echoes_headers.contains(&response.status);
                let clean = |text: &str| secrets.redact(&request.secrets.redact(text));
                let outcome = judge(&verdict, &response, shows, clean);
                Ok(Outcome {
                    advice: action.advice(&response),
                    ..outcome
                })
            }
        },
    }
}
