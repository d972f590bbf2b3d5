//! Reads what references and `ca_file` name, when an attempt is made and not before. Never shows what it read.

use super::Hook;
use super::file::{self, FileError};
use super::secret_refs::Reserved;
use crate::environment::Environment;
use crate::parameter::{Reference, ReferenceError, Resolve, Resolver, Unresolved};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that a referenced file may have.
const MAX_REFERENCED: u64 = 64 << 10;

/// Bytes that a file of certificates may have: the system's whole list is a quarter of that.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// Where the references of one hooks.toml are resolved.
#[derive(Clone, Debug)]
pub(super) struct References {
    /// The directory of the file that names them.
    pub(super) base: PathBuf,
    pub(super) environment: Arc<Environment>,
    /// References that a repository's file must not name.
    pub(super) reserved: Option<Arc<Reserved>>,
}

impl References {
    /// A path as the file names it, made absolute.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    fn read(&self, reference: &Reference) -> Result<String, ReferenceError> {
        if let Some(reserved) = &self.reserved {
            reserved.check(reference, &self.base)?;
        }
        match reference {
            Reference::Env(name) => {
                let value = self.environment.non_empty(name);
                value.ok_or_else(|| ReferenceError::Unset(name.clone()))
            }
            Reference::File(name) => read_text(&self.path(name)),
            Reference::Credential(name) => {
                let directory = self.environment.non_empty("CREDENTIALS_DIRECTORY");
                let directory = directory.ok_or(ReferenceError::NoCredentials)?;
                read_text(&Path::new(&directory).join(name))
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
        let path = self.references.path(&self.name);
        file::read(&path, MAX_CERTIFICATES).map_err(|error| Unresolved {
            key: self.key.to_owned(),
            why: format!("file `{}` {error}", path.display()),
        })
    }
}

/// The text of a file without one line end at its end.
fn read_text(path: &Path) -> Result<String, ReferenceError> {
    let unusable = |why: String| ReferenceError::File {
        path: path.display().to_string(),
        why,
    };
    let bytes = file::read(path, MAX_REFERENCED).map_err(|error| unusable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unusable(FileError::NotUtf8.to_string()))?;
    let line = text.strip_suffix('\n');
    let text = line.map_or(text.as_str(), |line| {
        line.strip_suffix('\r').unwrap_or(line)
    });
    if text.is_empty() {
        return Err(unusable("is empty".to_owned()));
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
