//! Recognizes a record that was copied.
//!
//! A repository that was copied or restored must not deliver again what waits in it. So a record names the file that it was
//! written to. Renames and bind mounts keep a file; every copy is another file. This is a property of each record: a restore
//! may put one old record beside others that are in their place.

use rustix::fs::{AtFlags, StatxFlags};
use serde::{Deserialize, Serialize};
use std::fs::File;

/// File systems that number their files anew when they are mounted, by their magic numbers: FAT, exFAT, FUSE, CIFS, SMB 2
/// and 9P.
const PASSING_INODES: [u64; 6] = [
    0x4d44,
    0x2011_bab0,
    0x6573_5546,
    0xff53_4d42,
    0xfe53_4d42,
    0x0102_1997,
];

/// Which file it is. A freed inode is soon used again, so its number alone proves little; the time of creation is set by the
/// file system alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileId {
    inode: u64,
    /// When it was created, in nanoseconds since 1970; absent where the file system does not keep that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    born_ns: Option<i64>,
}

impl FileId {
    /// That of an open file; `None` if the system does not know.
    pub(super) fn of(file: &File) -> Option<Self> {
        let mask = StatxFlags::INO | StatxFlags::BTIME;
        let Ok(stat) = rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, mask) else {
            let inode = rustix::fs::fstat(file).ok()?.st_ino;
            let born_ns = None;
            return Some(Self { inode, born_ns });
        };
        let born = stat.stx_btime;
        let born_ns = born.tv_sec.checked_mul(1_000_000_000);
        let born_ns = born_ns.and_then(|ns| ns.checked_add(i64::from(born.tv_nsec)));
        let is_known = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
        Some(Self {
            inode: stat.stx_ino,
            born_ns: born_ns.filter(|ns| is_known && *ns > 0),
        })
    }

    /// Whether this, as an open file has it, differs from what its text says. In doubt it does not: nothing of a repository
    /// that is in its place may wait for a person.
    pub(super) fn differs(&self, written: &Self, file: &File) -> bool {
        let other_inode = || self.inode != written.inode && has_lasting_inodes(file);
        let births = self.born_ns.zip(written.born_ns);
        births.is_some_and(|(own, written)| own != written) || other_inode()
    }
}

fn has_lasting_inodes(file: &File) -> bool {
    rustix::fs::fstatfs(file)
        .is_ok_and(|fs| u64::try_from(fs.f_type).is_ok_and(|kind| !PASSING_INODES.contains(&kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_differs_by_its_inode_or_by_the_time_of_its_creation() {
        let file = tempfile::tempfile().unwrap();
        let own = FileId::of(&file).unwrap();
        let (inode, born_ns) = (own.inode, Some(7));
        let differs = |own: FileId, inode, born_ns| own.differs(&FileId { inode, born_ns }, &file);
        assert!(!differs(own, inode, own.born_ns));
        assert!(differs(own, inode + 1, own.born_ns));
        let born = FileId { inode, born_ns };
        assert!(
            differs(born, inode, Some(8)),
            "its inode was freed and used again"
        );
        assert!(!differs(born, inode, None));
        assert!(differs(born, inode + 1, None));
    }
}
