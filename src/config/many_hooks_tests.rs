use super::load;
use crate::environment::Environment;

#[test]
fn a_file_with_more_than_256_hooks_says_so_and_uses_the_first_ones() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = Environment::from([(super::SERVER_FILE_VARIABLE, "/nowhere/hooks.toml")]);
    let hook = |n| {
        format!(
            "[hook.h{n}]\naction = \"webhook_http_post\"\nservice_url = \"http://h.example.com/\"\n"
        )
    };
    let header = |n| format!("[hook.h{n}]\n");
    let load = |text: String| {
        std::fs::write(dir.path().join("hooks.toml"), text).unwrap();
        load(dir.path(), &nowhere)
    };
    let loaded = load((0..256).map(hook).collect());
    assert_eq!((loaded.hooks.len(), loaded.diagnostics.len()), (256, 0));
    let loaded = load((0..300).map(hook).collect());
    let [mistake] = &loaded.diagnostics[..] else {
        panic!("{:?}", loaded.diagnostics)
    };
    let said = mistake.to_string();
    assert!(
        said.contains("h256") && said.contains("at most 256 hooks"),
        "{said}"
    );
    assert_eq!(loaded.hooks.len(), 256);
    // As many as the size of a file allows; the time for them is not quadratic.
    let loaded = load((0..200_000).map(header).collect());
    assert!(loaded.hooks.is_empty());
}
