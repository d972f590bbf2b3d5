//! Everything that was printed, written or sent, and the search in it.

use super::places::Canary;
use super::spellings::Search;
use std::path::Path;

/// Texts, each with where it was found.
#[derive(Default)]
pub struct Evidence(Vec<(String, Vec<u8>)>);

impl Evidence {
    pub fn add(&mut self, place: &str, text: impl AsRef<[u8]>) {
        self.0.push((place.to_owned(), text.as_ref().to_vec()));
    }

    /// Every file below a folder, and its name.
    pub fn add_folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            self.add("the name of a file", path.display().to_string());
            if path.is_dir() {
                self.add_folder(&path);
            } else {
                let text = std::fs::read(&path).unwrap_or_default();
                self.add(&path.display().to_string(), text);
            }
        }
    }

    /// The command lines and the environments of processes, without variables that begin with `except`: those that the
    /// test itself set.
    pub fn add_processes(&mut self, processes: &[std::path::PathBuf], except: &[String]) {
        for process in processes {
            let read = |file: &str| std::fs::read(process.join(file)).unwrap_or_default();
            self.add("a command line", read("cmdline"));
            let environ = read("environ");
            let own = |variable: &&[u8]| {
                let set = |name: &String| variable.starts_with(format!("{name}=").as_bytes());
                !except.iter().any(set)
            };
            let kept = environ.split(|b| *b == 0).filter(own);
            self.add("an environment", kept.collect::<Vec<_>>().join(&b'\n'));
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Asserts that nothing of a canary stands anywhere, unless it may stand in that place, and that nobody panicked.
    #[track_caller]
    pub fn is_clean(&self, canaries: &[Canary], may_stand: impl Fn(&str, &Canary) -> bool) {
        let search = Search::new(canaries.iter().map(|canary| canary.text.as_str()));
        for (place, text) in &self.0 {
            assert!(
                !text.is_empty() || place.starts_with('/') || place.starts_with("an env"),
                "{place}: nothing"
            );
            let panicked = String::from_utf8_lossy(text).contains("panicked");
            assert!(!panicked, "{place}: {}", String::from_utf8_lossy(text));
            for (number, around) in search.find(text) {
                let canary = &canaries[number];
                let Canary {
                    hook, key, text, ..
                } = canary;
                assert!(
                    may_stand(place, canary),
                    "{place}: `{key}` of {hook} ({text}): {around}"
                );
            }
        }
    }
}
