//! Reads what references name, when an attempt is made and not before. Never shows what it read.

use super::file;
use super::shared::Reserved;
use crate::environment::Environment;
use crate::parameter::{Reference, Resolve};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that a referenced file may have.
const MAX_REFERENCED: u64 = 64 << 10;

/// Where the references of one hooks.toml are looked up.
#[derive(Clone, Debug)]
pub(super) struct References {
    /// The directory of the file that names them.
    pub(super) base: PathBuf,
    pub(super) environment: Arc<Environment>,
    /// What a repository's file must not name.
    pub(super) reserved: Option<Arc<Reserved>>,
}

impl References {
    /// A path as the file names it, made absolute.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    fn read(&self, reference: &Reference) -> Result<String, String> {
        if let Some(why) = self
            .reserved
            .as_ref()
            .and_then(|reserved| reserved.refuses(reference, &self.base))
        {
            return Err(why);
        }
        match reference {
            Reference::Env(name) => {
                let value = self.environment.non_empty(name);
                value.ok_or_else(|| format!("the environment variable `{name}` is not set"))
            }
            Reference::File(name) => read_text(&self.path(name)),
            Reference::Credential(name) => {
                let directory = self.environment.non_empty("CREDENTIALS_DIRECTORY");
                let directory = directory
                    .ok_or("there is no $CREDENTIALS_DIRECTORY: systemd sets it for its units")?;
                read_text(&Path::new(&directory).join(name))
            }
        }
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    let name = path.display();
    let bytes = file::read(path, MAX_REFERENCED).map_err(|why| format!("file `{name}` {why}"))?;
    let mut text = String::from_utf8(bytes).map_err(|_| format!("file `{name}` is not UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        Err(format!("file `{name}` is empty"))
    } else {
        Ok(text)
    }
}

impl Resolve for References {
    fn reference(&self, reference: &Reference) -> Result<String, String> {
        let text = self.read(reference)?;
        let one_line = !text.contains(['\r', '\n', '\0']);
        one_line
            .then_some(text)
            .ok_or_else(|| "holds more than one line, or a NUL".to_owned())
    }

    fn document(&self, reference: &Reference) -> Result<String, String> {
        let text = self.read(reference)?;
        if text.contains('\0') {
            Err("holds a NUL".to_owned())
        } else {
            Ok(text)
        }
    }
}
