//! The process environment as a value, so that the rooms that read it can be tested without touching it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A snapshot of the environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Whether root started this process to run as the owner of a repository.
    of_owner: bool,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            of_owner: false,
        }
    }

    /// The same of a process that root started to run as the owner of a repository.
    #[must_use]
    pub fn of_owner(self) -> Self {
        Self {
            of_owner: true,
            ..self
        }
    }

    /// Whether root started this process to run as the owner of a repository: it has no groups and no credentials but
    /// the owner's.
    pub fn is_of_owner(&self) -> bool {
        self.of_owner
    }

    /// The exact bytes of a variable, for paths; `None` when it is not set or empty.
    pub fn path(&self, name: &str) -> Option<&std::path::Path> {
        let value = self.variables.get(OsString::from(name).as_os_str())?;
        (!value.is_empty()).then(|| std::path::Path::new(value))
    }

    /// Lossy text of a variable; `None` when it is not set.
    pub fn get(&self, name: &str) -> Option<String> {
        self.variables
            .get(OsString::from(name).as_os_str())
            .map(|v| v.to_string_lossy().into_owned())
    }

    /// All variables, for a child that gets some of them.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// As [`Self::get`], and `None` when empty.
    pub fn non_empty(&self, name: &str) -> Option<String> {
        self.get(name).filter(|v| !v.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let pairs = pairs.into_iter();
        Self {
            variables: pairs.map(|(k, v)| (k.into(), v.into())).collect(),
            of_owner: false,
        }
    }
}
