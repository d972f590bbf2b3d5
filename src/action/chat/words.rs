//! Every phrase of a chat message, in both languages side by side. `{name}` is filled in by
//! [`super::phrase`].

use crate::outgoing::Language;

/// The phrases of one language. A phrase of what a person did to a ref begins with the verb, so that it can
/// follow a name or stand in a list.
pub(super) struct Words {
    pub(super) heading: &'static str,
    pub(super) pushed: &'static str,
    pub(super) not_new: &'static str,
    pub(super) created_with: &'static str,
    pub(super) created_at: &'static str,
    pub(super) deleted: &'static str,
    pub(super) forced: &'static str,
    pub(super) discarded: &'static str,
    pub(super) added: &'static str,
    pub(super) updated: &'static str,
    pub(super) moved: &'static str,
    pub(super) several: &'static str,
    pub(super) several_with: &'static str,
    pub(super) quote: &'static str,
    pub(super) partial: &'static str,
    pub(super) compare: &'static str,
    pub(super) test: &'static str,
    pub(super) test_title: &'static str,
    /// A hook whose receiver accepts nothing.
    pub(super) down: &'static str,
    /// A hook whose deliveries have failed.
    pub(super) failed: &'static str,
    /// A hook whose receiver accepts deliveries again.
    pub(super) back: &'static str,
    /// Why its newest attempt failed. A text of somebody else never begins a line: it could be a heading.
    pub(super) last_error: &'static str,
    pub(super) trouble_title: fn(&str) -> String,
    pub(super) no_subject: &'static str,
    pub(super) somebody: &'static str,
    /// Behind what was done, of a push that nobody announced.
    pub(super) later: &'static str,
    pub(super) branch: &'static str,
    pub(super) tag: &'static str,
    pub(super) other: &'static str,
    /// "… and 3 more", of commits.
    pub(super) more_commits: fn(usize) -> String,
    /// The same, of refs.
    pub(super) more_refs: fn(usize) -> String,
    /// "3 commits"; `exact` is false for a lower bound.
    pub(super) commits: fn(usize, bool) -> String,
    pub(super) branches: fn(usize) -> String,
    pub(super) tags: fn(usize) -> String,
    pub(super) refs: fn(usize) -> String,
    pub(super) deliveries: fn(usize) -> String,
}

/// The table of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

const ENGLISH: Words = Words {
    heading: "{project}: {who} {what}",
    pushed: "pushed {n} to {ref}",
    not_new: "moved {ref} from {old} to {new}, no new commits",
    created_with: "created {kind} {ref} with {n}",
    created_at: "created {kind} {ref} at {new}",
    deleted: "deleted {kind} {ref} (was {old})",
    forced: "force-pushed {ref}: {old} → {new}",
    discarded: ", {n} discarded",
    added: ", {n} added",
    updated: "updated {kind} {ref}: {old} → {new}",
    moved: "moved {kind} {ref}: {old} → {new}",
    several: "updated {refs}",
    several_with: "updated {refs} with {n}",
    quote: "“{text}”",
    partial: "Not everything about this update could be read.",
    compare: "Compare",
    test: "Test message of hook {hook}: nothing was pushed.",
    test_title: "Test",
    down: "{project}: hook {hook} has been down since {since}; {n} waiting",
    failed: "{project}: {n} of hook {hook} failed permanently since {since}",
    back: "{project}: hook {hook} is back after being down since {since}",
    last_error: "Last error: {why}",
    trouble_title: |hook| format!("hook {hook}"),
    no_subject: "(no message)",
    somebody: "somebody",
    later: " (found later)",
    branch: "branch",
    tag: "tag",
    other: "ref",
    more_commits: |n| format!("… and {n} more"),
    more_refs: |n| format!("… and {n} more"),
    commits: |n, exact| {
        format!(
            "{}{}",
            if exact { "" } else { "more than " },
            plural(n, "commit", "commits")
        )
    },
    branches: |n| plural(n, "branch", "branches"),
    tags: |n| plural(n, "tag", "tags"),
    refs: |n| plural(n, "ref", "refs"),
    deliveries: |n| plural(n, "delivery", "deliveries"),
};

const CHINESE: Words = Words {
    heading: "{project}：{who} {what}",
    pushed: "向 {ref} 推送了 {n}",
    not_new: "将 {ref} 从 {old} 移至 {new}，没有新提交",
    created_with: "创建了{kind} {ref}，含 {n}",
    created_at: "创建了{kind} {ref}，指向 {new}",
    deleted: "删除了{kind} {ref}（原为 {old}）",
    forced: "强制推送了 {ref}：{old} → {new}",
    discarded: "，丢弃 {n}",
    added: "，新增 {n}",
    updated: "更新了{kind} {ref}：{old} → {new}",
    moved: "移动了{kind} {ref}：{old} → {new}",
    several: "更新了 {refs}",
    several_with: "更新了 {refs}，共 {n}",
    quote: "“{text}”",
    partial: "此次更新的部分信息无法读取。",
    compare: "查看对比",
    test: "这是钩子 {hook} 的测试消息，没有实际推送。",
    test_title: "测试",
    down: "{project}：钩子 {hook} 自 {since} 起不可用，{n}等待投递",
    failed: "{project}：钩子 {hook} 自 {since} 起有 {n}投递失败，不再重试",
    back: "{project}：钩子 {hook} 已恢复（此前自 {since} 起不可用）",
    last_error: "最近一次错误：{why}",
    trouble_title: |hook| format!("钩子 {hook}"),
    no_subject: "（无说明）",
    somebody: "有人",
    later: "（事后发现）",
    branch: "分支",
    tag: "标签",
    other: "引用",
    more_commits: |n| format!("……还有 {n} 个提交"),
    more_refs: |n| format!("……还有 {n} 个引用"),
    commits: |n, exact| format!("{}{n} 个提交", if exact { "" } else { "超过 " }),
    branches: |n| format!("{n} 个分支"),
    tags: |n| format!("{n} 个标签"),
    refs: |n| format!("{n} 个引用"),
    deliveries: |n| format!("{n} 条消息"),
};

pub(super) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
