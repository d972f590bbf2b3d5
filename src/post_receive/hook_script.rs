//! What the script of a hook does, as far as its text shows.

use std::io::Read;
use std::path::Path;

/// A line of the shim (hooks/post-receive of the distribution) by which it is known.
const SHIM_MARK: &str = "git-service-hook: shim";

/// Whether a file is the shim.
pub fn is_shim(path: &Path) -> bool {
    text(path).contains(SHIM_MARK)
}

/// Whether a script starts this program.
pub fn starts_program(path: &Path) -> bool {
    has_command(path, |line| line.contains("service-hook"))
}

/// Whether a script runs what is in `post-receive.d/`.
pub fn runs_folder(path: &Path) -> bool {
    has_command(path, |line| {
        line.contains("post-receive.d") || line.contains(".d/*")
    })
}

fn has_command(path: &Path, is_it: impl Fn(&str) -> bool) -> bool {
    let text = text(path);
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| !line.starts_with('#') && is_it(line))
}

/// At most 64 KiB of a file: scripts are shorter, programs are not read.
fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    if path.metadata().is_ok_and(|m| m.is_file()) {
        let _ = std::fs::File::open(path).and_then(|f| f.take(64 * 1024).read_to_end(&mut bytes));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
