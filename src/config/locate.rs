//! Where something stands that was found out only after loading, and how its line looks, for `check`: the files are
//! read once more.

use super::excerpt::{self, Excerpt};
use super::file::{self, Layer, Source};
use super::mistake::{Mistake, Notes, offset};
use super::{REPOSITORY_FILE, SERVER_FILE, SERVER_FILE_VARIABLE, named, odd, place};
use crate::action::{Finding, Severity};
use crate::environment::Environment;
use crate::parameter::Reference;
use crate::secret;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The files as they are written.
#[derive(Debug)]
pub struct Places(Vec<Source>);

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

impl Places {
    /// Reads both files again; one that cannot be read has no places.
    pub fn read(git_dir: &Path, environment: &Environment) -> Self {
        let owner = file::owner(git_dir);
        let server = environment
            .non_empty(SERVER_FILE_VARIABLE)
            .map_or_else(|| SERVER_FILE.into(), PathBuf::from);
        let files = [
            (Layer::Repository, git_dir.join(REPOSITORY_FILE)),
            (Layer::Server, server),
        ];
        let sources = files
            .iter()
            .filter_map(|(layer, path)| file::read_configuration(*layer, path, owner).ok()?);
        Self(sources.collect())
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    #[cfg(test)]
    pub(super) fn of_sources(sources: Vec<Source>) -> Self {
        Self(sources)
    }

    /// The line of a mistake, as people may see it.
    pub fn excerpt(&self, mistake: &Mistake) -> Option<Excerpt> {
        let source = self.0.iter().find(|source| source.shown == mistake.file)?;
        let at = offset(&source.text, mistake.line, mistake.column)?;
        excerpt::of(
            &source.text,
            at,
            DeTable::parse_recoverable(&source.text).1.is_empty(),
        )
    }

    /// What is right by its form, and cannot be meant: warnings, in the order of the files.
    pub fn oddities(&self) -> Vec<Mistake> {
        self.0.iter().rev().flat_map(odd::of).collect()
    }

    /// A finding about a parameter of a hook as a mistake at its place; the hook stays on. `None` when no file has the
    /// hook.
    pub fn of(&self, hook: &str, finding: &Finding) -> Option<Mistake> {
        let message = place::sentence(finding);
        // A parameter of a hook of the server's file cannot stand in the repository's: the key decides.
        let place = |source, with_key| {
            let (table, header) = table(source, hook)?;
            let at = place::of_finding(&source.text, &table, finding);
            if with_key { at } else { Some(header) }
        };
        let with_key = self
            .0
            .iter()
            .find_map(|source| Some((source, place(source, true)?)));
        let (source, at) = with_key.or_else(|| {
            self.0
                .iter()
                .find_map(|source| Some((source, place(source, false)?)))
        })?;
        note(source, at, message, finding.severity)
    }

    /// The same for a parameter as a whole.
    pub fn of_key(
        &self,
        hook: &str,
        key: &'static str,
        severity: Severity,
        message: String,
    ) -> Option<Mistake> {
        self.of(
            hook,
            &Finding {
                severity,
                key,
                entry: None,
                range: None,
                message,
            },
        )
    }

    /// The same for a reference that a hook names; the message is the whole sentence.
    pub fn of_reference(
        &self,
        hook: &str,
        reference: &Reference,
        severity: Severity,
        message: String,
    ) -> Option<Mistake> {
        let place = |source| {
            let named = named::references(&table(source, hook)?.0);
            named
                .into_iter()
                .find(|(named, _)| named.reference == *reference)
                .map(|(_, at)| at)
        };
        let (source, at) = self
            .0
            .iter()
            .find_map(|source| Some((source, place(source)?)))?;
        note(source, at, message, severity)
    }

    /// The same for a file.
    pub fn of_file(
        &self,
        file: &SecretFile,
        severity: Severity,
        message: String,
    ) -> Option<Mistake> {
        self.of_reference(&file.hook, &file.reference, severity, message)
    }

    /// A mistake in `[project]`, whichever file has the key; the repository's wins.
    pub fn of_project(&self, key: &str, message: String) -> Mistake {
        let place = |source: &Source| {
            let (root, _) = DeTable::parse_recoverable(&source.text);
            let project = root
                .get_ref()
                .get("project")?
                .get_ref()
                .as_table()?
                .get(key)?;
            Some(project.span().start)
        };
        let found = self
            .0
            .iter()
            .find_map(|source| Some((source, place(source)?)));
        let noted =
            found.and_then(|(source, at)| note(source, at, message.clone(), Severity::Mistake));
        noted.unwrap_or_else(|| {
            super::mistake::whole_file(REPOSITORY_FILE, message, Severity::Mistake)
        })
    }

    /// The files from which a hook reads what nobody else should.
    pub fn secret_files(&self, hook: &str) -> Vec<SecretFile> {
        let of = |source: &Source| {
            let named = table(source, hook)
                .map(|(table, _)| named::references(&table))
                .unwrap_or_default();
            let base = file::real(source.path.parent().unwrap_or(Path::new("/")));
            let named = named.into_iter().map(|(named, _)| named);
            let secret = named
                .filter(|named| !matches!(named.key.as_str(), "template" | "title" | "ca_file"));
            let file = |named: named::Named| {
                let Reference::File(name) = &named.reference else {
                    return None;
                };
                let (path, hook) = (base.join(name), hook.to_owned());
                Some(SecretFile {
                    key: named.key,
                    path,
                    hook,
                    reference: named.reference,
                })
            };
            secret.filter_map(file).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
    }

    /// The files that hold secrets themselves: path, and name for people.
    pub fn with_secrets(&self) -> impl Iterator<Item = (&Path, &str)> {
        let holds = |source: &&Source| hooks(source).any(|(_, table, _)| holds_secret(&table));
        self.0
            .iter()
            .filter(holds)
            .map(|source| (source.path.as_path(), source.shown.as_str()))
    }
}

pub(super) fn note(
    source: &Source,
    at: usize,
    message: String,
    severity: Severity,
) -> Option<Mistake> {
    let mut notes = Notes::new(&source.shown, &source.text);
    notes.note(at, None, message, severity);
    notes.into_mistakes().pop()
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

pub(super) fn table<'s>(source: &'s Source, hook: &str) -> Option<(DeTable<'s>, usize)> {
    hooks(source)
        .find(|(name, ..)| name == hook)
        .map(|(_, table, header)| (table, header))
}

/// Whether a secret stands in the file itself.
fn holds_secret(table: &DeTable<'_>) -> bool {
    let text = |key: &str| {
        table
            .get(key)
            .and_then(|value| value.get_ref().as_str())
            .filter(|text| !text.is_empty())
    };
    let address = text("service_url").is_some_and(|url| secret::mask_url(url, false) != url);
    address
        || ["token", "password", "sign", "build_token"]
            .iter()
            .any(|key| text(key).is_some())
}
