//! Objects of every kind, byte for byte, as a pack that needs no compressor.

use sha2::Digest as _;
use std::collections::HashSet;

/// Objects in the order in which they were made.
pub struct Objects {
    pub sha256: bool,
    all: Vec<(u8, String, Vec<u8>)>,
    seen: HashSet<String>,
}

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const BLOB: u8 = 3;
const TAG: u8 = 4;

impl Objects {
    pub fn new(sha256: bool) -> Self {
        Self {
            sha256,
            all: Vec::new(),
            seen: HashSet::new(),
        }
    }

    pub fn commit(&mut self, data: Vec<u8>) -> String {
        self.add(COMMIT, "commit", data)
    }

    pub fn tree(&mut self, data: Vec<u8>) -> String {
        self.add(TREE, "tree", data)
    }

    pub fn blob(&mut self, data: Vec<u8>) -> String {
        self.add(BLOB, "blob", data)
    }

    pub fn tag(&mut self, data: Vec<u8>) -> String {
        self.add(TAG, "tag", data)
    }

    fn add(&mut self, kind: u8, word: &str, data: Vec<u8>) -> String {
        let id = hex::encode(
            self.hash(&[format!("{word} {}\0", data.len()).as_bytes(), &data].concat()),
        );
        if self.seen.insert(id.clone()) {
            self.all.push((kind, id.clone(), data));
        }
        id
    }

    fn hash(&self, bytes: &[u8]) -> Vec<u8> {
        if self.sha256 {
            sha2::Sha256::digest(bytes).to_vec()
        } else {
            sha1::Sha1::digest(bytes).to_vec()
        }
    }

    /// The names of all, a line each.
    pub fn names(&self) -> String {
        self.all
            .iter()
            .map(|(_, id, _)| id.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Every `of`-th object, beginning with `from`, as a pack.
    pub fn pack(&self, from: usize, of: usize) -> Vec<u8> {
        let chosen: Vec<_> = self.all.iter().skip(from).step_by(of).collect();
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend(u32::try_from(chosen.len()).unwrap().to_be_bytes());
        for (kind, _, data) in chosen {
            size(&mut pack, *kind, data.len());
            deflate(&mut pack, data);
        }
        let sum = self.hash(&pack);
        pack.extend(sum);
        pack
    }
}

fn size(pack: &mut Vec<u8>, kind: u8, size: usize) {
    let low = |size: usize, bits: u32| u8::try_from(size & ((1 << bits) - 1)).unwrap();
    let mut rest = size >> 4;
    pack.push(kind << 4 | low(size, 4) | if rest > 0 { 0x80 } else { 0 });
    while rest > 0 {
        let byte = low(rest, 7);
        rest >>= 7;
        pack.push(byte | if rest > 0 { 0x80 } else { 0 });
    }
}

/// RFC 1950 and 1951, in stored blocks.
fn deflate(pack: &mut Vec<u8>, data: &[u8]) {
    pack.extend([0x78, 0x01]);
    let mut blocks = data.chunks(0xffff).peekable();
    if data.is_empty() {
        pack.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        pack.push(u8::from(blocks.peek().is_none()));
        pack.extend(length.to_le_bytes());
        pack.extend((!length).to_le_bytes());
        pack.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    pack.extend((b << 16 | a).to_be_bytes());
}
