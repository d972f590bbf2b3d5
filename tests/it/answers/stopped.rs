//! `preview`: the filter that stopped a hook, its line, and what the event has instead.

use super::{compare, pushed, reported};

/// A hook of the repository's own, with these further lines.
fn hook(name: &str, lines: &str) -> String {
    format!(
        "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n{lines}\n"
    )
}

#[test]
fn every_filter_says_what_stopped_it() {
    let hooks = [
        hook("branches", "branches = [\n  \"release/**\", # not main\n  \"!release/old\",\n]"),
        hook("tags", "tags = \"v*\""),
        hook("refs", "refs = [\"refs/notes/*\"]"),
        hook("changes", "changes = [\"created\", \"deleted\"]"),
        hook("paths", "paths = [\"src/**\"]"),
        hook("pushers", "pushers = [\"!*\"]"),
        hook("authors", "authors = [\"*@example.org\"]"),
        hook("skip", "skip_ci = true"),
        hook("off", "enabled = false"),
        hook("broken", "brnches = [\"main\"]"),
        hook("long", &format!("branches = [\"{}\"]", "x".repeat(100))),
        "[hook.ci]\naction = \"jenkins_generic_build_job\"\nservice_url = \"http://127.0.0.1:1/\"\n".to_owned(),
    ];
    let sandbox = pushed(&hooks.concat());
    sandbox.git("r.git", &["tag", "v1", "main"]);
    let mut all = reported(&sandbox, &["preview"]);
    for arguments in [
        &["preview", "off"][..],
        &["preview", "broken"],
        &["preview", "ci", "main", "0"],
        &["preview", "branches", "--ref", "v1"],
        &[
            "preview",
            "skip",
            "main~1",
            "main~0",
            "--ref",
            "refs/notes/commits",
        ],
        &[
            "preview",
            "changes",
            "paths",
            "0",
            "main",
            "-o",
            "service-hook.skip=changes",
        ],
        &["preview", "paths", "0", "main~0", "--ref", "topic"],
    ] {
        let said = reported(&sandbox, arguments);
        // Only what stops it: the requests are tested elsewhere.
        let stopped = said
            .lines()
            .filter(|line| line.starts_with(['$', '#', 'g', 'e']));
        all += &(stopped
            .map(|line| line.to_owned() + "\n")
            .collect::<String>()
            + "\n");
    }
    compare("stopped", &all);
}

#[test]
fn the_servers_file_and_the_repositorys_are_distinguished() {
    let sandbox = pushed("[hook.ours]\nbranches = [\"dev\"]\n[hook.switched]\nenabled = false\n");
    let server = [
        hook("ours", "branches = [\"main\"]"),
        hook("switched", ""),
        hook("theirs", "repositories = [\"team/*\", \"/srv/**\"]"),
        hook("both", "branches = [\"dev\"]\nskippable = false"),
        hook("kept", ""),
    ];
    sandbox.write(
        "server/hooks.toml",
        format!("[project]\nname = \"payments\"\n{}", server.concat()),
    );
    let mut all = reported(
        &sandbox,
        &[
            "preview",
            "ours",
            "both",
            "theirs",
            "switched",
            "kept",
            "-o",
            "service-hook.skip",
        ],
    );
    all = all
        .lines()
        .filter(|line| line.starts_with(['$', '#', 'g']))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let rest = reported(&sandbox, &["preview"]);
    all += rest
        .lines()
        .find(|line| line.contains("more in the server's file"))
        .unwrap();
    compare("layers", &(all + "\n"));
}

#[test]
fn what_is_not_there_is_said_in_a_sentence() {
    let empty = pushed("");
    let mut all = reported(&empty, &["preview"]);
    empty.write("r.git/hooks.toml", "[hook.ci\n");
    all += &reported(&empty, &["preview", "ci"]);
    let sandbox = pushed(&[hook("release", ""), hook("team", "")].concat());
    sandbox.git("r.git", &["branch", "feature/x", "main"]);
    for arguments in [
        &["preview", "relese"][..],
        &["preview", "nobody"],
        &["preview", "relese", "tema"],
        &["preview", "mian~1", "main"],
        &["preview", "0123abcdef", "main"],
        &["preview", "main", "main"],
        &["preview", "main", "main^{commit}"],
        &["preview", "0", "000"],
        &["preview", "--ref", "feature/y"],
        &["preview", "--ref", "elsewhere"],
        &["preview", "main~1", "main", "--ref", "main@{9"],
        &["event", "--ref", "feature/y"],
        &["test", "--ref", "feature/y"],
        &["test", "relese"],
    ] {
        let said = reported(&sandbox, arguments);
        all += &said
            .lines()
            .filter(|line| !line.starts_with(['P', '{']))
            .map(|line| line.to_owned() + "\n")
            .collect::<String>();
    }
    sandbox.git("r.git", &["update-ref", "--no-deref", "HEAD", "main"]);
    all += &reported(&sandbox, &["preview", "main~1", "main"]);
    compare("not-there", &all);
}

#[test]
fn nothing_is_said_to_go_out_while_the_servers_file_holds_everything_back() {
    let sandbox = pushed(&hook("ci", "branches = [\"dev\"]"));
    sandbox.write("server/hooks.toml", "[pusher]\nenvy = []\n");
    compare("held-back", &reported(&sandbox, &["preview"]));
}
