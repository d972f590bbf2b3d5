//! Finds every reference that a hook names, and refuses those in a repository's file that the server's file names too.

use super::file;
use super::form::{Item, ItemError};
use super::keys::is_marked;
use crate::filter::{Globs, Pattern};
use crate::parameter::{Reference, ReferenceError};
use crate::schema::Mark;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A reference, and the parameter that has it.
pub(super) struct SecretRef {
    pub(super) key: String,
    pub(super) reference: Reference,
}

/// Keys whose value is the path of a file.
const FILES: [&str; 3] = ["ca_file", "client_cert", "client_key"];

/// The references of a hook, named files included, each with the byte where it stands.
pub(super) fn references(hook: &DeTable<'_>) -> Vec<(SecretRef, usize)> {
    let mut found = Vec::new();
    for (key, value) in hook {
        let key = key.get_ref().as_ref();
        let mut note = |of: Option<(Reference, usize)>| {
            found.extend(of.map(|(reference, at)| {
                (
                    SecretRef {
                        key: key.to_owned(),
                        reference,
                    },
                    at,
                )
            }));
        };
        match value.get_ref() {
            DeValue::String(path) if FILES.contains(&key) && !path.is_empty() => {
                note(Some((
                    Reference::File(path.to_string()),
                    value.span().start,
                )));
            }
            DeValue::Table(pairs) if is_marked(key, Mark::Pairs) => {
                pairs.values().map(reference).for_each(note);
            }
            DeValue::Array(items) => items.iter().map(reference).for_each(note),
            _ => note(reference(value)),
        }
    }
    found
}

fn reference(value: &Spanned<DeValue<'_>>) -> Option<(Reference, usize)> {
    let table = value
        .get_ref()
        .as_table()
        .filter(|table| table.len() == 1)?;
    let (key, name) = table.iter().next()?;
    let name = name.get_ref().as_str()?.to_owned();
    let reference = match key.get_ref().as_ref() {
        "env" => Reference::Env(name),
        "file" => Reference::File(name),
        "credential" => Reference::Credential(name),
        _ => return None,
    };
    Some((reference, value.span().start))
}

/// One entry of `[secrets] shared`: `file:GLOB`, `env:GLOB` or `credential:GLOB`.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    kind: &'static str,
    pattern: Pattern,
}

impl Item for Shared {
    const LIST: &'static str = "a list of `file:GLOB`, `env:GLOB` and `credential:GLOB`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let (kind, glob) = text.split_once(':').ok_or_else(Self::unexpected)?;
        let kind = ["file", "env", "credential"]
            .into_iter()
            .find(|known| *known == kind)
            .ok_or_else(Self::unexpected)?;
        let pattern = Pattern::parse(glob)?;
        Ok(Self { kind, pattern })
    }
}

/// What a repository's file must not name: the server's file, its directory, and every secret that the server's file
/// names, unless `[secrets] shared` lists it. It keeps honest configurations apart; a person who can write `hooks/` runs
/// code anyway.
#[derive(Debug, Default)]
pub(super) struct Reserved {
    /// The directory of the server's file.
    directory: PathBuf,
    /// Real paths.
    files: Vec<PathBuf>,
    variables: Vec<String>,
    credentials: Vec<String>,
    shared: Vec<Shared>,
}

impl Reserved {
    /// For a server's file at `path` that names `references`.
    pub(super) fn new(path: &Path, references: Vec<Reference>, shared: Vec<Shared>) -> Self {
        // The file may be a link into another directory: the place where it is opened counts.
        let directory = file::base(path);
        let mut reserved = Self {
            files: vec![file::real(path)],
            shared,
            ..Self::default()
        };
        for reference in references {
            match reference {
                Reference::Env(name) => reserved.variables.push(name),
                Reference::Credential(name) => reserved.credentials.push(name),
                Reference::File(name) => reserved.files.push(file::real(&directory.join(name))),
            }
        }
        reserved.directory = directory;
        reserved
    }

    /// Refuses a reference that a repository's file in the directory `base` must not name.
    pub(super) fn check(&self, reference: &Reference, base: &Path) -> Result<(), ReferenceError> {
        let (kind, name, is_reserved) = match reference {
            Reference::Env(name) => ("env", name.clone(), self.variables.contains(name)),
            Reference::Credential(name) => {
                let is_reserved = self.credentials.contains(name);
                ("credential", name.clone(), is_reserved)
            }
            Reference::File(name) => {
                let path = file::real(&base.join(name));
                let is_reserved = path.starts_with(&self.directory) || self.files.contains(&path);
                ("file", path.display().to_string(), is_reserved)
            }
        };
        if is_reserved && !self.shares(kind, &name) {
            return Err(ReferenceError::Reserved { kind });
        }
        Ok(())
    }

    /// Whether `[secrets] shared` lists it.
    fn shares(&self, kind: &str, name: &str) -> bool {
        let of_kind = self.shared.iter().filter(|entry| entry.kind == kind);
        let patterns = of_kind
            .map(|entry| entry.pattern.clone())
            .collect::<Vec<_>>();
        !patterns.is_empty() && Globs::from(patterns).matches(name.as_bytes())
    }
}
