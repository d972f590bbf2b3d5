//! Reads the lines of stdin one after the other, and keeps a copy for other people's hooks. The memory that it uses does
//! not depend on the input.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Longest line in bytes. In Git's protocol a line has at most 65 520.
pub(super) const MAX_LINE: usize = 64 << 10;

/// So much of the copy is kept in memory.
const COPY_IN_MEMORY: usize = 1 << 20;

/// The stdin of the hook.
pub(super) struct Stdin<R> {
    input: BufReader<Copied<R>>,
    /// Set when it could not be read to its end.
    pub(super) error: Option<io::Error>,
}

/// A line without its end.
pub(super) enum InputLine<'a> {
    Complete(&'a [u8]),
    TooLong,
}

impl<R: Read> Stdin<R> {
    pub(super) fn new(input: R) -> Self {
        let copied = Copied {
            input,
            copy: Copy::Memory(Vec::new()),
            folder: None,
        };
        Self {
            input: BufReader::new(copied),
            error: None,
        }
    }

    /// Keeps all of it from now on, in a file without a name in `folder` if it is large. Nothing may be read before.
    pub(super) fn keep_in(&mut self, folder: &Path) {
        self.input.get_mut().folder = Some(folder.to_owned());
    }

    /// The next line, read into `buffer`; `None` at the end.
    pub(super) fn next_line<'a>(&mut self, buffer: &'a mut Vec<u8>) -> Option<InputLine<'a>> {
        buffer.clear();
        let limit = MAX_LINE as u64 + 1;
        let read = self.input.by_ref().take(limit).read_until(b'\n', buffer);
        if self.keep_error(read)? == 0 {
            return None;
        }
        if buffer.last() == Some(&b'\n') {
            buffer.pop();
        } else if buffer.len() > MAX_LINE {
            let skipped = self.input.skip_until(b'\n');
            self.keep_error(skipped);
            return Some(InputLine::TooLong);
        }
        Some(InputLine::Complete(
            buffer.strip_suffix(b"\r").unwrap_or(buffer),
        ))
    }

    /// Reads the rest, which nobody needs but the copy, and so that Git can write it. Returns the copy.
    pub(super) fn finish(&mut self) -> &mut Copy {
        let rest = io::copy(&mut self.input, &mut io::sink());
        self.keep_error(rest);
        &mut self.input.get_mut().copy
    }

    /// The value. An error is kept in `error`.
    fn keep_error<T>(&mut self, result: io::Result<T>) -> Option<T> {
        result.map_err(|error| self.error = Some(error)).ok()
    }
}

/// What was read so far.
pub(super) enum Copy {
    Memory(Vec<u8>),
    File(File),
    /// It is too large, and was not to be kept.
    Dropped,
    Failed(io::Error),
}

impl Copy {
    /// Writes it to a pipe. The reader may close it early.
    pub(super) fn write_to(&mut self, mut pipe: impl Write) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => pipe.write_all(bytes),
            Self::File(file) => {
                file.rewind()?;
                io::copy(file, &mut pipe).map(drop)
            }
            Self::Dropped | Self::Failed(_) => Ok(()),
        }
    }

    fn add(&mut self, bytes: &[u8], folder: Option<&PathBuf>) {
        let added = match (&mut *self, folder) {
            (Self::Memory(copy), _) if copy.len() + bytes.len() <= COPY_IN_MEMORY => {
                copy.extend_from_slice(bytes);
                Ok(())
            }
            (Self::Memory(_), None) => {
                *self = Self::Dropped;
                Ok(())
            }
            (Self::Memory(copy), Some(folder)) => {
                let file = unnamed_file(folder).and_then(|mut file| {
                    file.write_all(copy)?;
                    file.write_all(bytes)?;
                    Ok(file)
                });
                file.map(|file| *self = Self::File(file))
            }
            (Self::File(file), _) => file.write_all(bytes),
            (Self::Dropped | Self::Failed(_), _) => Ok(()),
        };
        if let Err(error) = added {
            *self = Self::Failed(error);
        }
    }
}

/// A file that is gone when this process ends.
fn unnamed_file(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    let flags = i32::try_from(OFlags::TMPFILE.bits()).unwrap_or(0);
    options
        .clone()
        .custom_flags(flags)
        .open(folder)
        .or_else(|_| {
            // A file system without such files, such as NFS.
            let name = folder.join(format!("service-hook-stdin-{}", std::process::id()));
            let file = options.create_new(true).open(&name)?;
            std::fs::remove_file(name)?;
            Ok(file)
        })
}

/// A reader that copies what it reads.
struct Copied<R> {
    input: R,
    copy: Copy,
    folder: Option<PathBuf>,
}

impl<R: Read> Read for Copied<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.input.read(buffer)?;
        self.copy.add(&buffer[..size], self.folder.as_ref());
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: impl Read) -> Vec<Option<Vec<u8>>> {
        let (mut stdin, mut buffer, mut lines) = (Stdin::new(input), Vec::new(), Vec::new());
        while let Some(line) = stdin.next_line(&mut buffer) {
            lines.push(match line {
                InputLine::Complete(line) => Some(line.to_vec()),
                InputLine::TooLong => None,
            });
        }
        assert!(buffer.capacity() <= 4 * MAX_LINE);
        lines
    }

    #[test]
    fn a_line_longer_than_the_limit_is_skipped_and_never_in_memory() {
        let long = io::repeat(b'x').take(50 << 20);
        let input = b"one\r\n\n".chain(long).chain(&b"\ntwo"[..]);
        let some = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(lines(input), [some("one"), some(""), None, some("two")]);
        let exact = vec![b'x'; MAX_LINE];
        assert_eq!(
            lines(&[&exact[..], b"\n"].concat()[..]),
            [Some(exact.clone())]
        );
        assert_eq!(
            lines(&[&exact[..], b"x\ny"].concat()[..]),
            [None, some("y")]
        );
        assert_eq!(lines(&[&exact[..], b"x"].concat()[..]), [None]);
    }

    #[test]
    fn a_copy_larger_than_the_memory_for_it_is_in_a_file_without_a_name() {
        let dir = tempfile::tempdir().unwrap();
        for size in [10, COPY_IN_MEMORY, COPY_IN_MEMORY + 1, 5 * COPY_IN_MEMORY] {
            let text: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut stdin = Stdin::new(&text[..]);
            stdin.keep_in(dir.path());
            stdin.next_line(&mut Vec::new());
            let copy = stdin.finish();
            assert_eq!(matches!(copy, Copy::File(_)), size > COPY_IN_MEMORY);
            for _ in 0..2 {
                let mut written = Vec::new();
                copy.write_to(&mut written).unwrap();
                assert!(written == text, "{size}");
            }
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let mut stdin = Stdin::new(io::repeat(b'\n').take(5 << 20));
        assert!(matches!(stdin.finish(), Copy::Dropped));
        let mut stdin = Stdin::new(io::repeat(b'\n').take(5 << 20));
        stdin.keep_in(Path::new("/proc"));
        assert!(matches!(stdin.finish(), Copy::Failed(_)));
    }
}
