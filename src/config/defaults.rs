//! What a hook does where its file says nothing: the table beside the list of actions.

use crate::action::Kind;
use crate::parameter::MsgType;
use crate::push::Change;
use std::time::Duration;

/// Defaults of one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Defaults {
    /// One attempt, name lookup to last byte.
    pub(super) timeout: Duration,
    /// Commits listed.
    pub(super) max_commits: usize,
    /// Bytes of the body; a vendor's limit.
    pub(super) max_body: usize,
    /// Refs with a delivery of their own.
    pub(super) max_refs: usize,
    /// `None`: every change.
    pub(super) changes: Option<&'static [Change]>,
    /// Whether `[skip ci]` counts.
    pub(super) skip_ci: bool,
}

/// Of webhooks.
const WEBHOOK: Defaults = Defaults {
    timeout: Duration::from_secs(10),
    max_commits: 2048,
    max_body: 1 << 20,
    max_refs: 100,
    changes: None,
    skip_ci: false,
};

impl Defaults {
    /// Of an action; WeCom's limit depends on the type of the message.
    pub(super) fn of(kind: Kind, msg_type: Option<MsgType>) -> Self {
        let robot = |max_body| Self {
            max_commits: 10,
            max_body,
            ..WEBHOOK
        };
        match kind {
            Kind::WebhookHttpPost | Kind::WebhookHttpGet => WEBHOOK,
            // Bytes of the field `content` (developer.work.weixin.qq.com, group robots).
            Kind::WecomGroupChatRobot if msg_type == Some(MsgType::Text) => robot(2048),
            Kind::WecomGroupChatRobot => robot(4096),
            // Bytes of the whole body (open.dingtalk.com; open.feishu.cn, custom bots).
            Kind::DingdingGroupChatRobot | Kind::FeishuGroupChatRobot => robot(20_000),
            Kind::JenkinsGenericBuildJob => Self {
                timeout: Duration::from_secs(30),
                max_refs: 10,
                changes: Some(&[Change::Created, Change::Updated, Change::Forced]),
                skip_ci: true,
                ..WEBHOOK
            },
        }
    }
}
