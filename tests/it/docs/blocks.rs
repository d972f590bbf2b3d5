//! The fenced blocks of the documentation.

use std::path::{Path, PathBuf};

/// Something to run or to load, and where it stands.
pub struct Block {
    /// `docs/robots.md:12`.
    pub place: String,
    pub file: PathBuf,
    pub text: String,
}

/// All documents that people read, the README first.
pub fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "md") {
                found.push(entry);
            }
        }
    }
    found.sort();
    let readmes = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let readmes = readmes.filter(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("README"))
    });
    readmes.chain(found).collect()
}

/// The blocks of this language, in the order of the documents.
pub fn blocks(language: &str) -> Vec<Block> {
    let mut found = Vec::new();
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap()
            .display()
            .to_string();
        let mut open: Option<(bool, usize, Block)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match (&mut open, line.trim_start().strip_prefix("```")) {
                (None, Some(info)) => {
                    let place = format!("{name}:{}", number + 1);
                    let block = Block {
                        place,
                        file: file.clone(),
                        text: String::new(),
                    };
                    open = Some((info.trim() == language, indent, block));
                }
                (Some(_), Some(_)) => {
                    found.extend(
                        open.take()
                            .filter(|(wanted, ..)| *wanted)
                            .map(|(.., block)| block),
                    );
                }
                (Some((_, indent, block)), None) => {
                    block.text += line.get((*indent).min(line.len())..).unwrap_or_default();
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{name}: a block without an end");
    }
    found
}
