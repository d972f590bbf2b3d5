//! Checks that there is disk space for records.

use super::results::CheckResults;
use rustix::fs::StatVfsMountFlags;
use std::path::Path;

/// A record may have 16 MiB; less than a few of them is hardly anything.
const FEW_BYTES: u64 = 64 << 20;

/// A push needs a handful of files, the objects of Git not counted.
const FEW_FILES: u64 = 1000;

/// Inspects the file system of a Git directory.
pub(super) fn check(git_dir: &Path, results: &mut CheckResults) {
    if let Some(problem) = problem(git_dir) {
        results.warn("service-hook/".to_owned(), problem);
    }
}

/// Why pushes may not be recorded there; `None` if there is room.
pub(in crate::commands) fn problem(git_dir: &Path) -> Option<String> {
    let stat = rustix::fs::statvfs(git_dir).ok()?;
    // File systems that make inodes as they go say that they have none.
    let files = (stat.f_files > 0).then_some(stat.f_favail);
    let bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
    no_room(
        stat.f_flag.contains(StatVfsMountFlags::RDONLY),
        bytes,
        files,
    )
}

fn no_room(is_read_only: bool, bytes: u64, files: Option<u64>) -> Option<String> {
    let left = match files {
        _ if is_read_only => {
            return Some("the file system is read-only: pushes cannot be recorded".to_owned());
        }
        _ if bytes < FEW_BYTES => format!("{} MiB are", bytes >> 20),
        Some(files) if files < FEW_FILES => format!("{files} more files are"),
        _ => return None,
    };
    Some(format!(
        "the disk is nearly full, only {left} left: pushes may not be recorded"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_reported() {
        assert_eq!(no_room(false, 1 << 30, Some(100_000)), None);
        assert_eq!(no_room(false, 1 << 30, None), None);
        assert!(no_room(true, 1 << 30, None).is_some_and(|m| m.contains("is read-only")));
        assert!(no_room(false, 12 << 20, None).is_some_and(|m| m.contains("only 12 MiB are left")));
        assert!(
            no_room(false, 1 << 30, Some(7))
                .is_some_and(|m| m.contains("only 7 more files are left"))
        );
    }
}
