//! Secrets in a wrong place of a hooks.toml, for every key, in every way in which a line can be damaged.

use super::evidence::Evidence;
use super::further;
use crate::delivery::Pushing;
use git_service_hook::action::Kind;
use git_service_hook::config::{self, SourceMap};
use git_service_hook::environment::Environment;

/// What can go wrong with a line `KEY = "SECRET"`.
fn damaged(key: &str, secret: &str) -> [String; 12] {
    [
        format!("{key} = \"{secret}"),
        format!("{key} = {secret}\""),
        format!("{key} = {secret}"),
        format!("{key} = \"{secret}\" x"),
        format!("{key}: \"{secret}\""),
        format!("{key} = [\"{secret}\"]"),
        format!("{key} = \"{secret}\""),
        format!("{key} = {{ envv = \"{secret}\" }}"),
        format!("{key} = {{ \"{secret}\" = 1 }}"),
        format!("x{key} = \"{secret}\""),
        format!("\"{secret}\" = 1"),
        format!("[hook.\"{secret} \"]"),
    ]
}

#[test]
fn no_secret_in_a_wrong_place_is_shown_by_a_mistake() {
    let pushing = Pushing::new("");
    let git_dir = pushing.sandbox.path("r.git");
    let nowhere = pushing
        .sandbox
        .path("server/hooks.toml")
        .display()
        .to_string();
    let environment = Environment::from([(config::SERVER_FILE_VARIABLE, nowhere.as_str())]);
    let secret = further("mistake");
    let mut evidence = Evidence::default();
    let mut look = |kind: &Kind, line: &str| {
        let url = "service_url = \"http://127.0.0.1:1/\"";
        pushing.configure(&format!(
            "[hook.x]\naction = \"{}\"\n{url}\n{line}\n",
            kind.id
        ));
        let loaded = config::load(&git_dir, &environment);
        let map = SourceMap::read(&git_dir, &environment);
        let all = [
            loaded.diagnostics.clone(),
            map.lints(),
            map.future_mistakes(&loaded),
        ]
        .concat();
        for diagnostic in all {
            let excerpt = map.excerpt(&diagnostic);
            evidence.add(
                line.split(' ').next().unwrap(),
                format!("{diagnostic}\n{excerpt:?}"),
            );
        }
    };
    let common = config::keys_of_settings_and_hooks().collect::<Vec<_>>();
    for kind in Kind::all() {
        for key in kind.names {
            for line in damaged(key, &secret.text) {
                look(&kind, &line);
            }
        }
    }
    let post = Kind::all().next().unwrap();
    for key in common {
        for line in damaged(key, &secret.text) {
            look(&post, &line);
        }
    }
    assert!(evidence.len() > 500, "{}", evidence.len());
    for line in damaged("token", &secret.text) {
        pushing.configure(&format!(
            "[hook.x]\naction = \"webhook_http_post\"\n{line}\n"
        ));
        let out = pushing.sandbox.run("r.git", &["check"]);
        evidence.add("check", [out.stdout, out.stderr].concat());
    }
    evidence.add("what a pusher sees", pushing.push("mistakes"));
    evidence.is_clean(&[secret], |_, _| false);
}
