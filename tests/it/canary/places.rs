//! Every place of a hooks.toml that can hold a secret, taken from the declarations of the actions, with a secret of its
//! own in each.

use super::spellings::alphanumeric;
use crate::support::receiver::Receiver;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use git_service_hook::action::Kind;
use git_service_hook::schema::{Mark, has_mark};
use std::fmt::Write as _;

/// How a secret can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Literal,
    File,
    Env,
    Credential,
}

impl Form {
    pub const ALL: [Self; 4] = [Self::Literal, Self::File, Self::Env, Self::Credential];
}

/// Keys that hold no secret, however they are written. A key that is neither here nor marked fails the test.
const HARMLESS: [&str; 10] = [
    "signature",
    "template",
    "flavor",
    "content_type",
    "success",
    "msg_type",
    "title",
    "username",
    // Short texts that everybody in a chat reads.
    "at_user_ids",
    "mentioned",
];

/// Keys that hold a secret where they are a reference alone: what is literal in them is for everybody.
const AS_REFERENCE: [&str; 3] = ["keyword", "at_mobiles", "mentioned_mobile"];

/// A secret in its place.
#[derive(Clone, Debug)]
pub struct Canary {
    pub hook: String,
    pub key: &'static str,
    pub text: String,
    /// Whether requests carry it. Else it only makes signatures.
    pub is_sent: bool,
}

/// A hook with a secret in every place.
pub struct Hook {
    pub kind: Kind,
    pub form: Form,
    pub name: String,
    pub canaries: Vec<Canary>,
    /// Its section, with `@HOST@` where scheme, host and port of its receiver stand.
    section: String,
    /// Its own.
    pub receiver: Receiver,
}

/// The secrets that are not in the file itself.
#[derive(Default)]
pub struct Outside(Vec<Stored>);

/// What a reference names.
struct Stored {
    form: Form,
    name: String,
    hook: String,
    text: String,
}

impl Outside {
    /// The value of a key, for the file.
    fn value(&mut self, hook: &Hook, key: &str, text: String) -> String {
        let form = hook.form;
        // It stands in messages, so it has nothing of the secret.
        let name = format!("{}_{key}", hook.name)
            .replace('-', "_")
            .to_uppercase();
        let value = match form {
            Form::Literal => return format!("\"{text}\""),
            Form::File => format!("{{ file = \"keys/{name}\" }}"),
            Form::Env => format!("{{ env = \"{name}\" }}"),
            Form::Credential => format!("{{ credential = \"{name}\" }}"),
        };
        let hook = hook.name.clone();
        self.0.push(Stored {
            form,
            name,
            hook,
            text,
        });
        value
    }

    /// Name and text of all of one form, with the host of each hook.
    pub fn all(&self, form: Form, host: impl Fn(&str) -> String) -> Vec<(String, String)> {
        let stored = self.0.iter().filter(|stored| stored.form == form);
        let text = |s: &Stored| (s.name.clone(), s.text.replace("@HOST@", &host(&s.hook)));
        stored.map(text).collect()
    }
}

impl Hook {
    /// `receiver` is its own.
    pub fn new(kind: Kind, form: Form, receiver: Receiver, outside: &mut Outside) -> Self {
        let mut hook = Self {
            kind,
            form,
            name: format!("{}-{form:?}", kind.id),
            canaries: Vec::new(),
            section: String::new(),
            receiver,
        };
        hook.section = format!("[hook.{}]\naction = \"{}\"\n", hook.name, kind.id);
        for key in kind.names {
            if let Some(value) = hook.value_of(key, outside) {
                let _ = writeln!(hook.section, "{key} = {value}");
            }
        }
        hook
    }

    /// One whose address has a user and a password.
    pub fn with_userinfo(receiver: Receiver) -> Self {
        let action = "webhook_http_get";
        let mut hook = Self {
            kind: Kind::all().find(|kind| kind.id == action).unwrap(),
            form: Form::Literal,
            name: "userinfo".to_owned(),
            canaries: Vec::new(),
            section: format!("[hook.userinfo]\naction = \"{action}\"\n"),
            receiver,
        };
        hook.canary("service_url", true);
        hook.section += "service_url = \"@USER@/userinfo\"\n";
        hook
    }

    fn value_of(&mut self, key: &'static str, outside: &mut Outside) -> Option<String> {
        let marked = |mark| has_mark(self.kind.marks, key, mark);
        let (is_secret, is_headers) = (marked(Mark::Secret), marked(Mark::Headers));
        let (is_pairs, is_sent) = (marked(Mark::Pairs), marked(Mark::Sent));
        let by_reference = is_pairs || AS_REFERENCE.contains(&key);
        if key == "service_url" {
            let canary = self.canary(key, true);
            let url = format!("@HOST@{}{canary}", address(self.kind.id));
            return Some(outside.value(self, key, url));
        }
        if is_secret {
            let canary = self.canary(key, is_sent);
            return Some(outside.value(self, key, canary));
        }
        if is_headers || (by_reference && self.form != Form::Literal) {
            let canary = self.canary(key, true);
            let value = outside.value(self, key, canary);
            return Some(match key {
                _ if is_pairs => format!("{{ X-Api-Key = {value} }}"),
                "keyword" => value,
                _ => format!("[{value}]"),
            });
        }
        assert!(
            by_reference || HARMLESS.contains(&key),
            "`{key}` of {}: mark it as a secret, or list it here",
            self.kind.id
        );
        (key == "username").then(|| "\"ann\"".to_owned())
    }

    fn canary(&mut self, key: &'static str, is_sent: bool) -> String {
        let random = alphanumeric(&format!("{} {key}", self.name));
        let text = match (self.kind.id, key) {
            ("dingding_group_chat_robot", "sign") => format!("SEC{random}"),
            (_, "signing_secret") => format!("whsec_{}", STANDARD.encode(&random)),
            _ => random,
        };
        self.canaries.push(Canary {
            hook: self.name.clone(),
            key,
            text: text.clone(),
            is_sent,
        });
        text
    }

    /// Its section with `more` keys, for a host as of `http://127.0.0.1:1`.
    pub fn section(&self, host: &str, more: &str) -> String {
        let user = format!("://ann:{}@", self.canaries[0].text);
        let section = self.section.replace("@USER@", &host.replace("://", &user));
        section.replace("@HOST@", host) + more
    }
}

/// What stands in front of the secret in an address.
fn address(action: &str) -> &'static str {
    match action {
        "webhook_http_post" => "/post?access_token=",
        "webhook_http_get" => "/get/",
        "jenkins_generic_build_job" => "/generic-webhook-trigger/invoke?key=",
        "dingding_group_chat_robot" => "/robot/send?access_token=",
        "wecom_group_chat_robot" => "/cgi-bin/webhook/send?key=",
        "feishu_group_chat_robot" => "/open-apis/bot/v2/hook/",
        other => panic!("where has an address of {other} its secret?"),
    }
}
