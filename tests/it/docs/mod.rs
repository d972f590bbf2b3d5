//! What the documentation says is true: its configurations load, its commands run, its links lead somewhere.

mod blocks;
mod commands;
mod pictures;
mod words;

use crate::support::Sandbox;
use blocks::{blocks, documents};

/// Each part of a block that is a file of its own: a comment names where it stands.
fn files(text: &str) -> Vec<String> {
    let mut files = vec![String::new()];
    for line in text.lines() {
        let names_a_file = line.starts_with("# ") && line.contains("hooks.toml");
        if names_a_file && files.last().is_some_and(|file| !file.trim().is_empty()) {
            files.push(String::new());
        }
        if let Some(file) = files.last_mut() {
            file.extend([line, "\n"]);
        }
    }
    files
}

#[test]
fn every_configuration_in_the_documentation_loads_without_a_mistake() {
    let all = blocks("toml");
    assert!(all.len() >= 14, "{}", all.len());
    for block in all {
        let tried = match files(&block.text).as_slice() {
            [one] => [mistakes("", one), mistakes(one, "")]
                .into_iter()
                .min_by_key(Vec::len)
                .unwrap_or_default(),
            [server, repository] => mistakes(server, repository),
            more => panic!("{}: {} files", block.place, more.len()),
        };
        assert_eq!(tried, [""; 0], "{}", block.place);
    }
}

/// An address that fits the last action in a text.
fn address(before: &str) -> &'static str {
    match before.rsplit("action = \"").next().unwrap_or_default() {
        action if action.starts_with("wecom") => {
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"
        }
        action if action.starts_with("dingding") => {
            "https://oapi.dingtalk.com/robot/send?access_token=x"
        }
        action if action.starts_with("feishu") => "https://open.feishu.cn/open-apis/bot/v2/hook/x",
        _ => "https://example.com/push",
    }
}

/// What `check` finds wrong with the server's file and the repository's, on a server where all secrets are there. A few
/// keys alone are those of a hook.
fn mistakes(server: &str, repository: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.bare("repo.git");
    let bare = !repository.lines().any(|line| line.starts_with('[')) && !repository.is_empty();
    let hook = "[hook.x]\naction = \"webhook_http_post\"\nservice_url = \"http://x.example.com\"\n";
    let repository = format!("{}{repository}", if bare { hook } else { "" });
    for (folder, text) in [("server", server), ("repo.git", &repository)] {
        let text = text.replace(
            "/etc/git-service-hook",
            sandbox.path("server").to_str().unwrap(),
        );
        for (at, key) in text.match_indices("file = \"") {
            let name = text[at + key.len()..].split('"').next().unwrap_or_default();
            std::fs::create_dir_all(sandbox.path(folder)).unwrap();
            let place = sandbox.path(folder).join(name);
            let is_address = place
                .extension()
                .is_some_and(|extension| extension == "url");
            std::fs::write(
                place,
                if is_address {
                    address(&text[..at])
                } else {
                    "secret"
                },
            )
            .unwrap();
        }
        sandbox.write(&format!("{folder}/hooks.toml"), text);
    }
    let out = sandbox.run("repo.git", &["check"]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        Vec::new()
    } else {
        said.lines().map(str::to_owned).collect()
    }
}

#[test]
fn every_link_within_the_documentation_leads_somewhere() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.contains("://") || link == "#" {
                continue;
            }
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                document.clone()
            } else {
                document.parent().unwrap().join(path)
            };
            assert!(target.exists(), "{}: {link}", document.display());
            let found = place.is_empty()
                || headings(&std::fs::read_to_string(&target).unwrap()).any(|h| h == place);
            assert!(found, "{}: {link}", document.display());
        }
    }
}

/// As anchors.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let kept = line.trim_start_matches('#').trim().to_lowercase();
            kept.chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
}
