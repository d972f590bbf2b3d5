//! Finds hooks by name, and explains why a named hook is inactive.

use super::super::Failure;
use super::SelectedEvent;
use crate::config::{Hook, Loaded, SourceMap};
use crate::diagnostic::{Diagnostic, Severity};
use crate::suggest;
use std::fmt;

/// Why a configured hook is inactive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inactive {
    /// A mistake, with its place.
    Mistake(String),
    /// A setting: "`enabled = false` (hooks.toml:7)".
    Configured(String),
}

/// "is disabled: hooks.toml:15:1: …", "is switched off: …"
impl fmt::Display for Inactive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mistake(why) => write!(f, "is disabled: {why}"),
            Self::Configured(why) => write!(f, "is switched off: {why}"),
        }
    }
}

impl SelectedEvent {
    /// The named hooks in the given order; all of them when none is named.
    pub fn hooks<'a>(
        &'a self,
        names: &[&str],
        places: &SourceMap,
    ) -> Result<Vec<&'a Hook>, Failure> {
        if names.is_empty() {
            return Ok(self.loaded.hooks.iter().collect());
        }
        let hook = |name: &&str| match (
            find_hook(&self.loaded, name),
            self.why_inactive(places, name),
        ) {
            (Some(hook), _) => Ok(hook),
            (None, Some(why)) => Err(Failure::new(format!("hook `{name}` {why}"))),
            (None, None) => Err(unknown(&self.loaded, name)),
        };
        names.iter().map(hook).collect()
    }

    /// Why a hook is inactive; `None` if it is not configured.
    pub fn why_inactive(&self, places: &SourceMap, name: &str) -> Option<Inactive> {
        let loaded = &self.loaded;
        if let Some(mistake) = mistakes(loaded).find(|m| m.hook.as_deref() == Some(name)) {
            return Some(Inactive::Mistake(format!(
                "{}: {}",
                mistake.place, mistake.message
            )));
        }
        let written = |key: &str| {
            places
                .switch(name, key)
                .map_or_else(|| format!("`{key}`"), |w| w.to_string())
        };
        if loaded.disabled.iter().any(|off| off == name) {
            return Some(Inactive::Configured(written("enabled")));
        }
        let here = format!(
            "matches {}this repository's path",
            self.located_name().map_or_else(
                || "not ".to_owned(),
                |name| format!("neither `{name}` nor ")
            )
        );
        let elsewhere = loaded.not_here().any(|other| other == name);
        elsewhere.then(|| Inactive::Configured(format!("{} {here}", written("repositories"))))
    }
}

impl Inactive {
    /// The reason.
    pub fn words(&self) -> &str {
        let (Self::Mistake(words) | Self::Configured(words)) = self;
        words
    }

    /// Whether something has to be fixed.
    pub fn is_mistake(&self) -> bool {
        matches!(self, Self::Mistake(_))
    }
}

/// Finds an active hook.
pub fn find_hook<'a>(loaded: &'a Loaded, name: &str) -> Option<&'a Hook> {
    loaded.hooks.iter().find(|hook| hook.name == name)
}

/// The error for a hook that is not configured.
pub fn unknown(loaded: &Loaded, name: &str) -> Failure {
    if loaded.unresolved || loaded.hold.is_some() {
        let why =
            "nothing is sent until its file is fixed, pushes are recorded and wait (see `check`)";
        return Failure::new(format!("hook `{name}` cannot be looked up: {why}"));
    }
    let hint = suggest::near(name, names(loaded)).map(suggest::did_you_mean);
    let hint = hint.unwrap_or_else(|| match names(loaded).collect::<Vec<_>>().as_slice() {
        [] => ": see hooks.toml in the Git directory".to_owned(),
        all => format!(
            " (there is {})",
            all.iter()
                .map(|n| format!("`{n}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    });
    Failure::new(format!("no hook `{name}` is configured{hint}"))
}

/// The name of every hook that is configured for this repository, once.
pub fn names(loaded: &Loaded) -> impl Iterator<Item = &str> {
    let on = loaded.hooks.iter().map(|hook| hook.name.as_str());
    let mut broken = mistakes(loaded)
        .filter_map(|m| m.hook.as_deref())
        .collect::<Vec<_>>();
    broken.dedup();
    on.chain(loaded.disabled.iter().map(String::as_str))
        .chain(broken)
}

fn mistakes(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    loaded
        .diagnostics
        .iter()
        .filter(|m| m.severity == Severity::Mistake)
}
