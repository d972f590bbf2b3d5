//! Parameters that are one word out of a few.

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

/// `flavor` of `webhook_http_post`: whose headers accompany the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// All families at once.
    #[default]
    Default,
    /// As CODING sends them.
    Coding,
}
