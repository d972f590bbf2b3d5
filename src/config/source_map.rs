//! Finds the place in the files of a problem that was detected only after loading, for `check`: the files are read once
//! more.

use super::credentials;
use super::excerpt::{self, Excerpt};
use super::file::{self, Layer, Source};
use super::keys::is_marked;
use super::notes::Notes;
use super::secret_refs::{self, SecretRef};
use super::server_file::ServerFile;
use super::{REPOSITORY_FILE, lint, offset};
use crate::diagnostic::{Diagnostic, Finding, Severity};
use crate::environment::Environment;
use crate::parameter::Reference;
use crate::schema::Mark;
use crate::secret;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Both files as they are written, the repository's first.
#[derive(Debug)]
pub struct SourceMap(Vec<Source>);

/// A file that a hook reads a secret from.
#[derive(Debug)]
pub struct SecretFile {
    /// The parameter.
    pub key: String,
    /// Absolute.
    pub path: PathBuf,
    hook: String,
    reference: Reference,
}

impl SourceMap {
    /// Reads both files again; one that cannot be read is left out.
    pub fn read(git_dir: &Path, environment: &Environment) -> Self {
        Self::read_with(git_dir, &ServerFile::in_place(environment))
    }

    /// The same with a server's file that may be a proposed one.
    pub fn read_with(git_dir: &Path, server_file: &ServerFile) -> Self {
        let owner = file::owner(git_dir);
        let own = git_dir.join(REPOSITORY_FILE);
        let own = file::read_configuration(Layer::Repository, &own, owner);
        let read = [own, server_file.read(owner)];
        Self(read.into_iter().filter_map(|source| source.ok()?).collect())
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    #[cfg(test)]
    pub(super) fn from_sources(sources: Vec<Source>) -> Self {
        Self(sources)
    }

    /// The line of a diagnostic, as people may see it.
    pub fn excerpt(&self, diagnostic: &Diagnostic) -> Option<Excerpt> {
        let place = &diagnostic.place;
        let source = self.0.iter().find(|source| source.shown == place.file)?;
        let at = offset::byte_at(&source.text, place.line, place.column)?;
        let is_toml = DeTable::parse_recoverable(&source.text).1.is_empty();
        excerpt::at(&source.text, at, is_toml)
    }

    /// Valid configuration that is almost certainly wrong: warnings, in the order of the files.
    pub fn lints(&self) -> Vec<Diagnostic> {
        self.0.iter().rev().flat_map(lint::warnings).collect()
    }

    /// A finding about a parameter of a hook, at its place; it disables nothing. `None` when no file has the hook.
    pub fn locate(&self, hook: &str, finding: &Finding) -> Option<Diagnostic> {
        // A parameter of a hook of the server's file cannot stand in the repository's: the file with the key wins.
        let at_key = |source: &Source| {
            let (table, _) = table(source, hook)?;
            offset::of_finding(&source.text, &table, finding)
        };
        let at_header = |source: &Source| table(source, hook).map(|(_, header)| header);
        let (source, at) = self.first(at_key).or_else(|| self.first(at_header))?;
        note(source, at, finding.sentence(), finding.severity)
    }

    /// A message about a whole parameter, at its place.
    pub fn locate_key(
        &self,
        hook: &str,
        key: &'static str,
        severity: Severity,
        message: String,
    ) -> Option<Diagnostic> {
        let finding = Finding {
            severity,
            key,
            entry: None,
            range: None,
            message,
        };
        self.locate(hook, &finding)
    }

    /// A message about a reference that a hook names, at its place. The message is the whole sentence.
    pub fn locate_reference(
        &self,
        hook: &str,
        reference: &Reference,
        severity: Severity,
        message: String,
    ) -> Option<Diagnostic> {
        let place = |source: &Source| {
            let references = secret_refs::references(&table(source, hook)?.0);
            let mut places = references.into_iter();
            let (_, at) = places.find(|(found, _)| found.reference == *reference)?;
            Some(at)
        };
        let (source, at) = self.first(place)?;
        note(source, at, message, severity)
    }

    /// A message about a file that a hook reads a secret from, at its place.
    pub fn locate_file(
        &self,
        file: &SecretFile,
        severity: Severity,
        message: String,
    ) -> Option<Diagnostic> {
        self.locate_reference(&file.hook, &file.reference, severity, message)
    }

    /// A mistake in `[project]`, in the file that has the key; the repository's wins.
    pub fn locate_project(&self, key: &str, message: String) -> Diagnostic {
        let place = |source: &Source| {
            let (root, _) = DeTable::parse_recoverable(&source.text);
            let project = root.get_ref().get("project")?.get_ref().as_table()?;
            Some(project.get(key)?.span().start)
        };
        self.first(place)
            .and_then(|(source, at)| note(source, at, message.clone(), Severity::Mistake))
            .unwrap_or_else(|| Diagnostic::whole_file(REPOSITORY_FILE, message, Severity::Mistake))
    }

    /// The first file in which `place` finds something, with the byte where it stands.
    fn first(&self, place: impl Fn(&Source) -> Option<usize>) -> Option<(&Source, usize)> {
        self.0
            .iter()
            .find_map(|source| Some((source, place(source)?)))
    }

    /// The files that a hook reads secrets from.
    pub fn secret_files(&self, hook: &str) -> Vec<SecretFile> {
        self.0
            .iter()
            .flat_map(|source| secret_files(source, hook))
            .collect()
    }

    /// The files that hold secrets themselves: path, and name for people.
    pub fn files_with_secrets(&self) -> impl Iterator<Item = (&Path, &str)> {
        let holds = |source: &&Source| hooks(source).any(|(_, table, _)| holds_secret(&table));
        self.0
            .iter()
            .filter(holds)
            .map(|source| (source.path.as_path(), source.shown.as_str()))
    }
}

fn secret_files(source: &Source, hook: &str) -> Vec<SecretFile> {
    let Some((table, _)) = table(source, hook) else {
        return Vec::new();
    };
    let base = file::base(&source.path);
    let file = |SecretRef { key, reference }: SecretRef| {
        let Reference::File(name) = &reference else {
            return None;
        };
        let is_public = is_marked(&key, Mark::Public);
        (!is_public).then(|| SecretFile {
            path: base.join(name),
            hook: hook.to_owned(),
            key,
            reference: reference.clone(),
        })
    };
    let references = secret_refs::references(&table).into_iter();
    references
        .filter_map(|(reference, _)| file(reference))
        .collect()
}

/// One diagnostic about a file.
pub(super) fn note(
    source: &Source,
    at: usize,
    message: String,
    severity: Severity,
) -> Option<Diagnostic> {
    let mut notes = Notes::new(&source.shown, &source.text);
    notes.note(at, None, message, severity);
    notes.into_diagnostics().pop()
}

/// The hooks of a file: name, table, and the byte of the header.
pub(super) fn hooks(source: &Source) -> impl Iterator<Item = (String, DeTable<'_>, usize)> {
    let (root, _) = DeTable::parse_recoverable(&source.text);
    let hooks = root
        .into_inner()
        .remove("hook")
        .map(toml::Spanned::into_inner);
    let hooks = match hooks {
        Some(DeValue::Table(hooks)) => hooks,
        _ => DeTable::new(),
    };
    hooks.into_iter().filter_map(|(name, value)| {
        let header = value.span().start;
        match value.into_inner() {
            DeValue::Table(table) => Some((name.into_inner().into_owned(), table, header)),
            _ => None,
        }
    })
}

/// The table of a hook, and the byte of its header.
pub(super) fn table<'s>(source: &'s Source, hook: &str) -> Option<(DeTable<'s>, usize)> {
    hooks(source)
        .find(|(name, ..)| name == hook)
        .map(|(_, table, header)| (table, header))
}

/// Whether a secret stands in the file itself.
fn holds_secret(table: &DeTable<'_>) -> bool {
    let address = table
        .get("service_url")
        .and_then(|value| value.get_ref().as_str())
        .is_some_and(|url| secret::mask_url(url, false) != url);
    address || credentials::is_written(table)
}
