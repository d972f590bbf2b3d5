//! Which robot an address belongs to: people copy one into the hook of another. The addresses stand with the actions.

use super::{Kind, VendorAddress};
use crate::url::UrlParts;

/// When it is the address of another action's robot: a fragment that follows the key, and says what to write.
pub(crate) fn other(action: &str, url: &str) -> Option<String> {
    let parts = UrlParts::split(url.trim());
    if parts.scheme.is_empty() {
        return None;
    }
    let is_there = |address: &&VendorAddress| {
        parts.host().eq_ignore_ascii_case(address.host) && parts.path.starts_with(address.path)
    };
    let (robot, address) = Kind::all()
        .find_map(|kind| Some((kind.id, kind.addresses.iter().find(is_there)?)))
        .filter(|(robot, _)| *robot != action)?;
    Some(format!(
        "is the address of a {} robot: write `action = \"{robot}\"`",
        address.vendor
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
            other("dingding_group_chat_robot", wecom).as_deref(),
            Some(expected)
        );
        assert_eq!(other("wecom_group_chat_robot", wecom), None);
        let lark = "https://OPEN.larksuite.com:443/open-apis/bot/v2/hook/x";
        assert!(other("webhook_http_post", lark).is_some_and(|why| why.contains("Lark")));
        for none in [
            "https://example.com/robot/send",
            "https://oapi.dingtalk.com/topapi",
            "oapi.dingtalk.com/robot/send",
        ] {
            assert_eq!(other("webhook_http_post", none), None, "{none}");
        }
    }
}
