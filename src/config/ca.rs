use super::Hook;
use crate::parameter::Unresolved;

impl Hook {
    /// What stands in `ca_file`, read when it is needed: a certificate that was renewed counts from the next attempt.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, Unresolved> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let unreadable = |e: std::io::Error| Unresolved { key: "ca_file".to_owned(), why: e.kind().to_string() };
        std::fs::read(path).map(Some).map_err(unreadable)
    }
}
