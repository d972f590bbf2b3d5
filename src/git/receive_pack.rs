//! Finds the receive-pack process of a push. Git starts one per push, which starts every post-receive hook, directly or
//! through a shell or another hook.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Ancestors to inspect. Between the hook and receive-pack are at most a shell, another hook and `git`.
const GENERATIONS: usize = 8;

/// An id of the process that is unique on this machine: boot id, process id, start time. `None` if receive-pack is no
/// ancestor of this process, or without proc(5).
pub fn receive_pack() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let mut process = std::os::unix::process::parent_id();
    for _ in 0..GENERATIONS {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (parent, since) = parent_and_start(&stat)?;
        if is_receive_pack(&fs::read(format!("/proc/{process}/cmdline")).ok()?) {
            return Some(format!("{}:{process}:{since}", boot.trim()));
        }
        process = parent;
    }
    None
}

/// The 4th and the 22nd field. The 2nd is the name of the program in parentheses, which may contain any character.
fn parent_and_start(stat: &str) -> Option<(u32, u64)> {
    let fields = stat
        .rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .collect::<Vec<_>>();
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

/// Matches `git-receive-pack DIR` and `git [OPTIONS] receive-pack DIR`. A shell has the words in one argument.
fn is_receive_pack(command_line: &[u8]) -> bool {
    let mut words = command_line.split(|b| *b == 0).map(OsStr::from_bytes);
    let program = words
        .next()
        .and_then(|word| Path::new(word).file_name())
        .unwrap_or_default();
    program == "git-receive-pack" || (program == "git" && words.any(|word| word == "receive-pack"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receive_pack_is_recognized_in_all_its_forms() {
        for line in [
            "git-receive-pack\0/srv/a.git\0",
            "/usr/lib/git-core/git\0-c\0a=b\0receive-pack\0--stateless-rpc\0.\0",
        ] {
            assert!(is_receive_pack(line.as_bytes()), "{line}");
        }
        for line in [
            "sh\0-c\0git-receive-pack '/srv/a.git'\0",
            "git\0service-hook\0post-receive\0",
            "receive-pack\0",
            "",
        ] {
            assert!(!is_receive_pack(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn the_name_of_a_program_may_contain_spaces_and_parentheses() {
        let stat = "42 (a) (b) 7) S 17 42 42 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 8675309 1000 1 18446744073709551615";
        assert_eq!(parent_and_start(stat), Some((17, 8_675_309)));
    }
}
