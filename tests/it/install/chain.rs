//! Beside the hook of another program: both run, both get all of stdin, and neither can spoil the other.

use super::{done, repository, script, target};
use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

#[test]
fn chain_keeps_the_foreign_hook_and_uninstall_puts_it_back() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    script(&repo.join("hooks/post-receive"), "#!/bin/sh\nexec mail\n");
    let said = done(&sandbox.run("r.git", &["install", "--chain"]));
    assert!(said.contains("still runs"), "{said}");
    assert_eq!(target(&repo), Path::new(PROGRAM));
    let kept = repo.join("hooks/post-receive.d/10-before-service-hook");
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o111, 0o111);
    done(&sandbox.run("r.git", &["install", "--chain"]));
    fs::write(repo.join("hooks.toml"), "# mine\n").unwrap();

    done(&sandbox.run("r.git", &["uninstall"]));
    assert_eq!(
        fs::read_to_string(repo.join("hooks/post-receive")).unwrap(),
        "#!/bin/sh\nexec mail\n"
    );
    assert!(!repo.join("hooks/post-receive.d").exists());
    assert!(repo.join("hooks.toml").exists(), "configuration stays");
    let again = done(&sandbox.run("r.git", &["uninstall"]));
    assert!(again.contains("left alone"), "{again}");
}

#[test]
fn relative_links_lead_to_the_same_file_after_chaining_and_after_putting_back() {
    let sandbox = Sandbox::new();
    let repo = repository(&sandbox, "r.git");
    script(&sandbox.path("common/mail-hook"), "#!/bin/sh\nexec mail\n");
    symlink("../../common/mail-hook", repo.join("hooks/post-receive")).unwrap();
    let real = sandbox.path("common/mail-hook").canonicalize().unwrap();

    done(&sandbox.run("r.git", &["install", "--chain"]));
    let kept = repo.join("hooks/post-receive.d/10-before-service-hook");
    assert_eq!(kept.canonicalize().unwrap(), real);
    assert!(fs::read_link(&kept).unwrap().is_relative());

    done(&sandbox.run("r.git", &["uninstall"]));
    assert_eq!(target(&repo), Path::new("../../common/mail-hook"));
    assert_eq!(
        repo.join("hooks/post-receive").canonicalize().unwrap(),
        real
    );
}

/// A repository with a webhook for all that is pushed, a hook of somebody else, and ours installed beside it.
fn beside(foreign: &str) -> (Pushing, Receiver) {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\n{}per = \"push\"\n",
        webhook("ci", &receiver.url("/"))
    ));
    fs::remove_file(pushing.sandbox.path("r.git/hooks/post-receive")).unwrap();
    script(&pushing.sandbox.path("r.git/hooks/post-receive"), foreign);
    done(&pushing.sandbox.run("r.git", &["install", "--chain"]));
    (pushing, receiver)
}

#[test]
fn both_get_all_of_ten_thousand_refs() {
    let (pushing, receiver) = beside("#!/bin/sh\ncat >seen\n");
    let id = pushing.sandbox.git("c", &["rev-parse", "HEAD"]);
    let mut packed = String::from("# pack-refs with: peeled fully-peeled sorted\n");
    for n in 0..10_000 {
        writeln!(packed, "{id} refs/tags/t{n:05}").unwrap();
    }
    pushing.sandbox.write("c/.git/packed-refs", packed);
    pushing.sandbox.push("c", &["-q", "origin", "--tags"]);
    let seen = fs::read_to_string(pushing.sandbox.path("r.git/seen")).unwrap();
    assert_eq!(seen.lines().count(), 10_000);
    assert!(seen.ends_with("refs/tags/t09999\n"));
    assert_eq!(receiver.got()[0].json()["push"]["ref_count"], 10_000);
}

#[test]
fn a_foreign_hook_that_fails_hangs_up_or_says_much_changes_nothing_for_ours() {
    for foreign in [
        "#!/bin/sh\necho theirs; exit 3\n",
        "#!/bin/sh\nexec 0<&-; echo theirs\n",
        "#!/bin/sh\necho theirs; kill -9 $$\n",
    ] {
        let (pushing, receiver) = beside(foreign);
        let seen = pushing.push("one");
        assert!(
            seen.contains("ci: delivered") && seen.contains("theirs"),
            "{seen}"
        );
        assert_eq!(receiver.got().len(), 1);
    }
}

#[test]
fn a_script_without_a_first_line_that_names_its_shell_runs_as_git_runs_it() {
    let (pushing, _receiver) = beside("cat >seen\n");
    pushing.push("one");
    assert!(
        fs::read_to_string(pushing.sandbox.path("r.git/seen"))
            .unwrap()
            .ends_with("refs/heads/main\n")
    );
}

#[test]
fn a_script_that_cannot_be_started_is_reported() {
    let (pushing, _receiver) = beside("#!/no/such/shell\n");
    let seen = pushing.push("one");
    assert!(
        seen.contains("post-receive.d/10-before-service-hook cannot be started: No such file"),
        "{seen}"
    );
}

#[test]
fn ours_changes_nothing_for_the_foreign_hook_whatever_becomes_of_it() {
    let (pushing, _receiver) =
        beside("#!/bin/sh\nread -r line; echo \"got ${line##* }\"; exit 3\n");
    for configuration in [
        "",
        "[hook.ci\n",
        "[hook.ci]\naction = \"nothing\"\n",
        &webhook("ci", "http://127.0.0.1:1/"),
    ] {
        pushing.configure(configuration);
        let seen = pushing.push(&format!("with {configuration}"));
        assert!(
            seen.contains("got refs/heads/main"),
            "{configuration}: {seen}"
        );
    }
    fs::remove_file(pushing.sandbox.path("r.git/hooks.toml")).unwrap();
    assert!(
        pushing
            .push("no configuration")
            .contains("got refs/heads/main")
    );
}

#[test]
fn a_hook_of_your_own_may_start_it_as_docs_install_md_says() {
    let (pushing, receiver) = beside("#!/bin/sh\n");
    let repo = pushing.sandbox.path("r.git");
    done(&pushing.sandbox.run("r.git", &["uninstall"]));
    let own =
        include_str!("../../../examples/own-post-receive.sh").replace("git-service-hook", PROGRAM);
    script(&repo.join("hooks/post-receive"), &own);
    pushing.sandbox.git("c", &["tag", "v1"]);
    let seen = pushing.sandbox.push("c", &["-q", "origin", "main", "v1"]);
    assert!(
        seen.contains("ci: delivered") && seen.contains("2 refs were pushed"),
        "{seen}"
    );
    assert_eq!(receiver.got()[0].json()["push"]["ref_count"], 2);
}

#[test]
fn a_script_of_the_chain_that_starts_it_again_does_not_start_the_chain_again() {
    let (pushing, _receiver) = beside("#!/bin/sh\n");
    let chain = pushing.sandbox.path("r.git/hooks/post-receive.d");
    script(&chain.join("20-count"), "#!/bin/sh\necho once >>count\n");
    script(
        &chain.join("30-again"),
        &format!("#!/bin/sh\nexec {PROGRAM} post-receive\n"),
    );
    pushing.push("one");
    let count = fs::read_to_string(pushing.sandbox.path("r.git/count")).unwrap();
    assert_eq!(count.lines().count(), 1);
}
