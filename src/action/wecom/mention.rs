//! Whom a WeCom message mentions: lists in text messages, `<@userid>` in markdown, where neither mobiles nor everyone
//! can be mentioned.

use crate::action::Finding;
use crate::action::robot::warning;
use crate::parameter::{List, Text};
use serde_json::{Map, Value};

const EVERYONE: &str = "@all";

/// As configured.
pub(super) struct WecomMentions {
    /// Userids, or `@all`.
    pub(super) ids: Vec<String>,
    /// Mobile numbers, or `@all`.
    pub(super) mobiles: Vec<String>,
}

impl WecomMentions {
    /// Adds the lists with entries to a `text` object; an empty list is left out, as the vendor wants it.
    pub(super) fn add_lists(&self, text: &mut Map<String, Value>) {
        for (name, list) in [
            ("mentioned_list", &self.ids),
            ("mentioned_mobile_list", &self.mobiles),
        ] {
            if !list.is_empty() {
                text.insert(name.to_owned(), list.as_slice().into());
            }
        }
    }

    /// The line below a markdown message, in at most `room` bytes; empty when nobody can be mentioned.
    pub(super) fn line(&self, room: usize) -> String {
        let mut line = String::new();
        for id in self.ids.iter().filter(|id| *id != EVERYONE) {
            let id: String = id
                .chars()
                .filter(|c| !c.is_control() && !"<>@".contains(*c))
                .collect();
            let mention = format!("{}<@{id}>", if line.is_empty() { "\n" } else { " " });
            if line.len() + mention.len() <= room {
                line.push_str(&mention);
            }
        }
        line
    }

    /// Adds the mentions to a whole message that has none of its own.
    pub(super) fn add_where_none_is(&self, whole: &mut Map<String, Value>) {
        if let Some(Value::Object(text)) = whole.get_mut("text") {
            if !text.contains_key("mentioned_list") && !text.contains_key("mentioned_mobile_list") {
                self.add_lists(text);
            }
        } else if let Some(Value::String(content)) =
            whole.get_mut("markdown").and_then(|m| m.get_mut("content"))
            && !content.contains("<@")
        {
            let line = self.line(super::MARKDOWN_LIMIT.saturating_sub(content.len()));
            content.push_str(&line);
        }
    }
}

/// Warnings for what markdown cannot mention.
pub(super) fn lost(ids: Option<&List>, mobiles: Option<&List>) -> Vec<Finding> {
    let mut found = Vec::new();
    let everyone =
        "`@all` cannot be mentioned in markdown and is not sent; use `msg_type = \"text\"`";
    let mobile = "mobile numbers cannot be mentioned in markdown and are not sent; use `msg_type = \"text\"`";
    if ids.is_some_and(|l| any(l, |item| item == EVERYONE)) {
        found.push(warning("mentioned", everyone));
    }
    if mobiles.is_some_and(|l| any(l, |item| !item.is_empty())) {
        found.push(warning("mentioned_mobile", mobile));
    }
    found
}

fn any(list: &List, matches: impl Fn(&str) -> bool) -> bool {
    let plain = |text: &Text| match text {
        Text::Plain(text) => text.split(',').any(|item| matches(item.trim())),
        // The value is not known yet, but there is one.
        Text::Reference(_) => matches("?"),
    };
    match list {
        List::Items(items) => items.iter().any(plain),
        List::Joined(text) => plain(text),
    }
}
