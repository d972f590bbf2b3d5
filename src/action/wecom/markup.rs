//! How WeCom writes text and markdown. The vendor documents no escaping, and senders contradict each other; so what
//! could mean something is replaced by its full-width form, which looks alike and means nothing.

use crate::action::chat::{Markup, escape_block, untrusted};
use crate::action::robot::RobotStyle;

/// `text.content`: `<@userid>` mentions, and nothing else means anything.
struct WecomText;

/// `markdown.content`, version 1: headings, bold, links, `<font>`, quotes, code on one line.
struct WecomMarkdown;

pub(super) const TEXT: RobotStyle = RobotStyle {
    markup: &WecomText,
    escape: |text| escape_block(text, &WecomText),
};
pub(super) const MARKDOWN: RobotStyle = RobotStyle {
    markup: &WecomMarkdown,
    escape: |text| escape_block(text, &WecomMarkdown),
};

/// For strings of a whole message: `<@userid>` cannot be formed, also not together with the template's own text.
pub(super) fn clean(text: &str) -> String {
    untrusted::url(text).unwrap_or_else(|| untrusted::harmless(text))
}

impl Markup for WecomText {
    fn escape(&self, text: &str) -> String {
        text.replace('@', "＠")
    }
    fn is_markdown(&self) -> bool {
        false
    }
    fn size(&self, text: &str) -> usize {
        text.len()
    }
}

impl Markup for WecomMarkdown {
    fn escape(&self, text: &str) -> String {
        let full_width = |c| match c {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '*' => '＊',
            '`' => '｀',
            '@' => '＠',
            // A reader that knows escapes would find no end of the link whose label ends with it.
            '\\' => '＼',
            c => c,
        };
        text.chars().map(full_width).collect()
    }
    fn is_markdown(&self) -> bool {
        true
    }
    fn size(&self, text: &str) -> usize {
        text.len()
    }
}
