//! How DingTalk writes text and markdown. The vendor documents no escaping: a backslash before `_`, `*` and the
//! backtick is in wide use, what else could mean something is replaced by its full-width form.

use crate::action::chat::{Markup, escape_block, json_size, untrusted};
use crate::action::robot::RobotStyle;

/// `text.content`: whether a written `@…` can mention without the lists is not documented.
struct DingtalkText;

/// `markdown.text`: a single LF is swallowed, images are fetched, HTML vanishes.
struct DingtalkMarkdown;

pub(super) const TEXT: RobotStyle = RobotStyle {
    markup: &DingtalkText,
    escape: |text| escape_block(text, &DingtalkText),
};
pub(super) const MARKDOWN: RobotStyle = RobotStyle {
    markup: &DingtalkMarkdown,
    escape: |text| escape_block(text, &DingtalkMarkdown),
};

/// For strings of a whole message: no `@` of theirs is left.
pub(super) fn clean(text: &str) -> String {
    untrusted::url(text).unwrap_or_else(|| untrusted::harmless(text))
}

impl Markup for DingtalkText {
    fn escape(&self, text: &str) -> String {
        text.replace('@', "＠")
    }
    fn is_markdown(&self) -> bool {
        false
    }
    fn size(&self, text: &str) -> usize {
        json_size(text)
    }
}

impl Markup for DingtalkMarkdown {
    fn escape(&self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match c {
                '_' | '*' | '`' => escaped.extend(['\\', c]),
                // Not escaped by a backslash: whether one before another is honoured is not known.
                '\\' => escaped.push('＼'),
                '<' => escaped.push('＜'),
                '>' => escaped.push('＞'),
                '[' => escaped.push('［'),
                ']' => escaped.push('］'),
                '@' => escaped.push('＠'),
                '&' => escaped.push('＆'),
                c => escaped.push(c),
            }
        }
        escaped
    }
    fn line_break(&self) -> &'static str {
        "\n\n"
    }
    fn is_markdown(&self) -> bool {
        true
    }
    fn size(&self, text: &str) -> usize {
        json_size(text)
    }
}
