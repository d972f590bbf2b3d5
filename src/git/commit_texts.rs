//! Keeps the contents of commits between the walk and the time at which they are listed.

/// Bytes of all contents.
const LIMIT: usize = 8 << 20;

/// Where a content is kept, if it was not dropped since.
pub(super) type TextRange = (usize, usize);

/// Contents of commits that will probably be listed. Old ones are dropped all at once.
#[derive(Default)]
pub(super) struct CommitTexts {
    bytes: Vec<u8>,
    /// Bytes that were dropped before the first of `bytes`.
    dropped: usize,
    /// Commits that may still be added.
    left: usize,
}

impl CommitTexts {
    /// Allows `commits` further contents, and drops earlier ones if they take much memory.
    pub(super) fn allow(&mut self, commits: usize) {
        self.left = commits;
        if self.bytes.len() > LIMIT / 2 {
            self.dropped += self.bytes.len();
            self.bytes.clear();
        }
    }

    /// Whether the next commit may be added. Counts it.
    pub(super) fn take_permit(&mut self) -> bool {
        let permitted = self.left > 0 && self.bytes.len() < LIMIT;
        self.left -= usize::from(permitted);
        permitted
    }

    /// Keeps a content unless it is very large.
    pub(super) fn add(&mut self, content: &[u8]) -> Option<TextRange> {
        if content.len() >= LIMIT / 8 {
            return None;
        }
        let start = self.dropped + self.bytes.len();
        self.bytes.extend_from_slice(content);
        Some((start, start + content.len()))
    }

    /// A content that was added and not dropped.
    pub(super) fn get(&self, (start, end): TextRange) -> Option<&[u8]> {
        self.bytes
            .get(start.checked_sub(self.dropped)?..end - self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_kept_until_they_are_dropped() {
        let mut texts = CommitTexts::default();
        assert!(!texts.take_permit());
        texts.allow(1);
        assert!(texts.take_permit() && !texts.take_permit());
        let first = texts.add(b"one").unwrap();
        assert_eq!(texts.get(first), Some(&b"one"[..]));
        let large = vec![0; LIMIT / 8 - 1];
        for _ in 0..5 {
            texts.add(&large).unwrap();
        }
        assert_eq!(texts.add(&vec![0; LIMIT / 8]), None);
        texts.allow(1);
        assert_eq!(texts.get(first), None);
        let next = texts.add(b"two").unwrap();
        assert_eq!(texts.get(next), Some(&b"two"[..]));
    }
}
