//! Large repositories, other ways of keeping refs, other people's repositories.

use super::{Watched, null, reported};
use crate::delivery::{Pushing, messages, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;
use crate::support::{PROGRAM, Sandbox};
use std::fmt::Write;

#[test]
fn a_deletion_among_fourteen_thousand_packed_refs_is_seen() {
    let watched = Watched::unseen();
    let main = watched.git(&["rev-parse", "main"]);
    let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for n in 0..14_000 {
        writeln!(packed, "{main} refs/changes/{n:05}").unwrap();
    }
    std::fs::write(watched.pushing.sandbox.path("r.git/packed-refs"), packed).unwrap();
    watched.look();
    watched.look();
    assert_eq!(
        watched.state()["state"]["refs"].as_array().unwrap().len(),
        14_001
    );
    watched.git(&["update-ref", "-d", "refs/changes/00007"]);
    watched.look();
    assert_eq!(
        watched.state()["state"]["gaps"][0]["ref"],
        "refs/changes/00007"
    );
}

#[needs(reftable)]
#[test]
fn reftables_are_read_too() {
    let sandbox = Sandbox::new();
    sandbox.git(
        "",
        &["init", "-q", "--bare", "--ref-format=reftable", "r.git"],
    );
    std::os::unix::fs::symlink(PROGRAM, sandbox.path("r.git/hooks/post-receive")).unwrap();
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing { sandbox };
    pushing.configure(&webhook("ci", &receiver.url("/")));
    pushing.sandbox.clone_with_commit("r.git", "c");
    pushing.push("one");
    let watched = Watched { pushing, receiver };
    watched.look();
    watched.pushing.push("two");
    let main = watched.git(&["rev-parse", "main"]);
    watched.git(&["branch", "new", "main"]);
    watched.look_twice();
    assert_eq!(
        watched.reported()[1..],
        [reported("refs/heads/new", &null(), &main)]
    );
}

#[test]
fn what_was_missed_waits_like_any_push_until_the_configuration_can_be_read() {
    let watched = Watched::new();
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["update-ref", "refs/heads/main", &new]);
    watched.look();
    watched.later();
    watched.pushing.configure("[hook.ci\n");
    assert_eq!(watched.look_for_trouble().0, Some(1));
    assert_eq!(
        (watched.pushing.pending().len(), watched.recovered()),
        (1, 1)
    );
    watched
        .pushing
        .configure(&webhook("ci", &watched.receiver.url("/")));
    watched.look();
    assert_eq!(messages(&watched.receiver), ["one", "two"]);
}

#[test]
fn a_ref_that_cannot_be_read_is_not_taken_for_deleted() {
    let watched = Watched::new();
    watched.git(&["branch", "torn", "main"]);
    watched.look_twice();
    let state = watched.state();
    // What a machine leaves that dies at the wrong moment.
    watched.pushing.sandbox.write("r.git/refs/heads/torn", "");
    let (code, said) = watched.look_for_trouble();
    assert!(
        code == Some(1) && said.contains("a ref cannot be read (see `git for-each-ref`)"),
        "{said}"
    );
    assert_eq!(watched.state(), state);
}

#[needs(root)]
#[test]
fn root_looks_as_the_owner_also_where_nothing_was_ever_pushed() {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    sandbox.init_bare("a.git");
    sandbox.write("a.git/hooks.toml", webhook("ci", "http://127.0.0.1:1/"));
    assert!(
        sandbox
            .command("chown", "")
            .args(["-R", "65534", "a.git"])
            .status()
            .unwrap()
            .success()
    );
    let out = sandbox
        .command(program.to_str().unwrap(), "")
        .args(["drain", "--catch-up", "--all", "."])
        .output();
    let out = out.unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let state = std::fs::metadata(sandbox.path("a.git/service-hook/refs")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&state), 65534);
}
