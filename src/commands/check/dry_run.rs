//! Tries one hook without sending: reads every reference and renders every template with each kind of push that its
//! filters may accept.

use super::results::{CheckResult, CheckResults, whole_file};
use crate::action::{Action, Attempt, RenderError};
use crate::clock;
use crate::config::{Hook, Per, SourceMap};
use crate::deliver;
use crate::diagnostic::{Diagnostic, Finding, Severity};
use crate::filter;
use crate::outgoing::{Limits, MessageKind, Outgoing, Project, sample};
use crate::parameter::{Reference, ReferenceError, Text, Unread, Unresolved};
use crate::push::{Change, RefKind};
use crate::secret::Secrets;
use crate::transport;

/// A hook and what the dry run needs.
pub(super) struct DryRun<'a> {
    pub(super) hook: &'a Hook,
    pub(super) places: &'a SourceMap,
    /// The login name that secrets are read as.
    pub(super) account: &'a str,
    pub(super) project: &'a Project,
}

impl DryRun<'_> {
    /// Whether the hook has no problem.
    pub(super) fn run(&self, results: &mut CheckResults) -> bool {
        let before = results.count(Severity::Mistake);
        let hook = self.hook;
        for finding in hook.parameters.lint_templates() {
            results.push(self.located(&finding));
        }
        for finding in hook.parameters.lint_project(self.project) {
            results.push(self.located(&finding));
        }
        let names_fail = results.count(Severity::Mistake) > before;
        let dry_run = hook.trial();
        for unread in &dry_run.unread {
            results.push(self.unread(unread));
        }
        for unusable in hook.unusable_for_connecting() {
            results.push(self.unusable(&unusable));
        }
        let readable = dry_run.unread.is_empty();
        if let Ok(options) = deliver::options(hook)
            && let Some((key, error)) = transport::unusable_files(&options)
        {
            results.push(self.located(&found(key, Severity::Mistake, error.what)));
        }
        match &dry_run.action {
            // A placeholder for an unread reference cannot have the required form.
            Err(_) if !readable => {}
            Err(unusable) => {
                let key = hook.kind.names.iter().find(|key| **key == unusable.key);
                let message = dry_run.secrets.redact(&unusable.why);
                results.push(match key {
                    Some(key) => self.located(&found(key, Severity::Mistake, message)),
                    None => {
                        self.of_hook(Severity::Mistake, &format!("`{}`: {message}", unusable.key))
                    }
                });
            }
            Ok(action) => {
                if let Some(url) = hook
                    .destination()
                    .filter(|_| readable && self.has_referenced_address())
                {
                    let finding = hook.parameters.check_address(&url);
                    if let Some(finding) = finding {
                        results.push(self.located(&finding));
                    }
                    if let Some(why) = hook.refused_destination() {
                        let why = format!("leads to an address that cannot be reached: its {why}");
                        results.push(self.located(&found("service_url", Severity::Mistake, why)));
                    }
                }
                if !names_fail {
                    self.render(action.as_ref(), &dry_run.secrets, &dry_run.unread, results);
                }
            }
        }
        results.count(Severity::Mistake) == before && readable
    }

    /// Whether the address is a reference; a literal one is checked when the file is loaded.
    fn has_referenced_address(&self) -> bool {
        matches!(self.hook.parameters.service_url(), Some(Text::Reference(_)))
    }

    /// Renders a request for every kind of push; equal errors are reported once.
    fn render(
        &self,
        action: &dyn Action,
        secrets: &Secrets,
        unread: &[Unread],
        results: &mut CheckResults,
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
            // An empty text for some pushes may be intended.
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
            results.push(self.located(&Finding {
                range: error.range,
                ..found(error.key, severity, message)
            }));
        }
    }

    /// One push of each kind that the hook may receive.
    fn pushes(&self) -> impl Iterator<Item = Outgoing> {
        let hook = self.hook;
        let limits = Limits {
            max_commits: hook.max_commits,
            max_body: hook.max_body,
        };
        let whole = hook.per == Per::Push;
        let troubles = sample::troubles(self.project, &hook.name, limits);
        let troubles = troubles.into_iter().filter(|_| hook.on_trouble);
        sample::samples(self.project, &hook.name, limits)
            .into_iter()
            .filter_map(move |mut out| {
                let several = out.events.len() > 1;
                let concerned = out
                    .events
                    .iter()
                    .any(|event| filter::concerns(&hook.filters, event));
                let is_sent = match out.kind {
                    MessageKind::Ref => true,
                    MessageKind::Push => whole && several,
                    MessageKind::Summary
                    | MessageKind::Test
                    | MessageKind::Trouble
                    | MessageKind::Digest => false,
                };
                out.whole_push |= whole;
                (is_sent && concerned).then_some(out)
            })
            .chain(troubles)
    }

    /// A finding about a parameter, at its place.
    fn located(&self, finding: &Finding) -> CheckResult {
        match self.places.locate(&self.hook.name, finding) {
            Some(mistake) => self.placed(&mistake),
            None => self.of_hook(finding.severity, &finding.message),
        }
    }

    fn placed(&self, mistake: &Diagnostic) -> CheckResult {
        CheckResult::placed(mistake, self.places.excerpt(mistake))
    }

    /// A file or a proxy that a connection needs.
    fn unusable(&self, unusable: &Unresolved) -> CheckResult {
        let Unresolved { key, why } = unusable;
        let message = format!("{why} (tried as user `{}`)", self.account);
        let known = ["ca_file", "client_cert", "client_key", "proxy"];
        match known.into_iter().find(|known| known == key) {
            Some(key) => self.located(&found(key, Severity::Mistake, message)),
            None => self.of_hook(Severity::Mistake, &message),
        }
    }

    /// A reference that this user cannot read now.
    fn unread(&self, unread: &Unread) -> CheckResult {
        let Unread {
            key,
            reference,
            error,
        } = unread;
        let (severity, advice) = match reference {
            Reference::File(_) => {
                let advice = format!(
                    "tried as user `{}`: every pusher and the timer must be able to read it",
                    self.account
                );
                (Severity::Mistake, advice)
            }
            // The environments of pushes and of the timer are not known here.
            Reference::Env(_) => (
                Severity::Warning,
                "it must be set where pushes run, and for the timer".to_owned(),
            ),
            Reference::Credential(_) if is_outside_of_unit(error) => (
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
            None => self.of_hook(severity, &message),
        }
    }

    /// A finding about the hook without a better place.
    fn of_hook(&self, severity: Severity, message: &str) -> CheckResult {
        let place = Some(whole_file(format!("[hook.{}]", self.hook.name)));
        CheckResult {
            severity: Some(severity),
            place,
            message: message.to_owned(),
            ..CheckResult::default()
        }
    }
}

/// Whether credentials are missing because no unit of systemd is this process's own.
fn is_outside_of_unit(error: &ReferenceError) -> bool {
    matches!(
        error,
        ReferenceError::NoCredentials | ReferenceError::NoCredentialsOfOwner
    )
}

fn found(key: &'static str, severity: Severity, message: String) -> Finding {
    Finding {
        severity,
        key,
        entry: None,
        range: None,
        message,
    }
}

/// Describes a push.
fn described(out: &Outgoing) -> String {
    if out.kind == MessageKind::Trouble {
        return "trouble of another hook".to_owned();
    }
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
