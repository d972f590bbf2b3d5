//! What `check` says of the files.

use super::golden::{compare, reported, set_up};
use super::{GOOD, private};

#[track_caller]
fn scene(name: &str, config: &str) {
    compare(name, &reported(&set_up(config), "r.git", &[]));
}

#[test]
fn a_good_set_up() {
    scene("good", GOOD);
}

#[test]
fn mistakes_of_every_kind() {
    scene(
        "mistakes",
        r#"# 注释
brnch = "hunter2"

[hook.ci]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/generic-webhook-trigger/invoke"
build_token = { envv = "HUNTER2" }
build_args = { env = "hunter2", deep = { x = "hunter2" } }
timeout = "10 sec"
max_commits = "five"
	brnches	=	["hunter2"]
sign = 'hunter2'
"提交" = "hunter2" # hunter2

[hook.team]
action = "dingding_group_chat_robot"
service_url = "https://oapi.dingtalk.com/robot/send?access_token=hunter2"
msg_type = "markdwn"
at_mobiles = ["18000000000", 18000000001]
branches = [
    "main",
    "refs/heads/dev", # hunter2
]

[hook.empty]

[hook.typo]
action = "webhook_http_pots"
service_url = "https://hunter2.example.com/"

[hook."bad name"]
action = "webhook_http_get"

[deliver]
wait = 5
state_dir = "/hunter2"

[project]
language = "de"
url = "https://git.example.com/${project.nam}"

[hooks.x]
"#,
    );
}

#[test]
fn a_file_that_is_no_toml() {
    scene(
        "no_toml",
        "[hook.audit]\naction = webhook_http_post\nservice_url = \"https://hunter2.example.com\ntoken = \"hunter2\"\n[hook.audit]\n",
    );
}

#[test]
fn filters_that_nothing_can_pass_and_settings_that_are_hardly_meant() {
    let config = r#"
[hook.audit]
action = "webhook_http_post"
service_url = "http://user:hunter2@audit.example.com/push"
branches = ["main", "feature/", "!**"]
tags = "v 1"
paths = ["/src/**", "docs/"]
insecure_skip_verify = true

[hook.team]
action = "dingding_group_chat_robot"
service_url = { file = "team.url" }
per = "ref"
template = "{% for u in updates %}${u.ref}{% endfor %}"
"#;
    let sandbox = set_up(config);
    private(
        &sandbox,
        "r.git/team.url",
        "https://oapi.dingtalk.com/robot/send?access_token=hunter2\n",
    );
    compare("odd", &reported(&sandbox, "r.git", &[]));
}

#[test]
fn templates_that_fail_for_some_pushes() {
    scene(
        "templates",
        r#"
[hook.names]
action = "webhook_http_post"
service_url = "https://audit.example.com/${project.nam}"
template = '''
{
  "title": "${head_comit.title}"
}
'''

[hook.json]
action = "webhook_http_post"
service_url = "https://audit.example.com/"
template = '{"tag": ${tag.name | tojson}, "commit": ${head_commit.id}}'

[hook.empty]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
msg_type = "text"
template = "${head_commit.message}"

[hook.only_tags]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
tags = ["v*"]
changes = ["created"]
template = "${tag.message}"

[hook.comment]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
template = "{#标题} ${project.name}"
"#,
    );
}

#[test]
fn secrets_that_cannot_be_read_are_all_named() {
    let config = r#"
[hook.audit]
action = "webhook_http_post"
service_url = { file = "audit.url" }
token = { file = "missing.token" }
headers = { X-A = { file = "missing.header" }, X-B = { env = "NOT_SET" }, X-C = "hunter2" }

[hook.timer]
action = "feishu_group_chat_robot"
service_url = { credential = "feishu.url" }

[hook.lines]
action = "webhook_http_post"
service_url = "https://audit.example.com/"
token = """
hunter2
hunter2"""
"#;
    let sandbox = set_up(config);
    private(
        &sandbox,
        "r.git/audit.url",
        "https://audit.example.com/push\n",
    );
    compare("secrets", &reported(&sandbox, "r.git", &[]));
}

#[test]
fn robots_are_known_by_their_addresses() {
    let config = r#"
[hook.other]
action = "dingding_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"

[hook.old]
action = "feishu_group_chat_robot"
service_url = "https://open.feishu.cn/open-apis/bot/hook/hunter2"

[hook.elsewhere]
action = "wecom_group_chat_robot"
service_url = { file = "robot.url" }

[hook.webhook]
action = "webhook_http_post"
service_url = "https://open.larksuite.com/open-apis/bot/v2/hook/hunter2"

[hook.wecom]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
mentioned = ["@all"]
mentioned_mobile = ["18000000000"]

[hook.signed]
action = "dingding_group_chat_robot"
service_url = "https://oapi.dingtalk.com/robot/send?access_token=hunter2"
sign = "hunter2 without SEC in front"

[hook.ci]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/job/app/build?token=hunter2"
build_token = "hunter2"
build_args = '{“arg”: "hunter2"}'

[hook.wide]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/generic-webhook-trigger/invoke"
build_args = """
{"arg": "，",
 "other"： "hunter2"}"""
"#;
    let sandbox = set_up(config);
    private(
        &sandbox,
        "r.git/robot.url",
        "https://oapi.dingtalk.com/robot/send?access_token=hunter2\n",
    );
    compare("robots", &reported(&sandbox, "r.git", &[]));
}
