//! Whether what is configured can be done: every mistake of both files, every secret, every template.

use super::{Finding, Findings, place};
use crate::action::{Attempt, Severity, parameters};
use crate::clock;
use crate::commands::Session;
use crate::commands::subject::{Subject, Wanted};
use crate::config::{Hook, Loaded, Mistake, Places};
use crate::environment::Environment;
use crate::filter::Decision;
use crate::git;
use crate::outgoing::Kind;
use crate::parameter::Unresolved;
use std::path::Path;

/// Looks at the configuration of a repository.
pub(super) fn look(git_dir: &Path, loaded: &Loaded, session: &Session, findings: &mut Findings) {
    for mistake in &loaded.mistakes {
        findings.push(placed(mistake));
    }
    if let Some(why) = &loaded.hold {
        findings.mistake(None, format!("nothing is sent, pushes are recorded and wait: {why}"));
    }
    if !loaded.configured {
        findings.warn(None, "there is no hooks.toml: pushes are told to nobody");
    } else if loaded.hooks.is_empty() && loaded.mistakes.iter().all(|m| m.hook.is_none()) {
        findings.warn(None, "no hook is configured: pushes are told to nobody");
    }
    let project = loaded.project(git_dir, None, Some("main"));
    for (key, why) in loaded.rehearse_project(&project) {
        findings.mistake(None, format!("`{key}` in [project]: {why}"));
    }
    let account = git::pusher(&Environment::default(), &[]).username;
    // An empty repository has nothing to try requests with; the templates are rehearsed all the same.
    let subject = loaded.hooks.first().and_then(|_| Subject::find(session, &Wanted::default()).ok());
    let places = Places::read(git_dir, &session.environment);
    for hook in &loaded.hooks {
        let trial = Trial { hook, places: &places, account: &account };
        trial.run(subject.as_ref(), findings);
    }
}

/// One hook, tried without sending.
struct Trial<'a> {
    hook: &'a Hook,
    places: &'a Places,
    account: &'a str,
}

impl Trial<'_> {
    fn run(&self, subject: Option<&Subject>, findings: &mut Findings) {
        let hook = self.hook;
        let rehearsed = hook.parameters.rehearse();
        let templates_fail = rehearsed.iter().any(|f| f.severity == Severity::Mistake);
        for finding in &rehearsed {
            let place = self.places.of(&hook.name, finding);
            findings.push(place.map_or_else(|| self.vague(&finding.message), |mistake| placed(&mistake)));
        }
        let (action, secrets) = match hook.action() {
            Ok(built) => built,
            Err(error) => return findings.push(self.unresolved(&error)),
        };
        let attempt = Attempt { now_ms: clock::now_ms(), number: 1, simplify: false };
        let tried = subject.map(|s| action.request(&s.for_hook(hook, Kind::Test), &attempt));
        match tried {
            _ if templates_fail => {}
            // What the filters keep from it need not be able to tell of this event.
            Some(Err(_)) if subject.is_some_and(|s| matches!(hook.decide(&s.push, &s.computed), Decision::Skip(_))) => {
                let (name, kind, account) = (&hook.name, hook.kind.id(), self.account);
                findings.fine(format!("{name}: {kind}, secrets resolved as user `{account}`"));
            }
            Some(Err(error)) => {
                let place = self.places.of_key(&hook.name, error.key, secrets.redact(&error.why));
                let vague = || self.vague(&secrets.redact(&error.to_string()));
                findings.push(place.map_or_else(vague, |mistake| placed(&mistake)));
            }
            _ => {
                let (name, kind, account) = (&hook.name, hook.kind.id(), self.account);
                findings.fine(format!("{name}: {kind}, secrets resolved as user `{account}`"));
            }
        }
    }

    /// What a reference names cannot be read: by this user, and now.
    fn unresolved(&self, error: &Unresolved) -> Finding {
        let message = format!("{} (tried as user `{}`)", error.why, self.account);
        let key = parameters::fields(self.hook.kind).iter().find(|key| **key == error.key);
        let place = key.and_then(|key| self.places.of_key(&self.hook.name, key, message.clone()));
        place.map_or_else(|| self.vague(&format!("`{}`: {message}", error.key)), |mistake| placed(&mistake))
    }

    /// A mistake of the hook without a better place.
    fn vague(&self, message: &str) -> Finding {
        let place = Some(format!("[hook.{}]", self.hook.name));
        Finding { severity: Some(Severity::Mistake), place, hook: None, message: message.to_owned() }
    }
}

fn placed(mistake: &Mistake) -> Finding {
    Finding {
        severity: Some(mistake.severity),
        place: Some(place(mistake)),
        hook: mistake.hook.clone(),
        message: mistake.message.clone(),
    }
}
