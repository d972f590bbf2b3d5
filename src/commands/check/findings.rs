//! What was found, in the order of looking. Knows not how it is shown.

use crate::config::Excerpt;
use crate::diagnostic::{self, Diagnostic, Place, Severity};
use serde_json::{Value, json};

/// Something that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Finding {
    /// `None`: all is well there.
    pub(super) severity: Option<Severity>,
    /// `hooks.toml:7:1`, or a path, in the Git directory where it can be.
    pub(super) place: Option<String>,
    /// File, line and column, where it stands in one.
    pub(super) at: Option<Place>,
    /// The hook that is off because of it.
    pub(super) hook: Option<String>,
    /// One sentence fragment.
    pub(super) message: String,
    /// The line in question.
    pub(super) excerpt: Option<Excerpt>,
}

impl Finding {
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
            place: Some(place.to_string()),
            at: (place.line > 0).then_some(place),
            hook,
            message,
            excerpt,
        }
    }

    /// The sentence, and what it means for its hook, as the pusher sees it.
    pub(super) fn sentence(&self) -> String {
        let hook = self.hook.as_deref();
        let disabled = hook.filter(|_| self.severity == Some(Severity::Mistake));
        diagnostic::with_effect(&self.message, disabled)
    }

    /// For programs.
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
        let mut told = json!({
            "repository": repository, "severity": severity, "place": place, "hook": hook, "message": message
        });
        if let Some(at) = &self.at {
            told["file"] = json!(at.file);
            told["line"] = json!(at.line);
            told["column"] = json!(at.column);
        }
        told
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    unused: bool,
}

impl Findings {
    /// All is well with something.
    pub(super) fn fine(&mut self, message: impl Into<String>) {
        self.add(None, None, message.into());
    }

    /// It works, but not as somebody might expect.
    pub(super) fn warn(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Warning), place.into(), message.into());
    }

    /// It does not work.
    pub(super) fn mistake(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Mistake), place.into(), message.into());
    }

    /// Nobody has begun to use it here: neither good nor bad.
    pub(super) fn unused(&mut self, message: &str) {
        self.unused = true;
        self.warn(None, message);
    }

    /// Whether nobody has begun to.
    pub(super) fn is_unused(&self) -> bool {
        self.unused
    }

    fn add(&mut self, severity: Option<Severity>, place: Option<String>, message: String) {
        self.push(Finding {
            severity,
            place,
            message,
            ..Finding::default()
        });
    }

    /// Each thing is told once.
    pub(super) fn push(&mut self, finding: Finding) {
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    /// Mistakes first, then warnings, then what is well; what stands in a file in its order, and before the rest.
    pub(super) fn sorted(&self) -> impl Iterator<Item = &Finding> {
        let orders = [Some(Severity::Mistake), Some(Severity::Warning), None];
        orders.into_iter().flat_map(|severity| {
            let mut found = self
                .found
                .iter()
                .filter(|f| f.severity == severity)
                .collect::<Vec<_>>();
            found.sort_by_key(|f| (f.at.is_none(), f.at.as_ref()));
            found
        })
    }

    /// How many there are.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.found
            .iter()
            .filter(|f| f.severity == Some(severity))
            .count()
    }
}
