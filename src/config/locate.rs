//! Where something stands that was found out only after loading, for `check`: the files are read once more.

use super::file::{self, Layer, Source};
use super::mistake::{Mistake, Notes};
use super::{REPOSITORY_FILE, SERVER_FILE, SERVER_FILE_VARIABLE, place};
use crate::action::{Finding, Severity};
use crate::environment::Environment;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Places of what concerns the parameters of hooks.
#[derive(Debug)]
pub struct Places(Vec<Source>);

impl Places {
    /// Reads both files again; one that cannot be read has no places.
    pub fn read(git_dir: &Path, environment: &Environment) -> Self {
        let owner = file::owner(git_dir);
        let server = environment.non_empty(SERVER_FILE_VARIABLE).map_or_else(|| SERVER_FILE.into(), PathBuf::from);
        let files = [(Layer::Repository, git_dir.join(REPOSITORY_FILE)), (Layer::Server, server)];
        let sources = files.iter().filter_map(|(layer, path)| file::read_configuration(*layer, path, owner).ok()?);
        Self(sources.collect())
    }

    /// A finding about a parameter of a hook as a mistake at its place; the hook stays on. `None` when no file has the
    /// hook.
    pub fn of(&self, hook: &str, finding: &Finding) -> Option<Mistake> {
        let message = place::sentence(finding);
        // A parameter of a hook of the server's file cannot stand in the repository's: the key decides.
        let with_key = self.0.iter().find_map(|source| self::place_in(source, hook, finding, true));
        let found = with_key.or_else(|| self.0.iter().find_map(|source| self::place_in(source, hook, finding, false)));
        let (source, at) = found?;
        let mut notes = Notes::new(&source.shown, &source.text);
        notes.note(at, None, message, finding.severity);
        notes.into_mistakes().pop()
    }

    /// The same for a parameter as a whole.
    pub fn of_key(&self, hook: &str, key: &'static str, message: String) -> Option<Mistake> {
        self.of(hook, &Finding { severity: Severity::Mistake, key, entry: None, range: None, message })
    }
}

fn place_in<'s>(source: &'s Source, hook: &str, finding: &Finding, with_key: bool) -> Option<(&'s Source, usize)> {
    let (root, _) = DeTable::parse_recoverable(&source.text);
    let hooks = root.get_ref().get("hook")?;
    let DeValue::Table(hooks) = hooks.get_ref() else { return None };
    let value = hooks.get(hook)?;
    let DeValue::Table(table) = value.get_ref() else { return None };
    let at = place::of_finding(&source.text, table, finding);
    if with_key { at.map(|at| (source, at)) } else { Some((source, value.span().start)) }
}
