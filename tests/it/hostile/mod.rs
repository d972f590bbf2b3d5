//! Texts made to break out of every place where a text can stand, through every action, kind of message, language and
//! place of a template, judged by parsers that share no code with what writes them.

mod corpus;
mod json;
mod judges;
mod terminal;

use crate::support::Sandbox;
use corpus::{HARMLESS, HOSTILE, events, project};
use git_service_hook::action::{Action, Attempt, Kind, read};
use git_service_hook::outgoing::{Language, Outgoing, Project};
use git_service_hook::parameter::{Reference, ReferenceError, Resolve, Resolver};
use serde_json::{Value, json};

const NOW: Attempt = Attempt {
    now_ms: 1_599_360_473_000,
    number: 1,
    simplify: false,
};

/// One in so many of the pairs of a text and an event is tried with each hook, so that all takes seconds.
const SHARE: usize = 8;

/// What a template prints: the texts that strangers write.
const VALUES: &str = "${ref} ${head_commit.message} ${pusher.name} ${project.name} ${tag.name} ${head_commit.author.name}";

struct NoFiles;

impl Resolve for NoFiles {
    fn reference(&self, _: &Reference) -> Result<String, ReferenceError> {
        Err(ReferenceError::NoCredentials)
    }
}

fn build(id: &str, keys: &Value) -> Box<dyn Action> {
    let kind = Kind::all().find(|kind| kind.id == id).unwrap();
    let parameters = read(kind, keys.clone()).unwrap();
    let mistakes = parameters.findings();
    assert!(mistakes.is_empty(), "{keys}: {mistakes:?}");
    parameters.build(&Resolver::new(&NoFiles)).unwrap()
}

/// `base` with the members of each of `others`.
fn with(base: &Value, others: &[Value]) -> Vec<Value> {
    let one = |other: &Value| {
        let mut keys = base.clone();
        for (name, value) in other.as_object().unwrap() {
            keys[name] = value.clone();
        }
        keys
    };
    others.iter().map(one).collect()
}

/// Sends every event with hostile texts through the hook, and compares with the same event without.
fn judge(id: &str, (share, keys): (usize, &Value), compare: &dyn Fn(&Outgoing, &Value, &Value)) {
    let action = build(id, keys);
    let has_wording = keys.get("msg_type").is_some_and(|kind| kind != "customize");
    let languages = [Language::English, Language::Chinese];
    for language in &languages[..=usize::from(has_wording)] {
        let expected = events(HARMLESS, &project(HARMLESS, *language));
        let expected = expected
            .iter()
            .map(|out| action.request(out, &NOW).unwrap())
            .collect::<Vec<_>>();
        for (number, text) in HOSTILE.iter().enumerate() {
            let all = events(text, &project(text, *language));
            // Each event meets a share of the texts, and each text a share of the events: another one for each hook.
            let pairs = all.iter().zip(&expected).enumerate();
            let drawn = pairs.filter(|(at, _)| (number + at + share).is_multiple_of(SHARE));
            for (_, (out, expected)) in drawn {
                let got = match action.request(out, &NOW) {
                    Ok(got) => got,
                    Err(why) if why.why.contains("`..`") || why.is_empty => continue,
                    Err(why) => panic!("{keys} {text:?}: {why}"),
                };
                let place = || format!("{keys}, {:?}, {text:?}", out.kind);
                assert_eq!(
                    judges::headers(&got),
                    judges::headers(expected),
                    "{}",
                    place()
                );
                assert_eq!(judges::url(&got), judges::url(expected), "{}", place());
                assert_eq!(judges::body(&got), judges::body(expected), "{}", place());
                assert_eq!(judges::form(&got), judges::form(expected), "{}", place());
                judges::signature(&got);
                let json = |bytes| serde_json::from_slice(bytes).unwrap_or(Value::Null);
                compare(out, &json(&got.body), &json(&expected.body));
            }
        }
    }
}

/// Every place where a template can stand in a webhook or a build.
fn templates() -> Vec<Value> {
    vec![
        json!({"template": format!("{{\"a\": \"x {VALUES} y\", \"b\": ${{head_commit | tojson}}}}")}),
        json!({"template": format!("x {VALUES} y")}),
    ]
}

#[test]
fn no_text_leaves_its_place_in_a_posted_webhook() {
    let base = json!({"service_url": "https://ci.example.com/hook", "token": judges::TOKEN});
    let mut others = templates();
    others.extend(
        [
            "default",
            "coding",
            "github",
            "gitea",
            "gogs",
            "gitlab",
            "cloudevents",
            "cloudevents-structured",
        ]
        .map(|flavor| json!({"flavor": flavor})),
    );
    others.extend([
        json!({"form": {"payload": "${ payload | tojson }", "text": format!("x {VALUES}")}}),
        json!({"headers": {"X-Own": format!("x {VALUES}")}}),
        json!({"service_url": "https://ci.example.com/a/${ref}/b?c=${head_commit.message}&d=${pusher.name}"}),
    ]);
    for (share, keys) in with(&base, &others).iter().enumerate() {
        judge("webhook_http_post", (share, keys), &|_, _, _| {});
    }
}

#[test]
fn no_text_leaves_its_place_in_a_called_url() {
    let base = json!({"service_url": "https://ci.example.com/hook"});
    let others = [
        json!({}),
        json!({"headers": {"X-Own": format!("x {VALUES}")}}),
        json!({"request_parameters": {"a": VALUES, "b": "${ref}"}}),
        json!({"service_url": "https://ci.example.com/a/x${ref}/b?c=${head_commit.message}"}),
    ];
    for (share, keys) in with(&base, &others).iter().enumerate() {
        judge("webhook_http_get", (share, keys), &|_, _, _| {});
    }
}

#[test]
fn no_text_leaves_its_place_in_a_build() {
    let base = json!({
        "service_url": "https://ci.example.com/generic-webhook-trigger/invoke",
        "build_token": "job", "token": judges::TOKEN,
    });
    let mut others = templates();
    others.extend([
        json!({}),
        json!({"build_args": {"a": "b"}}),
        json!({"header_parameters": {"X-Own": format!("x {VALUES}")}}),
        json!({"request_parameters": {"a": VALUES, "b": "${ref}"}}),
        json!({"service_url": "https://ci.example.com/generic-webhook-trigger/invoke?c=${ref}"}),
    ]);
    for (share, keys) in with(&base, &others).iter().enumerate() {
        judge("jenkins_generic_build_job", (share, keys), &|_, _, _| {});
    }
}

/// Where vendors have Markdown.
const MARKDOWN: [&str; 3] = [
    "/markdown/content",
    "/markdown/text",
    "/card/body/elements/0/content",
];

/// The vendor's robot in every form of its messages; `customs` are whole messages of the vendor.
fn robot(id: &str, service_url: &str, custom: &str) {
    let base = json!({"service_url": service_url});
    let mut others = vec![json!({"msg_type": "customize", "template": custom})];
    for msg_type in ["text", "markdown"] {
        let title = json!("t ${head_commit.message} ${project.name}");
        others.extend([
            json!({"msg_type": msg_type}),
            json!({"msg_type": msg_type, "template": format!("x {VALUES} y")}),
            json!({"msg_type": msg_type, "title": title, "keyword": "k"}),
        ]);
    }
    for (share, keys) in with(&base, &others).iter().enumerate() {
        let is_markdown = keys["msg_type"] == "markdown";
        judge(id, (share, keys), &|out, got, expected| {
            for got in judges::texts(got) {
                judges::message(&got, id);
            }
            for place in MARKDOWN.iter().filter(|_| is_markdown) {
                let text = |json: &Value| json.pointer(place)?.as_str().map(str::to_owned);
                let (got, expected) = (text(got), text(expected));
                let form =
                    |text: &Option<String>| text.as_deref().map(|text| judges::markdown(text, id));
                let same = form(&got) == form(&expected);
                assert!(same, "{keys}, {:?}: {got:?}\n---\n{expected:?}", out.kind);
            }
        });
    }
}

#[test]
fn no_text_has_a_meaning_in_a_message_to_wecom() {
    let url =
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123abcd-4567-89ef-0123-456789abcdef";
    let custom = "{\"msgtype\": \"markdown\", \"markdown\": {\"content\": \"x VALUES\"}}";
    robot(
        "wecom_group_chat_robot",
        url,
        &custom.replace("VALUES", VALUES),
    );
}

#[test]
fn no_text_has_a_meaning_in_a_message_to_dingtalk() {
    let url = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef";
    let custom =
        "{\"msgtype\": \"markdown\", \"markdown\": {\"title\": \"x\", \"text\": \"x VALUES\"}}";
    robot(
        "dingding_group_chat_robot",
        url,
        &custom.replace("VALUES", VALUES),
    );
}

#[test]
fn no_text_has_a_meaning_in_a_message_or_post_to_feishu() {
    let url = "https://open.feishu.cn/open-apis/bot/v2/hook/0123abcd-4567-89ef-0123-456789abcdef";
    let custom =
        "{\"msg_type\": \"post\", \"content\": {\"post\": {\"en_us\": {\"title\": \"x VALUES\",
        \"content\": [[{\"tag\": \"text\", \"text\": \"x VALUES\"}]]}}}}";
    robot(
        "feishu_group_chat_robot",
        url,
        &custom.replace("VALUES", VALUES),
    );
}

/// The project of a repository whose name, or file, somebody else chose.
fn configured(text: &str) -> (Project, Vec<Outgoing>) {
    let sandbox = Sandbox::new();
    let page = "https://git.example.com/x/${project.name}";
    sandbox.write(
        "repo.git/hooks.toml",
        format!(
            "[project]\nname = {}\nurl = \"{page}\"\ncommit_url = \"{page}/c/${{commit.id}}?n=${{project.name}}\"\n\
             compare_url = \"{page}/d/${{before}}?n=${{project.name}}&to=${{after}}\"\n",
            toml_string(text)
        ),
    );
    let environment = crate::config_mistakes::none(&sandbox);
    let git_dir = sandbox.path("repo.git");
    let loaded = git_service_hook::config::load(&git_dir, &environment);
    let view = loaded.own_project();
    let project = view.complete(&git_dir, None, Some("main"));
    let mut all = events(text, &project);
    for event in all.iter_mut().flat_map(|out| &mut out.events) {
        view.link(&project, event);
    }
    (project, all)
}

fn toml_string(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

#[test]
fn no_name_of_a_project_leaves_its_place_in_a_link() {
    for text in HOSTILE {
        let (project, all) = configured(text);
        let pages = all.iter().flat_map(|out| &out.events).flat_map(|event| {
            let commits = event.commits.iter().map(|commit| commit.url.as_ref());
            commits.chain([event.compare.as_ref()]).flatten()
        });
        for page in pages.chain(&project.url) {
            let page = url::Url::parse(page).unwrap();
            assert_eq!(
                page.origin().ascii_serialization(),
                "https://git.example.com"
            );
            assert!(page.path().starts_with("/x/"), "{text:?}: {page}");
            assert!(
                page.username().is_empty() && page.fragment().is_none(),
                "{page}"
            );
            let names = page.query_pairs().map(|(name, _)| name.into_owned());
            let names = names.collect::<Vec<_>>();
            assert!(
                ["", "n", "nto"].contains(&names.concat().as_str()),
                "{page}"
            );
        }
    }
}
