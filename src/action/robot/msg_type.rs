//! The key `msg_type`.

/// `msg_type` of the robots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MsgType {
    /// Plain text.
    Text,
    /// The vendor's markdown; Feishu: a card (version 2.0).
    Markdown,
    /// The vendor's whole message as JSON, or the text of a text message.
    Customize,
}

#[cfg(test)]
impl crate::schema::Form for MsgType {
    fn schema() -> serde_json::Value {
        crate::schema::words::<Self>()
    }
}
