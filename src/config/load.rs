//! Loads both files: the server's hooks first, narrowed by what the repository's file adds to them.

use super::entry::{Common, Entry, FILTERS, Section};
use super::file::{self, Layer, Source};
use super::notes::Notes;
use super::project::repository_path;
use super::reader::Document;
use super::reference::References;
use super::settings::Deliver;
use super::shared::Reserved;
use super::{Loaded, REPOSITORY_FILE, SERVER_FILE, SERVER_FILE_VARIABLE, secret_refs};
use crate::diagnostic::{Diagnostic, Severity};
use crate::environment::Environment;
use crate::filter::{Filters, Globs};
use crate::suggest;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::DeValue;

/// Loads both files for the repository whose Git directory is given. Resolves nothing; costs well under a millisecond.
pub fn load(git_dir: &Path, environment: &Environment) -> Loaded {
    let mut loaded = Loaded::default();
    let owner = file::owner(git_dir);
    let server = server_source(environment, owner, &mut loaded);
    let repository = repository_source(git_dir, owner, &mut loaded);
    let mut server = server
        .as_ref()
        .and_then(|source| document(source, &mut loaded));
    let mut repository = repository
        .as_ref()
        .and_then(|source| document(source, &mut loaded));
    for document in [&mut server, &mut repository].into_iter().flatten() {
        document.deliver.clone().apply(&mut loaded.deliver);
        std::mem::take(&mut document.project).apply(&mut loaded.project);
        loaded.pusher_env.append(&mut document.pusher_env);
        if document.holds {
            let why = "mistakes in tables that protect others";
            loaded
                .hold
                .get_or_insert_with(|| format!("{}: {why}", document.source.shown));
        }
    }
    Layers {
        git_dir,
        environment: Arc::new(environment.clone()),
        loaded: &mut loaded,
    }
    .read(server, repository);
    loaded
}

/// The server's file. One that exists and cannot be used holds everything back.
fn server_source(
    environment: &Environment,
    owner: Option<u32>,
    loaded: &mut Loaded,
) -> Option<Source> {
    let named = environment.non_empty(SERVER_FILE_VARIABLE);
    let path = named.as_deref().unwrap_or(SERVER_FILE);
    let read = if path.starts_with('/') {
        file::read_configuration(Layer::Server, Path::new(path), owner)
    } else {
        Err(format!(
            "is not read: ${SERVER_FILE_VARIABLE} must be an absolute path"
        ))
    };
    read.unwrap_or_else(|why| {
        loaded.configured = true;
        loaded.hold = Some(format!("{path} {why}"));
        loaded
            .diagnostics
            .push(Diagnostic::whole_file(path, why, Severity::Mistake));
        None
    })
    .inspect(|_| loaded.configured = true)
}

/// The repository's file. While it cannot be used, hooks stay unresolved.
fn repository_source(git_dir: &Path, owner: Option<u32>, loaded: &mut Loaded) -> Option<Source> {
    let path = git_dir.join(REPOSITORY_FILE);
    let read = file::read_configuration(Layer::Repository, &path, owner);
    read.unwrap_or_else(|why| {
        loaded.configured = true;
        loaded.unresolved = true;
        loaded.diagnostics.push(Diagnostic::whole_file(
            REPOSITORY_FILE,
            why,
            Severity::Mistake,
        ));
        None
    })
    .inspect(|_| loaded.configured = true)
}

fn document<'s>(source: &'s Source, loaded: &mut Loaded) -> Option<Document<'s>> {
    Document::parse(source)
        .map_err(|mistakes| {
            loaded.diagnostics.extend(mistakes);
            match source.layer {
                Layer::Server => loaded.hold = Some(format!("{} is not TOML", source.shown)),
                Layer::Repository => loaded.unresolved = true,
            }
        })
        .ok()
}

/// The directory that paths in a file are relative to.
fn base(path: &Path) -> PathBuf {
    file::real(path.parent().unwrap_or(Path::new("/")))
}

struct Layers<'a> {
    git_dir: &'a Path,
    environment: Arc<Environment>,
    loaded: &'a mut Loaded,
}

/// A hook of the server's file as far as the repository's file can change it; `entry` is `None` when it is broken.
struct Inherited {
    name: String,
    entry: Option<Entry>,
}

impl Layers<'_> {
    fn read(self, server: Option<Document<'_>>, repository: Option<Document<'_>>) {
        let mut inherited = Vec::new();
        let mut reserved = None;
        let unusable = server.is_none() && self.loaded.hold.is_some();
        if let Some(mut document) = server {
            let shared = std::mem::take(&mut document.shared);
            let references = self.references(&document, None);
            let path = document.source.path.clone();
            let (root, notes) = document.parts();
            let sections = Document::sections(root, Layer::Server, notes);
            inherited = self.server_hooks(&sections, notes, &references);
            let taken = sections
                .iter()
                .flat_map(|s| secret_refs::references(s.table))
                .map(|(named, _)| named.reference);
            reserved = repository
                .is_some()
                .then(|| Arc::new(Reserved::new(&path, taken.collect(), shared)));
            self.loaded.diagnostics.extend(document.into_diagnostics());
        }
        let mut own = Vec::new();
        if let Some(mut document) = repository {
            let references = self.references(&document, reserved);
            let (root, notes) = document.parts();
            for section in Document::sections(root, Layer::Repository, notes) {
                // It may narrow a hook of the server's file, which cannot be read now.
                if unusable && !section.table.contains_key("action") {
                    continue;
                }
                match inherited.iter_mut().find(|hook| hook.name == section.name) {
                    Some(hook) => narrow(hook, &section, notes),
                    None => own.extend(repository_hook(
                        &section,
                        notes,
                        &self.loaded.deliver,
                        &references,
                    )),
                }
            }
            self.loaded.diagnostics.extend(document.into_diagnostics());
        }
        self.finish(inherited, own);
    }

    fn references(&self, document: &Document<'_>, reserved: Option<Arc<Reserved>>) -> References {
        References {
            base: base(&document.source.path),
            environment: self.environment.clone(),
            reserved,
        }
    }

    fn server_hooks(
        &self,
        sections: &[Section<'_, '_>],
        notes: &mut Notes<'_>,
        references: &References,
    ) -> Vec<Inherited> {
        let read = |section: &Section<'_, '_>| {
            let entry = section.entry(notes, &self.loaded.deliver, references);
            Inherited {
                name: section.name.to_owned(),
                entry: entry.filter(|_| !notes.disables(section.name)),
            }
        };
        sections.iter().map(read).collect()
    }

    /// Sorts out which of the hooks are on here.
    fn finish(self, inherited: Vec<Inherited>, own: Vec<Entry>) {
        let gl_repo = self.environment.non_empty("GL_REPO");
        let project = &self.loaded.project;
        let mut place = None;
        let (own, off): (Vec<_>, Vec<_>) = own.into_iter().partition(|entry| entry.enabled);
        let inherited = inherited.into_iter().filter_map(|hook| hook.entry);
        let (inherited, off_too): (Vec<_>, Vec<_>) = inherited.partition(|entry| entry.enabled);
        self.loaded.disabled = off_too
            .into_iter()
            .chain(off)
            .map(|entry| entry.hook.name)
            .collect();
        for entry in inherited {
            let here = entry.repositories.as_ref().is_none_or(|globs| {
                let (name, path) = place.get_or_insert_with(|| {
                    (
                        project.name(self.git_dir, gl_repo.as_deref()),
                        repository_path(self.git_dir),
                    )
                });
                globs.matches_any(&[name.as_bytes(), path.as_os_str().as_encoded_bytes()])
            });
            match here {
                true => self.loaded.hooks.push(entry.hook),
                false if project.name_is_settled(gl_repo.as_deref()) => {
                    self.loaded.other_repositories.push(entry.hook.name);
                }
                false => self.loaded.pending_match.push(entry.hook),
            }
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
    deliver: &Deliver,
    references: &References,
) -> Option<Entry> {
    let entry = section.entry(notes, deliver, references);
    if let Some(reserved) = &references.reserved {
        for (named, at) in secret_refs::references(section.table) {
            if let Some(why) = reserved.refuses(&named.reference, &references.base) {
                notes.mistake(at, Some(section.name), format!("what is named here {why}"));
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

/// What the repository's file says about a hook of the server's: filters, which must pass as well, and `enabled`.
fn narrow(hook: &mut Inherited, section: &Section<'_, '_>, notes: &mut Notes<'_>) {
    let locked = hook.entry.as_ref().is_some_and(|entry| entry.locked);
    // A locked hook cannot be switched off by a mistake either.
    let stops = (!locked).then_some(section.name);
    let mut added = Notes::new("", notes.text());
    let mut common = section.common(&mut added);
    for (message, at) in added.into_plain() {
        notes.mistake(at, stops, message);
    }
    for key in section.table.keys() {
        let word = key.get_ref().as_ref();
        let shown = suggest::shown(word);
        let message = match word {
            "enabled" if locked => format!(
                "the server's file has locked `{}`: `enabled` cannot be set",
                section.name
            ),
            "enabled" => continue,
            "skip_ci" if common.skip_ci == Some(false) => {
                "`skip_ci` can only be switched on here".to_owned()
            }
            word if FILTERS.contains(&word) => continue,
            _ => format!(
                "`{shown}`: the hook `{}` is the server's, only its filters and `enabled` may be set here",
                section.name
            ),
        };
        notes.mistake(key.span().start, stops, message);
    }
    if stops.is_some_and(|name| notes.disables(name)) {
        hook.entry = None;
    }
    let Some(entry) = &mut hook.entry else { return };
    if !locked {
        entry.enabled &= common.enabled.unwrap_or(true);
    }
    entry.hook.filters.push(added_filters(&mut common));
}

/// Without a filter on names it lets every name pass, refs outside branches and tags too.
fn added_filters(common: &mut Common) -> Filters {
    let mut filters = common.filters(None, false);
    if filters.branches.is_none() && filters.tags.is_none() && filters.refs.is_none() {
        filters.refs = Globs::new(&["**".to_owned()]).ok();
    }
    filters
}
