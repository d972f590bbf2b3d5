//! `uninstall` leaves what was there before, and takes nothing away that somebody still needs.

use super::{done, repository, said, script};
use crate::delivery::{Pushing, busy, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{Sandbox, eventually};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Every path below a directory, with mode, time of change and content or target.
fn picture(dir: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
        let content = if meta.is_dir() {
            lines.extend(picture(&path));
            String::new()
        } else if meta.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else {
            format!("{} {:?}", meta.mtime(), fs::read(&path).unwrap())
        };
        lines.push(format!("{} {:o} {content}", path.display(), meta.mode()));
    }
    lines.sort();
    lines
}

#[test]
fn install_and_uninstall_leave_no_trace() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    let before = picture(&repo);
    done(&sandbox.run("r.git", &["install"]));
    assert_ne!(picture(&repo), before);
    done(&sandbox.run("r.git", &["uninstall"]));
    assert_eq!(picture(&repo), before);
}

#[test]
fn a_foreign_hook_comes_back_byte_for_byte_with_its_mode_and_time() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    let hook = repo.join("hooks/post-receive");
    for mode in [0o755, 0o750, 0o644] {
        script(&hook, "#!/bin/sh\nexec mail \u{e9}\n");
        fs::set_permissions(&hook, fs::Permissions::from_mode(mode)).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
        fs::File::options()
            .append(true)
            .open(&hook)
            .unwrap()
            .set_modified(old)
            .unwrap();
        let before = picture(&repo);
        done(&sandbox.run("r.git", &["install", "--chain"]));
        done(&sandbox.run("r.git", &["uninstall"]));
        assert_eq!(picture(&repo), before);
    }
    fs::remove_file(&hook).unwrap();
    for target in ["../../common/hook", "/opt/hook", "mail"] {
        symlink(target, &hook).unwrap();
        let before = picture(&repo);
        done(&sandbox.run("r.git", &["install", "--chain"]));
        done(&sandbox.run("r.git", &["uninstall"]));
        assert_eq!(picture(&repo), before, "{target}");
        fs::remove_file(&hook).unwrap();
    }
}

#[test]
fn what_waits_stays_is_counted_and_is_delivered_afterwards() {
    let receiver = Receiver::start(|_| busy());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let _nobody = pushing.nobody_stays();
    pushing.push("one");
    pushing.push("two");
    let said = done(&pushing.sandbox.run("r.git", &["uninstall"]));
    assert!(said.contains("2 deliveries wait in it"), "{said}");
    let out = pushing.sandbox.run("r.git", &["uninstall", "--purge"]);
    assert_eq!(out.status.code(), Some(1), "what waits is never forgotten");
    assert_eq!(pushing.pending().len(), 2);

    receiver.answer(|_| Answer::ok());
    eventually("both are delivered without the hook", || {
        pushing.drain();
        pushing.pending().is_empty()
    });
    assert_eq!(pushing.done().len(), 2);
}

#[test]
fn history_goes_when_asked_for_and_what_somebody_wrote_stays() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.push("one");
    let repo = pushing.sandbox.path("r.git");
    let reported = done(&pushing.sandbox.run("r.git", &["uninstall"]));
    assert!(
        reported.contains("uninstall --purge") && pushing.done().len() == 1,
        "{reported}"
    );
    let reported = done(&pushing.sandbox.run("r.git", &["uninstall", "--purge"]));
    assert!(reported.contains("service-hook/ was removed"), "{reported}");
    assert!(!repo.join("service-hook").exists() && repo.join("hooks.toml").exists());
    done(&pushing.sandbox.run("r.git", &["uninstall", "--purge"]));
}

#[test]
fn what_still_starts_it_is_named() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("r.git");
    sandbox.git("r.git", &["config", "hook.tell.event", "post-receive"]);
    sandbox.git(
        "r.git",
        &[
            "config",
            "hook.tell.command",
            "git-service-hook post-receive",
        ],
    );
    let reported = done(&sandbox.run("r.git", &["uninstall"]));
    assert!(
        reported.contains("hook.tell.command in Git's configuration still starts it"),
        "{reported}"
    );

    fs::create_dir(sandbox.path("common")).unwrap();
    symlink(crate::support::PROGRAM, sandbox.path("common/post-receive")).unwrap();
    sandbox.git(
        "r.git",
        &[
            "config",
            "core.hooksPath",
            sandbox.path("common").to_str().unwrap(),
        ],
    );
    let reported = done(&sandbox.run("r.git", &["uninstall"]));
    assert!(
        reported.contains("common/post-receive still starts it"),
        "{reported}"
    );
    assert!(
        sandbox.path("common/post-receive").exists(),
        "one repository does not change what serves many"
    );

    script(
        &repo.join("hooks/post-receive"),
        "#!/bin/sh\ngit-service-hook post-receive\n",
    );
    let reported = said(&sandbox.run("r.git", &["uninstall"]));
    assert!(
        reported.contains("left alone") && reported.contains("it starts git-service-hook itself"),
        "{reported}"
    );
}

#[test]
fn all_below_several_directories_are_set_up_and_taken_away_at_once() {
    let sandbox = Sandbox::new();
    let names = ["srv/a.git", "srv/team/b.git", "other/c.git"];
    let repositories = names.map(|name| repository(&sandbox, name));
    let before = ["srv", "other"].map(|dir| picture(&sandbox.path(dir)));
    done(&sandbox.run("", &["install", "--all", "srv", "other"]));
    assert!(
        repositories
            .iter()
            .all(|repo| repo.join("hooks/post-receive").exists())
    );
    done(&sandbox.run("", &["uninstall", "--all", "srv", "other", "--purge"]));
    let after = ["srv", "other"].map(|dir| picture(&sandbox.path(dir)));
    assert_eq!(after, before);
}
