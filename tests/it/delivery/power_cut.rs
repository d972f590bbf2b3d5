//! The power is cut: the machine starts again with what its disk has got by then, and with nothing else.
//!
//! The repository lies on ext4 on a loop device. A copy of the file behind the device, taken at any moment, is what a disk
//! would have: what was written and not synced is missing. The copy counts if a second one has the same content, so that
//! nothing was written in between.

use super::{Pushing, seen, webhook};
use crate::support::PROGRAM;
use crate::support::receiver::{Answer, Receiver};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const CUTS: usize = 12;

/// Pushes until there were enough cuts, and then lets each copy of the disk be drained where it is mounted. A delivery that
/// was interrupted is requested again, since its pause is not over.
const SCRIPT: &str = r#"
    set -e
    truncate -s 24M disk
    mkfs.ext4 -qF -d r.git disk
    mount -o loop,commit=60 disk r.git
    touch pushed
    (
        trap 'touch over' EXIT
        cut=0
        while [ "$cut" -lt "$CUTS" ]; do
            count=$(wc -l <pushed)
            cp disk copy
            if cmp -s disk copy; then
                mv copy "cut-$cut"
                echo "$count" >"cut-$cut.count"
                cut=$((cut + 1))
            fi
            sleep 0.05
        done
    ) &
    cd c
    n=0
    while [ ! -e ../over ]; do
        n=$((n + 1))
        echo "$n" >file.txt
        git commit -qam "m$n"
        git push -q origin "HEAD:refs/heads/b$n"
        echo "$n" >>../pushed
    done
    cd ..
    wait
    mkdir after
    for cut in cut-*[0-9]; do
        mount -o loop "$cut" after
        "$PROGRAM" -C after drain || echo "$cut: drain failed"
        "$PROGRAM" -C after redeliver --pending || echo "$cut: redeliver failed"
        "$PROGRAM" -C after deliveries --json -n 1000 >"$cut.json"
        umount after
    done
"#;

#[needs(loop)]
#[test]
fn after_a_power_cut_no_push_is_lost_and_none_has_a_second_id() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let sandbox = &pushing.sandbox;
    sandbox.git("r.git", &["config", "core.fsync", "all"]);
    let mut command = sandbox.command("unshare", "");
    command.args(["--mount", "sh", "-c", SCRIPT]);
    command
        .env("PROGRAM", PROGRAM)
        .env("CUTS", CUTS.to_string());
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", seen(&out));

    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |name: &Value, id: &str| {
        let name = name.as_str().unwrap().to_owned();
        ids.entry(name).or_default().insert(id.to_owned());
    };
    for request in receiver.got() {
        add(
            &request.json()["ref"],
            request.header("X-Coding-Delivery").unwrap(),
        );
    }
    for cut in 0..CUTS {
        let read = |ending: &str| {
            std::fs::read_to_string(sandbox.path(&format!("cut-{cut}{ending}"))).unwrap()
        };
        let mut delivered = BTreeSet::new();
        for line in read(".json").lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            add(&row["ref"], row["id"].as_str().unwrap());
            assert_eq!(row["state"], "delivered", "cut {cut}: {row}");
            delivered.insert(row["ref"].as_str().unwrap().to_owned());
        }
        for n in 1..=read(".count").trim().parse().unwrap() {
            let name = format!("refs/heads/b{n}");
            assert!(
                delivered.contains(&name),
                "cut {cut} has lost push {n}: {}",
                seen(&out)
            );
        }
    }
    let pushed = std::fs::read_to_string(sandbox.path("pushed")).unwrap();
    assert_eq!(ids.len(), pushed.lines().count());
    assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
}
