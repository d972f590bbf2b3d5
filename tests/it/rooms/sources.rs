//! The files below src/ with their paths, and the two kinds of rules that hold for rooms.

use super::paths::{Path, named_paths};
use std::collections::HashSet;
use std::sync::OnceLock;

pub struct Sources(Vec<Source>);

struct Source {
    file: String,
    module: Path,
    paths: Vec<Path>,
}

impl Sources {
    /// Those of this package, without those of unit tests and fuzz targets, which may use everything.
    pub fn of_package() -> &'static Self {
        static SOURCES: OnceLock<Sources> = OnceLock::new();
        SOURCES.get_or_init(Self::read)
    }

    fn read() -> Self {
        let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        collect(&src, &mut files);
        let texts = files.iter().map(|file| {
            let name = file
                .strip_prefix(&src)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, std::fs::read_to_string(file).unwrap())
        });
        Self::new(texts.collect())
    }

    /// Each with its name below src/.
    pub fn new(mut files: Vec<(String, String)>) -> Self {
        let may_use_everything = |file: &str| {
            file.ends_with("tests.rs")
                || file.contains("/tests/")
                || file.ends_with("/fuzz.rs")
                || file.starts_with("fuzz/")
        };
        files.retain(|(file, _)| !may_use_everything(file));
        let modules = files
            .iter()
            .map(|(file, _)| module_of(file))
            .collect::<HashSet<_>>();
        let source = |(file, text): (String, String)| {
            let module = module_of(&file);
            let paths = named_paths(&text, &module, &modules);
            Source {
                file,
                module,
                paths,
            }
        };
        Self(files.into_iter().map(source).collect())
    }

    /// Nothing in `rooms` names one of `paths`, such as `crate::spool` or `gix`.
    pub fn must_not_name(&self, rooms: &[&str], paths: &[&str]) -> Result<(), String> {
        self.must_exist(rooms, paths)?;
        self.names(paths, |source| source.is_in(rooms))
    }

    /// Nothing outside of `rooms` names `path`.
    pub fn only_in(&self, path: &str, rooms: &[&str]) -> Result<(), String> {
        self.must_exist(rooms, &[path])?;
        let beyond = |source: &Source| !source.is_in(rooms) && !source.is_in(&[path]);
        self.names(&[path], beyond)
    }

    fn names(&self, paths: &[&str], of: impl Fn(&Source) -> bool) -> Result<(), String> {
        let mut found = Vec::new();
        for source in self.0.iter().filter(|source| of(source)) {
            let named = source.paths.iter().filter(|path| {
                // The whole crate includes each room.
                paths.iter().any(|prefix| begins_with(path, prefix))
                    || path.join("::") == "crate::*"
            });
            found.extend(named.map(|path| format!("{} names {}", source.file, path.join("::"))));
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(found.join("\n"))
        }
    }

    /// A rule about a room that is gone says nothing.
    fn must_exist(&self, rooms: &[&str], paths: &[&str]) -> Result<(), String> {
        let own = paths.iter().filter(|path| path.starts_with("crate::"));
        for room in rooms.iter().chain(own) {
            if !self.0.iter().any(|source| source.is_in(&[room])) {
                return Err(format!("no file is in {room}"));
            }
        }
        Ok(())
    }
}

impl Source {
    /// Rooms are modules, `deliver` or `action::chat`, in a file or a folder.
    fn is_in(&self, rooms: &[&str]) -> bool {
        let is_in = |room: &str| begins_with(&self.module[1..], room.trim_start_matches("crate::"));
        rooms.iter().any(|room| is_in(room))
    }
}

fn begins_with(path: &[String], prefix: &str) -> bool {
    let mut segments = path.iter();
    prefix
        .split("::")
        .all(|segment| segments.next().is_some_and(|this| this == segment))
}

fn module_of(file: &str) -> Path {
    let parts = std::iter::once("crate").chain(file.trim_end_matches(".rs").split('/'));
    let mut module = parts.map(str::to_owned).collect::<Path>();
    if module
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        module.pop();
    }
    module
}

fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
