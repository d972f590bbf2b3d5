//! Merges the hooks of both files: the server's first, narrowed by the repository's file, then the repository's own.

use super::Loaded;
use super::entry::{Common, Context, Entry, FILTERS, Section};
use super::file::{self, Layer};
use super::network::Network;
use super::notes::Notes;
use super::project::repository_path;
use super::reader::Document;
use super::references::References;
use super::reserved::Reserved;
use super::secret_refs;
use super::settings::Deliver;
use crate::environment::Environment;
use crate::filter::{Filters, Globs};
use crate::suggest;
use std::path::Path;
use std::sync::Arc;
use toml::de::DeValue;

/// Merges hooks into what is loaded already: the settings of both files.
pub(super) struct Merge<'a> {
    pub(super) git_dir: &'a Path,
    /// `[deliver]` of the server's file: the defaults of its hooks.
    pub(super) server_deliver: Deliver,
    pub(super) environment: Arc<Environment>,
    /// `[network]` of the server's file.
    pub(super) network: Network,
    pub(super) loaded: &'a mut Loaded,
}

/// A hook of the server's file as far as the repository's file can change it; `entry` is `None` when it has a mistake.
struct Inherited {
    name: String,
    entry: Option<Entry>,
}

impl Merge<'_> {
    /// Reads the hooks of both files.
    pub(super) fn hooks(mut self, server: Option<Document<'_>>, repository: Option<Document<'_>>) {
        let server_is_unusable = server.is_none() && self.loaded.hold.is_some();
        let (mut inherited, reserved) = server.map_or_else(Default::default, |document| {
            self.server(document, repository.is_some())
        });
        let own = repository.map(|document| {
            self.repository(document, reserved, &mut inherited, server_is_unusable)
        });
        self.finish(inherited, own.unwrap_or_default());
    }

    /// The hooks of the server's file, and what it keeps from a repository's file.
    fn server(
        &mut self,
        mut document: Document<'_>,
        has_repository: bool,
    ) -> (Vec<Inherited>, Option<Arc<Reserved>>) {
        let shared = std::mem::take(&mut document.shared);
        let references = self.references(&document, None);
        self.network = document.network(&references);
        if document.holds {
            let why = "mistakes in tables that protect others";
            let shown = &document.source.shown;
            self.loaded.hold = Some(format!("{shown}: {why}"));
        }
        let path = document.source.path.clone();
        let (root, notes) = document.parts();
        let sections = Document::sections(root, Layer::Server, notes);
        let context = Context {
            deliver: &self.server_deliver,
            references: &references,
            network: &self.network,
        };
        let inherited = sections
            .iter()
            .map(|section| Inherited {
                name: section.name.to_owned(),
                entry: section
                    .entry(notes, &context)
                    .filter(|_| !notes.disables(section.name)),
            })
            .collect();
        let reserved = has_repository.then(|| {
            let network = root
                .get("network")
                .and_then(|network| network.get_ref().as_table());
            let named = sections
                .iter()
                .map(|section| section.table)
                .chain(network)
                .flat_map(secret_refs::references)
                .map(|(named, _)| named.reference);
            Arc::new(Reserved::new(&path, &named.collect::<Vec<_>>(), shared))
        });
        self.loaded.diagnostics.extend(document.into_diagnostics());
        (inherited, reserved)
    }

    /// The hooks of the repository's own file; those of the server's are narrowed in place.
    fn repository(
        &mut self,
        mut document: Document<'_>,
        reserved: Option<Arc<Reserved>>,
        inherited: &mut [Inherited],
        server_is_unusable: bool,
    ) -> Vec<Entry> {
        let mut own = Vec::new();
        let references = self.references(&document, reserved);
        let (root, notes) = document.parts();
        let context = Context {
            deliver: &self.loaded.deliver,
            references: &references,
            network: &self.network,
        };
        for section in Document::sections(root, Layer::Repository, notes) {
            // It may narrow a hook of the server's file, which cannot be read now.
            if server_is_unusable && !section.table.contains_key("action") {
                continue;
            }
            if let Some(hook) = inherited.iter_mut().find(|hook| hook.name == section.name) {
                narrow(hook, &section, notes);
            } else {
                own.extend(repository_hook(&section, notes, &context));
            }
        }
        self.loaded.diagnostics.extend(document.into_diagnostics());
        own
    }

    fn references(&self, document: &Document<'_>, reserved: Option<Arc<Reserved>>) -> References {
        References {
            base: file::base(&document.source.path),
            environment: self.environment.clone(),
            reserved,
            for_others: document.source.is_for_others,
        }
    }

    /// Decides which of the hooks are active here.
    fn finish(self, inherited: Vec<Inherited>, own: Vec<Entry>) {
        let is_broken = inherited.iter().any(|hook| hook.entry.is_none());
        let inherited = inherited.into_iter().filter_map(|hook| hook.entry);
        let (inherited, disabled): (Vec<_>, Vec<_>) = inherited.partition(|entry| entry.enabled);
        let (own, own_disabled): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|entry| entry.enabled);
        let disabled = disabled.into_iter().chain(own_disabled);
        self.loaded.disabled = disabled.map(|entry| entry.hook.name).collect();
        let gl_repo = self.environment.non_empty("GL_REPO");
        let mut names = None;
        let has_broken = self.loaded.hold.is_some() || is_broken;
        for entry in inherited {
            let matches = entry.repositories.as_ref().is_none_or(|globs| {
                let (name, path) = names.get_or_insert_with(|| {
                    let server = &self.loaded.projects.server;
                    let name = server.located_name(self.git_dir, gl_repo.as_deref());
                    (name, repository_path(self.git_dir))
                });
                let name = name.as_ref().map(String::as_bytes);
                let path = path.as_os_str().as_encoded_bytes();
                let both = name.into_iter().chain([path]).collect::<Vec<_>>();
                globs.matches_any(&both)
            });
            if matches && self.loaded.unresolved && !entry.hook.locked {
                self.loaded.pending_file.push(entry.hook);
            } else if matches {
                self.loaded.hooks.push(entry.hook);
            } else if self
                .loaded
                .projects
                .server
                .name_is_settled(gl_repo.as_deref())
            {
                self.loaded.other_repositories.push(entry.hook.name);
            } else {
                self.loaded.pending_match.push(entry.hook);
            }
        }
        let pending = [&self.loaded.pending_match, &self.loaded.pending_file];
        let applies =
            !self.loaded.hooks.is_empty() || pending.iter().any(|hooks| !hooks.is_empty());
        if applies || has_broken {
            self.loaded.deliver.raise_to(&self.server_deliver);
        }
        self.loaded
            .hooks
            .extend(own.into_iter().map(|entry| entry.hook));
    }
}

/// A hook of the repository's own.
fn repository_hook(
    section: &Section<'_, '_>,
    notes: &mut Notes<'_>,
    context: &Context<'_>,
) -> Option<Entry> {
    let references = context.references;
    let entry = section.entry(notes, context);
    if let Some(reserved) = &references.reserved {
        for (named, at) in secret_refs::references(section.table) {
            if let Err(error) = reserved.check(&named.key, &named.reference, &references.base) {
                let message = format!("what is named here {error}");
                notes.mistake(at, Some(section.name), message);
            }
        }
    }
    refuse_host(section, notes);
    entry.filter(|_| !notes.disables(section.name))
}

/// `Host` chooses the receiver behind an address; a repository must not.
fn refuse_host(section: &Section<'_, '_>, notes: &mut Notes<'_>) {
    for key in ["headers", "header_parameters"] {
        let Some(value) = section.table.get(key) else {
            continue;
        };
        let is_host = |name: &str| name.trim().eq_ignore_ascii_case("host");
        let at = match value.get_ref() {
            DeValue::Table(pairs) => pairs
                .keys()
                .find(|name| is_host(name.get_ref()))
                .map(|name| name.span().start),
            DeValue::String(lines) => {
                let named = lines
                    .lines()
                    .any(|line| line.split_once(':').is_some_and(|(name, _)| is_host(name)));
                named.then_some(value.span().start)
            }
            _ => None,
        };
        if let Some(at) = at {
            let message = format!("`{key}`: only the server's file may set `Host`");
            notes.mistake(at, Some(section.name), message);
        }
    }
}

/// Applies what the repository's file sets for a hook of the server's: filters, which must pass as well, and `enabled`.
fn narrow(hook: &mut Inherited, section: &Section<'_, '_>, notes: &mut Notes<'_>) {
    if hook.entry.as_ref().is_some_and(|entry| entry.hook.locked) {
        let name = section.name;
        let message =
            format!("the server's file has locked `{name}`: nothing can be set for it here");
        return notes.mistake(section.header, None, message);
    }
    let disables = Some(section.name);
    let mut added = Notes::new("", notes.text());
    let mut common = section.common(&mut added);
    for (message, at) in added.into_plain() {
        notes.mistake(at, disables, message);
    }
    for key in section.table.keys() {
        if let Some(message) = refusal(section.name, key.get_ref(), &common) {
            notes.mistake(key.span().start, disables, message);
        }
    }
    if notes.disables(section.name) {
        hook.entry = None;
    }
    let Some(entry) = &mut hook.entry else { return };
    entry.enabled &= common.enabled.unwrap_or(true);
    entry.hook.filters.push(added_filters(&mut common));
}

/// Why a repository's file must not set a key of a hook of the server's.
fn refusal(hook: &str, key: &str, common: &Common) -> Option<String> {
    match key {
        "enabled" => None,
        "skip_ci" if common.skip_ci == Some(false) => {
            Some("`skip_ci` can only be switched on here".to_owned())
        }
        key if FILTERS.contains(&key) => None,
        key => Some(format!(
            "`{}`: the hook `{hook}` is the server's, only its filters and `enabled` may be set here",
            suggest::shown(key)
        )),
    }
}

/// Without a filter on names it lets every name pass, refs outside branches and tags too.
fn added_filters(common: &mut Common) -> Filters {
    let mut filters = common.filters(None, false);
    if filters.branches.is_none() && filters.tags.is_none() && filters.refs.is_none() {
        filters.refs = Globs::new(&["**".to_owned()]).ok();
    }
    filters
}
