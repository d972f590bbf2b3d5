//! Checks that there is disk space for records.

use super::results::CheckResults;
use std::path::Path;

/// A record may have 16 MiB; less than a few of them is hardly anything.
const FEW_BYTES: u64 = 64 << 20;

/// A push needs a handful of files, the objects of Git not counted.
const FEW_FILES: u64 = 1000;

/// Looks at the file system of a Git directory.
pub(super) fn check(git_dir: &Path, results: &mut CheckResults) {
    let Ok(stat) = rustix::fs::statvfs(git_dir) else {
        return;
    };
    // File systems that make inodes as they go say that they have none.
    let files = (stat.f_files > 0).then_some(stat.f_favail);
    if let Some(message) = nearly_full(stat.f_bavail.saturating_mul(stat.f_frsize), files) {
        results.warn("service-hook/".to_owned(), message);
    }
}

fn nearly_full(bytes: u64, files: Option<u64>) -> Option<String> {
    let left = match files {
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
    fn little_room_is_told() {
        assert_eq!(nearly_full(1 << 30, Some(100_000)), None);
        assert_eq!(nearly_full(1 << 30, None), None);
        assert!(nearly_full(12 << 20, None).is_some_and(|m| m.contains("only 12 MiB are left")));
        assert!(
            nearly_full(1 << 30, Some(7)).is_some_and(|m| m.contains("only 7 more files are left"))
        );
    }
}
