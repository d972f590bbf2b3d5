//! One hook, tried without sending: every reference read, every template rendered with each kind of push that its
//! filters may let pass.

use super::findings::{Finding, Findings};
use crate::action::{Action, Attempt, RenderError};
use crate::clock;
use crate::config::{Hook, Per, SourceMap};
use crate::diagnostic::{Diagnostic, Finding as Found, Severity};
use crate::filter;
use crate::outgoing::{Kind, Limits, Outgoing, Project, sample};
use crate::parameter::{Reference, ReferenceError, Text, Unread};
use crate::push::{Change, RefKind};
use crate::secret::Secrets;

/// A hook, and what it is tried with.
pub(super) struct Trial<'a> {
    pub(super) hook: &'a Hook,
    pub(super) places: &'a SourceMap,
    /// Who tries.
    pub(super) account: &'a str,
    pub(super) project: &'a Project,
}

impl Trial<'_> {
    /// Whether nothing of it is wrong.
    pub(super) fn run(&self, findings: &mut Findings) -> bool {
        let before = findings.count(Severity::Mistake);
        let hook = self.hook;
        for finding in hook.parameters.rehearse() {
            findings.push(self.told(&finding));
        }
        let names_fail = findings.count(Severity::Mistake) > before;
        let trial = hook.trial();
        for unread in &trial.unread {
            findings.push(self.unread(unread));
        }
        let readable = trial.unread.is_empty();
        match &trial.action {
            // A stand-in has not the form that is asked for.
            Err(_) if !readable => {}
            Err(unusable) => {
                let key = hook.kind.names.iter().find(|key| **key == unusable.key);
                let message = trial.secrets.redact(&unusable.why);
                findings.push(match key {
                    Some(key) => self.told(&found(key, Severity::Mistake, message)),
                    None => {
                        self.vague(Severity::Mistake, &format!("`{}`: {message}", unusable.key))
                    }
                });
            }
            Ok(action) => {
                if let Some(url) = hook
                    .destination()
                    .filter(|_| readable && self.address_is_elsewhere())
                {
                    let oddity = hook.parameters.judge_address(&url);
                    if let Some(oddity) = oddity {
                        findings.push(self.told(&oddity));
                    }
                }
                if !names_fail {
                    self.render(action.as_ref(), &trial.secrets, &trial.unread, findings);
                }
            }
        }
        findings.count(Severity::Mistake) == before && readable
    }

    /// Whether the address was read from elsewhere: one in the file has been judged already.
    fn address_is_elsewhere(&self) -> bool {
        matches!(self.hook.parameters.service_url(), Some(Text::Reference(_)))
    }

    /// Tries every kind of push; what fails alike is told once.
    fn render(
        &self,
        action: &dyn Action,
        secrets: &Secrets,
        unread: &[Unread],
        findings: &mut Findings,
    ) {
        let attempt = Attempt {
            now_ms: clock::now_ms(),
            number: 1,
            simplify: false,
        };
        let (mut failed, mut made) = (Vec::<(RenderError, Vec<String>)>::new(), 0);
        for out in self.pushes() {
            match action.request(&out, &attempt) {
                Ok(_) => made += 1,
                Err(error) if unread.iter().any(|unread| unread.key == error.key) => {}
                Err(error) => match failed.iter_mut().find(|(other, _)| *other == error) {
                    Some((_, pushes)) => pushes.push(described(&out)),
                    None => failed.push((error, vec![described(&out)])),
                },
            }
        }
        for (error, mut pushes) in failed {
            pushes.dedup();
            // Somebody may well have nothing to say about some of them.
            let empty = error.is_empty && made > 0;
            let severity = if empty {
                Severity::Warning
            } else {
                Severity::Mistake
            };
            let why = secrets.redact(&error.why);
            let advice = if empty {
                ": nothing can be sent then; write something, or leave it out by `changes`"
            } else {
                ""
            };
            let message = if made > 0 {
                format!("{why} for {}{advice}", joined(&pushes))
            } else {
                why
            };
            findings.push(self.told(&Found {
                range: error.range,
                ..found(error.key, severity, message)
            }));
        }
    }

    /// One of each kind that the hook may be told of.
    fn pushes(&self) -> impl Iterator<Item = Outgoing> {
        let hook = self.hook;
        let limits = Limits {
            max_commits: hook.max_commits,
            max_body: hook.max_body,
        };
        let whole = hook.per == Per::Push;
        sample::samples(self.project, &hook.name, limits)
            .into_iter()
            .filter_map(move |mut out| {
                let several = out.events.len() > 1;
                let concerned = out
                    .events
                    .iter()
                    .any(|event| filter::concerns(&hook.filters, event));
                let told = match out.kind {
                    Kind::Ref => true,
                    Kind::Push => whole && several,
                    Kind::Summary | Kind::Test | Kind::Digest => false,
                };
                out.whole_push |= whole;
                (told && concerned).then_some(out)
            })
    }

    /// A finding about a parameter, at its place.
    fn told(&self, finding: &Found) -> Finding {
        match self.places.locate(&self.hook.name, finding) {
            Some(mistake) => self.placed(&mistake),
            None => self.vague(finding.severity, &finding.message),
        }
    }

    fn placed(&self, mistake: &Diagnostic) -> Finding {
        Finding::placed(mistake, self.places.excerpt(mistake))
    }

    /// What a reference names cannot be read: by this user, and now.
    fn unread(&self, unread: &Unread) -> Finding {
        let Unread {
            key,
            reference,
            error,
        } = unread;
        let (severity, advice) = match reference {
            Reference::File(_) => {
                let advice = format!(
                    "tried as user `{}`: whoever pushes, and the timer, must be able to read it",
                    self.account
                );
                (Severity::Mistake, advice)
            }
            // What pushes and the timer have in their environment cannot be seen from here.
            Reference::Env(_) => (
                Severity::Warning,
                "it must be set where pushes run, and for the timer".to_owned(),
            ),
            Reference::Credential(_) if *error == ReferenceError::NoCredentials => (
                Severity::Warning,
                "only the timer's unit can send for this hook".to_owned(),
            ),
            Reference::Credential(_) => (
                Severity::Mistake,
                "`LoadCredential=` of the timer's unit names it".to_owned(),
            ),
        };
        let message = format!("`{key}`: {error} ({advice})");
        match self
            .places
            .locate_reference(&self.hook.name, reference, severity, message.clone())
        {
            Some(mistake) => self.placed(&mistake),
            None => self.vague(severity, &message),
        }
    }

    /// A finding about the hook without a better place.
    fn vague(&self, severity: Severity, message: &str) -> Finding {
        let place = Some(format!("[hook.{}]", self.hook.name));
        Finding {
            severity: Some(severity),
            place,
            message: message.to_owned(),
            ..Finding::default()
        }
    }
}

fn found(key: &'static str, severity: Severity, message: String) -> Found {
    Found {
        severity,
        key,
        entry: None,
        range: None,
        message,
    }
}

/// A push in words.
fn described(out: &Outgoing) -> String {
    let [event] = out.events.as_slice() else {
        return "a push of several refs".to_owned();
    };
    let kind = match event.kind() {
        RefKind::Branch => "branch",
        RefKind::Tag => "tag",
        RefKind::Other => "ref",
    };
    let change = match event.change {
        Change::Created => "a created",
        Change::Updated => "an updated",
        Change::Forced => "a rewritten",
        Change::Deleted => "a deleted",
    };
    let partly = if event.error.is_some() {
        " that can be read only in part"
    } else {
        ""
    };
    format!("{change} {kind}{partly}")
}

/// "a, b and c".
fn joined(words: &[String]) -> String {
    match words.split_last() {
        Some((last, front)) if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        _ => words.concat(),
    }
}
