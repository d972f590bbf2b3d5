//! Feishu's card, JSON 2.0 (open platform, "card JSON 2.0").

use crate::action::robot::object;
use crate::outgoing::{MessageKind, Outgoing};
use crate::push::{Change, TroubleKind};
use serde_json::{Map, Value, json};

/// A card with a title and one markdown element. Clients older than 7.20 show the title and a hint to upgrade.
pub(super) fn message(title: &str, text: &str, color: &str) -> Map<String, Value> {
    let card = json!({
        "schema": "2.0",
        "config": {"update_multi": true},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": color},
        "body": {"direction": "vertical", "elements": [{"tag": "markdown", "content": text}]},
    });
    object([("msg_type", "interactive".into()), ("card", card)])
}

/// The header's colour: what cannot be undone by another push stands out.
pub(super) fn color(out: &Outgoing) -> &'static str {
    let events = || {
        out.events
            .iter()
            .chain(out.backlog.iter().flat_map(|waiting| &waiting.events))
    };
    let any = |change| events().any(|e| e.change == change);
    let trouble = out.push.trouble.as_ref();
    let is = |kind| trouble.is_some_and(|trouble| trouble.kind == kind);
    match () {
        () if out.kind == MessageKind::Test => "grey",
        () if is(TroubleKind::Back) => "green",
        () if out.push.trouble.is_some() => "red",
        () if any(Change::Forced) => "orange",
        () if any(Change::Deleted) => "red",
        () if any(Change::Created) => "green",
        () => "blue",
    }
}
