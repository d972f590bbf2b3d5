//! Which robot an address belongs to: people copy one into the hook of another. Knows hosts and paths alone.

use super::Kind;

/// Host, beginning of the path, action, and the vendor's name.
const ROBOTS: [(&str, &str, Kind, &str); 4] = [
    (
        "qyapi.weixin.qq.com",
        "/cgi-bin/webhook/",
        Kind::WecomGroupChatRobot,
        "WeCom",
    ),
    (
        "oapi.dingtalk.com",
        "/robot/send",
        Kind::DingdingGroupChatRobot,
        "DingTalk",
    ),
    (
        "open.feishu.cn",
        "/open-apis/bot/",
        Kind::FeishuGroupChatRobot,
        "Feishu",
    ),
    (
        "open.larksuite.com",
        "/open-apis/bot/",
        Kind::FeishuGroupChatRobot,
        "Lark",
    ),
];

/// When it is the address of another action's robot: a fragment that follows the key, and says what to write.
pub(crate) fn other(kind: Kind, url: &str) -> Option<String> {
    let (_, rest) = url.trim().split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let is = |(name, start, ..): &&(&str, &str, Kind, &str)| {
        host.eq_ignore_ascii_case(name) && path.starts_with(start)
    };
    let (_, _, robot, vendor) = ROBOTS
        .iter()
        .find(is)
        .filter(|(_, _, robot, _)| *robot != kind)?;
    Some(format!(
        "is the address of a {vendor} robot: write `action = \"{}\"`",
        robot.id()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whose_robot_it_is() {
        let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k";
        let expected =
            "is the address of a WeCom robot: write `action = \"wecom_group_chat_robot\"`";
        assert_eq!(
            other(Kind::DingdingGroupChatRobot, wecom).as_deref(),
            Some(expected)
        );
        assert_eq!(other(Kind::WecomGroupChatRobot, wecom), None);
        let lark = "https://OPEN.larksuite.com:443/open-apis/bot/v2/hook/x";
        assert!(other(Kind::WebhookHttpPost, lark).is_some_and(|why| why.contains("Lark")));
        for none in [
            "https://example.com/robot/send",
            "https://oapi.dingtalk.com/topapi",
            "oapi.dingtalk.com/robot/send",
        ] {
            assert_eq!(other(Kind::WebhookHttpPost, none), None, "{none}");
        }
    }
}
