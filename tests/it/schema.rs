//! The JSON Schema of hooks.toml and the reader agree. The judge is Debian's python3-jsonschema.

use crate::config_examples::as_server;
use crate::config_mistakes::reported;
use crate::support::Sandbox;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn schema() -> Value {
    let text = std::fs::read_to_string(examples().join("hooks.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Whether the schema accepts each of the texts.
fn takes(texts: &[&str]) -> Vec<bool> {
    let judge = "import json, sys, jsonschema\n\
        given = json.load(sys.stdin)\n\
        jsonschema.Draft7Validator.check_schema(given['schema'])\n\
        validator = jsonschema.Draft7Validator(given['schema'])\n\
        print(json.dumps([validator.is_valid(document) for document in given['documents']]))\n";
    let documents = texts
        .iter()
        .map(|text| toml::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}")));
    let given = json!({ "schema": schema(), "documents": documents.collect::<Vec<Value>>() });
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", judge])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let out = python.wait_with_output().unwrap();
    assert!(out.status.success());
    serde_json::from_slice(&out.stdout).unwrap()
}

const POST: &str =
    "[hook.x]\naction = \"webhook_http_post\"\nservice_url = \"https://example.com/\"\n";
const JENKINS: &str =
    "[hook.x]\naction = \"jenkins_generic_build_job\"\nservice_url = { file = \"url\" }\n";
const DINGTALK: &str = "[hook.x]\naction = \"dingding_group_chat_robot\"\nservice_url = \"https://oapi.dingtalk.com/robot/send?access_token=x\"\n";

/// Each after one of the beginnings above.
const RIGHT: [(&str, &str); 28] = [
    (
        "",
        "[project]\nroot = \"/srv\"\nname = \"a/b\"\nurl = \"${project.name}\"\nweb = \"cgit\"\nlanguage = \"zh\"",
    ),
    (
        "",
        "[project]\nurl = \"\"\nroot = \"\"\nprivate = true\nssh_url = \"git@example.com:x\"",
    ),
    (
        "",
        "[deliver]\nwait = \"0s\"\nkeep = \"30 d\"\nkeep_count = 0\nkeep_size = \"1 MiB\"\nstate_dir = \"/var/x\"",
    ),
    (
        "",
        "[deliver]\nkeep_size = 4096\n[pusher]\nenv = []\n[secrets]\nshared = \"file:/x/**, env:A\"",
    ),
    (
        "",
        "[pusher]\nenv = \"A,B\"\n[secrets]\nshared = [\"credential:x\"]",
    ),
    (POST, ""),
    (POST, "token = { env = \"TOKEN\" }"),
    (
        POST,
        "token = { file = \"token\" }\nusername = { credential = \"user\" }",
    ),
    (POST, "headers = \"Accept: text/html\""),
    (
        POST,
        "headers = { Accept = \"text/html\", X-Number = 1, X-On = true, X-Secret = { env = \"A\" } }",
    ),
    (POST, "headers = { env = \"prod\" }"),
    (
        POST,
        "branches = [\"main\", \"!wip/**\"]\ntags = \"v*, w*\"\nrefs = [\"refs/notes/*\", \"**\", \"!refs/x\"]",
    ),
    (
        POST,
        "changes = [\"created\", \"deleted\"]\npaths = \"src/**\"\npushers = [\"a\"]\nauthors = [\"b\"]",
    ),
    (
        POST,
        "changes = \"created, updated\"\nskip_ci = true\nenabled = false\nlocked = true\nskippable = true",
    ),
    (
        POST,
        "repositories = [\"a/*\"]\nlabel = \"x\"\ntimeout = \"10m\"\nretry_for = \"1d\"\nca_file = \"x.pem\"",
    ),
    (
        POST,
        "insecure_skip_verify = true\nper = \"push\"\nmax_commits = 0\nmax_body = 1024\nmax_refs = 1",
    ),
    (
        POST,
        "max_body = \"20 kB\"\nflavor = \"coding\"\ncontent_type = \"text/plain\"\ntemplate = \"x\"",
    ),
    (POST, "template = \"\"\"\nseveral\nlines\"\"\""),
    (
        JENKINS,
        "build_args = { a = 1, b = { file = \"b\" } }\nrequest_parameters = \"a=b\"\ntoken = \"x\"",
    ),
    (
        JENKINS,
        "build_args = '{\"a\": 1}'\nheader_parameters = { A = \"b\" }\nbuild_token = \"x\"",
    ),
    (
        DINGTALK,
        "at_mobiles = [\"1\", { env = \"M\" }]\nat_user_ids = \"a, b\"\nsign = \"x\"\nkeyword = \"x\"",
    ),
    (
        DINGTALK,
        "at_mobiles = { file = \"m\" }\nmsg_type = \"text\"\ntitle = \"x\"",
    ),
    (
        DINGTALK,
        "msg_type = \"customize\"\ntemplate = { file = \"t\" }",
    ),
    (
        "",
        "[hook.x]\naction = \"feishu_group_chat_robot\"\nservice_url = \"https://open.feishu.cn/open-apis/bot/v2/hook/x\"",
    ),
    (
        "",
        "[hook.x]\naction = \"webhook_http_get\"\nservice_url = \" HTTP://example.com/${project.name}\"",
    ),
    (
        "",
        "[hook.x]\naction = \"webhook_http_get\"\nservice_url = \"${project.url}/x\"\nrequest_parameters = { a = 1 }",
    ),
    (
        "",
        "[hook.x-1_Y]\naction = \"wecom_group_chat_robot\"\nservice_url = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x\"\nmentioned = [\"a\"]",
    ),
    ("", "hook = {}"),
];

const WRONG: [(&str, &str); 63] = [
    ("", "[hooks.x]"),
    ("", "[hook]\nloose = true"),
    (
        "",
        "[hook.\"bad name\"]\naction = \"webhook_http_get\"\nservice_url = \"https://example.com/\"",
    ),
    ("", "[network]\nallow = [\"a/b\"]"),
    ("", "[network]\ndeny = [\"localhost\"]"),
    ("", "wait = \"5s\""),
    ("", "[[hook]]\naction = 1"),
    ("", "project = 1"),
    ("", "[deliver]\nwait = 5"),
    ("", "[deliver]\nbranches = [\"main\"]"),
    ("", "[deliver]\nkeep_size = \"1 TB\""),
    ("", "[deliver]\nkeep_count = -1"),
    ("", "[deliver]\nstate_dir = \"x\""),
    ("", "[project]\nlanguage = \"de\""),
    ("", "[project]\nroot = \"srv\""),
    ("", "[project]\nurl = \"git.example.com\""),
    ("", "[project]\nprivate = \"yes\""),
    ("", "[project]\nnmae = \"x\""),
    ("", "[pusher]\nenv = [\"A-B\"]"),
    ("", "[secrets]\nshared = [\"/etc/x\"]"),
    ("", "[hook.x]\nservice_url = \"https://example.com/\""),
    ("", "[hook.x]\naction = \"webhook_http_post\""),
    (
        "",
        "[hook.x]\naction = \"webhook_http_postt\"\nservice_url = \"https://example.com/\"",
    ),
    (
        "",
        "[hook.x]\naction = \"webhook_http_get\"\nservice_url = \"ftp://example.com/\"",
    ),
    (
        "",
        "[hook.x]\naction = \"webhook_http_get\"\nservice_url = \"\"",
    ),
    (
        "",
        "[hook.x]\naction = \"webhook_http_get\"\nservice_url = \"https://example.com/\"\ntemplate = \"x\"",
    ),
    (POST, "brnches = [\"main\"]"),
    (POST, "sign = \"x\""),
    (POST, "build_args = { a = 1 }"),
    (POST, "wait = \"5s\""),
    (POST, "proxy = \"ftp://proxy\""),
    (POST, "client_cert = \"x\""),
    (POST, "signing_secret = 1"),
    (POST, "token = []"),
    (POST, "signature = { algorithm = \"sha1\" }"),
    (POST, "flavor = \"gitae\""),
    (POST, "timeout = \"10 sec\""),
    (POST, "timeout = 10"),
    (POST, "max_commits = \"five\""),
    (POST, "max_commits = -1"),
    (POST, "max_refs = 0"),
    (POST, "max_body = 1"),
    (POST, "max_body = \"1 mb\""),
    (POST, "enabled = \"no\""),
    (POST, "per = \"commit\""),
    (POST, "branches = []"),
    (POST, "branches = \"\""),
    (POST, "branches = [\"\"]"),
    (POST, "branches = [\"refs/heads/main\"]"),
    (POST, "branches = [1]"),
    (POST, "refs = [\"main\"]"),
    (POST, "changes = [\"create\"]"),
    (POST, "username = true"),
    (POST, "token = { envv = \"X\" }"),
    (POST, "token = {}"),
    (POST, "token = { env = \"A\", file = \"b\" }"),
    (POST, "token = { env = \"HTTP_TOKEN\" }"),
    (POST, "token = { file = \"\" }"),
    (POST, "password = { credential = \"../x\" }"),
    (JENKINS, "build_args = { deep = { x = \"y\" } }"),
    (DINGTALK, "at_mobiles = [\"1\", 2]"),
    (DINGTALK, "msg_type = \"markdwn\""),
    (DINGTALK, "msg_type = \"customize\""),
];

fn whole(cases: &[(&str, &str)]) -> Vec<String> {
    cases
        .iter()
        .map(|(beginning, lines)| format!("{beginning}{lines}\n"))
        .collect()
}

#[track_caller]
fn agree(texts: &[String], right: bool) {
    for text in texts {
        let reported = reported(&as_server(text));
        assert_eq!(
            reported.is_empty(),
            right,
            "the reader on {text}: {reported:#?}"
        );
    }
    let texts = texts.iter().map(String::as_str).collect::<Vec<_>>();
    for (text, takes) in texts.iter().zip(takes(&texts)) {
        assert_eq!(takes, right, "the schema on {text}");
    }
}

#[needs("/usr/lib/python3/dist-packages/jsonschema")]
#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    agree(&whole(&RIGHT), true);
}

#[needs("/usr/lib/python3/dist-packages/jsonschema")]
#[test]
fn the_schema_refuses_the_forms_that_the_reader_refuses() {
    agree(&whole(&WRONG), false);
}

#[needs("/usr/lib/python3/dist-packages/jsonschema")]
#[test]
fn the_schema_lets_a_file_narrow_a_hook_of_the_server() {
    let hook = |line| format!("[hook.audit]\n{line}\n");
    let texts = [
        "",
        "enabled = false",
        "branches = [\"main\"]",
        "timeout = \"5s\"",
        "token = \"x\"",
    ]
    .map(hook);
    assert_eq!(
        takes(&texts.each_ref().map(String::as_str)),
        [true, true, true, false, false]
    );
}

#[needs("/usr/lib/python3/dist-packages/jsonschema")]
#[test]
fn the_schema_accepts_every_example_and_every_example_names_it() {
    let files = std::fs::read_dir(examples())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    let texts = files
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect::<Vec<_>>();
    assert!(texts.len() > 6);
    for text in &texts {
        assert!(text.starts_with("#:schema ./hooks.schema.json\n"), "{text}");
    }
    let texts = texts.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(takes(&texts).into_iter().all(|takes| takes));
}

#[test]
fn the_command_prints_the_file_among_the_examples() {
    let out = Sandbox::new().run("", &["schema"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(
        serde_json::from_slice::<Value>(&out.stdout).unwrap(),
        schema()
    );
}

#[test]
fn every_key_has_a_title_a_description_and_a_default_or_examples() {
    let schema = schema();
    let tables =
        ["project", "deliver", "pusher", "secrets"].map(|table| &schema["properties"][table]);
    let hook = &schema["definitions"]["hook"];
    let keys = tables
        .into_iter()
        .chain([hook])
        .flat_map(|table| table["properties"].as_object().unwrap());
    let mut count = 0;
    for (key, value) in keys {
        let reported = |member: &str| value[member].as_str().is_some_and(|text| text.len() > 8);
        assert!(
            reported("title") && reported("description"),
            "{key}: {value}"
        );
        assert!(
            value["title"].as_str().unwrap().len() < 90,
            "{key}: {value}"
        );
        let own = |rule: &Value| {
            rule["then"]["properties"][key.as_str()]
                .get("default")
                .is_some()
        };
        let for_some = std::iter::successors(Some(hook), |rule| rule.get("else")).any(own);
        let example = value["examples"]
            .as_array()
            .is_some_and(|examples| !examples.is_empty());
        assert!(
            value.get("default").is_some() || for_some || example,
            "{key}: {value}"
        );
        count += 1;
    }
    assert!(count > 60, "{count}");
}

#[test]
fn defaults_that_differ_are_listed_with_their_action() {
    let schema = schema();
    let hook = &schema["definitions"]["hook"];
    let rules = std::iter::successors(Some(hook), |rule| rule.get("else"));
    let default = |action: &str, key: &str| {
        let rule = rules
            .clone()
            .find(|rule| rule["if"]["properties"]["action"]["const"] == action)
            .unwrap();
        rule["then"]["properties"][key]["default"].clone()
    };
    assert_eq!(default("jenkins_generic_build_job", "timeout"), "30s");
    assert_eq!(default("webhook_http_get", "timeout"), "10s");
    assert_eq!(default("feishu_group_chat_robot", "msg_type"), "text");
    assert_eq!(default("wecom_group_chat_robot", "max_body"), 4096);
    assert_eq!(hook["properties"]["enabled"]["default"], true);
    assert_eq!(hook["properties"]["msg_type"].get("default"), None);
}

#[test]
fn schema_event_prints_the_committed_schema_which_a_second_validator_finds_valid() {
    let sandbox = Sandbox::new();
    let committed = std::fs::read_to_string(examples().join("event.schema.json")).unwrap();
    let out = sandbox
        .command(crate::support::PROGRAM, "")
        .args(["schema", "event"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), committed);
    let judge = "import json, sys, jsonschema\n\
        jsonschema.Draft7Validator.check_schema(json.load(open(sys.argv[1])))\n";
    let valid = Command::new("/usr/bin/python3")
        .args(["-c", judge])
        .arg(examples().join("event.schema.json"))
        .status();
    assert!(valid.unwrap().success());
}
