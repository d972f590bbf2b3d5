//! Which receive-pack took the push. Git starts one process for each, and that one every post-receive hook, directly
//! or through a shell or another hook.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Between the process and receive-pack there are a shell, a foreign hook, `git` that looks for a command: not more.
const GENERATIONS: usize = 8;

/// A name of the process that no other one ever has on this machine: boot, process, its start. `None` when there is
/// none above this process, or when the system does not tell (proc(5)).
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

/// The 4th and the 22nd field. The 2nd is the name of the program in parentheses, whatever may be in it.
fn parent_and_start(stat: &str) -> Option<(u32, u64)> {
    let fields = stat
        .rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .collect::<Vec<_>>();
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

/// `git-receive-pack DIR`, or `git`, some options, `receive-pack DIR`. A shell has the words in one argument.
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
    fn receive_pack_is_known_however_it_was_started() {
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
    fn the_name_of_a_program_may_hold_anything() {
        let stat = "42 (a) (b) 7) S 17 42 42 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 8675309 1000 1 18446744073709551615";
        assert_eq!(parent_and_start(stat), Some((17, 8_675_309)));
    }
}
