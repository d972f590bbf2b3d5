//! Fuzz target: what Git, or somebody in its place, writes to the hook's stdin.

use super::intake::Intake;
use super::stdin::{Copy, Stdin};
use crate::config::Loaded;
use crate::push::{Push, Pusher, parse_updates};
use std::io::Read;

/// Hands out a few bytes at a time, as a pipe may.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.1.min(self.0.len()).min(buffer.len());
        buffer[..size].copy_from_slice(&self.0[..size]);
        self.0 = &self.0[size..];
        Ok(size)
    }
}

/// The updates do not depend on how the bytes arrive, agree with a parser of the whole text, and the copy for other
/// hooks is what was read.
pub(crate) fn stdin(data: &[u8]) {
    let push = Push {
        id: "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2b".to_owned(),
        time_ms: 0,
        updates: Vec::new(),
        pusher: Pusher::default(),
        options: Vec::new(),
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    };
    let loaded = Loaded::default();
    let (expected, bad) = parse_updates(data);
    for size in [1 + data.len() % 7, usize::MAX] {
        let mut stdin = Stdin::new(Pieces(data, size));
        let read = Intake::new(&push, &loaded).read(&mut stdin, || None, true);
        assert!(read.unlisted.is_none(), "few updates are all listed");
        assert_eq!(read.listed, expected);
        assert_eq!(read.bad_lines(), bad.len());
        assert!(stdin.error.is_none());
        let copy = stdin.finish();
        assert!(matches!(copy, Copy::Memory(copy) if copy == data));
    }
    for update in &expected {
        let json = serde_json::to_string(update).expect("an update is JSON");
        let again = serde_json::from_str(&json);
        assert_eq!(again.ok().as_ref(), Some(update), "{json}");
    }
}
