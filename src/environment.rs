//! The process environment as a value, so that the rooms that read it can be tested without touching it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A snapshot of the environment.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The exact bytes of a variable, for paths; `None` when it is not set or empty.
    pub fn path(&self, name: &str) -> Option<&std::path::Path> {
        let value = self.0.get(OsString::from(name).as_os_str())?;
        (!value.is_empty()).then(|| std::path::Path::new(value))
    }

    /// Lossy text of a variable; `None` when it is not set.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0
            .get(OsString::from(name).as_os_str())
            .map(|v| v.to_string_lossy().into_owned())
    }

    /// All variables, for a child that gets some of them.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
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
        Self(
            pairs
                .into_iter()
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        )
    }
}
