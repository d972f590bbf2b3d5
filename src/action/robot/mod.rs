//! What the three chat robots have in common: their address, their texts, how an answer is read. Knows no vendor.

mod address;
mod answer;
mod findings;
mod msg_type;
mod parameters;
mod source;

pub(crate) use address::{Address, Parts};
pub(crate) use answer::{Class, CodeMeaning, Vendor, advice, excerpt, integer, judge};
pub(crate) use findings::{Keys, nobody, warning};
pub(crate) use msg_type::MsgType;
pub(crate) use parameters::RobotParameters;

use super::chat::{self, Markup, untrusted};
use super::{AfterOutage, Defaults, Per, RenderError, Severity};
use crate::http::{Method, Request};
use crate::outgoing::{MessageKind, Outgoing};
use crate::parameter::{ConfiguredText, Resolver, Unresolved};
use serde_json::{Map, Value};
use std::time::Duration;

/// Defaults of robots.
pub(crate) const ROBOT: Defaults = Defaults {
    per: Per::Push,
    timeout: Duration::from_secs(10),
    max_commits: 10,
    max_refs: 100,
    changes: None,
    after_outage: AfterOutage::All,
    skip_ci: false,
};

/// What a message is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageForm {
    /// The vendor's text message.
    Text,
    /// The vendor's markdown; Feishu: a card.
    Markdown,
    /// The template's result is the vendor's whole message.
    Whole,
}

/// A markup, and the same as the function that a template escapes by.
pub(crate) struct RobotStyle {
    /// Writes the message.
    pub(crate) markup: &'static dyn Markup,
    /// Escapes what a template prints.
    pub(crate) escape: fn(&str) -> String,
}

/// The resolved parameters that all three have.
pub(crate) struct Robot {
    /// Where it listens.
    pub(crate) address: Address,
    msg_type: MsgType,
    default: MsgType,
    template: Option<ConfiguredText>,
    title: Option<ConfiguredText>,
    keyword: Option<String>,
}

impl Robot {
    /// Reads references.
    pub(crate) fn build(keys: &Keys<'_>, resolver: &Resolver<'_>) -> Result<Self, Unresolved> {
        let missing = |key: &str, why: &str| Unresolved {
            key: key.to_owned(),
            why: why.to_owned(),
        };
        let url = resolver
            .text("service_url", keys.service_url)?
            .ok_or_else(|| missing("service_url", "is missing"))?;
        let address = Address::new(&url).map_err(|why| missing("service_url", why))?;
        if let Some(finding) = keys
            .check_address(address.url())
            .filter(|found| found.severity == Severity::Mistake)
        {
            return Err(missing("service_url", &finding.message));
        }
        let template = resolver.template("template", keys.template)?;
        let msg_type = keys.msg_type.unwrap_or(keys.default);
        if msg_type == MsgType::Customize && template.is_none() {
            return Err(missing("template", "is empty"));
        }
        let title = resolver.text("title", keys.title)?;
        let keyword = resolver
            .text("keyword", keys.keyword)?
            .map(|v| untrusted::line(&v.text))
            .filter(|k| !k.is_empty());
        Ok(Self {
            address,
            msg_type,
            default: keys.default,
            template,
            title,
            keyword,
        })
    }

    /// What this attempt sends; `simplify` after a refused card.
    pub(crate) fn form(&self, kind: MessageKind, simplify: bool) -> MessageForm {
        let default_wording = kind == MessageKind::Digest && self.msg_type == MsgType::Customize;
        match if default_wording {
            self.default
        } else {
            self.msg_type
        } {
            MsgType::Markdown if !simplify => MessageForm::Markdown,
            MsgType::Customize if self.template.as_ref().is_some_and(ConfiguredText::is_json) => {
                MessageForm::Whole
            }
            _ => MessageForm::Text,
        }
    }

    /// A template describes one event: a digest has the default wording.
    fn template(&self, out: &Outgoing) -> Option<&ConfiguredText> {
        self.template
            .as_ref()
            .filter(|_| out.kind != MessageKind::Digest)
    }

    /// The configured title, one plain line; `None` when there is none.
    fn own_title(&self, out: &Outgoing, plain: &RobotStyle) -> Result<Option<String>, RenderError> {
        let Some(source) = self
            .title
            .as_ref()
            .filter(|_| out.kind != MessageKind::Digest)
        else {
            return Ok(None);
        };
        let title = untrusted::line(&source.message_text("title", out, plain, 4096)?);
        Ok((!title.is_empty()).then(|| untrusted::truncate(&title, chat::MAX_TITLE)))
    }

    /// The title for lists and banners, with the keyword in it.
    pub(crate) fn title(&self, out: &Outgoing, plain: &RobotStyle) -> Result<String, RenderError> {
        let title = self
            .own_title(out, plain)?
            .unwrap_or_else(|| chat::title(out, plain.markup));
        Ok(match &self.keyword {
            Some(word) if !title.contains(word.as_str()) => format!("{word} {title}"),
            _ => title,
        })
    }

    /// The text of a message in at most `room` bytes: what the template prints or our own wording, below a configured
    /// title (unless the form shows it itself), with the keyword in it and the mark of a test.
    pub(crate) fn text(
        &self,
        out: &Outgoing,
        style: &RobotStyle,
        plain: &RobotStyle,
        room: Room,
    ) -> Result<String, RenderError> {
        let markup = style.markup;
        let mut lead: Vec<String> = Vec::new();
        if self.template(out).is_some() {
            lead.extend(chat::test_line(out, markup));
        }
        if !room.titled {
            lead.extend(
                self.own_title(out, plain)?
                    .map(|t| markup.bold(&markup.escape(&t))),
            );
        }
        let text = self.below(&lead, out, style, room.bytes)?;
        match &self.keyword {
            Some(word) if !text.contains(word.as_str()) => {
                lead.insert(0, word.clone());
                self.below(&lead, out, style, room.bytes)
            }
            _ => Ok(text),
        }
    }

    /// `lead` and the text below it.
    fn below(
        &self,
        lead: &[String],
        out: &Outgoing,
        style: &RobotStyle,
        room: usize,
    ) -> Result<String, RenderError> {
        let lead: String = lead
            .iter()
            .flat_map(|line| [line, style.markup.line_break()])
            .collect();
        let rest = room.saturating_sub(style.markup.size(&lead));
        let text = match self.template(out) {
            Some(template) => template.message_text("template", out, style, rest)?,
            None => chat::message(out, style.markup, rest),
        };
        if text.is_empty() {
            Ok(chat::cut_text(lead.trim_end(), style.markup, room))
        } else {
            Ok(lead + &text)
        }
    }

    /// The vendor's whole message that the template makes. `fits` measures it.
    pub(crate) fn whole(
        &self,
        out: &Outgoing,
        clean: fn(&str) -> String,
        fits: &dyn Fn(&Map<String, Value>) -> bool,
    ) -> Result<Map<String, Value>, RenderError> {
        let missing = || RenderError::new("template", "is empty");
        self.template
            .as_ref()
            .ok_or_else(missing)?
            .whole_message(out, clean, fits)
    }

    /// A POST of `body` to `url`; `secrets` beside those of the address.
    pub(crate) fn post(&self, url: String, body: &Map<String, Value>, secrets: &[&str]) -> Request {
        let mut all = self.address.secrets.clone();
        for secret in secrets {
            all.add(secret);
        }
        Request {
            method: Method::Post,
            masked_url: self.address.mask(&url),
            url,
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                (
                    "User-Agent".to_owned(),
                    concat!("git-service-hook/", env!("CARGO_PKG_VERSION")).to_owned(),
                ),
            ],
            body: bytes(body),
            secrets: all,
        }
    }
}

/// An object `whole` around the message's text, which gets what room the object leaves of `limit`; both in bytes of the
/// body.
pub(crate) fn fit_envelope(
    limit: usize,
    whole: impl Fn(String) -> Map<String, Value>,
    text: impl FnOnce(usize) -> Result<String, RenderError>,
) -> Result<Map<String, Value>, RenderError> {
    let room = limit.saturating_sub(bytes(&whole(String::new())).len());
    Ok(whole(text(room)?))
}

/// How much room a text has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// As the markup counts them.
    pub(crate) bytes: usize,
    /// Whether the form shows the title by itself.
    pub(crate) titled: bool,
}

/// A body as it is sent: non-ASCII unescaped, for vendors count bytes.
pub(crate) fn bytes(body: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(body).expect("a map with string keys is JSON")
}

/// A JSON object; members keep their order.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
