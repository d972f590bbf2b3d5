//! The examples are real: they load without a mistake, and examples/full.toml has the defaults that are built in.

use crate::config_mistakes::{none, reported};
use crate::support::Sandbox;
use git_service_hook::action::Kind;
use git_service_hook::config::{self, Hook, Loaded};
use git_service_hook::environment::Environment;
use git_service_hook::push::Change;
use std::path::{Path, PathBuf};

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Loads a text as the server's file.
pub(crate) fn as_server(text: &str) -> Loaded {
    let sandbox = Sandbox::new();
    let path = sandbox.write("etc/hooks.toml", text);
    std::fs::create_dir(sandbox.path("repo.git")).unwrap();
    let environment = Environment::from([(
        "GIT_SERVICE_HOOK_CONFIG",
        path.to_str().expect("a UTF-8 path"),
    )]);
    config::load(&sandbox.path("repo.git"), &environment)
}

#[test]
fn there_is_an_example_of_each_action_and_it_has_no_mistakes() {
    for kind in Kind::all() {
        let sandbox = Sandbox::new();
        sandbox.write("repo.git/hooks.toml", example(&format!("{}.toml", kind.id)));
        let loaded = config::load(&sandbox.path("repo.git"), &none(&sandbox));
        assert_eq!(reported(&loaded), [""; 0], "{}", kind.id);
        assert_eq!(
            loaded
                .hooks
                .iter()
                .map(|hook| hook.kind)
                .collect::<Vec<_>>(),
            [kind]
        );
    }
}

#[test]
fn no_file_of_the_examples_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| PathBuf::from(entry.unwrap().file_name()))
        .filter(|name| {
            name.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|name| {
            name.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        })
        .collect::<Vec<_>>();
    names.sort();
    let mut expected = Kind::all()
        .map(|kind| kind.id.to_owned())
        .collect::<Vec<_>>();
    expected.extend(["full".to_owned(), "server".to_owned()]);
    expected.sort();
    assert_eq!(names, expected);
}

/// What a hook does without its parameters.
fn behaviour(hook: &Hook) -> impl PartialEq + std::fmt::Debug {
    let mut filters = hook.filters.clone();
    let every = vec![
        Change::Created,
        Change::Updated,
        Change::Forced,
        Change::Deleted,
    ];
    for filter in &mut filters {
        filter.changes.get_or_insert(every.clone());
    }
    (
        (
            hook.name.clone(),
            hook.label.clone(),
            hook.kind,
            filters,
            hook.skippable,
            (hook.ca_pem().ok(), hook.client_pem().ok()),
        ),
        (
            hook.timeout,
            hook.connect_timeout,
            hook.retry_for,
            hook.insecure_skip_verify,
            (hook.proxy_url().ok(), hook.network.clone()),
        ),
        (hook.per, hook.max_commits, hook.max_body, hook.max_refs),
    )
}

#[test]
fn the_full_example_has_the_built_in_defaults() {
    let full = as_server(&example("full.toml"));
    assert_eq!(reported(&full), [""; 0]);
    assert_eq!(full.deliver, config::Deliver::default());
    assert!(full.pusher_env.is_empty() && full.hold.is_none());
    let bare = Kind::all().map(|kind| {
        let hook = full
            .hooks
            .iter()
            .find(|hook| hook.kind == kind)
            .expect("one of each action");
        let url = example("full.toml");
        let url = url
            .split(&format!("action = \"{}\"\n", kind.id))
            .nth(1)
            .and_then(|rest| rest.lines().next());
        format!(
            "[hook.{}]\naction = \"{}\"\n{}\n",
            hook.name,
            kind.id,
            url.expect("a service_url")
        )
    });
    let bare = as_server(&bare.collect::<String>());
    assert_eq!(reported(&bare), [""; 0]);
    for (full, bare) in full.hooks.iter().zip(&bare.hooks) {
        assert_eq!(behaviour(full), behaviour(bare));
    }
    assert_eq!(full.hooks.len(), 6);
    let named = |loaded: &Loaded| {
        loaded
            .own_project()
            .complete(Path::new("/srv/x.git"), None, None)
    };
    assert_eq!(named(&full), named(&bare));
}

#[test]
fn the_full_example_names_every_key() {
    let text = example("full.toml");
    let written = |key: &str| {
        let mut lines = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
        lines.any(|line| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(" = "))
        })
    };
    for kind in Kind::all() {
        for key in kind.names {
            assert!(written(key), "`{key}` of {}", kind.id);
        }
    }
    for key in config::keys_of_settings_and_hooks() {
        assert!(written(key), "`{key}`");
    }
}

#[test]
fn the_documentation_names_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    let keys = Kind::all().flat_map(|kind| kind.names.iter().copied());
    for key in keys.chain(config::keys_of_settings_and_hooks()) {
        let named = [format!("`{key}`"), format!("`{key} = "), format!(" {key}`")];
        assert!(named.iter().any(|form| text.contains(form)), "`{key}`");
    }
}
