//! Finds the filters of a hook as they are written, for `preview`. Filters hold no secrets and are shown as they are.

use super::entry::FILTERS;
use super::file::{Layer, Source};
use super::source_map::{SourceMap, note, table};
use crate::diagnostic::Severity;
use std::fmt;
use toml::de::DeValue;

/// Keys that decide whether a hook is on here, besides its filters.
const SWITCHES: [&str; 4] = ["enabled", "on", "repositories", "skippable"];

/// Characters of a value that are shown.
const LONGEST: usize = 60;

/// A key with its value, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterSource {
    key: String,
    value: String,
    file: String,
    line: usize,
}

/// "`branches = ["main"]` (hooks.toml:7)"
impl fmt::Display for FilterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{} = {}` ({}:{})",
            self.key, self.value, self.file, self.line
        )
    }
}

impl SourceMap {
    /// A filter of one of a hook's sets (see [`crate::filter::Refusal::set`]); `None`: it is not written there.
    pub fn filter(&self, hook: &str, set: usize, key: &str) -> Option<FilterSource> {
        let mut with_hook: Vec<_> = self
            .sources()
            .filter(|source| table(source, hook).is_some())
            .collect();
        with_hook.sort_by_key(|source| source.layer != Layer::Server);
        written(with_hook.get(set)?, hook, key)
    }

    /// The key that disables a hook here: `enabled`, the repository's first, or `repositories`.
    pub fn switch(&self, hook: &str, key: &str) -> Option<FilterSource> {
        let all = self
            .sources()
            .filter_map(|source| written(source, hook, key));
        all.into_iter()
            .find(|written| key != "enabled" || written.value == "false")
    }
}

fn written(source: &Source, hook: &str, key: &str) -> Option<FilterSource> {
    if !FILTERS.contains(&key) && !SWITCHES.contains(&key) {
        return None;
    }
    let (table, _) = table(source, hook)?;
    let (at, value) = table.get_key_value(key)?;
    let line = note(source, at.span().start, String::new(), Severity::Warning)?
        .place
        .line;
    let mut value = text(value.get_ref());
    if value.chars().count() > LONGEST {
        value = value.chars().take(LONGEST).chain(['…']).collect();
    }
    Some(FilterSource {
        key: key.to_owned(),
        value,
        file: source.shown.clone(),
        line,
    })
}

/// A value as it might stand in the file, on one line and without comments.
fn text(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Array(items) => {
            format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| text(item.get_ref()))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn source(layer: Layer, shown: &str, text: &str) -> Source {
        Source {
            layer,
            path: PathBuf::from(shown),
            shown: shown.into(),
            text: text.into(),
            is_for_others: false,
            warning: None,
        }
    }

    fn places() -> SourceMap {
        let server = "[hook.ci]\nbranches = [\n  'main', # hunter2\n  \"x\"\n]\nenabled = false\ntoken = \"hunter2\"\n";
        let own = "[hook.own]\nskip_ci = true\ntags = \"v*,w\"\n[hook.ci]\npaths = [\"src/**\"]\nenabled = true\n";
        SourceMap::from_sources(vec![
            source(Layer::Repository, "hooks.toml", own),
            source(Layer::Server, "/etc/h.toml", server),
        ])
    }

    #[test]
    fn a_filter_is_shown_as_it_stands() {
        let filter = |hook: &str, set: usize, key: &str| {
            places().filter(hook, set, key).map(|w| w.to_string())
        };
        assert_eq!(
            filter("ci", 0, "branches").unwrap(),
            "`branches = [\"main\", \"x\"]` (/etc/h.toml:2)"
        );
        assert_eq!(
            filter("ci", 1, "paths").unwrap(),
            "`paths = [\"src/**\"]` (hooks.toml:5)"
        );
        assert_eq!(
            filter("own", 0, "tags").unwrap(),
            "`tags = \"v*,w\"` (hooks.toml:3)"
        );
        assert_eq!(
            filter("own", 0, "skip_ci").unwrap(),
            "`skip_ci = true` (hooks.toml:2)"
        );
        assert_eq!(
            (filter("ci", 0, "paths"), filter("own", 1, "tags")),
            (None, None)
        );
    }

    #[test]
    fn what_may_be_a_secret_is_never_shown() {
        assert_eq!(places().filter("ci", 0, "token"), None);
        assert_eq!(places().switch("ci", "token"), None);
    }

    #[test]
    fn what_switches_a_hook_off_is_found() {
        assert_eq!(
            places().switch("ci", "enabled").unwrap().to_string(),
            "`enabled = false` (/etc/h.toml:6)"
        );
        assert_eq!(places().switch("own", "enabled"), None);
    }
}
