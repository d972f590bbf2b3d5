//! `ca_file`: read for each attempt, bounded like every file that is named. Does not look into certificates.

use super::{Hook, file};
use crate::parameter::Unresolved;

/// Bytes that a file of certificates may have: the system's whole list is a quarter of that.
const MAX_CERTIFICATES: u64 = 1 << 20;

impl Hook {
    /// What stands in `ca_file`, read when it is needed: a certificate that was renewed counts from the next attempt.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, Unresolved> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let unreadable = |why| Unresolved {
            key: "ca_file".to_owned(),
            why: format!("file `{}` {why}", path.display()),
        };
        file::read(path, MAX_CERTIFICATES)
            .map(Some)
            .map_err(unreadable)
    }
}
