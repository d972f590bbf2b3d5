//! Every phrase that only a digest has, in both languages side by side.

use crate::action::chat::words::plural;
use crate::outgoing::Language;

/// What only a digest says.
pub(super) struct DigestWords {
    pub(super) heading: &'static str,
    pub(super) pushes_by: &'static str,
    pub(super) by: &'static str,
    pub(super) span: &'static str,
    pub(super) done_at: &'static str,
    pub(super) done: &'static str,
    pub(super) branch: &'static str,
    pub(super) other: &'static str,
    pub(super) created: &'static str,
    pub(super) deleted: &'static str,
    pub(super) forced: &'static str,
    pub(super) moved: &'static str,
    /// Between the parts of a line.
    pub(super) comma: &'static str,
    /// Between names.
    pub(super) and: &'static str,
    pub(super) and_somebody: &'static str,
    /// Behind some names: how many those are, and how many are left out.
    pub(super) and_others: fn(usize, usize) -> String,
    pub(super) pushes: fn(usize) -> String,
    pub(super) people: fn(usize) -> String,
    pub(super) recovered: fn(usize) -> String,
    /// How often something happened to a ref.
    pub(super) times: fn(&str, usize) -> String,
    pub(super) more_pushes: fn(usize) -> String,
    pub(super) more_refs: fn(usize) -> String,
}

/// The table of a language.
pub(super) fn words(language: Language) -> &'static DigestWords {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

const ENGLISH: DigestWords = DigestWords {
    heading: "{project}: {parts}",
    pushes_by: "{pushes} by {who}",
    by: "by {who}",
    span: "{from} to {to}",
    done_at: "• {time} {who} {what}",
    done: "• {who} {what}",
    branch: "• {ref}: {parts}",
    other: "• {kind} {ref}: {parts}",
    created: "created",
    deleted: "deleted",
    forced: "force-pushed",
    moved: "moved",
    comma: ", ",
    and: ", ",
    and_somebody: " and somebody",
    and_others: |_, n| format!(" and {n} more"),
    pushes: |n| plural(n, "push", "pushes"),
    people: |n| plural(n, "person", "people"),
    recovered: |n| format!("{n} found later"),
    times: |verb, n| match n {
        1 => verb.to_owned(),
        2 => format!("{verb} twice"),
        n => format!("{verb} {n} times"),
    },
    more_pushes: |n| format!("… and {n} more"),
    more_refs: |n| format!("… and {n} more {}", if n == 1 { "ref" } else { "refs" }),
};

const CHINESE: DigestWords = DigestWords {
    heading: "{project}：{parts}",
    pushes_by: "{who} 共 {pushes}",
    by: "推送者：{who}",
    span: "{from} 至 {to}",
    done_at: "• {time} {who} {what}",
    done: "• {who} {what}",
    branch: "• {ref}：{parts}",
    other: "• {kind} {ref}：{parts}",
    created: "创建",
    deleted: "删除",
    forced: "强制推送",
    moved: "移动",
    comma: "，",
    and: "、",
    and_somebody: "和其他人",
    and_others: |shown, n| format!("等 {} 人", shown + n),
    pushes: |n| format!("{n} 次推送"),
    people: |n| format!("{n} 人"),
    recovered: |n| format!("{n} 次为事后发现"),
    times: |verb, n| {
        if n == 1 {
            verb.to_owned()
        } else {
            format!("{verb} {n} 次")
        }
    },
    more_pushes: |n| format!("……还有 {n} 次推送"),
    more_refs: |n| format!("……还有 {n} 个引用"),
};
