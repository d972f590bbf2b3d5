//! Messages whose text, or whole, is the user's template.

use super::fixture::*;
use git_service_hook::action::{Finding, Severity};
use git_service_hook::outgoing::{Language, MessageKind, Outgoing};
use serde_json::{Value, json};

const ROBOTS: [&str; 3] = ["wecom", "dingtalk", "feishu"];

fn push() -> Outgoing {
    outgoing(
        MessageKind::Push,
        vec![updated(two_commits())],
        Language::English,
    )
}

fn sent(name: &str, keys: Value, out: &Outgoing) -> Value {
    body(&robot(name, keys).request(out, &NOW).unwrap())
}

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../vectors-robots.json")).unwrap()
}

fn vector(name: &str) -> Value {
    vectors().into_iter().find(|v| v["name"] == name).unwrap()["body"].clone()
}

#[test]
fn a_template_is_the_text_of_the_message() {
    for dialect in DIALECTS {
        let (name, msg_type) = dialect.split_once('-').unwrap();
        let keys = json!({"msg_type": msg_type, "template": "测试模板 ${project.name}\n"});
        let text = text(&sent(name, keys, &push())).replace("&#47;", "/");
        assert_eq!(text, "测试模板 team/payments", "{dialect}");
    }
}

#[test]
fn customize_with_plain_text_is_a_text_message() {
    for name in ROBOTS {
        let body = sent(
            name,
            json!({"msg_type": "customize", "template": "测试模板 ${project.name}"}),
            &push(),
        );
        let kind = if name == "feishu" {
            &body["msg_type"]
        } else {
            &body["msgtype"]
        };
        assert_eq!(
            (kind, text(&body).as_str()),
            (&json!("text"), "测试模板 team/payments")
        );
    }
}

#[test]
fn messages_look_as_other_senders_make_them() {
    let same = [
        (
            "dingtalk_text",
            "dingtalk",
            json!({"msg_type": "text", "template": "推送"}),
        ),
        (
            "dingtalk_text_mobile",
            "dingtalk",
            json!({"msg_type": "text", "template": "推送", "at_mobiles": "13800001111"}),
        ),
        (
            "wecom_text",
            "wecom",
            json!({"msg_type": "text", "template": "推送 hello"}),
        ),
        (
            "wecom_text_mentions",
            "wecom",
            json!({"msg_type": "text", "template": "推送 hello", "mentioned": "wangqing,@all", "mentioned_mobile": "13800001111"}),
        ),
        (
            "wecom_markdown",
            "wecom",
            json!({"template": "# t\n> <font color=\"comment\">main</font>", "mentioned": ["wangqing"]}),
        ),
        ("feishu_text", "feishu", json!({"template": "新更新提醒"})),
        (
            "feishu_text_signed",
            "feishu",
            json!({"template": "新更新提醒", "sign": "demo"}),
        ),
    ];
    for (name, robot, keys) in same {
        assert_eq!(sent(robot, keys, &push()), vector(name), "{name}");
    }
    let card = sent(
        "feishu",
        json!({"msg_type": "markdown", "title": "t", "template": "**b** [x](https://e.com)", "sign": "demo"}),
        &push(),
    );
    let mut theirs = vector("feishu_card_v2_signed");
    theirs["card"]["config"] = json!({"update_multi": true});
    theirs["card"]["body"]["direction"] = "vertical".into();
    assert_eq!(card, theirs);
    let all = sent(
        "dingtalk",
        json!({"title": "t", "template": "**b**", "at_user_ids": "@all"}),
        &push(),
    );
    assert_eq!(all["at"], vector("dingtalk_markdown_all")["at"]);
    assert_eq!(all["markdown"]["title"], "t");
}

#[test]
fn customize_with_json_is_the_vendors_whole_message() {
    for vector in vectors() {
        if vector.get("secret").is_some() {
            continue;
        }
        let (robot, body) = (vector["robot"].as_str().unwrap(), &vector["body"]);
        let keys = json!({"msg_type": "customize", "template": body.to_string()});
        assert_eq!(&sent(robot, keys, &push()), body, "{}", vector["name"]);
    }
}

#[test]
fn mentions_are_added_to_a_whole_message_that_has_none() {
    let template = |t: Value| t.to_string();
    let ding = |message: Value| {
        sent(
            "dingtalk",
            json!({"msg_type": "customize", "template": template(message), "at_mobiles": "180"}),
            &push(),
        )
    };
    let added = ding(json!({"msgtype": "text", "text": {"content": "x"}}));
    assert_eq!(
        added,
        json!({"msgtype": "text", "text": {"content": "x\n@180"}, "at": {"atMobiles": ["180"]}})
    );
    let own = json!({"msgtype": "text", "text": {"content": "x"}, "at": {"isAtAll": false}});
    assert_eq!(ding(own.clone()), own);
    let wecom = |message: Value| {
        sent(
            "wecom",
            json!({"msg_type": "customize", "template": template(message), "mentioned": "a"}),
            &push(),
        )
    };
    let added = wecom(json!({"msgtype": "text", "text": {"content": "x"}}));
    assert_eq!(
        added["text"],
        json!({"content": "x", "mentioned_list": ["a"]})
    );
    let own = json!({"msgtype": "text", "text": {"content": "x", "mentioned_mobile_list": ["1"]}});
    assert_eq!(wecom(own.clone()), own);
    let inline = wecom(json!({"msgtype": "markdown", "markdown": {"content": "x"}}));
    assert_eq!(inline["markdown"]["content"], "x\n<@a>");
    let own = json!({"msgtype": "markdown", "markdown": {"content": "x <@b>"}});
    assert_eq!(wecom(own.clone()), own);
}

#[test]
fn feishu_signs_a_whole_message() {
    let keys = json!({"msg_type": "customize", "template": vector("feishu_text").to_string(), "sign": "demo"});
    assert_eq!(sent("feishu", keys, &push()), vector("feishu_text_signed"));
}

#[test]
fn a_push_cannot_mention_or_add_members_through_a_template() {
    let hostile = [
        "<at user_id=\"all\">x</at>",
        "at user_id=\"all\"",
        "<@all>",
        "@all",
        "@所有人",
        "\",\"at\":{\"isAtAll\":true},\"x\":\"",
        "[x](http://evil.example)",
        "![x](http://evil.example)",
        "\n# x\n- y",
    ];
    let whole = [
        (
            "wecom",
            r#"{"msgtype":"text","text":{"content":"<${head_commit.title}> ${head_commit.title}"}}"#,
        ),
        (
            "dingtalk",
            r#"{"msgtype":"text","text":{"content":"<${head_commit.title}> ${head_commit.title}"}}"#,
        ),
        (
            "feishu",
            r#"{"msg_type":"text","content":{"text":"<${head_commit.title}> ${head_commit.title}"}}"#,
        ),
    ];
    for text in hostile {
        let out = outgoing(
            MessageKind::Push,
            vec![updated(vec![commit('c', text, text)])],
            Language::English,
        );
        for (name, template) in whole {
            let body = sent(
                name,
                json!({"msg_type": "customize", "template": template}),
                &out,
            );
            let shown = self::text(&body);
            assert!(
                name != "feishu" || !shown.contains("<at ") || !shown.contains("id="),
                "{shown}"
            );
            assert!(!shown.contains('@') && body.get("at").is_none(), "{shown}");
            assert!(
                !shown.contains("](") && !shown[1..].contains('<'),
                "no link, image or tag either: {name} {shown}"
            );
        }
        for dialect in DIALECTS {
            let (name, msg_type) = dialect.split_once('-').unwrap();
            for filter in ["", " | upper", " | replace('x', '<')", " | tojson"] {
                let template = format!(
                    "${{ commits[0].message{filter} }} ${{ commits[0].author.name{filter} }} ${{ commits{filter} }}"
                );
                let shown = self::text(&sent(
                    name,
                    json!({"msg_type": msg_type, "template": template}),
                    &out,
                ));
                assert!(
                    !shown.contains('@') && (name != "feishu" || !shown.contains('<')),
                    "{dialect}: {shown}"
                );
                if dialect.ends_with("markdown") {
                    assert!(
                        !shown.contains("](") && !shown.contains('<'),
                        "{dialect}: {shown}"
                    );
                    assert!(
                        !shown
                            .lines()
                            .any(|l| l.trim_start().starts_with(['#', '-'])),
                        "{dialect}: {shown}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_address_stays_one_in_a_text() {
    for dialect in DIALECTS {
        let (name, msg_type) = dialect.split_once('-').unwrap();
        let keys = json!({"msg_type": msg_type, "template": "[${project.name}](${project.url}) ${head_commit.url}"});
        let shown = text(&sent(name, keys, &push()));
        assert!(
            shown.contains("](https://git.example.com/team/payments) https://git.example.com/team/payments/commit/c"),
            "{shown}"
        );
    }
}

#[test]
fn a_template_that_prints_too_much_is_rendered_with_less_and_then_cut() {
    let commits = (0..40)
        .map(|_| commit('c', &"长 [x] <b> ".repeat(100), "李雷"))
        .collect();
    let out = outgoing(MessageKind::Push, vec![updated(commits)], Language::Chinese);
    for dialect in DIALECTS {
        let (name, msg_type) = dialect.split_once('-').unwrap();
        for template in [
            "{% for c in commits %}- ${c.message}\n{% endfor %}",
            "${ \"长\" * 1 }{% for i in range(3000) %}长长长长 {% endfor %}",
        ] {
            let request = robot(name, json!({"msg_type": msg_type, "template": template}))
                .request(&out, &NOW)
                .unwrap();
            let size = if name == "wecom" {
                text(&body(&request)).len()
            } else {
                request.body.len()
            };
            let limit = match dialect {
                "wecom-text" => 2048,
                "wecom-markdown" => 4096,
                _ => 20_000,
            };
            assert!(
                size <= limit && size * 4 > limit,
                "{dialect}: {size} of {limit}"
            );
        }
    }
    for name in ROBOTS {
        let template = if name == "feishu" {
            r#"{"msg_type":"text","content":{"text":"{% for c in commits %}${c.message}{% endfor %}"}}"#
        } else {
            r#"{"msgtype":"text","text":{"content":"{% for c in commits %}${c.message}{% endfor %}"}}"#
        };
        let request = robot(name, json!({"msg_type": "customize", "template": template}))
            .request(&out, &NOW)
            .unwrap();
        let size = if name == "wecom" {
            text(&body(&request)).len()
        } else {
            request.body.len()
        };
        assert!(
            size <= if name == "wecom" { 2048 } else { 20_000 },
            "{name}: {size}"
        );
    }
}

#[test]
fn a_whole_message_that_never_fits_is_not_sent() {
    let template = json!({"msgtype": "text", "text": {"content": "长".repeat(10_000)}}).to_string();
    let error = robot(
        "wecom",
        json!({"msg_type": "customize", "template": template}),
    )
    .request(&push(), &NOW)
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`template`: renders to more than the robot takes"
    );
}

#[test]
fn an_empty_message_or_one_that_is_not_an_object_is_not_sent() {
    let error = |keys| {
        robot("dingtalk", keys)
            .request(&push(), &NOW)
            .unwrap_err()
            .key
    };
    assert_eq!(
        error(json!({"template": "{% if false %}x{% endif %}"})),
        "template"
    );
    assert_eq!(
        error(json!({"msg_type": "customize", "template": "[\"x\"]"})),
        "template"
    );
    assert_eq!(
        error(json!({"msg_type": "customize", "template": "{\"a\":1,\"a\":2}"})),
        "template"
    );
}

#[test]
fn a_title_is_a_template_and_one_plain_line() {
    let keys = |msg_type| json!({"msg_type": msg_type, "title": "${head_commit.author.name}: ${head_commit.message}"});
    let out = outgoing(
        MessageKind::Push,
        vec![updated(vec![commit('c', "*Fix* <@all>\n\nx", "Ann")])],
        Language::English,
    );
    assert_eq!(
        sent("dingtalk", keys("markdown"), &out)["markdown"]["title"],
        "Ann: *Fix* <＠all>"
    );
    assert!(
        text(&sent("dingtalk", keys("markdown"), &out))
            .starts_with("**Ann: \\*Fix\\* ＜＠all＞**\n\n")
    );
    assert_eq!(
        sent("feishu", keys("markdown"), &out)["card"]["header"]["title"]["content"],
        "Ann: *Fix* ＜＠all>"
    );
    assert!(
        text(&sent("wecom", keys("text"), &out)).starts_with("Ann: *Fix* <＠all>\nteam/payments")
    );
}

#[test]
fn a_test_is_marked_with_any_template() {
    let out = outgoing(
        MessageKind::Test,
        vec![updated(two_commits())],
        Language::Chinese,
    );
    for dialect in DIALECTS {
        let (name, msg_type) = dialect.split_once('-').unwrap();
        for keys in [
            json!({"msg_type": msg_type}),
            json!({"msg_type": msg_type, "template": "x"}),
        ] {
            let shown = text(&sent(name, keys, &out));
            assert_eq!(shown.matches("测试消息").count(), 1, "{shown}");
        }
    }
}

#[test]
fn only_template_files_are_evaluated_of_references() {
    let text_of = |template: Value| text(&sent("feishu", json!({"template": template}), &push()));
    assert_eq!(text_of(json!({"file": "${project.name}"})), "team/payments");
    let title = json!({"msg_type": "markdown", "title": {"file": "${project.name}"}});
    assert_eq!(
        sent("feishu", title, &push())["card"]["header"]["title"]["content"],
        "${project.name}"
    );
}

fn kinds(found: &[Finding]) -> Vec<(Severity, &str, bool)> {
    found
        .iter()
        .map(|f| (f.severity, f.key, f.range.is_some()))
        .collect()
}

#[test]
fn mistakes_in_templates_are_reported_at_their_place() {
    for name in ROBOTS {
        let found = |keys: Value| {
            let parameters = parameters(name, keys);
            let mut found = parameters.findings();
            found.retain(|f| f.key != "service_url");
            (found, parameters.lint_templates())
        };
        let (broken, _) = found(json!({"template": "a ${ b", "title": "{% if %}"}));
        assert_eq!(
            kinds(&broken),
            [
                (Severity::Mistake, "template", true),
                (Severity::Mistake, "title", true)
            ],
            "{broken:?}"
        );
        let (comment, none) = found(json!({"template": "{#标题#} ${project.name}"}));
        assert_eq!(
            (kinds(&comment), none),
            (vec![(Severity::Warning, "template", true)], Vec::new())
        );
        let (none, unknown) =
            found(json!({"template": "ok ${ head_commit.titel }", "title": "${project.name}"}));
        assert_eq!(
            (none, kinds(&unknown)),
            (Vec::new(), vec![(Severity::Mistake, "template", true)])
        );
        let (none, filter) = found(json!({"template": "ok ${ ref | truncat }"}));
        assert_eq!(
            (none, kinds(&filter)),
            (Vec::new(), vec![(Severity::Mistake, "template", true)])
        );
    }
}

#[test]
fn a_template_that_reads_updates_is_known() {
    for name in ROBOTS {
        let parameters = |template: &str| parameters(name, json!({"template": template}));
        assert!(parameters("{% for u in updates %}${u.ref}{% endfor %}").template_reads("updates"));
        assert!(!parameters("${ref}").template_reads("updates"));
        assert!(parameters("x").has_template() && !parameters("").has_template());
    }
}
