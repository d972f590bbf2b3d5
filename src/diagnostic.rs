//! One problem of a configuration: how severe it is, where it stands, which key it concerns, and a message.
//!
//! An action reports a [`Finding`] about a parameter; the configuration turns it into a [`Diagnostic`] with a place in
//! a file. Neither ever holds a value from the file.

use crate::suggest;
use std::fmt;
use std::ops::Range;

/// How severe a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The hook is disabled until it is fixed.
    Mistake,
    /// Only `check` reports it.
    Warning,
}

/// Something wrong with a parameter that can be seen without resolving a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How severe.
    pub severity: Severity,
    /// The parameter.
    pub key: &'static str,
    /// Which entry of a table or array.
    pub entry: Option<String>,
    /// Bytes in the decoded string, where known: becomes line and column.
    pub range: Option<Range<usize>>,
    /// One sentence fragment; never a secret.
    pub message: String,
}

impl Finding {
    /// The message with its key in front: "`keyword` is longer than …", "`template`: unexpected end of input".
    pub fn sentence(&self) -> String {
        let Self { key, message, .. } = self;
        let entry = self.entry.as_deref();
        let entry = entry
            .map(|entry| format!(".{}", suggest::shown(entry)))
            .unwrap_or_default();
        let joint = if continues_key(message) { "" } else { ":" };
        format!("`{key}{entry}`{joint} {message}")
    }
}

/// Whether a message reads as one sentence with the key in front of it.
fn continues_key(message: &str) -> bool {
    let verbs = [
        "is", "must", "has", "holds", "names", "needs", "cannot", "takes", "belongs", "stands",
        "would", "renders",
    ];
    let first = message.split(' ').next();
    first.is_some_and(|word| verbs.contains(&word))
}

/// Where a problem stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// As people may see it: `hooks.toml` or the path of the server's file.
    pub file: String,
    /// From 1; 0 when the problem concerns the whole file.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// `hooks.toml:7:1`, as editors jump to it; the file alone when the whole file is concerned.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { file, line: 0, .. } => f.write_str(file),
            Self { file, line, column } => write!(f, "{file}:{line}:{column}"),
        }
    }
}

/// A problem at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How severe.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// The hook that it concerns; a mistake disables it.
    pub hook: Option<String>,
    /// One sentence fragment; never a value.
    pub message: String,
}

impl Diagnostic {
    /// A problem of a whole file.
    pub fn whole_file(file: &str, message: impl Into<String>, severity: Severity) -> Self {
        let place = Place {
            file: file.to_owned(),
            line: 0,
            column: 0,
        };
        Self {
            severity,
            place,
            hook: None,
            message: message.into(),
        }
    }

    /// The name of the hook that a mistake disables.
    pub fn disabled_hook(&self) -> Option<&str> {
        let hook = self.hook.as_deref();
        hook.filter(|_| self.severity == Severity::Mistake)
    }

    /// The message, and what it means for its hook.
    pub fn sentence(&self) -> String {
        with_effect(&self.message, self.disabled_hook())
    }
}

/// `hooks.toml:7:1: unknown key …, did you mean …? hook `ci` is disabled until this is fixed`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence())
    }
}

/// A message, and the hook that is disabled because of it.
pub fn with_effect(message: &str, disabled_hook: Option<&str>) -> String {
    match disabled_hook {
        Some(hook) => {
            let joint = if message.ends_with('?') { "" } else { ";" };
            format!("{message}{joint} hook `{hook}` is disabled until this is fixed")
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_is_one_sentence() {
        let mut diagnostic = Diagnostic {
            severity: Severity::Mistake,
            place: Place {
                file: "hooks.toml".into(),
                line: 7,
                column: 1,
            },
            hook: Some("ci".into()),
            message: "unknown key `b`, did you mean `c`?".into(),
        };
        assert_eq!(
            diagnostic.to_string(),
            "hooks.toml:7:1: unknown key `b`, did you mean `c`? hook `ci` is disabled until this is fixed"
        );
        diagnostic.message = "`action` is missing".into();
        assert_eq!(
            diagnostic.to_string(),
            "hooks.toml:7:1: `action` is missing; hook `ci` is disabled until this is fixed"
        );
        diagnostic.severity = Severity::Warning;
        assert_eq!(diagnostic.sentence(), "`action` is missing");
        assert_eq!(
            Diagnostic::whole_file("hooks.toml", "is odd", Severity::Mistake).to_string(),
            "hooks.toml: is odd"
        );
    }

    #[test]
    fn a_finding_begins_with_its_key() {
        let sentence = |entry: Option<&str>, message: &str| {
            Finding {
                severity: Severity::Mistake,
                key: "headers",
                entry: entry.map(str::to_owned),
                range: None,
                message: message.to_owned(),
            }
            .sentence()
        };
        assert_eq!(sentence(None, "is missing"), "`headers` is missing");
        assert_eq!(
            sentence(Some("X-A"), "unexpected end"),
            "`headers.X-A`: unexpected end"
        );
    }
}
