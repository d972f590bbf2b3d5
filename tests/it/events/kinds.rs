//! One push has the same events in repositories of every kind.

use super::repo::Repo;
use git_service_hook::git::Repository;
use git_service_hook::push::{Commit, Computed, Needs, RefUpdate};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A repository after a push of every kind of update, and the push.
fn pushed(options: &[&str]) -> (Repo, Vec<RefUpdate>) {
    let mut repo = Repo::with(options);
    repo.line(&[], &["a", "b", "c", "d"]);
    repo.line(&["b"], &["s1", "s2"]);
    repo.commits(&[
        ("m", &["d", "s2"]),
        ("e", &["m"]),
        ("o", &[]),
        ("x", &["c"]),
    ]);
    let (v0, v1) = (
        repo.tag("a", "commit", "v0", "Zero\n"),
        repo.tag("m", "commit", "v1", "One\n"),
    );
    let moves = [
        ("refs/heads/main", "b", "e"),
        ("refs/heads/gone", "c", ""),
        ("refs/heads/orphan", "", "o"),
        ("refs/heads/topic", "s1", "x"),
        ("refs/tags/v1", "", &v1),
        ("refs/changes/1", "", "s2"),
    ];
    let mut updates: Vec<_> = moves
        .iter()
        .map(|(name, old, new)| repo.update(name, old, new))
        .collect();
    repo.set("refs/tags/v0", &v0);
    for (name, _, new) in moves.iter().filter(|(_, _, new)| !new.is_empty()) {
        repo.set(name, new);
    }
    repo.open().order(&mut updates);
    (repo, updates)
}

fn events_at(path: &Path, updates: &[RefUpdate]) -> Vec<Computed> {
    Repository::open(path)
        .unwrap()
        .events(updates, &Needs::everything(2048))
}

/// What a repository of the plain kind has: loose and packed refs, one pack.
fn plain() -> Vec<Computed> {
    let (repo, updates) = pushed(&[]);
    let events = events_at(&repo.sandbox.path("repo.git"), &updates);
    assert_eq!(
        events
            .iter()
            .map(|c| c.event.total_commits)
            .collect::<Vec<_>>(),
        [6, 0, 1, 2, 3, 1]
    );
    assert!(events.iter().all(|computed| computed.event.error.is_none()));
    events
}

/// Asserts that what was done to the repository changes nothing.
fn alike(what: &str, change: impl FnOnce(&Repo)) {
    let (repo, updates) = pushed(&[]);
    change(&repo);
    assert_eq!(
        events_at(&repo.sandbox.path("repo.git"), &updates),
        plain(),
        "{what}"
    );
}

fn all_commits(repo: &Repo) -> Vec<String> {
    repo.lines(&["rev-list", "--all"])
}

#[test]
fn objects_are_found_however_they_are_packed() {
    alike("one pack with a bitmap", |repo| {
        drop(repo.git(&["repack", "-adfbq"]));
    });
    alike("long chains of deltas", |repo| {
        drop(repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]));
    });
    alike("a multi-pack-index with a bitmap", |repo| {
        each_commit_a_pack(repo);
        repo.git(&["multi-pack-index", "write", "--bitmap", "--no-progress"]);
    });
    alike("many packs", each_commit_a_pack);
    alike("a stale multi-pack-index", |repo| {
        repo.git(&["repack", "-adq"]);
        repo.git(&["multi-pack-index", "write", "--no-progress"]);
        each_commit_a_pack(repo);
    });
    alike("a pack of what no ref has any more", |repo| {
        repo.git(&["repack", "--cruft", "-dq"]);
        repo.git(&["gc", "-q", "--cruft", "--prune=never"]);
    });
    alike("loose objects alone", |repo| {
        let pack = repo.git_with(&["pack-objects", "-q", "--all", "../spare"], b"");
        for entry in std::fs::read_dir(repo.sandbox.path("repo.git/objects/pack")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let bytes = std::fs::read(repo.sandbox.path(&format!("spare-{pack}.pack"))).unwrap();
        repo.git_with(&["unpack-objects", "-q"], &bytes);
    });
}

fn each_commit_a_pack(repo: &Repo) {
    for commit in all_commits(repo) {
        repo.git_with(
            &["pack-objects", "-q", "--revs", "objects/pack/pack"],
            commit.as_bytes(),
        );
    }
}

#[test]
fn refs_are_found_however_they_are_kept() {
    alike("packed alone", |repo| {
        drop(repo.git(&["pack-refs", "--all", "--prune"]));
    });
    alike("packed and moved since", |repo| {
        let main = repo.git(&["rev-parse", "refs/heads/main"]);
        repo.git(&["update-ref", "refs/heads/main", "refs/tags/v0^{}"]);
        repo.git(&["pack-refs", "--all"]);
        repo.git(&["update-ref", "refs/heads/main", &main]);
    });
}

#[needs(reftable)]
#[test]
fn a_push_to_a_reftable_gives_the_same_event() {
    let (repo, updates) = pushed(&["--ref-format=reftable"]);
    assert_eq!(events_at(&repo.sandbox.path("repo.git"), &updates), plain());
}

#[test]
fn a_sha256_repository_differs_in_its_ids_alone() {
    let facts = |events: Vec<Computed>| {
        let fact = |c: &Commit| {
            (
                c.message.clone(),
                c.distinct,
                c.added.clone(),
                c.parents.len(),
            )
        };
        let commits = |c: &Computed| c.event.commits.iter().map(fact).collect::<Vec<_>>();
        events
            .iter()
            .map(|c| {
                (
                    c.event.change,
                    c.event.base.is_some(),
                    commits(c),
                    c.scan.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let (repo, updates) = pushed(&["--object-format=sha256"]);
    repo.git(&["repack", "-adfq"]);
    repo.git(&["commit-graph", "write", "--reachable", "--no-progress"]);
    assert_eq!(
        facts(events_at(&repo.sandbox.path("repo.git"), &updates)),
        facts(plain())
    );
}

#[test]
fn a_commit_graph_of_any_kind_changes_nothing() {
    let write = ["commit-graph", "write", "--no-progress", "--stdin-commits"];
    let half = |repo: &Repo| {
        repo.lines(&["rev-list", "refs/heads/orphan", "refs/changes/1"])
            .join("\n")
    };
    alike("whole", |repo| {
        drop(repo.git_with(&write, all_commits(repo).join("\n").as_bytes()));
    });
    alike("stale", |repo| {
        drop(repo.git_with(&write, half(repo).as_bytes()));
    });
    alike("with paths", |repo| {
        let all = all_commits(repo).join("\n");
        repo.git_with(&[&write[..], &["--changed-paths"]].concat(), all.as_bytes());
    });
    let chain = [&write[..], &["--split=no-merge"]].concat();
    let split = |repo: &Repo| {
        repo.git_with(&chain, half(repo).as_bytes());
        repo.git_with(&chain, all_commits(repo).join("\n").as_bytes());
    };
    let graphs = |repo: &Repo| repo.sandbox.path("repo.git/objects/info/commit-graphs");
    alike("a chain", split);
    alike("a chain that names a file that is gone", |repo| {
        split(repo);
        let files = std::fs::read_dir(graphs(repo))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let graph = files
            .into_iter()
            .find(|file| file.extension().is_some_and(|e| e == "graph"))
            .unwrap();
        std::fs::remove_file(graph).unwrap();
    });
    alike("a chain that is none", |repo| {
        split(repo);
        let list = graphs(repo).join("commit-graph-chain");
        std::fs::remove_file(&list).unwrap();
        std::fs::write(list, "nonsense\n").unwrap();
    });
    alike("one that knows a commit that is gone", |repo| {
        let gone = repo.git(&[
            "commit-tree",
            "-p",
            "refs/heads/main",
            "-m",
            "gone",
            "refs/heads/main^{tree}",
        ]);
        repo.git_with(
            &write,
            format!("{gone}\n{}", all_commits(repo).join("\n")).as_bytes(),
        );
        repo.git(&["prune", "--expire=now"]);
    });
}

#[test]
fn a_push_to_a_fork_network_gives_the_same_event() {
    let (repo, updates) = pushed(&[]);
    let clone = ["clone", "-q", "--mirror", "--shared"];
    repo.sandbox
        .git("", &[&clone[..], &["repo.git", "fork.git"]].concat());
    repo.sandbox.git(
        "",
        &[&clone[..], &["fork.git", "fork of a fork.git"]].concat(),
    );
    assert_eq!(events_at(&repo.sandbox.path("fork.git"), &updates), plain());
    assert_eq!(
        events_at(&repo.sandbox.path("fork of a fork.git"), &updates),
        plain()
    );
    std::fs::write(
        repo.sandbox.path("fork.git/objects/info/alternates"),
        "../../repo.git/objects\n",
    )
    .unwrap();
    assert_eq!(
        events_at(&repo.sandbox.path("fork of a fork.git"), &updates),
        plain(),
        "a relative path"
    );
}

#[test]
fn a_push_to_work_trees_and_links_gives_the_same_event() {
    let (repo, updates) = pushed(&[]);
    repo.sandbox.git("", &["clone", "-q", "repo.git", "work"]);
    repo.sandbox.git(
        "work",
        &[
            "fetch",
            "-q",
            "--update-head-ok",
            "origin",
            "+refs/*:refs/*",
        ],
    );
    repo.sandbox
        .git("work", &["worktree", "add", "-q", "--detach", "../linked"]);
    for path in ["work", "work/.git", "linked", "work/.git/worktrees/linked"] {
        assert_eq!(
            events_at(&repo.sandbox.path(path), &updates),
            plain(),
            "{path}"
        );
    }
    repo.sandbox
        .git("work", &["config", "extensions.worktreeConfig", "true"]);
    repo.sandbox.git(
        "linked",
        &["config", "--worktree", "core.commitGraph", "false"],
    );
    assert_eq!(events_at(&repo.sandbox.path("linked"), &updates), plain());
}

#[test]
fn a_push_to_a_blobless_clone_gives_the_same_event_and_fetches_nothing() {
    let (repo, updates) = pushed(&[]);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.sandbox.path("repo.git").display());
    repo.sandbox.git(
        "",
        &[
            "clone",
            "-q",
            "--mirror",
            "--filter=blob:none",
            &url,
            "partial.git",
        ],
    );
    repo.sandbox.git(
        "partial.git",
        &["fetch", "-q", "origin", updates[1].old.as_str()],
    );
    repo.sandbox.git(
        "partial.git",
        &["config", "remote.origin.url", "file:///nowhere"],
    );
    assert_eq!(
        events_at(&repo.sandbox.path("partial.git"), &updates),
        plain()
    );
}

/// Tells the push over and over while something else goes on.
fn events_while(repo: &Repo, updates: &[RefUpdate], mut meanwhile: impl FnMut(usize) + Send) {
    let (path, plain, done) = (
        repo.sandbox.path("repo.git"),
        plain(),
        AtomicBool::new(false),
    );
    std::thread::scope(|threads| {
        let other = threads.spawn(|| {
            (0..40).for_each(&mut meanwhile);
            done.store(true, Ordering::Relaxed);
        });
        let open = Repository::open(&path).unwrap();
        let mut turns = 0;
        while !done.load(Ordering::Relaxed) && !other.is_finished() {
            for (when, now) in [
                ("now", events_at(&path, updates)),
                ("before", open.events(updates, &Needs::everything(2048))),
            ] {
                assert!(
                    now == plain,
                    "opened {when}: {:#?}",
                    now.iter().map(shown).collect::<Vec<_>>()
                );
            }
            turns += 1;
        }
        assert!(turns > 10, "events were computed {turns} times meanwhile");
    });
}

/// An event in few words.
fn shown(computed: &Computed) -> String {
    let event = &computed.event;
    let commit = |c: &Commit| {
        format!(
            "{}{}",
            c.message,
            if c.files_truncated {
                " without paths"
            } else {
                ""
            }
        )
    };
    let commits = event
        .commits
        .iter()
        .map(commit)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "{} {:?}: {commits} {:?}",
        event.update.name.display(),
        event.change,
        event.error
    )
}

/// Packs vanish and appear below an open repository; what is reachable is always there.
#[test]
fn gc_that_runs_meanwhile_changes_nothing() {
    let (mut repo, updates) = pushed(&[]);
    repo.set("refs/keep/topic", "s1");
    repo.set("refs/keep/gone", "c");
    events_while(&repo, &updates, |turn| {
        repo.git(&[
            "repack",
            "-adfq",
            if turn % 2 == 0 {
                "--window=1"
            } else {
                "--window=20"
            },
        ]);
        repo.git(&["gc", "-q", "--prune=now"]);
        repo.git(&[
            "commit-graph",
            "write",
            "--reachable",
            "--no-progress",
            "--split",
        ]);
    });
}

/// A ref moves from a file of its own into the packed file, and is somewhere at any time.
#[test]
fn refs_that_are_packed_meanwhile_are_not_overlooked() {
    let (repo, updates) = pushed(&[]);
    let git_dir = repo.sandbox.path("repo.git");
    let refs = repo.lines(&["for-each-ref", "--format=%(objectname) %(refname)"]);
    events_while(&repo, &updates, |_| {
        for (id, name) in refs.iter().map(|line| line.split_once(' ').unwrap()) {
            std::fs::create_dir_all(git_dir.join(name).parent().unwrap()).unwrap();
            std::fs::write(git_dir.join("being-written"), format!("{id}\n")).unwrap();
            std::fs::rename(git_dir.join("being-written"), git_dir.join(name)).unwrap();
        }
        repo.git(&["pack-refs", "--all", "--prune"]);
    });
}
