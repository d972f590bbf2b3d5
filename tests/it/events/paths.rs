//! Changed paths; [`Repo::push`] compares each commit's with `git diff-tree`.

use super::repo::Repo;
use git_service_hook::push::Commit;

const MAIN: &str = "refs/heads/main";

/// A commit on one that has `old`, with `new` done to it.
fn change(old: &[(&str, &str)], new: &[&str]) -> Commit {
    let mut repo = Repo::new();
    repo.commit_with("old", &[], |draft| {
        old.iter()
            .fold(draft, |d, (mode, path)| d.entry(mode, path, "text"))
    });
    repo.commit_with("new", &["old"], |draft| {
        new.iter().fold(draft, |d, line| d.line(line))
    });
    repo.set(MAIN, "old");
    repo.push_one(MAIN, "old", "new").head_commit.unwrap()
}

fn lists(commit: &Commit) -> [Vec<&str>; 3] {
    [&commit.added, &commit.removed, &commit.modified]
        .map(|list| list.iter().map(String::as_str).collect())
}

const INLINE: &str = "data 3\nnew";
const SUBMODULE: &str = "1111111111111111111111111111111111111111";

#[test]
fn added_removed_and_modified_paths_are_distinguished() {
    let add = format!("M 100644 inline b\n{INLINE}");
    let modify = format!("M 100644 inline a\n{INLINE}");
    let commit = change(
        &[("100644", "a"), ("100644", "gone")],
        &[&add, &modify, "D gone"],
    );
    assert_eq!(lists(&commit), [vec!["b"], vec!["gone"], vec!["a"]]);
}

#[test]
fn a_change_of_mode_or_of_type_is_a_modification() {
    let executable = "M 100755 inline a\ndata 4\ntext";
    let link = "M 120000 inline b\ndata 4\ntext";
    let submodule = format!("M 160000 {SUBMODULE} c");
    let commit = change(
        &[("100644", "a"), ("100644", "b"), ("100644", "c")],
        &[executable, link, &submodule],
    );
    assert_eq!(lists(&commit), [vec![], vec![], vec!["a", "b", "c"]]);
}

#[test]
fn a_file_that_becomes_a_directory_is_removed_and_its_files_added() {
    let inside = format!("M 100644 inline a/x\n{INLINE}");
    let dotted = format!("M 100644 inline a.c\n{INLINE}");
    let commit = change(
        &[("100644", "a"), ("100644", "a.c")],
        &["D a", &inside, &dotted],
    );
    assert_eq!(lists(&commit), [vec!["a/x"], vec!["a"], vec!["a.c"]]);
}

#[test]
fn renames_and_copies_are_not_guessed() {
    let commit = change(
        &[("100644", "dir/a"), ("100644", "B")],
        &["R dir/a dir/z", "R B b", "C dir/z copy"],
    );
    assert_eq!(
        lists(&commit),
        [vec!["b", "copy", "dir/z"], vec!["B", "dir/a"], vec![]]
    );
}

#[test]
fn submodules_are_paths_like_others() {
    let mut repo = Repo::new();
    let other = "2".repeat(40);
    repo.commit("old", &[]);
    repo.commit_with("add", &["old"], |draft| {
        draft.line(&format!("M 160000 {SUBMODULE} lib"))
    });
    repo.commit_with("bump", &["add"], |draft| {
        draft.line(&format!("M 160000 {other} lib"))
    });
    repo.commit_with("remove", &["bump"], |draft| draft.delete("lib"));
    let event = repo.push_one(MAIN, "", "remove");
    assert_eq!(lists(&event.commits[1]), [vec!["lib"], vec![], vec![]]);
    assert_eq!(lists(&event.commits[2]), [vec![], vec![], vec!["lib"]]);
    assert_eq!(lists(&event.commits[3]), [vec![], vec!["lib"], vec![]]);
}

#[test]
fn a_link_that_points_elsewhere_is_modified() {
    let commit = change(
        &[("120000", "link")],
        &["M 120000 inline link\ndata 5\nother"],
    );
    assert_eq!(lists(&commit), [vec![], vec![], vec!["link"]]);
}

#[test]
fn modes_of_old_writers_are_no_change() {
    let mut repo = Repo::new();
    let blob = repo.object("blob", b"x");
    let bytes: Vec<u8> = (0..20)
        .map(|n| u8::from_str_radix(&blob[n * 2..n * 2 + 2], 16).unwrap())
        .collect();
    let tree = |mode: &str| [mode.as_bytes(), b" a\0", &bytes].concat();
    let (old, new) = (
        repo.object("tree", &tree("100664")),
        repo.object("tree", &tree("100644")),
    );
    let commit = |repo: &Repo, tree: &str, parent: &str| {
        let text = format!(
            "tree {tree}\n{parent}author A <a@b> 1714521600 +0000\ncommitter A <a@b> 1714521600 +0000\n\nx\n"
        );
        repo.object("commit", text.as_bytes())
    };
    let first = commit(&repo, &old, "");
    let second = commit(&repo, &new, &format!("parent {first}\n"));
    repo.set(MAIN, &first);
    let event = repo.push_one(MAIN, &first, &second);
    assert_eq!(lists(&event.commits[0]), [vec![""; 0], vec![], vec![]]);
}

#[test]
fn unusual_path_names_are_unchanged() {
    let names = [
        "with space",
        "quo\"te",
        "tab\tin",
        "back\\slash",
        "文件",
        "-dash",
        "new\nline",
    ];
    let mut repo = Repo::new();
    repo.git(&["config", "core.quotePath", "true"]);
    repo.git(&["config", "diff.renames", "copies"]);
    repo.sandbox
        .write("repo.git/info/attributes", "* -diff binary\n");
    let long = format!("{}/file", ["d".repeat(200).as_str(); 20].join("/"));
    repo.commit_with("all", &[], |draft| {
        let quoted = |n: &str| {
            format!(
                "\"{}\"",
                n.replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\n', "\\n")
                    .replace('\t', "\\t")
            )
        };
        names
            .iter()
            .fold(draft, |d, name| d.entry("100644", &quoted(name), "x"))
            .file(&long, "x")
    });
    let commit = repo.push_one(MAIN, "", "all").head_commit.unwrap();
    let mut expected: Vec<_> = names
        .iter()
        .map(|n| (*n).to_owned())
        .chain([long])
        .collect();
    expected.sort();
    assert_eq!((commit.added, commit.paths_lossy), (expected, false));
}

#[test]
fn a_path_that_is_not_utf8_is_replaced_and_flagged_and_filters_see_its_bytes() {
    let mut repo = Repo::new();
    repo.commit_with("odd", &[], |draft| {
        draft.entry("100644", "\"caf\\351\"", "x")
    });
    let computed = repo.push(&[(MAIN, "", "odd")]).remove(0);
    let commit = computed.event.head_commit.unwrap();
    assert_eq!(
        (commit.added, commit.paths_lossy),
        (vec!["caf\u{fffd}".to_owned()], true)
    );
    assert!(computed.scan.paths.contains(&b"caf\xe9"[..]));
}

#[test]
fn three_thousand_paths_are_listed_and_filters_see_all() {
    let mut repo = Repo::new();
    repo.commit_with("many", &[], |draft| {
        (0..3001).fold(draft, |d, n| d.file(&format!("f{n:05}"), "x"))
    });
    repo.commit_with("exact", &["many"], |draft| {
        (0..3000).fold(draft, |d, n| d.delete(&format!("f{n:05}")))
    });
    let computed = repo.push(&[(MAIN, "", "exact")]).remove(0);
    let [many, exact] = &computed.event.commits[..] else {
        panic!("two commits")
    };
    assert_eq!((many.added.len(), many.files_truncated), (3000, true));
    assert_eq!((exact.removed.len(), exact.files_truncated), (3000, false));
    assert_eq!(
        (computed.scan.paths.len(), computed.scan.bounded),
        (3001, false)
    );
    repo.needs.all_paths = false;
    let event = repo.push_one("refs/tags/many", "", "many");
    assert_eq!(event.head_commit.unwrap().added.len(), 3000);
}

#[test]
fn paths_are_read_only_when_somebody_asks() {
    let mut repo = Repo::new();
    repo.commit("a", &[]);
    (
        repo.needs.paths,
        repo.needs.all_paths,
        repo.needs.all_authors,
    ) = (false, false, false);
    let computed = repo.push(&[(MAIN, "", "a")]).remove(0);
    assert_eq!(
        (computed.event.error, computed.event.commits[0].added.len()),
        (None, 0)
    );
    assert!(computed.scan.paths.is_empty());
}

#[test]
fn filters_see_the_paths_of_commits_that_are_not_listed_and_of_the_whole_update() {
    let mut repo = Repo::new();
    repo.line(&[], &["a", "b", "c"]);
    repo.commit("side", &["a"]);
    repo.set(MAIN, "side");
    repo.needs.max_commits = 1;
    let computed = repo.push(&[(MAIN, "side", "c")]).remove(0);
    let paths: Vec<_> = computed
        .scan
        .paths
        .iter()
        .map(|p| String::from_utf8_lossy(p).into_owned())
        .collect();
    assert_eq!(
        paths,
        ["b.txt", "c.txt", "side.txt"],
        "side.txt is gone by the forced update alone"
    );
    assert!(computed.event.truncated);
    assert_eq!(computed.scan.authors.len(), 1);
}
