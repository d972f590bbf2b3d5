//! A disk that is full, for real.

use super::{Pushing, seen, webhook};
use crate::support::receiver::{Answer, Receiver};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

/// Runs a script with `service-hook/` on a file system of that size, which is gone with the script: it is mounted in a
/// namespace of its own.
fn on_disk_of(pushing: &Pushing, size: &str, script: &str) -> Output {
    let spool = pushing.sandbox.path("r.git/service-hook");
    std::fs::create_dir(&spool).unwrap();
    let script = format!("mount -t tmpfs -o size={size},mode=700 tmpfs \"$1\" || exit 9; {script}");
    let mut command = pushing.sandbox.command("unshare", "c");
    command
        .args(["-m", "sh", "-c", &script, "sh"])
        .arg(&spool)
        .output()
        .unwrap()
}

#[needs(mount)]
#[test]
fn on_a_full_disk_the_push_succeeds_is_sent_from_memory_and_says_so() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let script = "mkdir \"$1\"/pending \"$1\"/done \"$1\"/corrupt \"$1\"/lane
        dd if=/dev/zero of=\"$1/fill\" bs=1k count=100 2>/dev/null
        git push -q origin HEAD:main";
    let out = on_disk_of(&pushing, "64k", script);
    let said = seen(&out);
    assert!(out.status.success(), "{said}");
    assert!(
        said.contains("not recorded: ") && said.contains("ci: delivered"),
        "{said}"
    );
    assert_eq!(receiver.got().len(), 1);
}

#[needs(mount)]
#[test]
fn while_a_disk_fills_up_no_push_is_lost_or_reported_under_two_ids() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    // A megabyte with room for some twenty records; then there is room again.
    let script = format!(
        "dd if=/dev/zero of=\"$1/fill\" bs=1k count=920 2>/dev/null
        for n in $(seq 40); do
            echo $n >file.txt && git commit -qam \"m$n\" && git push -q origin HEAD:main || exit 1
        done
        rm \"$1/fill\"
        for n in $(seq 60); do
            {program} -C ../r.git drain
            [ -z \"$(ls \"$1/pending\")\" ] && exit 0
            sleep 0.2
        done
        exit 3",
        program = crate::support::PROGRAM
    );
    let out = on_disk_of(&pushing, "1m", &script);
    let said = seen(&out);
    assert!(out.status.success(), "{said}");
    assert!(
        said.contains("not recorded: ") && said.contains("ci: delivered"),
        "it was full, and went on: {said}"
    );
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in receiver.got() {
        let id = request.header("X-Coding-Delivery").unwrap().to_owned();
        ids.entry(request.json()["after"].as_str().unwrap().to_owned())
            .or_default()
            .insert(id);
    }
    assert_eq!(ids.len(), 40, "every push is delivered: {said}");
    assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
}
