//! Reads what references and `ca_file` name, when an attempt is made and not before. Never shows what it read.

use super::Hook;
use super::file::{self, FileError};
use super::reserved::Reserved;
use crate::environment::Environment;
use crate::parameter::{Reference, ReferenceError, Resolve, Resolver, Unresolved};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that a referenced file may have.
const MAX_REFERENCED: u64 = 64 << 10;

/// Bytes that a file of certificates may have: the system's whole list is a quarter of that.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// Stands for the key of a reference: only a path in `ca_file`, which is not one, may lie in further places.
const ANY_KEY: &str = "";

/// Where the references of one hooks.toml are resolved.
#[derive(Clone, Debug)]
pub(super) struct References {
    /// The directory of the file that names them.
    pub(super) base: PathBuf,
    pub(super) environment: Arc<Environment>,
    /// What a repository's file must not name, where a server's file exists.
    pub(super) reserved: Option<Arc<Reserved>>,
    /// Whether this is root, and the file that names them is not root's alone.
    pub(super) for_others: bool,
}

impl References {
    /// Opens a file that `key` names.
    fn open(&self, key: &str, name: &str) -> Result<File, ReferenceError> {
        if self.for_others {
            return Err(ReferenceError::NotForRoot);
        }
        if let Some(reserved) = &self.reserved {
            return reserved.open(key, name, (&self.base, &self.environment));
        }
        let path = self.base.join(name);
        let opened = file::open(&path);
        opened.map_err(|error| unusable(&path, &error.explained(&self.environment)))
    }

    fn no_credentials(&self) -> ReferenceError {
        if self.environment.is_of_owner() {
            ReferenceError::NoCredentialsOfOwner
        } else {
            ReferenceError::NoCredentials
        }
    }

    fn read(&self, reference: &Reference) -> Result<String, ReferenceError> {
        if let Some(reserved) = &self.reserved {
            reserved.check(ANY_KEY, reference, &self.base)?;
        }
        match reference {
            Reference::Env(name) => {
                let value = self.environment.non_empty(name);
                value.ok_or_else(|| ReferenceError::Unset(name.clone()))
            }
            Reference::File(name) => read_text(self.open(ANY_KEY, name)?, &self.base.join(name)),
            Reference::Credential(name) => {
                let directory = self.environment.non_empty("CREDENTIALS_DIRECTORY");
                let directory = directory.ok_or_else(|| self.no_credentials())?;
                let path = Path::new(&directory).join(name);
                let file = file::open(&path).map_err(|error| unusable(&path, &error))?;
                read_text(file, &path)
            }
        }
    }
}

/// A file that a key of a hook names, read for each attempt: a renewed certificate counts from the next one.
#[derive(Clone, Debug)]
pub(super) struct NamedFile {
    key: &'static str,
    name: String,
    references: References,
}

impl NamedFile {
    /// An empty path counts as absent.
    pub(super) fn new(
        key: &'static str,
        name: Option<String>,
        references: &References,
    ) -> Option<Self> {
        let name = name.filter(|name| !name.is_empty())?;
        let references = references.clone();
        Some(Self {
            key,
            name,
            references,
        })
    }

    fn read(&self) -> Result<Vec<u8>, Unresolved> {
        let opened = self.references.open(self.key, &self.name);
        let read = opened.and_then(|file| {
            let path = self.references.base.join(&self.name);
            file::read_bounded(file, MAX_CERTIFICATES).map_err(|error| unusable(&path, &error))
        });
        // A secret may stand in place of the path.
        read.map_err(|error| Unresolved {
            key: self.key.to_owned(),
            why: match error {
                ReferenceError::File { why, .. } => format!("the file that it names {why}"),
                error => error.to_string(),
            },
        })
    }
}

fn unusable(path: &Path, error: &FileError) -> ReferenceError {
    ReferenceError::File {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}

/// The text of a file without one line end at its end.
fn read_text(file: File, path: &Path) -> Result<String, ReferenceError> {
    let unusable = |error| unusable(path, &error);
    let bytes = file::read_bounded(file, MAX_REFERENCED).map_err(unusable)?;
    let text = String::from_utf8(bytes).map_err(|_| unusable(FileError::NotUtf8))?;
    let line = text.strip_suffix('\n');
    let text = line.map_or(text.as_str(), |line| {
        line.strip_suffix('\r').unwrap_or(line)
    });
    if text.is_empty() {
        return Err(unusable(FileError::Empty));
    }
    Ok(text.to_owned())
}

impl Resolve for References {
    fn reference(&self, reference: &Reference) -> Result<String, ReferenceError> {
        let text = self.read(reference)?;
        if text.contains(['\r', '\n', '\0']) {
            return Err(ReferenceError::SeveralLines);
        }
        Ok(text)
    }

    fn document(&self, reference: &Reference) -> Result<String, ReferenceError> {
        let text = self.read(reference)?;
        if text.contains('\0') {
            return Err(ReferenceError::Nul);
        }
        Ok(text)
    }
}

impl Hook {
    /// The content of `ca_file`.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, Unresolved> {
        self.ca_file.as_ref().map(NamedFile::read).transpose()
    }

    /// The contents of `client_cert` and `client_key`.
    pub fn client_pem(&self) -> Result<Option<[Vec<u8>; 2]>, Unresolved> {
        let Some((certificate, key)) = &self.client else {
            return Ok(None);
        };
        Ok(Some([certificate.read()?, key.read()?]))
    }

    /// The URL of the proxy; it may have a password in it.
    pub fn proxy_url(&self) -> Result<Option<String>, Unresolved> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        let resolver = Resolver::new(&proxy.references);
        let url = resolver.text("proxy", Some(&proxy.url))?;
        Ok(url.map(|url| url.text))
    }
}
