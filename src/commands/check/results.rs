//! Collects the results of `check` in the order of the checks. Does not know how they are shown.

use crate::config::Excerpt;
use crate::diagnostic::{self, Diagnostic, Place, Severity};
use serde_json::{Value, json};

/// The result of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CheckResult {
    /// `None`: no problem.
    pub(super) severity: Option<Severity>,
    /// A position in a file, or a path or table alone; paths in the Git directory are relative to it.
    pub(super) place: Option<Place>,
    /// The hook that a mistake disables.
    pub(super) hook: Option<String>,
    /// One sentence fragment.
    pub(super) message: String,
    /// The line in question.
    pub(super) excerpt: Option<Excerpt>,
}

impl CheckResult {
    /// A mistake or a warning at its place.
    pub(super) fn placed(diagnostic: &Diagnostic, excerpt: Option<Excerpt>) -> Self {
        let Diagnostic {
            severity,
            place,
            hook,
            message,
        } = diagnostic.clone();
        Self {
            severity: Some(severity),
            place: Some(place),
            hook,
            message,
            excerpt,
        }
    }

    /// The message and its effect on the hook, as the pusher sees it.
    pub(super) fn sentence(&self) -> String {
        let hook = self.hook.as_deref();
        let disabled = hook.filter(|_| self.severity == Some(Severity::Mistake));
        diagnostic::with_effect(&self.message, disabled)
    }

    /// The place, if it is a line of a file.
    fn position(&self) -> Option<&Place> {
        self.place.as_ref().filter(|place| place.line > 0)
    }

    /// The line of `--json`.
    pub(super) fn json(&self, repository: &str) -> Value {
        let severity = match self.severity {
            None => "ok",
            Some(Severity::Warning) => "warning",
            Some(Severity::Mistake) => "mistake",
        };
        let Self {
            place,
            hook,
            message,
            ..
        } = self;
        let shown = place.as_ref().map(ToString::to_string);
        let mut object = json!({
            "repository": repository, "severity": severity, "place": shown, "hook": hook, "message": message
        });
        if let Some(place) = self.position() {
            object["file"] = json!(place.file);
            object["line"] = json!(place.line);
            object["column"] = json!(place.column);
        }
        object
    }
}

/// The results of all checks of one repository.
#[derive(Debug, Default)]
pub(super) struct CheckResults {
    found: Vec<CheckResult>,
    unused: bool,
}

impl CheckResults {
    /// A check that found no problem.
    pub(super) fn passed(&mut self, message: impl Into<String>) {
        self.add(None, None, message.into());
    }

    /// Something that works, but perhaps not as expected.
    pub(super) fn warn(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Warning), place.into(), message.into());
    }

    /// Something that does not work.
    pub(super) fn mistake(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Mistake), place.into(), message.into());
    }

    /// The repository has neither a configuration nor a hook.
    pub(super) fn unused(&mut self, message: &str) {
        self.unused = true;
        self.warn(None, message);
    }

    /// Whether the repository has neither a configuration nor a hook.
    pub(super) fn is_unused(&self) -> bool {
        self.unused
    }

    fn add(&mut self, severity: Option<Severity>, place: Option<String>, message: String) {
        self.push(CheckResult {
            severity,
            place: place.map(whole_file),
            message,
            ..CheckResult::default()
        });
    }

    /// Adds a result, unless the same one is there already.
    pub(super) fn push(&mut self, result: CheckResult) {
        if !self.found.contains(&result) {
            self.found.push(result);
        }
    }

    /// Whether it was found.
    pub(super) fn has(&self, result: &CheckResult) -> bool {
        self.found.contains(result)
    }

    /// Mistakes first, then warnings, then passed checks; those with a line come first, in the order of the file.
    pub(super) fn sorted(&self) -> impl Iterator<Item = &CheckResult> {
        let orders = [Some(Severity::Mistake), Some(Severity::Warning), None];
        orders.into_iter().flat_map(|severity| {
            let mut found = self
                .found
                .iter()
                .filter(|f| f.severity == severity)
                .collect::<Vec<_>>();
            found.sort_by_key(|result| (result.position().is_none(), result.position()));
            found
        })
    }

    /// The number of results of this severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.found
            .iter()
            .filter(|f| f.severity == Some(severity))
            .count()
    }
}

/// A place without a line: a file, a directory or a table.
pub(super) fn whole_file(name: String) -> Place {
    Place {
        file: name,
        line: 0,
        column: 0,
    }
}
