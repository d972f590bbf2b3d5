//! Where the server's file lies, and where its text is read from while a proposed one is tried.

use super::file::{self, FileError, Layer, Source};
use super::{SERVER_FILE, SERVER_FILE_VARIABLE};
use crate::environment::Environment;
use std::path::{Path, PathBuf};

/// The server's file: the one in place, or a proposed one that is read as if it were in place.
#[derive(Clone, Debug)]
pub struct ServerFile {
    /// Its place: what the names in it are relative to.
    path: PathBuf,
    proposed: Option<PathBuf>,
}

impl ServerFile {
    /// The file that counts for pushes.
    pub fn in_place(environment: &Environment) -> Self {
        let named = environment.non_empty(SERVER_FILE_VARIABLE);
        Self {
            path: named.map_or_else(|| SERVER_FILE.into(), PathBuf::from),
            proposed: None,
        }
    }

    /// Another file in its place.
    pub fn proposed(file: &Path, environment: &Environment) -> Self {
        Self {
            proposed: Some(file.to_owned()),
            ..Self::in_place(environment)
        }
    }

    /// The name of the file that is read, for people.
    pub(super) fn shown(&self) -> String {
        let read = self.proposed.as_ref().unwrap_or(&self.path);
        read.display().to_string()
    }

    /// Reads it; `Ok(None)` when there is none. `owner` is the uid that owns the Git directory.
    pub(super) fn read(&self, owner: Option<u32>) -> Result<Option<Source>, FileError> {
        if !self.path.is_absolute() {
            return Err(FileError::Relative);
        }
        let Some(proposed) = &self.proposed else {
            return file::read_configuration(Layer::Server, &self.path, owner);
        };
        let source = file::read_configuration(Layer::Server, proposed, owner)?;
        let source = source.ok_or(FileError::Missing)?;
        Ok(Some(Source {
            path: self.path.clone(),
            ..source
        }))
    }
}
