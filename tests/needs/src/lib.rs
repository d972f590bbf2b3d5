//! `#[needs("nginx", root)]` above `#[test]`: on a machine without that program or right, the test is `ignored` with
//! the reason.
//!
//! With `GIT_SERVICE_HOOK_NO_SKIP`, a test whose programs are missing does not compile. Rights and versions of Git are
//! given by the machine, so a test without them is `ignored` even then.

use proc_macro::{TokenStream, TokenTree};
use std::path::Path;

/// Each argument is a program on the search path, an absolute path, a path below `target/`, or the name of a probe of
/// `build.rs`.
#[proc_macro_attribute]
pub fn needs(needs: TokenStream, test: TokenStream) -> TokenStream {
    if !test.to_string().replace(' ', "").contains("#[test]") {
        return error("`#[needs(…)]` must be above `#[test]`");
    }
    let (mut programs, mut rights) = (Vec::new(), Vec::new());
    for need in needs {
        match need {
            TokenTree::Punct(_) => {}
            TokenTree::Literal(program) => {
                let program = program.to_string().trim_matches('"').to_owned();
                if !is_installed(&program) {
                    programs.push(program);
                }
            }
            probe => match missing_right(&probe.to_string()) {
                Err(unknown) => return error(&unknown),
                Ok(missing) => rights.extend(missing),
            },
        }
    }
    if !programs.is_empty() && std::env::var_os("GIT_SERVICE_HOOK_NO_SKIP").is_some() {
        return error(&format!("not installed: {}", programs.join(", ")));
    }
    programs.append(&mut rights);
    if programs.is_empty() {
        return test;
    }
    let ignore = format!("#[ignore = \"needs {}\"]", programs.join(", "));
    let ignore = ignore.parse::<TokenStream>().unwrap();
    ignore.into_iter().chain(test).collect()
}

fn is_installed(program: &str) -> bool {
    if program.starts_with("target/") {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        return Path::new(&package).join(program).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/bin", "/bin", "/usr/local/bin"];
    let mut folders = std::env::split_paths(&path).chain(usual.map(Into::into));
    // Joining an absolute path gives that path.
    folders.any(|folder| Path::new(&folder).join(program).exists())
}

/// What a test that needs the right lacks here.
fn missing_right(name: &str) -> Result<Option<String>, String> {
    let what = match name {
        "root" => "root",
        "mount" => "the right to mount",
        "loop" => "mkfs.ext4 and the right to mount a loop device",
        "overlay" => "the right to mount an overlay",
        "ptrace" => "the right to trace processes",
        "reftable" => "a Git with reftable",
        "configured_hooks" => "Git 2.54 or newer",
        _ => return Err(format!("`{name}` is not probed")),
    };
    let missing = !env!("PERMITTED")
        .split(' ')
        .any(|permitted| permitted == name);
    Ok(missing.then(|| what.to_owned()))
}

fn error(message: &str) -> TokenStream {
    format!("compile_error!({message:?});").parse().unwrap()
}
