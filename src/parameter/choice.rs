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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavor {
    /// All families at once.
    #[default]
    Default,
    /// As CODING sends them.
    Coding,
}

pub(super) const FLAVORS: [&str; 2] = ["default", "coding"];
const LATER: [&str; 6] = [
    "github",
    "gitea",
    "gogs",
    "gitlab",
    "cloudevents",
    "cloudevents-structured",
];

impl<'de> serde::Deserialize<'de> for Flavor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlavorVisitor;

        impl serde::de::Visitor<'_> for FlavorVisitor {
            type Value = Flavor;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`default` or `coding`")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Flavor, E> {
                match word {
                    "default" => Ok(Flavor::Default),
                    "coding" => Ok(Flavor::Coding),
                    _ if LATER.contains(&word) => Err(E::custom(
                        "must be `default` or `coding`: the other flavors are not supported yet",
                    )),
                    _ => Err(E::unknown_variant(word, &FLAVORS)),
                }
            }
        }

        deserializer.deserialize_any(FlavorVisitor)
    }
}
