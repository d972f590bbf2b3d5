//! A toy action, read from a hook, answers as its one file declares.

use super::*;
use crate::action::Kind;
use crate::config::{self, Loaded};
use crate::environment::Environment;
use crate::outgoing::{Limits, Project, sample};
use crate::schema::table_of;

fn load(keys: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let text =
        format!("[hook.toy]\naction = \"toy_greeting\"\nservice_url = \"https://toy/\"\n{keys}");
    std::fs::write(folder.path().join("hooks.toml"), text).unwrap();
    let none = folder.path().join("none.toml");
    let environment = [("GIT_SERVICE_HOOK_CONFIG", none.to_str().unwrap())];
    config::load(folder.path(), &Environment::from(environment))
}

#[test]
fn an_action_is_declared_by_one_file_and_one_line_in_the_list() {
    let loaded = load("greeting = \"good morning\"\n");
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let hook = &loaded.hooks[0];
    assert_eq!(hook.kind.id, "toy_greeting");
    assert_eq!(
        (hook.per, hook.timeout),
        (Per::Push, Duration::from_secs(7))
    );
    assert_eq!(
        (hook.max_commits, hook.max_refs, hook.max_body),
        (3, 4, 5000)
    );

    let (action, _) = hook.action().unwrap();
    let attempt = Attempt {
        now_ms: 0,
        number: 1,
        simplify: false,
    };
    let limits = Limits {
        max_commits: 3,
        max_body: 5000,
    };
    let push = &sample::samples(&Project::default(), "toy", limits)[0];
    let request = action.request(push, &attempt).unwrap();
    assert_eq!(request.body, b"good morning, toy");
    let refused = action.verdict(&Response {
        status: 404,
        ..Response::default()
    });
    assert!(matches!(refused, Verdict::Failed { .. }));
}

#[test]
fn the_keys_of_a_declared_action_are_checked_and_described() {
    let sentence = |keys: &str| load(keys).diagnostics[0].message.clone();
    assert!(sentence("greting = \"x\"\n").contains("did you mean `greeting`"));
    assert_eq!(
        sentence("farewell = \"x\"\n"),
        "`farewell` is not supported yet"
    );
    assert!(sentence("max_body = \"6kB\"\n").contains("at most 5000 bytes"));
    let kind = Kind::all().find(|kind| kind.id == "toy_greeting").unwrap();
    let schema = table_of(&(kind.keys)());
    assert_eq!(schema["properties"]["greeting"]["title"], "How to greet");
}
