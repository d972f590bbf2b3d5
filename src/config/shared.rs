//! What a repository's file must not name: the server's file, its directory, and every secret that the server's file
//! names, unless `[secrets] shared` lists it. It keeps honest configurations apart; whoever can write `hooks/` runs
//! code anyway.

use super::file::real;
use super::form::Item;
use crate::filter::{Globs, Pattern};
use crate::parameter::Reference;
use std::path::{Path, PathBuf};

/// One entry of `[secrets] shared`: `file:GLOB`, `env:GLOB` or `credential:GLOB`.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    kind: &'static str,
    pattern: Pattern,
}

impl Item for Shared {
    const LIST: &'static str = "a list of `file:GLOB`, `env:GLOB` and `credential:GLOB`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        let (kind, glob) = text
            .split_once(':')
            .ok_or_else(|| format!("must be {}", Self::LIST))?;
        let kinds = ["file", "env", "credential"];
        let kind = kinds
            .into_iter()
            .find(|k| *k == kind)
            .ok_or_else(|| format!("must be {}", Self::LIST))?;
        let pattern = Pattern::parse(glob).map_err(|why| format!("holds a pattern that {why}"))?;
        Ok(Self { kind, pattern })
    }
}

/// What belongs to the server's file.
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
        // The file may be a link into another directory: what counts is where it is looked for.
        let directory = real(path.parent().unwrap_or(Path::new("/")));
        let mut reserved = Self {
            files: vec![real(path)],
            shared,
            ..Self::default()
        };
        for reference in references {
            match reference {
                Reference::Env(name) => reserved.variables.push(name),
                Reference::Credential(name) => reserved.credentials.push(name),
                Reference::File(name) => reserved.files.push(real(&directory.join(name))),
            }
        }
        reserved.directory = directory;
        reserved
    }

    /// Why a repository's file in the directory `base` must not name this.
    pub(super) fn refuses(&self, reference: &Reference, base: &Path) -> Option<String> {
        let (kind, name, taken) = match reference {
            Reference::Env(name) => ("env", name.clone(), self.variables.contains(name)),
            Reference::Credential(name) => {
                ("credential", name.clone(), self.credentials.contains(name))
            }
            Reference::File(name) => {
                let path = real(&base.join(name));
                let taken = path.starts_with(&self.directory) || self.files.contains(&path);
                ("file", path.display().to_string(), taken)
            }
        };
        let shared = self
            .shared
            .iter()
            .filter(|s| s.kind == kind)
            .map(|s| s.pattern.clone())
            .collect::<Vec<_>>();
        let allowed = !shared.is_empty() && Globs::from(shared).matches(name.as_bytes());
        let advice = format!(
            "belongs to the server's file, which does not list it in `[secrets] shared` (`{kind}:…`)"
        );
        (taken && !allowed).then_some(advice)
    }
}
