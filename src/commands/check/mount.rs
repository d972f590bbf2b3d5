//! Finds the mount of a path: Git silently ignores a hook on one that is mounted `noexec`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The mount point when `path` lies on a mount without execution.
pub(super) fn noexec(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    noexec_in(&fs::read_to_string("/proc/self/mountinfo").ok()?, &path)
}

/// The fields of a line are those of proc_pid_mountinfo(5): the fifth is the mount point, the sixth its options. Of
/// several that hold the path the longest counts, of equals the last one, which covers the others.
fn noexec_in(mountinfo: &str, path: &Path) -> Option<PathBuf> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(4);
        Some((unescape(fields.next()?), fields.next()?))
    });
    let covering = mounts.filter(|(point, _)| path.starts_with(point));
    let (point, options) = covering.max_by_key(|(point, _)| point.as_os_str().len())?;
    options.split(',').any(|o| o == "noexec").then_some(point)
}

/// `\040` and the like stand for blanks, tabs, line ends and backslashes.
fn unescape(field: &str) -> PathBuf {
    let bytes = field.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let octal = field.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let byte = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 4 } else { 1 };
    }
    OsString::from_vec(out).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "\
21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 21 8:2 / /srv rw,nosuid,noexec - ext4 /dev/sda2 rw
31 30 8:3 / /srv/my\\040git rw - ext4 /dev/sda3 rw
32 21 8:4 / /twice rw - ext4 /dev/sda4 rw
33 21 8:5 / /twice rw,noexec - ext4 /dev/sda5 rw
";

    #[test]
    fn the_innermost_mount_decides() {
        let on = |path: &str| noexec_in(INFO, Path::new(path));
        assert_eq!(on("/usr/bin/x"), None);
        assert_eq!(on("/srv/git/a.git/hooks/post-receive"), Some("/srv".into()));
        assert_eq!(on("/srv/my git/a.git/hooks/post-receive"), None);
        assert_eq!(on("/srvother/x"), None);
        assert_eq!(on("/twice/x"), Some("/twice".into()));
    }
}
