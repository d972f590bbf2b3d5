//! Fingerprints of ref updates that a record does not list, because their push has too many. They take 2 MiB at most,
//! whatever the number of updates.
//!
//! The fingerprints form a Bloom filter: an update that was added is always found, and one that was not is found rarely
//! (about once in a thousand pairs up to a million updates, more often beyond). So an announced update is never reported
//! as missed, and in a push of that size a missed one may be taken for announced.

use crate::push::{ObjectId, RefName, RefUpdate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Bytes while updates are added; a power of two.
const BYTES: usize = 2 << 20;

/// Bits set for each fingerprint.
const BITS: u64 = 4;

/// A filter with fewer updates is halved until a fingerprint has so many bits.
const BITS_PER_FINGERPRINT: usize = 32;

/// A side of an update: each has a fingerprint of its own, so that two updates in a row explain one move.
#[derive(Clone, Copy)]
enum Side {
    Old = 0,
    New = 1,
}

/// A set of updates without their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateMark {
    /// Its length is a power of two.
    bytes: Vec<u8>,
    updates: usize,
}

impl Default for UpdateMark {
    fn default() -> Self {
        Self {
            bytes: vec![0; BYTES],
            updates: 0,
        }
    }
}

impl UpdateMark {
    /// Adds an update.
    pub fn add(&mut self, update: &RefUpdate) {
        self.updates += 1;
        for (side, id) in [(Side::Old, &update.old), (Side::New, &update.new)] {
            let fingerprint = Fingerprint::new(side, &update.name, super::existing(id));
            for (byte, bit) in fingerprint.places(self.bytes.len()) {
                self.bytes[byte] |= bit;
            }
        }
    }

    /// As text, as small as the number of updates allows.
    pub fn encode(mut self) -> String {
        let needed = (self.updates * 2 * BITS_PER_FINGERPRINT / 8).max(64);
        while self.bytes.len() / 2 >= needed {
            let upper = self.bytes.split_off(self.bytes.len() / 2);
            self.bytes.iter_mut().zip(upper).for_each(|(a, b)| *a |= b);
        }
        STANDARD.encode(self.bytes)
    }

    /// Reads the text. Without one, or from any other text, it is a mark that has every update.
    pub fn decode(text: Option<&str>) -> Self {
        let bytes = text.and_then(|text| STANDARD.decode(text).ok());
        let bytes = bytes.filter(|bytes| bytes.len().is_power_of_two());
        Self {
            bytes: bytes.unwrap_or_else(|| vec![u8::MAX]),
            updates: 0,
        }
    }

    fn has(&self, fingerprint: &Fingerprint) -> bool {
        let mut places = fingerprint.places(self.bytes.len());
        places.all(|(byte, bit)| self.bytes[byte] & bit != 0)
    }
}

/// Whether marked updates lead from `start` to `end`: one of them left the first, and one reached the second.
pub(super) fn explain(
    marks: &[UpdateMark],
    name: &RefName,
    start: Option<&ObjectId>,
    end: Option<&ObjectId>,
) -> bool {
    let marked = |side, id| {
        let fingerprint = Fingerprint::new(side, name, id);
        marks.iter().any(|mark| mark.has(&fingerprint))
    };
    !marks.is_empty() && marked(Side::Old, start) && marked(Side::New, end)
}

/// Two numbers from which the bits follow.
struct Fingerprint(u64, u64);

impl Fingerprint {
    fn new(side: Side, name: &RefName, id: Option<&ObjectId>) -> Self {
        let digest = Sha256::new()
            .chain_update([side as u8])
            .chain_update(id.map_or("", ObjectId::as_str))
            .chain_update([0])
            .chain_update(name.as_bytes())
            .finalize();
        let number = |at: usize| {
            let bytes = &digest[at..at + 8];
            bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
        };
        // An odd step reaches a different bit each time.
        Self(number(0), number(8) | 1)
    }

    /// Index of a byte, and the bit in it. With half the bytes, the upper half falls onto the lower one.
    fn places(&self, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
        let Self(first, step) = *self;
        (0..BITS).map(move |n| {
            let place = first.wrapping_add(step.wrapping_mul(n));
            let byte = usize::try_from(place >> 3).unwrap_or(0) & (bytes - 1);
            (byte, 1 << (place & 7))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(n: usize) -> RefUpdate {
        let id = |n: usize| ObjectId::parse(&format!("{n:040x}")).unwrap();
        RefUpdate {
            old: id(0),
            new: id(n + 1),
            name: RefName::new(format!("refs/heads/{n}")),
        }
    }

    fn explained(marks: &[UpdateMark], update: &RefUpdate) -> bool {
        explain(marks, &update.name, None, Some(&update.new))
    }

    #[test]
    fn every_marked_update_is_found_and_hardly_another() {
        for count in [1, 100, 50_000] {
            let mut mark = UpdateMark::default();
            (0..count).for_each(|n| mark.add(&update(n)));
            let text = mark.encode();
            assert!(text.len() <= 100 + count * 24, "{count}: {}", text.len());
            let marks = [UpdateMark::decode(Some(&text))];
            assert!((0..count).all(|n| explained(&marks, &update(n))));
            let others = (count..count + 10_000).filter(|n| explained(&marks, &update(*n)));
            assert!(others.count() < 10);
        }
    }

    #[test]
    fn two_marks_explain_a_move_over_a_value_that_neither_side_shows() {
        let id = |digit: &str| ObjectId::parse(&digit.repeat(40)).unwrap();
        let name = RefName::new("refs/heads/a");
        let mark = |old: &str, new: &str| {
            let mut mark = UpdateMark::default();
            mark.add(&RefUpdate {
                old: id(old),
                new: id(new),
                name: name.clone(),
            });
            mark
        };
        let marks = [mark("1", "2"), mark("2", "3")];
        assert!(explain(&marks, &name, Some(&id("1")), Some(&id("3"))));
        assert!(!explain(&marks, &name, Some(&id("1")), Some(&id("4"))));
        assert!(!explain(
            &marks,
            &RefName::new("refs/heads/b"),
            Some(&id("1")),
            Some(&id("3"))
        ));
    }

    #[test]
    fn a_mark_that_is_missing_or_damaged_explains_everything() {
        for text in [None, Some(""), Some("AAAA"), Some("not base64")] {
            let marks = [UpdateMark::decode(text)];
            assert!(explained(&marks, &update(7)), "{text:?}");
        }
        assert!(!explained(&[], &update(7)));
    }
}
