//! Whom a DingTalk message mentions: the vendor wants them in the `at` lists and in the text.

use serde_json::{Map, Value};

const EVERYONE: &str = "@all";

/// As configured, with "everyone" taken out of the lists.
pub(super) struct DingtalkMentions {
    ids: Vec<String>,
    mobiles: Vec<String>,
    everyone: bool,
}

impl DingtalkMentions {
    pub(super) fn new(ids: Vec<String>, mobiles: Vec<String>) -> Self {
        let everyone = ids.iter().chain(&mobiles).any(|id| id == EVERYONE);
        let others = |list: Vec<String>| list.into_iter().filter(|id| id != EVERYONE).collect();
        Self {
            ids: others(ids),
            mobiles: others(mobiles),
            everyone,
        }
    }

    fn mentions_nobody(&self) -> bool {
        self.ids.is_empty() && self.mobiles.is_empty() && !self.everyone
    }

    /// The `at` object; lists without anybody are left out.
    pub(super) fn at(&self) -> Value {
        let mut at = Map::new();
        for (name, list) in [("atMobiles", &self.mobiles), ("atUserIds", &self.ids)] {
            if !list.is_empty() {
                at.insert(name.to_owned(), list.as_slice().into());
            }
        }
        if self.everyone {
            at.insert("isAtAll".to_owned(), true.into());
        }
        at.into()
    }

    /// The line below the text, begun by `line_break`; empty when mentions_nobody is mentioned.
    pub(super) fn line(&self, line_break: &str) -> String {
        if self.mentions_nobody() {
            return String::new();
        }
        let each = self
            .mobiles
            .iter()
            .chain(&self.ids)
            .map(|id| format!("@{id}"));
        let everyone = self.everyone.then(|| EVERYONE.to_owned());
        format!(
            "{line_break}{}",
            each.chain(everyone).collect::<Vec<_>>().join(" ")
        )
    }

    /// Bytes that they add to a whole message, at most.
    pub(super) fn size(&self) -> usize {
        if self.mentions_nobody() {
            0
        } else {
            self.at().to_string().len() + 2 * self.line("\n\n").len() + r#","at":"#.len()
        }
    }

    /// Adds them to a whole message that has no `at` of its own, and is of a type that mentions at all.
    pub(super) fn add_where_none_is(&self, whole: &mut Map<String, Value>) {
        let mentions = ["text", "markdown", "actionCard"]
            .iter()
            .any(|kind| whole.contains_key(*kind));
        if self.mentions_nobody() || whole.contains_key("at") || !mentions {
            return;
        }
        whole.insert("at".to_owned(), self.at());
        for (kind, member, line_break) in [("text", "content", "\n"), ("markdown", "text", "\n\n")]
        {
            if let Some(Value::String(text)) = whole.get_mut(kind).and_then(|m| m.get_mut(member)) {
                text.push_str(&self.line(line_break));
            }
        }
    }
}
