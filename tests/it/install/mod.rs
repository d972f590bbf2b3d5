//! `install`, `uninstall`, install.sh and the shim: what stands in hooks/ before and after.

mod chain;
mod configured;
mod dispatcher;
mod document;
mod gitolite;
mod uninstall;
mod upgrade;
mod ways;

use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

fn repository(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.init_bare(name);
    sandbox.path(name)
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn said(out: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}

#[track_caller]
fn done(out: &Output) -> String {
    assert!(out.status.success(), "{}", said(out));
    said(out)
}

fn target(repo: &Path) -> PathBuf {
    fs::read_link(repo.join("hooks/post-receive")).unwrap()
}

#[test]
fn install_links_the_program_and_writes_a_private_beginning() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    let said = done(&sandbox.run("r.git", &["install"]));
    assert!(
        said.contains("installed") && said.contains("next:"),
        "{said}"
    );
    assert_eq!(target(&repo), Path::new(PROGRAM));
    let meta = fs::metadata(repo.join("hooks.toml")).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o640);
    assert_eq!(meta.gid(), fs::metadata(&repo).unwrap().gid());
}

#[test]
fn install_twice_changes_nothing() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    done(&sandbox.run("", &["install", "-C", "r.git"]));
    fs::write(repo.join("hooks.toml"), "# mine\n").unwrap();
    let said = done(&sandbox.run("", &["-C", "r.git", "install"]));
    assert!(said.contains("already in place"), "{said}");
    assert_eq!(
        fs::read_to_string(repo.join("hooks.toml")).unwrap(),
        "# mine\n"
    );
    let names: Vec<_> = fs::read_dir(repo.join("hooks"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|n| n.to_str().unwrap().starts_with(".post-receive")),
        "{names:?}"
    );
}

#[test]
fn a_link_to_an_older_place_of_the_program_is_fixed() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    symlink(
        "/opt/gone/git-service-hook",
        repo.join("hooks/post-receive"),
    )
    .unwrap();
    done(&sandbox.run("r.git", &["install"]));
    assert_eq!(target(&repo), Path::new(PROGRAM));
}

#[test]
fn a_foreign_hook_is_never_overwritten() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    script(&repo.join("hooks/post-receive"), "#!/bin/sh\nexec mail\n");
    let out = sandbox.run("r.git", &["install"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(said(&out).contains("--chain"), "{}", said(&out));
    assert_eq!(
        fs::read_to_string(repo.join("hooks/post-receive")).unwrap(),
        "#!/bin/sh\nexec mail\n"
    );
}

#[test]
fn uninstall_without_a_chain_leaves_no_hook() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("r.git");
    done(&sandbox.run("r.git", &["uninstall"]));
    assert!(repo.join("hooks/post-receive").symlink_metadata().is_err());
    assert!(done(&sandbox.run("r.git", &["uninstall"])).contains("nothing to remove"));
}

#[test]
fn all_repositories_below_a_directory_are_set_up_and_one_foreign_hook_stops_no_other() {
    let sandbox = Sandbox::new();
    let first = repository(&sandbox, "srv/a.git");
    let foreign = repository(&sandbox, "srv/team/b.git");
    let last = repository(&sandbox, "srv/team/c.git");
    script(&foreign.join("hooks/post-receive"), "#!/bin/sh\n");
    let out = sandbox.run("", &["install", "--all", "srv"]);
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    for repo in [first, last] {
        assert_eq!(target(&repo), Path::new(PROGRAM));
    }
}

#[test]
fn hooks_that_git_looks_for_elsewhere_are_reported_and_not_installed() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    sandbox.git("r.git", &["config", "core.hooksPath", "/etc/git-hooks"]);
    let out = sandbox.run("r.git", &["install"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        said(&out).contains("core.hooksPath is /etc/git-hooks"),
        "{}",
        said(&out)
    );
    assert!(!repo.join("hooks/post-receive").exists());
}

fn install_sh(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    sandbox
        .command("sh", "")
        .arg(script)
        .args(["--binary", PROGRAM])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_script_installs_wires_a_repository_and_takes_both_away() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    let prefix = sandbox.path("usr");
    let prefix = prefix.to_str().unwrap();
    let said = done(&install_sh(
        &sandbox,
        &["--prefix", prefix, "--repo", "r.git"],
    ));
    let program = sandbox.path("usr/bin/git-service-hook");
    assert_eq!(target(&repo), program);
    assert!(
        said.contains("not on PATH") && said.contains("next:"),
        "{said}"
    );

    let again = done(&install_sh(
        &sandbox,
        &["--prefix", prefix, "--repo", "r.git"],
    ));
    assert!(
        again.contains("up to date") && again.contains("already in place"),
        "{again}"
    );

    done(&install_sh(
        &sandbox,
        &["--prefix", prefix, "--repo", "r.git", "--uninstall"],
    ));
    assert!(!program.exists() && repo.join("hooks/post-receive").symlink_metadata().is_err());
    let nothing = done(&install_sh(&sandbox, &["--prefix", prefix, "--uninstall"]));
    assert!(nothing.contains("nothing to remove"), "{nothing}");
}

#[test]
fn the_script_leaves_a_foreign_hook_alone_and_says_so() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    script(&repo.join("hooks/post-receive"), "#!/bin/sh\n");
    let out = install_sh(&sandbox, &["--prefix", "usr", "--repo", "r.git"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(said(&out).contains("--chain"), "{}", said(&out));
    assert_eq!(
        fs::read_to_string(repo.join("hooks/post-receive")).unwrap(),
        "#!/bin/sh\n"
    );
    assert_eq!(install_sh(&sandbox, &["--nonsense"]).status.code(), Some(2));
    assert_eq!(install_sh(&sandbox, &["--prefix"]).status.code(), Some(2));
}

#[needs("shellcheck")]
#[test]
fn the_scripts_are_clean_by_shellcheck() {
    let root = env!("CARGO_MANIFEST_DIR");
    for script in [
        "install.sh",
        "hooks/post-receive",
        ".ci/run",
        "benches/push.sh",
    ] {
        let out = Sandbox::new()
            .command("shellcheck", "")
            .arg(Path::new(root).join(script))
            .output()
            .unwrap();
        done(&out);
    }
}

/// A repository whose hook is the shim, with a chained hook that keeps its stdin and fails.
fn with_shim(sandbox: &Sandbox) -> PathBuf {
    let repo = repository(sandbox, "r.git");
    script(
        &repo.join("hooks/post-receive"),
        include_str!("../../../hooks/post-receive"),
    );
    let log = repo.join("seen");
    let keep = format!("#!/bin/sh\ncat > '{}'\nexit 3\n", log.display());
    script(&repo.join("hooks/post-receive.d/20-keep"), &keep);
    fs::write(repo.join("hooks/post-receive.d/README"), "not a hook\n").unwrap();
    sandbox.clone_with_commit("r.git", "work");
    log
}

#[test]
fn the_shim_starts_the_program_and_the_chain_gets_the_whole_stdin() {
    let sandbox = Sandbox::new();
    let log = with_shim(&sandbox);
    symlink(PROGRAM, sandbox.path("r.git/hooks/git-service-hook")).unwrap();
    sandbox.git("work", &["tag", "v1"]);
    let seen = sandbox.push("work", &["origin", "main", "v1"]);
    assert!(!seen.contains("not found"), "{seen}");
    let lines = fs::read_to_string(log).unwrap();
    let refs: Vec<_> = lines
        .lines()
        .map(|l| l.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(refs, ["refs/heads/main", "refs/tags/v1"]);
}

#[test]
fn without_the_program_the_shim_says_so_and_runs_the_chain_all_the_same() {
    let sandbox = Sandbox::new();
    let log = with_shim(&sandbox);
    if Path::new("/usr/local/bin/git-service-hook").exists()
        || Path::new("/usr/bin/git-service-hook").exists()
    {
        return;
    }
    let seen = sandbox.push("work", &["origin", "main"]);
    assert!(seen.contains("was not reported to any receiver"), "{seen}");
    assert!(
        fs::read_to_string(log)
            .unwrap()
            .ends_with("refs/heads/main\n")
    );
}
