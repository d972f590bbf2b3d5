//! How Feishu writes text and card markdown. In cards the vendor documents numeric entities; in text only `<at …>`
//! means something.

use crate::action::chat::{Markup, escape_block, json_size, untrusted};
use crate::action::robot::RobotStyle;
use std::fmt::Write as _;

/// `content.text`.
struct FeishuText;

/// The markdown element of a card, JSON 2.0.
struct Card;

pub(super) const TEXT: RobotStyle = RobotStyle {
    markup: &FeishuText,
    escape: |text| escape_block(text, &FeishuText),
};
pub(super) const CARD: RobotStyle = RobotStyle {
    markup: &Card,
    escape: |text| escape_block(text, &Card),
};

/// What the vendor lists, and `&`, `|`, `=`, `@` besides.
const SPECIAL: &str = "<>*_[]()#!-+:\\$\"'/`&|=@";

/// For strings of a whole message: neither a tag nor the attribute of one can be formed, also not behind a `<` of the
/// template's own text.
pub(super) fn clean(text: &str) -> String {
    untrusted::url(text).unwrap_or_else(|| without_tags(&untrusted::harmless(text)))
}

fn without_tags(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => clean.push('＜'),
            '@' => clean.push('＠'),
            // `at id=all` behind a `<` of the template.
            '=' if ends_with_id(&clean) => clean.push('＝'),
            c => clean.push(c),
        }
    }
    clean
}

fn ends_with_id(text: &str) -> bool {
    let text = text.trim_end().to_ascii_lowercase();
    text.is_empty() || text.ends_with("id") || text.ends_with("ids")
}

impl Markup for FeishuText {
    fn escape(&self, text: &str) -> String {
        without_tags(text)
    }
    fn is_markdown(&self) -> bool {
        false
    }
    fn size(&self, text: &str) -> usize {
        json_size(text)
    }
}

impl Markup for Card {
    fn escape(&self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len() * 2);
        for c in text.chars() {
            match c {
                // The vendor's own choice for a tilde.
                '~' => escaped.push_str("&sim;"),
                c if SPECIAL.contains(c) => {
                    write!(escaped, "&#{};", u32::from(c)).expect("a string takes everything");
                }
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
