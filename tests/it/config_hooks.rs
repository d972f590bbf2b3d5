//! The defaults of a hook, and what it makes Git compute.

use crate::config_mistakes::{load, reported};
use crate::support::Sandbox;
use git_service_hook::config::{Hook, Per};
use git_service_hook::push::Change;
use std::time::Duration;

/// The hook of a text without `[hook.x]` in front.
#[track_caller]
fn hook(text: &str) -> Hook {
    let mut loaded = load(&format!("[hook.x]\n{text}"));
    assert_eq!(reported(&loaded), [""; 0], "{text}");
    loaded.hooks.pop().unwrap()
}

const POST: &str = "action = \"webhook_http_post\"\nservice_url = \"http://x.example/\"\n";
const GET: &str = "action = \"webhook_http_get\"\nservice_url = \"http://x.example/\"\n";
const WECOM: &str = "action = \"wecom_group_chat_robot\"\n\
                     service_url = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\"\n";
const JENKINS: &str = "action = \"jenkins_generic_build_job\"\n\
                       service_url = \"http://x.example/generic-webhook-trigger/invoke\"\n";

#[test]
fn robots_report_a_push_in_one_message_unless_their_template_reads_a_ref() {
    let template = |text: &str| hook(&format!("{WECOM}template = {text}\n")).per;
    assert_eq!(
        [POST, GET, JENKINS, WECOM].map(|text| hook(text).per),
        [Per::Ref, Per::Ref, Per::Ref, Per::Push]
    );
    assert_eq!(template("\"\""), Per::Push);
    assert_eq!(template("\"${ref}\""), Per::Ref);
    assert_eq!(
        template("\"{% for u in updates %}${u.ref} {% endfor %}\""),
        Per::Push
    );
    assert_eq!(hook(&format!("{WECOM}per = \"ref\"\n")).per, Per::Ref);
    assert_eq!(hook(&format!("{POST}per = \"push\"\n")).per, Per::Push);
}

#[test]
fn a_template_in_a_file_is_looked_into_for_what_it_tells() {
    let sandbox = Sandbox::new();
    let per = |template: &str| {
        let path = sandbox.write("t", template);
        hook(&format!(
            "{WECOM}template = {{ file = \"{}\" }}\n",
            path.display()
        ))
        .per
    };
    assert_eq!(per("${ref}"), Per::Ref);
    assert_eq!(
        per("{% for u in updates %}${u.ref}{% endfor %}\n\n"),
        Per::Push
    );
}

#[test]
fn only_what_is_reported_is_computed() {
    let paths = |text: &str| hook(text).needs().paths;
    assert!(paths(POST) && paths(JENKINS) && !paths(GET) && !paths(WECOM));
    assert!(!paths(&format!("{POST}template = \"${{ref}}\"\n")));
    assert!(paths(&format!(
        "{POST}template = \"${{commits[0].added}}\"\n"
    )));
    assert!(paths(&format!(
        "{WECOM}template = \"{{% for c in commits %}}${{c.modified}}{{% endfor %}}\"\n"
    )));
    assert!(
        paths(&format!("{WECOM}template = {{ file = \"/nowhere\" }}\n")),
        "nobody knows what it will read"
    );

    let filtered = hook(&format!("{WECOM}paths = [\"src/**\"]\n")).needs();
    assert!(filtered.all_paths && !filtered.paths && !filtered.all_authors);
    assert!(
        hook(&format!("{WECOM}authors = [\"a\"]\n"))
            .needs()
            .all_authors
    );
    let needs = hook(&format!("{WECOM}max_commits = 3\nmax_refs = 4\n")).needs();
    assert_eq!(
        (needs.max_commits, needs.max_refs, needs.discarded),
        (3, 4, true)
    );
    assert!(!hook(GET).needs().discarded);
}

#[test]
fn a_hook_overrides_what_holds_for_all_deliveries() {
    let deliver = "[deliver]\ntimeout = \"7s\"\nretry_for = \"1h\"\n";
    let seconds = |text: &str| {
        let hook = hook(text);
        (hook.timeout.as_secs(), hook.retry_for.as_secs())
    };
    assert_eq!(seconds(&format!("{JENKINS}{deliver}")), (7, 3600));
    assert_eq!(
        seconds(&format!(
            "{JENKINS}timeout = \"9s\"\nretry_for = \"2h\"\n{deliver}"
        )),
        (9, 7200)
    );
    assert_eq!(hook(JENKINS).timeout, Duration::from_secs(30));
    assert_eq!(hook(WECOM).max_body, 4096);
    assert_eq!(
        hook(&format!("{WECOM}msg_type = \"text\"\n")).max_body,
        2048
    );
}

#[test]
fn builds_have_filters_of_their_own() {
    let filters = &hook(JENKINS).filters[0];
    assert_eq!(
        filters.changes.as_deref(),
        Some(&[Change::Created, Change::Updated, Change::Forced][..])
    );
    assert!(filters.skip_ci);
    let filters = &hook(&format!(
        "{JENKINS}skip_ci = false\nchanges = \"deleted\"\n"
    ))
    .filters[0];
    assert_eq!(
        (filters.changes.as_deref(), filters.skip_ci),
        (Some(&[Change::Deleted][..]), false)
    );
    assert_eq!(
        hook(POST).filters[0],
        git_service_hook::filter::Filters::default()
    );
}

#[test]
fn a_file_of_authorities_is_relative_to_its_configuration_and_read_late() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("ca.pem", "PEM");
    let configured = hook(&format!("{POST}ca_file = \"{}\"\n", path.display()));
    assert_eq!(configured.ca_pem().unwrap().unwrap(), b"PEM");
    assert_eq!(hook(POST).ca_pem().unwrap(), None);
    let missing = hook(&format!("{POST}ca_file = \"missing.pem\"\n"))
        .ca_pem()
        .unwrap_err()
        .to_string();
    let expected = "`ca_file`: the file that it names does not exist";
    assert_eq!(
        missing, expected,
        "the path may be a secret in the wrong place"
    );
}

#[test]
fn parameters_are_written_in_the_forms_of_the_specification_or_of_toml() {
    for text in [
        "headers = \"Accept: text/html\\nX-A: b\"",
        "headers = { Accept = \"text/html\", X-N = 5, X-Secret = { env = \"A\" } }",
        "headers.Accept = \"text/html\"",
        "branches = \"main, release/**\"",
        "branches = [\"main\", \"release/**\"]",
        "flavor = \"coding\"\nmax_body = 20000\nlabel = \"审计\"",
        "username = { file = \"u\" }\npassword = \"\"",
    ] {
        hook(&format!("{POST}{text}\n"));
    }
    hook(&format!(
        "{JENKINS}build_args = '{{\"arg\": \"value\"}}'\nrequest_parameters = \"a=1&b=2 \"\n"
    ));
    hook(&format!(
        "{JENKINS}build_args = {{ env = \"prod\", debug = true }}\n"
    ));
    hook(&format!("{WECOM}mentioned = \"ZhangSan,LiSi\"\n"));
    hook(&format!(
        "{WECOM}mentioned = [\"ZhangSan\", {{ env = \"BOSS\" }}]\n"
    ));
}
