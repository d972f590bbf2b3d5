//! Deltas of pack entries (gitformat-pack(5)): copies from a base and bytes of their own.

/// The sizes of base and result at the beginning of a delta, and the instructions after them.
pub(super) fn sizes(delta: &[u8]) -> Option<(usize, usize, &[u8])> {
    let (base, rest) = size(delta)?;
    let (result, rest) = size(rest)?;
    Some((base, result, rest))
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// The result, of exactly the size that the delta says; `None` when the delta is damaged.
pub(super) fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let (base_size, result_size, mut rest) = sizes(delta)?;
    if base_size != base.len() || result_size > super::OBJECT_LIMIT {
        return None;
    }
    let mut result = Vec::with_capacity(result_size);
    while let [instruction, after @ ..] = rest {
        rest = after;
        let bytes = if instruction & 0x80 == 0 {
            let (bytes, after) = rest.split_at_checked((*instruction).into())?;
            rest = after;
            if bytes.is_empty() { None } else { Some(bytes) }
        } else {
            let offset = number(*instruction, 4, &mut rest)?;
            let size = number(*instruction >> 4, 3, &mut rest)?;
            base.get(offset..)?
                .get(..if size == 0 { 0x1_0000 } else { size })
        }?;
        if result.len() + bytes.len() > result_size {
            return None;
        }
        result.extend_from_slice(bytes);
    }
    (result.len() == result_size).then_some(result)
}

/// A number of which only the bytes are there that a bit is set for.
fn number(bits: u8, bytes: usize, rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for at in 0..bytes {
        if bits >> at & 1 == 1 {
            let (byte, after) = rest.split_first()?;
            value |= usize::from(*byte) << (8 * at);
            *rest = after;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_insertions_are_applied() {
        // Base of 10 bytes, result of 7: copy 4 from 2, insert "xyz".
        assert_eq!(
            apply(b"0123456789", b"\x0a\x07\x91\x02\x04\x03xyz").unwrap(),
            b"2345xyz"
        );
        assert_eq!(sizes(b"\x80\x01\x05").unwrap().0, 128);
    }

    #[test]
    fn a_copy_of_size_zero_is_64_kib() {
        let base = vec![7; 0x1_0000];
        assert_eq!(apply(&base, b"\x80\x80\x04\x80\x80\x04\x80").unwrap(), base);
    }

    #[test]
    fn damaged_deltas_are_errors() {
        for damaged in [
            &b"\x0b\x01\x90\x01"[..], // another size of the base
            b"\x0a\x02\x90\x01",      // less than promised
            b"\x0a\x01\x90\x02",      // more than promised
            b"\x0a\x01\x91\x0a\x01",  // beyond the base
            b"\x0a\x02\x02x",         // an insertion cut short
            b"\x0a\x01\x91",          // a copy cut short
            b"\x0a\x00\x00",          // the reserved instruction
            b"\x8a",                  // no size
        ] {
            assert_eq!(apply(b"0123456789", damaged), None, "{damaged:?}");
        }
    }
}
