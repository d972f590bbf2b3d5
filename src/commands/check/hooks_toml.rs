//! Whether what is configured can be done: every mistake of both files, every secret, every template.

use super::{Finding, Findings, place};
use crate::action::{self, Attempt, Severity};
use crate::clock;
use crate::commands::Session;
use crate::commands::subject::{Subject, Wanted};
use crate::config::{Hook, Loaded};
use crate::environment::Environment;
use crate::git;
use crate::outgoing::Kind;

/// Looks at the configuration of a repository.
pub(super) fn look(loaded: &Loaded, session: &Session, findings: &mut Findings) {
    for mistake in &loaded.mistakes {
        findings.push(Finding {
            severity: Some(mistake.severity),
            place: Some(place(mistake)),
            hook: mistake.hook.clone(),
            message: mistake.message.clone(),
        });
    }
    if let Some(why) = &loaded.hold {
        findings.mistake(None, format!("nothing is sent, pushes are recorded and wait: {why}"));
    }
    if !loaded.configured {
        findings.warn(None, "there is no hooks.toml: pushes are told to nobody");
    } else if loaded.hooks.is_empty() && loaded.mistakes.iter().all(|m| m.hook.is_none()) {
        findings.warn(None, "no hook is configured: pushes are told to nobody");
    }
    let account = git::pusher(&Environment::default(), &[]).username;
    // An empty repository has nothing to try requests with; the templates are rehearsed all the same.
    let subject = loaded.hooks.first().and_then(|_| Subject::find(session, &Wanted::default()).ok());
    for hook in &loaded.hooks {
        one(hook, subject.as_ref(), &account, findings);
    }
}

fn one(hook: &Hook, subject: Option<&Subject>, account: &str, findings: &mut Findings) {
    let rehearsed = hook.parameters.rehearse();
    let templates_fail = rehearsed.iter().any(|f| f.severity == Severity::Mistake);
    for finding in &rehearsed {
        findings.push(about(hook, finding.severity, parameter(finding)));
    }
    let (action, secrets) = match hook.action() {
        Ok(built) => built,
        Err(why) => {
            findings.push(about(hook, Severity::Mistake, format!("{why} (tried as user `{account}`)")));
            return;
        }
    };
    let attempt = Attempt { now_ms: clock::now_ms(), number: 1, simplify: false };
    let tried = subject.map(|s| action.request(&s.for_hook(hook, Kind::Test), &attempt));
    match tried {
        Some(Err(why)) => findings.push(about(hook, Severity::Mistake, secrets.redact(&why.to_string()))),
        _ if templates_fail => {}
        _ => findings.fine(format!("{}: {}, secrets resolved as user `{account}`", hook.name, hook.kind.id())),
    }
}

fn about(hook: &Hook, severity: Severity, message: String) -> Finding {
    Finding { severity: Some(severity), place: Some(format!("[hook.{}]", hook.name)), hook: None, message }
}

/// The parameter and what is wrong with it.
fn parameter(finding: &action::Finding) -> String {
    let entry = finding.entry.as_ref().map(|e| format!(" `{e}`")).unwrap_or_default();
    format!("`{}`{entry}: {}", finding.key, finding.message)
}
