//! Finds the references of a repository's file that a server's file would disable, on a machine that has none yet.

use super::file::{self, Layer, Source};
use super::notes::Notes;
use super::reserved::Reserved;
use super::{Loaded, SERVER_FILE, SourceMap, secret_refs, source_map};
use crate::diagnostic::{Diagnostic, Severity};
use crate::parameter::ReferenceError;
use crate::suggest;
use std::path::Path;

impl SourceMap {
    /// Warnings about what the repository's file may name only as long as there is no server's file.
    pub fn future_mistakes(&self, loaded: &Loaded) -> Vec<Diagnostic> {
        let own = self.sources().filter(|s| s.layer == Layer::Repository);
        own.filter(|_| !loaded.server_file)
            .flat_map(warnings)
            .collect()
    }
}

fn warnings(source: &Source) -> Vec<Diagnostic> {
    // A server's file that names nothing and shares nothing.
    let reserved = Reserved::new(Path::new(SERVER_FILE), &[], Vec::new());
    let base = file::base(&source.path);
    let mut notes = Notes::new(&source.shown, &source.text);
    for (name, table, _) in source_map::hooks(source) {
        for (named, at) in secret_refs::references(&table) {
            if let Err(error) = reserved.check(&named.key, &named.reference, &base) {
                let message = sentence(&named.key, &name, &error);
                notes.note(at, None, message, Severity::Warning);
            }
        }
    }
    notes.into_diagnostics()
}

/// Names the key and the kind of what it names: a name may be a secret in a wrong place.
fn sentence(key: &str, hook: &str, error: &ReferenceError) -> String {
    let (what, kind) = match error {
        ReferenceError::Unshared { kind: "env" } => ("a variable", "env"),
        ReferenceError::Unshared { kind } => ("a credential", *kind),
        ReferenceError::Reserved => ("a file beside the server's file", "file"),
        ReferenceError::Linked => ("a file with more than one hard link", "file"),
        _ => ("a file outside of the Git directory", "file"),
    };
    let (key, hook) = (suggest::shown(key), suggest::shown(hook));
    format!(
        "`{key}` names {what}: a server's file would disable hook `{hook}` for it, unless its `[secrets] shared` lists \
         `{kind}:…`"
    )
}
