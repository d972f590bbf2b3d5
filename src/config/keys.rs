//! Reports keys that are unknown, that belong elsewhere, or that this version does not support.

use super::entry::{Common, Section, common_keys};
use super::file::Layer;
use super::notes::Notes;
use super::settings::{DeliverTable, NetworkTable, ProjectTable, PusherTable, SecretsTable};
use crate::action::Kind;
#[cfg(test)]
use crate::schema::Key;
use crate::schema::{Mark, Marks, Table, has_mark};
use crate::suggest;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A table of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settings {
    Project,
    Deliver,
    Network,
    Pusher,
    Secrets,
}

impl Settings {
    pub(super) const ALL: [Self; 5] = [
        Self::Project,
        Self::Deliver,
        Self::Network,
        Self::Pusher,
        Self::Secrets,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Deliver => "deliver",
            Self::Network => "network",
            Self::Pusher => "pusher",
            Self::Secrets => "secrets",
        }
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Project => ProjectTable::NAMES,
            Self::Deliver => DeliverTable::NAMES,
            Self::Network => NetworkTable::NAMES,
            Self::Pusher => PusherTable::NAMES,
            Self::Secrets => SecretsTable::NAMES,
        }
    }

    /// Its keys, for the schema.
    #[cfg(test)]
    pub(super) fn declared(self) -> Vec<Key> {
        match self {
            Self::Project => ProjectTable::keys(),
            Self::Deliver => DeliverTable::keys(),
            Self::Network => NetworkTable::keys(),
            Self::Pusher => PusherTable::keys(),
            Self::Secrets => SecretsTable::keys(),
        }
    }

    /// What it is about.
    #[cfg(test)]
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Project => "What receivers learn about the project",
            Self::Deliver => "How deliveries are made and how long they are kept",
            Self::Network => "What requests may reach (server's file)",
            Self::Pusher => "Who pushed (server's file)",
            Self::Secrets => "What repositories' files may name (server's file)",
        }
    }

    fn marks(self) -> Marks {
        match self {
            Self::Project => ProjectTable::MARKS,
            Self::Deliver => DeliverTable::MARKS,
            Self::Network => NetworkTable::MARKS,
            Self::Pusher => PusherTable::MARKS,
            Self::Secrets => SecretsTable::MARKS,
        }
    }

    /// All of them.
    pub(super) fn every_key(self) -> impl Iterator<Item = &'static str> {
        self.keys().iter().copied()
    }

    /// Whether a mistake in it means that nothing may be sent.
    pub(super) fn holds(self) -> bool {
        matches!(self, Self::Network | Self::Pusher | Self::Secrets)
    }
}

/// The name of a key and its place.
fn place(key: &Spanned<DeString<'_>>) -> (String, Range<usize>) {
    (suggest::shown(key.get_ref()), key.span())
}

/// The table of settings that a key belongs to.
fn settings_with(key: &str) -> Option<&'static str> {
    let table = Settings::ALL
        .into_iter()
        .find(|table| table.keys().contains(&key));
    table.map(Settings::name)
}

/// Notes the keys of a table of settings that cannot stand there; returns whether there were any.
pub(super) fn check_settings(
    table: Settings,
    content: &DeTable<'_>,
    layer: Layer,
    notes: &mut Notes<'_>,
) -> bool {
    let mut found = false;
    for key in content.keys() {
        let (shown, span) = place(key);
        let word = key.get_ref().as_ref();
        let message =
            if layer == Layer::Repository && has_mark(table.marks(), word, Mark::ServerOnly) {
                format!("`{shown}` belongs to the server's file alone")
            } else if table.keys().contains(&word) {
                continue;
            } else if let Some(other) = settings_with(word) {
                format!("`{shown}` belongs to `[{other}]`")
            } else if common_keys().contains(&word) || of_actions(word).next().is_some() {
                format!("`{shown}` belongs to a hook: `[hook.NAME]`")
            } else {
                format!(
                    "unknown key `{shown}`{}",
                    suggest::hint(word, table.keys().iter().copied())
                )
            };
        notes.mistake(span.start, None, message);
        found = true;
    }
    found
}

/// Whether a key of hooks has a mark, of some action or of every hook.
pub(super) fn is_marked(key: &str, mark: Mark) -> bool {
    has_mark(Common::MARKS, key, mark) || Kind::all().any(|kind| has_mark(kind.marks, key, mark))
}

/// The actions that know a key.
fn of_actions(key: &str) -> impl Iterator<Item = Kind> {
    Kind::all().filter(move |kind| kind.names.contains(&key))
}

/// Notes the keys of a hook that cannot stand there. Without a known action only those that no action knows.
pub(super) fn check_hook(section: &Section<'_, '_>, kind: Option<Kind>, notes: &mut Notes<'_>) {
    let own = kind.map(|kind| kind.names).unwrap_or_default();
    for key in section.table.keys() {
        let (shown, span) = place(key);
        let word = key.get_ref().as_ref();
        let others = of_actions(word).map(|kind| kind.id).collect::<Vec<_>>();
        let message = if has_mark(Common::MARKS, word, Mark::ServerOnly)
            && section.layer == Layer::Repository
        {
            format!("`{shown}` belongs to the server's file alone")
        } else if common_keys().contains(&word) || own.contains(&word) {
            continue;
        } else if is_unsupported(kind, word) {
            format!("`{shown}` is not supported yet")
        } else if !others.is_empty() {
            let Some(kind) = kind else { continue };
            format!(
                "`{shown}` is a key of {}, not of `{}`",
                suggest::all_of(&others),
                kind.id
            )
        } else if let Some(table) = settings_with(word) {
            format!("`{shown}` belongs to `[{table}]`")
        } else {
            let known = common_keys().iter().chain(own).copied();
            format!("unknown key `{shown}`{}", suggest::hint(word, known))
        };
        notes.mistake(span.start, Some(section.name), message);
    }
}

/// Whether a word is a key or a table of ours, anywhere.
pub(super) fn is_known(word: &str) -> bool {
    let tables = Settings::ALL
        .into_iter()
        .map(Settings::name)
        .chain(["hook"]);
    tables.into_iter().any(|table| table == word)
        || common_keys().contains(&word)
        || settings_with(word).is_some()
        || of_actions(word).next().is_some()
}

/// Whether an action, or any where none is known, recognizes a key that it does not support yet.
fn is_unsupported(kind: Option<Kind>, key: &str) -> bool {
    Kind::all().any(|any| kind.is_none_or(|kind| kind == any) && any.unsupported.contains(&key))
}

/// Notes a top-level key that is no table of ours.
pub(super) fn check_top(
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    notes: &mut Notes<'_>,
) {
    let (shown, span) = place(key);
    let word = key.get_ref().as_ref();
    let kind = if value.get_ref().is_table() || value.get_ref().is_array() {
        "table"
    } else {
        "key"
    };
    let message = if let Some(table) = settings_with(word).filter(|_| kind == "key") {
        format!("`{shown}` belongs to `[{table}]`")
    } else if kind == "key" && (common_keys().contains(&word) || of_actions(word).next().is_some())
    {
        format!("`{shown}` belongs to a hook: `[hook.NAME]`")
    } else {
        let tables = Settings::ALL
            .into_iter()
            .map(Settings::name)
            .chain(["hook"]);
        format!("unknown {kind} `{shown}`{}", suggest::hint(word, tables))
    };
    notes.mistake(span.start, None, message);
}
