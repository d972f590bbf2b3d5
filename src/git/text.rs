//! Text of commits and tags: from the bytes and the encoding that the object names to Unicode.

use encoding_rs::{Encoding, UTF_8};

/// Decodes by the `encoding` header of an object (UTF-8 without one). The flag says whether something was replaced by
/// U+FFFD; an unknown encoding is read as UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Decoder(&'static Encoding);

impl Decoder {
    /// By the value of the header.
    pub(super) fn new(header: Option<&[u8]>) -> Self {
        Self(
            header
                .and_then(|label| Encoding::for_label(label.trim_ascii()))
                .unwrap_or(UTF_8),
        )
    }

    /// The text, and whether something was lost.
    fn decode(self, bytes: &[u8]) -> (String, bool) {
        let (text, lossy) = self.0.decode_without_bom_handling(bytes);
        (text.into_owned(), lossy)
    }
}

/// Bytes of one message that are kept: as much as the largest body that is sent by default.
const MESSAGE_BYTES: usize = 1 << 20;
/// Bytes of a name or an e-mail address that are kept.
const NAME_BYTES: usize = 1 << 10;
/// No encoding needs more bytes than so many times those of UTF-8.
const WIDEST: usize = 4;

/// A message, and what was done to it.
pub(super) struct Message {
    pub(super) text: String,
    pub(super) lossy: bool,
    pub(super) truncated: bool,
}

impl Decoder {
    /// A message without its trailing newlines, however large.
    pub(super) fn message(self, bytes: &[u8]) -> Message {
        let most = bytes.len().min(WIDEST * MESSAGE_BYTES);
        let (mut text, lossy) = self.decode(&bytes[..most]);
        text.truncate(text.trim_end_matches('\n').len());
        let truncated = cut(&mut text, MESSAGE_BYTES) || most < bytes.len();
        Message {
            text,
            lossy,
            truncated,
        }
    }

    /// A name or an e-mail address. What is longer than any is cut, and counts as lost.
    pub(super) fn name(self, bytes: &[u8]) -> (String, bool) {
        let most = bytes.len().min(WIDEST * NAME_BYTES);
        let (mut text, lossy) = self.decode(&bytes[..most]);
        let truncated = cut(&mut text, NAME_BYTES) || most < bytes.len();
        (text, lossy || truncated)
    }
}

/// Cuts at the end of a character, so that at most `bytes` are left; says whether something was cut.
pub(super) fn cut(text: &mut String, bytes: usize) -> bool {
    if text.len() <= bytes {
        return false;
    }
    let end = (0..=bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    text.truncate(end);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_encoding_decides() {
        let gbk = Decoder::new(Some(b"GBK")).decode(&[0xd6, 0xd0, 0xce, 0xc4]);
        assert_eq!(gbk, ("中文".to_owned(), false));
        assert_eq!(
            Decoder::new(Some(b"ISO-8859-1")).decode(b"caf\xe9").0,
            "café"
        );
        assert_eq!(
            Decoder::new(Some(b"Shift_JIS")).decode(&[0x93, 0xfa]).0,
            "日"
        );
    }

    #[test]
    fn what_does_not_decode_is_replaced_and_said() {
        assert_eq!(
            Decoder::new(None).decode(b"caf\xe9"),
            ("caf\u{fffd}".to_owned(), true)
        );
        assert_eq!(
            Decoder::new(Some(b"no-such")).decode(b"caf\xe9"),
            ("caf\u{fffd}".to_owned(), true)
        );
        assert!(
            Decoder::new(None).decode(b"\xed\xa0\x80").1,
            "a lone surrogate is no character"
        );
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        let mut text = "aé".to_owned();
        assert!(cut(&mut text, 2));
        assert_eq!(text, "a");
        assert!(!cut(&mut text, 2));
    }
}
