//! Set-ups that are good have no finding at all: a person who sees no false warnings believes the others.

use super::{GOOD, check, private, repository};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

#[track_caller]
fn is_well(sandbox: &Sandbox, what: &str) {
    sandbox.run("r.git", &["drain", "--timer"]);
    let (code, said) = check(sandbox, &[]);
    assert!(
        code == 0 && said.contains(": all is well"),
        "{what}: {said}"
    );
}

/// An example, and a file for each reference in it.
fn example(sandbox: &Sandbox, name: &str, to: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let text = fs::read_to_string(path).unwrap();
    // Robots of the server's file need it.
    let state = sandbox.path("state");
    fs::create_dir_all(&state).unwrap();
    let proposed = "# state_dir = \"/var/lib/git-service-hook\"";
    let text = text.replace(proposed, &format!("state_dir = \"{}\"", state.display()));
    let folder = Path::new(to).parent().unwrap();
    sandbox.write_referenced(folder.to_str().unwrap(), &text);
    private(sandbox, to, &text);
}

#[test]
fn every_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap());
    let names = names
        .filter(|name| name.strip_suffix(".toml").is_some())
        .collect::<Vec<_>>();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let sandbox = repository("");
        let to = if name.contains('_') {
            "r.git/hooks.toml"
        } else {
            "server/hooks.toml"
        };
        example(&sandbox, &name, to);
        is_well(&sandbox, &name);
    }
}

#[test]
fn a_repository_that_a_group_shares() {
    let sandbox = Sandbox::new();
    sandbox.git("", &["init", "-q", "--bare", "--shared=group", "r.git"]);
    let installed = sandbox.run("r.git", &["install"]);
    assert!(installed.status.success());
    // A receiver that is down is a warning.
    let receiver = Receiver::start(|_| Answer::ok());
    let good = GOOD.replace("https://audit.example.com", &receiver.url(""));
    private(
        &sandbox,
        "r.git/hooks.toml",
        &format!("{good}token = {{ file = \"audit.token\" }}\n"),
    );
    private(&sandbox, "r.git/audit.token", "secret\n");
    sandbox.clone_with_commit("r.git", "work");
    sandbox.push("work", &["origin", "HEAD:main"]);
    assert_eq!(
        fs::metadata(sandbox.path("r.git/service-hook/lane"))
            .unwrap()
            .mode()
            & 0o7777,
        0o2770
    );
    // Its receiver has no address.
    sandbox.run("r.git", &["cancel", "--pending", "--yes"]);
    is_well(&sandbox, "group");
}

#[test]
fn hooks_as_gitolite_places_them_and_a_servers_file_with_globs() {
    let sandbox = Sandbox::new();
    sandbox.init_bare("repositories/team/r.git");
    sandbox.write(
        "local/hooks/common/post-receive",
        include_str!("../../../hooks/post-receive"),
    );
    let common = sandbox.path("local/hooks/common/post-receive");
    fs::set_permissions(&common, fs::Permissions::from_mode(0o755)).unwrap();
    symlink(
        &common,
        sandbox.path("repositories/team/r.git/hooks/post-receive"),
    )
    .unwrap();
    let root = sandbox.path("repositories").display().to_string();
    private(
        &sandbox,
        "server/hooks.toml",
        &format!(
            "[project]\nroot = \"{root}\"\n{GOOD}repositories = [\"team/**\", \"!team/old\"]\n"
        ),
    );
    symlink("repositories/team/r.git", sandbox.path("r.git")).unwrap();
    is_well(&sandbox, "gitolite");
}

#[test]
fn a_repository_with_a_work_tree_and_a_hook_beside_another_program() {
    let sandbox = Sandbox::new();
    sandbox.init("r.git");
    let hook = sandbox.write("r.git/.git/hooks/post-receive", "#!/bin/sh\nexec mail\n");
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(
        sandbox
            .run("r.git", &["install", "--chain"])
            .status
            .success()
    );
    private(&sandbox, "r.git/.git/hooks.toml", GOOD);
    is_well(&sandbox, "work tree");
    let dir = sandbox.path("hooks");
    fs::create_dir(&dir).unwrap();
    symlink(PROGRAM, dir.join("post-receive")).unwrap();
    fs::remove_dir_all(sandbox.path("r.git/.git/hooks")).unwrap();
    sandbox.git(
        "r.git",
        &["config", "core.hooksPath", dir.to_str().unwrap()],
    );
    is_well(&sandbox, "core.hooksPath");
}
