//! Fuzz targets: functions over arbitrary bytes that panic where a claim about hostile input does not hold.
//!
//! Compiled for tests and for the fuzzer only. `cargo test --lib fuzz::` runs each over the files of `tests/corpus/` and
//! over a few thousand mutations of them; `fuzz/run` lets libFuzzer search for new inputs (docs/design.md, "Hostile
//! input"). A target that needs the inside of a room is a file `fuzz.rs` of that room.

mod answer;
mod config;
mod glob;
mod masking;
mod template;
#[cfg(test)]
mod tests;

/// A function that checks its claims for one input.
pub type Target = fn(&[u8]);

/// All targets by their names, which are also those of the folders of the corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("stdin", crate::post_receive::fuzz::stdin),
    ("hooks_toml", config::load),
    ("template", template::render),
    ("success", template::success),
    ("record", crate::spool::fuzz::record),
    ("answer", answer::judge),
    ("retry_after", answer::retry_after),
    ("masking", masking::mask),
    ("glob", glob::matches),
    ("pack", crate::git::fuzz::pack),
    ("repository", crate::git::fuzz::repository),
];

/// The bytes before and after the first line end; without one, everything and nothing.
pub(crate) fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 1..]))
}

/// A directory that is removed when it is dropped.
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    /// In memory, where the system has such a place.
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let memory = std::path::PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("git-service-hook-fuzz-{}-{number}", std::process::id());
        let path = parent.join(name);
        std::fs::create_dir(&path).expect("a directory for files can be created");
        Self(path)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// Writes a file in it, with the directories above.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.0.join(name);
        let parent = path.parent().expect("a file has a directory");
        std::fs::create_dir_all(parent).expect("a directory for files can be created");
        std::fs::write(path, content).expect("a file can be written");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
