//! Decodes the text of commits and tags by the encoding that the object names.

use encoding_rs::{Encoding, UTF_8};

/// Decodes by the `encoding` header of an object. Without one, or with an unknown one, text is UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Decoder(&'static Encoding);

impl Decoder {
    /// `header` is the value of the `encoding` header.
    pub(super) fn new(header: Option<&[u8]>) -> Self {
        Self(
            header
                .and_then(|label| Encoding::for_label(label.trim_ascii()))
                .unwrap_or(UTF_8),
        )
    }

    /// The text, and whether something was replaced by U+FFFD.
    fn decode(self, bytes: &[u8]) -> (String, bool) {
        let (text, lossy) = self.0.decode_without_bom_handling(bytes);
        (text.into_owned(), lossy)
    }
}

/// Bytes of one message that are kept: the default of `max_body`.
const MESSAGE_BYTES: usize = 1 << 20;
/// Bytes of a name or an e-mail address that are kept.
const NAME_BYTES: usize = 1 << 10;
/// No encoding needs more than this many times the bytes of UTF-8.
const MAX_WIDTH: usize = 4;

/// A decoded message, and what was lost.
pub(super) struct DecodedMessage {
    pub(super) text: String,
    pub(super) lossy: bool,
    pub(super) truncated: bool,
}

impl Decoder {
    /// A message without its trailing newlines.
    pub(super) fn message(self, bytes: &[u8]) -> DecodedMessage {
        let most = bytes.len().min(MAX_WIDTH * MESSAGE_BYTES);
        let (mut text, lossy) = self.decode(&bytes[..most]);
        text.truncate(text.trim_end_matches('\n').len());
        let truncated = truncate(&mut text, MESSAGE_BYTES) || most < bytes.len();
        DecodedMessage {
            text,
            lossy,
            truncated,
        }
    }

    /// A name or an e-mail address, and whether something was lost. Past the limit it is truncated, which counts as lost.
    pub(super) fn name(self, bytes: &[u8]) -> (String, bool) {
        let most = bytes.len().min(MAX_WIDTH * NAME_BYTES);
        let (mut text, lossy) = self.decode(&bytes[..most]);
        let truncated = truncate(&mut text, NAME_BYTES) || most < bytes.len();
        (text, lossy || truncated)
    }
}

/// Truncates at a character boundary to at most `bytes`; returns whether something was removed.
pub(super) fn truncate(text: &mut String, bytes: usize) -> bool {
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
    fn the_encoding_header_selects_the_decoder() {
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
    fn undecodable_bytes_are_replaced_and_reported() {
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
    fn truncation_keeps_whole_characters() {
        let mut text = "aé".to_owned();
        assert!(truncate(&mut text, 2));
        assert_eq!(text, "a");
        assert!(!truncate(&mut text, 2));
    }
}
