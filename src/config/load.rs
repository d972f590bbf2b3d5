//! Loads both files: reads them, merges their settings, then their hooks.

use super::file::{self, FileError, Layer, Source};
use super::merge::Merge;
use super::network::Network;
use super::project::Projects;
use super::reader::Document;
use super::server_file::ServerFile;
use super::settings::Deliver;
use super::{Loaded, REPOSITORY_FILE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::environment::Environment;
use std::path::Path;
use std::sync::Arc;

/// Loads both files for the repository whose Git directory is given. Resolves nothing; costs well under a millisecond.
pub fn load(git_dir: &Path, environment: &Environment) -> Loaded {
    load_with(git_dir, environment, &ServerFile::in_place(environment))
}

/// The same with a server's file that may be a proposed one.
pub fn load_with(git_dir: &Path, environment: &Environment, server_file: &ServerFile) -> Loaded {
    let mut loaded = Loaded::default();
    let owner = file::owner(git_dir);
    let read = server_file.read(owner);
    let read = read.map_err(|error| error.explained(environment));
    let server = server_source(server_file, read, &mut loaded);
    let path = git_dir.join(REPOSITORY_FILE);
    let read = file::read_configuration(Layer::Repository, &path, owner);
    let read = read.map_err(|error| error.explained(environment));
    let repository = repository_source(read, &mut loaded);
    let mut server = server
        .as_ref()
        .and_then(|source| document(source, &mut loaded));
    let mut repository = repository
        .as_ref()
        .and_then(|source| document(source, &mut loaded));
    for document in [&mut server, &mut repository].into_iter().flatten() {
        loaded.pusher_env.append(&mut document.pusher_env);
    }
    let mut server_deliver = Deliver::default();
    if let Some(document) = &mut server {
        std::mem::take(&mut document.deliver).apply(&mut server_deliver);
    }
    loaded.deliver = server_deliver.clone();
    if let Some(document) = &mut repository {
        std::mem::take(&mut document.deliver).apply(&mut loaded.deliver);
    }
    let [of_server, of_repository] = [&mut server, &mut repository].map(|document| {
        let project = document.as_mut().map(|document| &mut document.project);
        project.map(std::mem::take).unwrap_or_default()
    });
    loaded.projects = Projects::new(of_server, of_repository);
    let merge = Merge {
        git_dir,
        server_deliver,
        environment: Arc::new(environment.clone()),
        network: Network::default(),
        loaded: &mut loaded,
    };
    merge.hooks(server, repository);
    loaded
}

/// A file that was read, if there is one.
type Read = Result<Option<Source>, FileError>;

/// The server's file. One that exists and cannot be used holds everything back.
fn server_source(file: &ServerFile, read: Read, loaded: &mut Loaded) -> Option<Source> {
    read.unwrap_or_else(|error| {
        (loaded.configured, loaded.server_file) = (true, true);
        let shown = file.shown();
        loaded.hold = Some(format!("{shown} {error}"));
        loaded.report_file(&shown, &error);
        None
    })
    .inspect(|_| (loaded.configured, loaded.server_file) = (true, true))
}

/// The repository's file. While it cannot be used, hooks stay unresolved, except for those that are locked.
fn repository_source(read: Read, loaded: &mut Loaded) -> Option<Source> {
    read.unwrap_or_else(|error| {
        loaded.configured = true;
        loaded.unresolved = true;
        loaded.report_file(REPOSITORY_FILE, &error);
        None
    })
    .inspect(|_| loaded.configured = true)
}

impl Loaded {
    fn report_file(&mut self, file: &str, error: &FileError) {
        let message = error.to_string();
        self.diagnostics
            .push(Diagnostic::whole_file(file, message, Severity::Mistake));
    }
}

fn document<'s>(source: &'s Source, loaded: &mut Loaded) -> Option<Document<'s>> {
    Document::parse(source)
        .map_err(|mistakes| {
            loaded.diagnostics.extend(mistakes);
            match source.layer {
                Layer::Server => loaded.hold = Some(format!("{} is not TOML", source.shown)),
                Layer::Repository => loaded.unresolved = true,
            }
        })
        .ok()
}
