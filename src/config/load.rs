//! Loads both files: reads them, merges their settings, then their hooks.

use super::file::{self, FileError, Layer, Source};
use super::merge::Merge;
use super::network::Network;
use super::project::Projects;
use super::reader::Document;
use super::settings::Deliver;
use super::{Loaded, REPOSITORY_FILE, SERVER_FILE, SERVER_FILE_VARIABLE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::environment::Environment;
use std::path::Path;
use std::sync::Arc;

/// Loads both files for the repository whose Git directory is given. Resolves nothing; costs well under a millisecond.
pub fn load(git_dir: &Path, environment: &Environment) -> Loaded {
    let mut loaded = Loaded::default();
    let owner = file::owner(git_dir);
    let server = server_source(environment, owner, &mut loaded);
    let repository = repository_source(git_dir, owner, &mut loaded);
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

/// The server's file. One that exists and cannot be used holds everything back.
fn server_source(
    environment: &Environment,
    owner: Option<u32>,
    loaded: &mut Loaded,
) -> Option<Source> {
    let named = environment.non_empty(SERVER_FILE_VARIABLE);
    let path = named.as_deref().unwrap_or(SERVER_FILE);
    let read = if path.starts_with('/') {
        file::read_configuration(Layer::Server, Path::new(path), owner)
    } else {
        Err(FileError::Relative)
    };
    read.unwrap_or_else(|error| {
        (loaded.configured, loaded.server_file) = (true, true);
        loaded.hold = Some(format!("{path} {error}"));
        loaded.report_file(path, &error);
        None
    })
    .inspect(|_| (loaded.configured, loaded.server_file) = (true, true))
}

/// The repository's file. While it cannot be used, hooks stay unresolved, except for those that are locked.
fn repository_source(git_dir: &Path, owner: Option<u32>, loaded: &mut Loaded) -> Option<Source> {
    let path = git_dir.join(REPOSITORY_FILE);
    let read = file::read_configuration(Layer::Repository, &path, owner);
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
