//! Repositories of every kind: where they are, how they are opened, how they keep their refs and their history.

use super::repo::{Repo, distinct, messages};
use crate::support::Sandbox;
use git_service_hook::environment::Environment;
use git_service_hook::git::{Repository, find};
use git_service_hook::push::{ObjectId, RefName, RefUpdate};
use std::path::Path;

const MAIN: &str = "refs/heads/main";

fn main_of_four(options: &[&str]) -> Repo {
    let mut repo = Repo::with(options);
    repo.line(&[], &["a", "b", "c", "d"]);
    repo.set(MAIN, "b");
    repo
}

fn name(path: &Path) -> String {
    Repository::open(path).unwrap().directory_name()
}

#[test]
fn every_form_of_repository_opens_and_has_its_name() {
    let sandbox = Sandbox::new();
    sandbox.init_bare("team/with space 名.git");
    sandbox.init_bare("plain");
    sandbox.init("work");
    sandbox.git(
        "",
        &[
            "init",
            "-q",
            "--separate-git-dir",
            &sandbox.path("elsewhere.git").display().to_string(),
            "apart",
        ],
    );
    sandbox.commit("work", "f", "x", "First");
    sandbox.git("work", &["worktree", "add", "-q", "../linked"]);
    std::os::unix::fs::symlink(sandbox.path("plain"), sandbox.path("link.git")).unwrap();
    for (path, expected, git_dir) in [
        (
            "team/with space 名.git",
            "with space 名",
            "team/with space 名.git",
        ),
        (
            "team/with space 名.git/",
            "with space 名",
            "team/with space 名.git",
        ),
        ("plain", "plain", "plain"),
        ("link.git", "plain", "plain"),
        ("work", "work", "work/.git"),
        ("work/.git", "work", "work/.git"),
        ("apart", "apart", "elsewhere.git"),
        ("linked", "work", "work/.git"),
        ("work/.git/worktrees/linked", "work", "work/.git"),
    ] {
        let repository = Repository::open(&sandbox.path(path)).unwrap();
        assert_eq!(repository.directory_name(), expected, "{path}");
        assert_eq!(
            repository.git_dir(),
            sandbox.path(git_dir).canonicalize().unwrap(),
            "{path}"
        );
    }
    assert_eq!(name(&sandbox.path("elsewhere.git")), "elsewhere");
}

#[test]
fn a_directory_without_a_repository_has_a_clear_error() {
    let sandbox = Sandbox::new();
    let error = Repository::open(&sandbox.path(""))
        .err()
        .unwrap()
        .to_string();
    assert!(error.ends_with("is not a Git repository"), "{error}");
    let error = Repository::open(&sandbox.path("nowhere"))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("nowhere: No such file"), "{error}");
    let environment = Environment::from([("GIT_DIR", "/nowhere")]);
    assert!(
        find(&environment, None)
            .err()
            .unwrap()
            .to_string()
            .starts_with("GIT_DIR: cannot open /nowhere")
    );
}

#[test]
fn git_dir_is_believed_unless_a_directory_is_named_and_parents_are_searched() {
    let sandbox = Sandbox::new();
    sandbox.init_bare("one.git");
    sandbox.init("two");
    sandbox.write("two/deep/er/file", "x");
    let absolute = sandbox.path("one.git").display().to_string();
    let environment = Environment::from([("GIT_DIR", absolute.as_str())]);
    assert_eq!(find(&environment, None).unwrap().directory_name(), "one");
    assert_eq!(
        find(&environment, Some(&sandbox.path("two/deep/er")))
            .unwrap()
            .directory_name(),
        "two"
    );
    assert_eq!(
        find(&Environment::default(), Some(&sandbox.path("one.git/refs")))
            .unwrap()
            .directory_name(),
        "one"
    );
}

/// The configuration that calls a directory safe is the process's own, so the test runs itself once more with it.
#[needs(root)]
#[test]
fn a_repository_of_another_user_is_refused_unless_git_calls_it_safe() {
    const SAFE: &str = "TEST_OPENS_SAFE_DIRECTORY";
    if let Some(path) = std::env::var_os(SAFE) {
        Repository::open(Path::new(&path)).unwrap();
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.init_bare("theirs.git");
    let path = sandbox.path("theirs.git").canonicalize().unwrap();
    let given = sandbox
        .command("chown", "")
        .args(["-R", "12345", "theirs.git"])
        .status()
        .unwrap();
    assert!(given.success());
    let error = Repository::open(&path).err().unwrap().to_string();
    assert!(
        error.contains("belongs to uid 12345") && error.contains("safe.directory"),
        "{error}"
    );
    let this = std::env::current_exe().unwrap();
    let name =
        "events::repositories::a_repository_of_another_user_is_refused_unless_git_calls_it_safe";
    for (directory, opens) in [
        ("/elsewhere", false),
        ("*", true),
        (path.to_str().unwrap(), true),
    ] {
        sandbox.git(
            "",
            &[
                "config",
                "--global",
                "--replace-all",
                "safe.directory",
                directory,
            ],
        );
        let mut command = sandbox.command(this.to_str().unwrap(), "");
        let out = command
            .args(["--exact", name])
            .env(SAFE, &path)
            .output()
            .unwrap();
        assert_eq!(
            out.status.success(),
            opens,
            "{directory}: {}",
            String::from_utf8_lossy(&out.stdout)
        );
    }
}

#[test]
fn settings_of_git_are_read() {
    let repo = Repo::new();
    assert_eq!(
        (repo.open().shared_mode(), repo.open().hooks_path()),
        (0, None)
    );
    repo.git(&["config", "core.sharedRepository", "group"]);
    repo.git(&["config", "core.hooksPath", "our-hooks"]);
    assert_eq!(repo.open().shared_mode(), 0o060);
    assert_eq!(
        repo.open().hooks_path().unwrap(),
        repo.open().git_dir().join("our-hooks")
    );
    repo.git(&["config", "core.sharedRepository", "0664"]);
    repo.git(&["config", "core.hooksPath", "/srv/hooks"]);
    assert_eq!(repo.open().shared_mode(), 0o664);
    assert_eq!(repo.open().hooks_path().unwrap(), Path::new("/srv/hooks"));
}

#[test]
fn the_default_branch_is_heads_though_it_does_not_exist() {
    let repo = Repo::new();
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/trunk/main"]);
    assert_eq!(repo.open().default_branch().as_deref(), Some("trunk/main"));
    let mut repo = main_of_four(&[]);
    let id = repo.id("a");
    repo.git(&["update-ref", "--no-deref", "HEAD", &id]);
    assert_eq!(repo.open().default_branch(), None, "HEAD is detached");
}

#[test]
fn revisions_mean_what_they_mean_to_git() {
    let mut repo = main_of_four(&[]);
    let (a, b) = (repo.id("a"), repo.id("b"));
    let repository = repo.open();
    for (revision, id) in [
        ("main", Some(&b)),
        ("HEAD~1", Some(&a)),
        (&b[..9], Some(&b)),
        ("nothing", None),
        ("-q", None),
    ] {
        let expected = id.and_then(|id| ObjectId::parse(id));
        assert_eq!(repository.resolve(revision), expected, "{revision}");
    }
    assert!(repository.resolve(&"0".repeat(40)).unwrap().is_null());
}

#[test]
fn the_newest_commit_is_an_update_from_its_first_parent_and_a_tag_is_created() {
    let mut repo = main_of_four(&[]);
    assert_eq!(repo.open().newest(None), Some(repo.update(MAIN, "a", "b")));
    repo.set("refs/heads/root", "a");
    assert_eq!(
        repo.open().newest(Some(&RefName::new("refs/heads/root"))),
        Some(repo.update("refs/heads/root", "", "a"))
    );
    let tag = repo.tag("c", "commit", "v1", "V1\n");
    repo.set("refs/tags/v1", &tag);
    assert_eq!(
        repo.open().newest(Some(&RefName::new("refs/tags/v1"))),
        Some(repo.update("refs/tags/v1", "", &tag))
    );
    repo.set("refs/heads/newer", "d");
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    assert_eq!(
        repo.open().newest(None),
        Some(repo.update("refs/heads/newer", "c", "d"))
    );
    assert_eq!(
        repo.open().newest(Some(&RefName::new("refs/heads/none"))),
        None
    );
}

#[test]
fn a_sha256_repository_gives_the_same_event() {
    let mut repo = main_of_four(&["--object-format=sha256"]);
    let event = repo.push_one(MAIN, "b", "c");
    assert_eq!(
        (messages(&event), event.update.new.as_str().len()),
        (vec!["c"], 64)
    );
    assert_eq!(repo.push_one("refs/heads/topic", "", "d").total_commits, 1);
    assert_eq!(repo.push_one("refs/heads/topic", "d", "").head_commit, None);
}

#[needs(reftable)]
#[test]
fn a_reftable_repository_gives_the_same_event() {
    let mut repo = main_of_four(&["--ref-format=reftable"]);
    assert_eq!(repo.open().default_branch().as_deref(), Some("main"));
    let event = repo.push_one("refs/heads/topic", "", "c");
    assert_eq!(
        (messages(&event), distinct(&event)),
        (vec!["c"], vec![true])
    );
    assert_eq!(messages(&repo.push_one(MAIN, "b", "d")), ["c", "d"]);
    assert_eq!(repo.open().newest(None), Some(repo.update(MAIN, "c", "d")));
}

#[test]
fn packed_refs_count_like_loose_ones() {
    let mut repo = main_of_four(&[]);
    let tag = repo.tag("c", "commit", "v1", "V1\n");
    repo.set("refs/tags/v1", &tag);
    repo.git(&["pack-refs", "--all"]);
    assert_eq!(messages(&repo.push_one("refs/heads/topic", "", "d")), ["d"]);
}

#[test]
fn commits_of_an_alternate_are_new_unless_a_ref_here_has_them() {
    let mut repo = main_of_four(&[]);
    repo.sandbox.git(
        "",
        &[
            "clone", "-q", "--bare", "--shared", "-b", "main", "repo.git", "fork.git",
        ],
    );
    let fork = Repository::open(&repo.sandbox.path("fork.git")).unwrap();
    let event = fork
        .events(&[repo.update(MAIN, "b", "d")], &repo.needs)
        .remove(0)
        .event;
    assert_eq!(
        (messages(&event), distinct(&event), event.error.clone()),
        (vec!["c", "d"], vec![true, true], None)
    );
}

/// Git takes what is there: each directory once, relative ones from where they are named.
#[test]
fn missing_and_circular_alternates_are_ignored() {
    let mut repo = main_of_four(&[]);
    repo.sandbox.git(
        "",
        &[
            "clone", "-q", "--bare", "--shared", "-b", "main", "repo.git", "fork.git",
        ],
    );
    repo.sandbox.init_bare("deep/between.git");
    let gone = repo.sandbox.path("gone.git/objects");
    repo.sandbox.write(
        "fork.git/objects/info/alternates",
        format!(
            "# of no use\n{}\n../../deep/between.git/objects\n",
            gone.display()
        ),
    );
    repo.sandbox.write(
        "deep/between.git/objects/info/alternates",
        "../../../repo.git/objects\n",
    );
    repo.sandbox.write(
        "repo.git/objects/info/alternates",
        "../../fork.git/objects\n",
    );
    let update = repo.update(MAIN, "b", "d");
    let range = format!("{}..{}", update.old, update.new);
    assert_eq!(
        repo.sandbox
            .git("fork.git", &["rev-list", "--count", &range]),
        "2"
    );
    for pack in [false, true] {
        if pack {
            repo.sandbox.git(
                "repo.git",
                &["repack", "-q", "-d", "-a", "-l", "--keep-unreachable"],
            );
        }
        let fork = Repository::open(&repo.sandbox.path("fork.git")).unwrap();
        let event = fork
            .events(std::slice::from_ref(&update), &repo.needs)
            .remove(0)
            .event;
        assert_eq!(
            (messages(&event), event.error.clone()),
            (vec!["c", "d"], None)
        );
    }
}

#[test]
fn a_shallow_repository_ends_at_its_boundary_and_is_flagged() {
    let mut repo = main_of_four(&[]);
    repo.set(MAIN, "d");
    let url = format!("file://{}", repo.sandbox.path("repo.git").display());
    repo.sandbox.git(
        "",
        &[
            "clone",
            "-q",
            "--bare",
            "--depth=2",
            "-b",
            "main",
            &url,
            "shallow.git",
        ],
    );
    repo.sandbox.git("shallow.git", &["update-ref", "-d", MAIN]);
    let shallow = Repository::open(&repo.sandbox.path("shallow.git")).unwrap();
    let event = shallow
        .events(&[repo.update(MAIN, "", "d")], &repo.needs)
        .remove(0)
        .event;
    assert_eq!(
        (messages(&event), event.shallow, event.error.clone()),
        (vec!["c", "d"], true, None)
    );
    assert_eq!(
        event.commits[0].added,
        ["a.txt", "b.txt", "c.txt"],
        "the boundary counts as a root"
    );
    let event = shallow
        .events(&[repo.update(MAIN, "c", "d")], &repo.needs)
        .remove(0)
        .event;
    assert_eq!((messages(&event), event.shallow), (vec!["d"], false));
}

#[test]
fn replacements_never_change_an_event_and_grafts_do() {
    let mut repo = main_of_four(&[]);
    repo.commit("other", &["a"]);
    repo.git(&["config", "core.useReplaceRefs", "true"]);
    let (c, other) = (repo.id("c"), repo.id("other"));
    let tree = |commit: &str| repo.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
    let trees = (tree(&c), tree(&other));
    let whole = repo.push_one(MAIN, "b", "d");
    repo.git(&["replace", "-f", &trees.0, &trees.1]);
    repo.git(&["replace", &c, &other]);
    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adq"]);
            repo.git(&["pack-refs", "--all"]);
        }
        repo.set(MAIN, "b");
        let event = repo.push_one(MAIN, "b", "d");
        assert_eq!(event, whole, "packed: {packed}");
    }
    repo.git(&["replace", "-d", &c, &trees.0]);
    repo.set(MAIN, "b");
    repo.push_one(MAIN, "b", "d");
    let (d, a) = (repo.id("d"), repo.id("a"));
    repo.sandbox
        .write("repo.git/info/grafts", format!("{d} {a}\n"));
    let event = repo.push_one("refs/changes/1", "", "d");
    assert_eq!(event.total_commits, 0, "main has d by now");
    repo.set("refs/changes/2", "b");
    let event = repo.push_one("refs/changes/2", "b", "d");
    assert_eq!(
        (messages(&event), event.commits[0].parents.len()),
        (vec!["d"], 1)
    );
}

#[test]
fn a_partial_clone_fetches_nothing_and_lists_its_files() {
    let mut repo = main_of_four(&[]);
    repo.set(MAIN, "d");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.sandbox.path("repo.git").display());
    for (filter, files, error) in [("blob:none", 1, false), ("tree:0", 0, false)] {
        let name = format!("{}.git", filter.replace(':', "-"));
        repo.sandbox.git(
            "",
            &[
                "clone", "-q", "--bare", "--filter", filter, "-b", "main", &url, &name,
            ],
        );
        repo.sandbox
            .git(&name, &["config", "remote.origin.url", "file:///nowhere"]);
        let partial = Repository::open(&repo.sandbox.path(&name)).unwrap();
        let event = partial
            .events(&[repo.update(MAIN, "c", "d")], &repo.needs)
            .remove(0)
            .event;
        assert_eq!(
            (event.commits[0].added.len(), event.error.is_some()),
            (files, error),
            "{filter}"
        );
        assert_eq!(event.commits[0].files_truncated, files == 0, "{filter}");
    }
}

#[test]
fn a_commit_graph_present_stale_or_damaged_changes_nothing() {
    let event = |repo: &mut Repo| {
        let updates: Vec<RefUpdate> = vec![
            repo.update(MAIN, "b", "d"),
            repo.update("refs/heads/new", "", "c"),
        ];
        repo.open().events(&updates, &repo.needs)
    };
    let mut repo = main_of_four(&[]);
    let without = event(&mut repo);
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert_eq!(event(&mut repo), without, "stale: c and d are not in it");
    let all = ["a", "b", "c", "d"].map(|name| repo.id(name)).join("\n");
    repo.git_with(
        &["commit-graph", "write", "--stdin-commits"],
        all.as_bytes(),
    );
    assert_eq!(event(&mut repo), without, "present");
    let path = repo.sandbox.path("repo.git/objects/info/commit-graph");
    let whole = std::fs::read(&path).unwrap();
    let out = repo
        .sandbox
        .command("chmod", "")
        .arg("u+w")
        .arg(&path)
        .output()
        .unwrap();
    assert!(out.status.success());
    for cut in [
        whole[..whole.len() / 2].to_vec(),
        b"nonsense".to_vec(),
        Vec::new(),
    ] {
        std::fs::write(&path, cut).unwrap();
        assert_eq!(event(&mut repo), without, "damaged");
    }
}
