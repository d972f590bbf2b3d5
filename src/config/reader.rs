//! Reads the settings of one file. Its hooks are read later: they need the settings of both files.

use super::entry::Section;
use super::file::{Layer, Source};
use super::keys::{self, Settings};
use super::network::Network;
use super::notes::Notes;
use super::references::References;
use super::reserved::Shared;
use super::settings::{DeliverTable, NetworkTable, ProjectTable, PusherTable, SecretsTable};
use super::syntax_hints;
use super::value;
use crate::diagnostic::{Diagnostic, Severity};
use crate::suggest;
use crate::template;
use crate::url::UrlParts;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Syntax errors reported for one file: the first ones cause the others.
const MAX_SYNTAX_ERRORS: usize = 5;

/// Hooks of one file. A push evaluates all of them.
const MAX_HOOKS: usize = 256;

/// A file without syntax errors.
pub(super) struct Document<'s> {
    pub(super) source: &'s Source,
    root: DeTable<'s>,
    pub(super) notes: Notes<'s>,
    pub(super) project: ProjectTable,
    pub(super) deliver: DeliverTable,
    pub(super) network: NetworkTable,
    pub(super) pusher_env: Vec<String>,
    pub(super) shared: Vec<Shared>,
    /// Whether a mistake in it means that nothing may be sent.
    pub(super) holds: bool,
}

impl<'s> Document<'s> {
    /// Reads the settings of a file. `Err`: its syntax errors.
    pub(super) fn parse(source: &'s Source) -> Result<Self, Vec<Diagnostic>> {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let mut notes = Notes::new(&source.shown, &source.text);
        if !errors.is_empty() {
            for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
                // The message names what was expected; Display would print the line.
                let at = error.span().map_or(source.text.len(), |span| span.start);
                notes.mistake(
                    at,
                    None,
                    format!(
                        "not TOML: {}",
                        syntax_hints::hint(&source.text, at).unwrap_or(error.message())
                    ),
                );
            }
            return Err(notes.into_diagnostics());
        }
        let mut document = Self {
            source,
            root: root.into_inner(),
            notes,
            project: ProjectTable::default(),
            deliver: DeliverTable::default(),
            network: NetworkTable::default(),
            pusher_env: Vec::new(),
            shared: Vec::new(),
            holds: false,
        };
        document.read_tables();
        Ok(document)
    }

    /// The mistakes, those of the whole file first.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let warning = self
            .source
            .warning
            .map(|why| Diagnostic::whole_file(&self.source.shown, why, Severity::Warning));
        warning
            .into_iter()
            .chain(self.notes.into_diagnostics())
            .collect()
    }

    fn read_tables(&mut self) {
        let root = std::mem::take(&mut self.root);
        for (key, value) in &root {
            let name = key.get_ref().as_ref();
            let settings = Settings::ALL.into_iter().find(|table| table.name() == name);
            match (settings, value.get_ref()) {
                (Some(table), DeValue::Table(content)) => self.read_settings(table, key, content),
                (None, DeValue::Table(_)) if name == "hook" => {}
                (Some(_), _) => {
                    self.holds |= settings.is_some_and(Settings::holds);
                    self.notes.mistake(
                        key.span().start,
                        None,
                        format!("`{name}` must be a table: `[{name}]`"),
                    );
                }
                (None, _) if name == "hook" => {
                    self.notes.mistake(
                        key.span().start,
                        None,
                        "`hook` must be a table: `[hook.NAME]`",
                    );
                }
                (None, _) => keys::check_top(key, value, &mut self.notes),
            }
        }
        self.root = root;
    }

    fn read_settings(
        &mut self,
        table: Settings,
        key: &Spanned<DeString<'_>>,
        content: &DeTable<'_>,
    ) {
        let layer = self.source.layer;
        let before = self.notes.count();
        if table.holds() && layer == Layer::Repository {
            let message = format!("`[{}]` belongs to the server's file alone", table.name());
            self.notes.mistake(key.span().start, None, message);
        } else {
            keys::check_settings(table, content, layer, &mut self.notes);
            self.read_content(table, content);
        }
        self.holds |= table.holds() && self.notes.count() > before;
    }

    fn read_content(&mut self, table: Settings, content: &DeTable<'_>) {
        let notes = &mut self.notes;
        let mistake = |error: value::ValueError| {
            let at = error.span.as_ref().map_or(0, |span| span.start);
            notes.mistake(at, None, error.sentence());
        };
        match table {
            Settings::Project => {
                let read =
                    value::read(content, |fields| ProjectTable::deserialize(fields), mistake);
                self.project = read.unwrap_or_default();
                self.check_project(content);
            }
            Settings::Deliver => {
                let read =
                    value::read(content, |fields| DeliverTable::deserialize(fields), mistake);
                self.deliver = read.unwrap_or_default();
                self.check_deliver(content);
            }
            Settings::Network => {
                let read =
                    value::read(content, |fields| NetworkTable::deserialize(fields), mistake);
                self.network = read.unwrap_or_default();
            }
            Settings::Pusher => {
                let read = value::read(content, |fields| PusherTable::deserialize(fields), mistake);
                let names = read
                    .and_then(|table| table.env)
                    .map(|list| list.0)
                    .unwrap_or_default();
                self.pusher_env = names.into_iter().map(|name| name.0).collect();
            }
            Settings::Secrets => {
                let read =
                    value::read(content, |fields| SecretsTable::deserialize(fields), mistake);
                self.shared = read
                    .and_then(|table| table.shared)
                    .map(|list| list.0)
                    .unwrap_or_default();
            }
        }
    }

    /// `[network]` as hooks use it. A mistake in it means that nothing may be sent.
    pub(super) fn network(&mut self, references: &References) -> Network {
        let table = std::mem::take(&mut self.network);
        Network::new(table, references).unwrap_or_else(|(key, why)| {
            let network = self.root.get("network").map(Spanned::get_ref);
            let value = network.and_then(|network| network.get(key));
            let at = value.map_or(0, |value| value.span().start);
            self.notes.mistake(at, None, why);
            self.holds = true;
            Network::default()
        })
    }

    /// A value that cannot be used leaves its key at the default.
    fn check_project(&mut self, content: &DeTable<'_>) {
        let Self {
            project,
            notes,
            source,
            ..
        } = self;
        let at = |key: &str| content.get(key).map_or(0, |value| value.span().start);
        if source.layer == Layer::Repository {
            project.root = None;
        }
        if project
            .root
            .as_ref()
            .is_some_and(|root| !root.is_empty() && !root.starts_with('/'))
        {
            notes.mistake(at("root"), None, "`root` must be an absolute path");
            project.root = None;
        }
        if project
            .name
            .as_deref()
            .is_some_and(|name| !name.is_empty() && !is_project_name(name))
        {
            notes.mistake(
                at("name"),
                None,
                "`name` must be a path such as `team/payments`",
            );
            project.name = None;
        }
        for (key, template) in project.templates() {
            let Some(text) = template.as_deref().filter(|text| !text.is_empty()) else {
                continue;
            };
            let why = match template::compile(text) {
                Err(error) => error.why,
                Ok(()) if is_web_page(key) && !is_web_address(text) => {
                    "must be an http or https address".to_owned()
                }
                Ok(()) if has_credentials(key, text) => NO_PASSWORD.to_owned(),
                Ok(()) => continue,
            };
            notes.mistake(at(key), None, format!("`{key}`: {why}"));
            *template = None;
        }
    }

    fn check_deliver(&mut self, content: &DeTable<'_>) {
        let Self {
            deliver,
            notes,
            source,
            ..
        } = self;
        if source.layer == Layer::Repository {
            deliver.state_dir = None;
        }
        if deliver
            .state_dir
            .as_ref()
            .is_some_and(|dir| !dir.is_empty() && !dir.starts_with('/'))
        {
            let at = content
                .get("state_dir")
                .map_or(0, |value| value.span().start);
            notes.mistake(at, None, "`state_dir` must be an absolute path");
            deliver.state_dir = None;
        }
        let times = [
            ("timeout", &mut deliver.timeout),
            ("connect_timeout", &mut deliver.connect_timeout),
        ];
        for (key, time) in times {
            if time.is_some_and(|t| !(1..=600).contains(&t.0.as_secs())) {
                let at = content.get(key).map_or(0, |value| value.span().start);
                notes.mistake(at, None, format!("`{key}` must be between 1s and 10m"));
                *time = None;
            }
        }
    }

    /// The hooks in the order of the file. Names that cannot be used are noted.
    pub(super) fn sections<'a>(
        root: &'a DeTable<'s>,
        layer: Layer,
        notes: &mut Notes<'_>,
    ) -> Vec<Section<'a, 's>> {
        let hooks = root
            .get("hook")
            .and_then(|hooks| hooks.get_ref().as_table());
        let mut sections = Vec::new();
        for (key, value) in hooks.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let Some(table) = value.get_ref().as_table() else {
                let shown = suggest::shown(name);
                notes.mistake(
                    key.span().start,
                    None,
                    format!("`hook.{shown}` must be a table: `[hook.NAME]`"),
                );
                continue;
            };
            if !is_hook_name(name) {
                let message = "the name of a hook has at most 64 of `A-Z a-z 0-9 _ -`";
                notes.mistake(key.span().start, Some(&suggest::shown(name)), message);
                continue;
            }
            // A table's own span is its header, an inline table's is its value.
            let header = if notes.text()[value.span()].starts_with('[') {
                value.span()
            } else {
                key.span()
            };
            sections.push(Section {
                name,
                header: header.start,
                table,
                layer,
            });
        }
        sections.sort_by_key(|section| section.header);
        if let Some(first) = sections.get(MAX_HOOKS) {
            let message = format!(
                "a file has at most {MAX_HOOKS} hooks: this one and the later ones are ignored"
            );
            notes.mistake(first.header, Some(first.name), message);
            sections.truncate(MAX_HOOKS);
        }
        sections
    }

    /// The parsed tables, apart from the notes that are made about them.
    pub(super) fn parts(&mut self) -> (&DeTable<'s>, &mut Notes<'s>) {
        (&self.root, &mut self.notes)
    }
}

fn is_hook_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

fn is_project_name(name: &str) -> bool {
    !name.contains(char::is_control) && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a password stands before the host; before that of a web page, a user alone may be a token.
fn has_credentials(key: &str, address: &str) -> bool {
    let parts = UrlParts::split(address);
    let userinfo = parts.userinfo.filter(|_| !parts.scheme.is_empty());
    userinfo.is_some_and(|userinfo| is_web_page(key) || userinfo.contains(':'))
}

/// Why an address of `[project]` holds no credentials.
const NO_PASSWORD: &str = "every receiver gets this address: leave out what is before the `@`";

fn is_web_page(key: &str) -> bool {
    matches!(key, "url" | "commit_url" | "compare_url")
}

/// Whether it is, or may render to, an http or https address.
fn is_web_address(template: &str) -> bool {
    ["http://", "https://", "${", "{%", "{#"]
        .iter()
        .any(|start| template.starts_with(start))
}
