//! Six services on one port, told apart by path: each verifies what the real one verifies and answers in its words.

use crate::receiver::{Answer, Received, Receiver};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::sync::atomic::{AtomicU32, Ordering};

pub const DINGTALK_SECRET: &str = "SEC3b0c44298fc1c149afbf4c8996fb92427ae41e46";
pub const FEISHU_SECRET: &str = "kGxR9qkYdemoT2vQw7";
pub const BUILD_TOKEN: &str = "b7a0e9c4d2f1";
pub const TOKEN: &str = "a-token-for-the-audit";
pub const USER: &str = "hook";
pub const PASSWORD: &str = "open-sesame-42";

/// Who is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    DingTalk,
    WeCom,
    Feishu,
    Jenkins,
    Post,
    Get,
}

impl Service {
    pub const ALL: [Self; 6] = [
        Self::DingTalk,
        Self::WeCom,
        Self::Feishu,
        Self::Jenkins,
        Self::Post,
        Self::Get,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::DingTalk => "DingTalk",
            Self::WeCom => "WeCom",
            Self::Feishu => "Feishu",
            Self::Jenkins => "Jenkins",
            Self::Post => "Webhook, POST",
            Self::Get => "Webhook, GET",
        }
    }

    /// By the path that the vendors use.
    pub fn of(request: &Received) -> Self {
        match request.target.split('?').next().unwrap_or_default() {
            "/robot/send" => Self::DingTalk,
            "/cgi-bin/webhook/send" => Self::WeCom,
            "/generic-webhook-trigger/invoke" => Self::Jenkins,
            "/audit" => Self::Post,
            path if path.starts_with("/open-apis/bot/v2/hook/") => Self::Feishu,
            _ => Self::Get,
        }
    }

    /// What was verified, or what is wrong.
    pub fn verify(self, request: &Received) -> Result<&'static str, &'static str> {
        match self {
            Self::DingTalk => dingtalk(request),
            Self::WeCom => wecom(request),
            Self::Feishu => feishu(request),
            Self::Jenkins => jenkins(request),
            Self::Post => post(request),
            Self::Get => get(request),
        }
    }
}

/// Listens on a free port of loopback.
pub fn start() -> Receiver {
    let queue = AtomicU32::new(1);
    Receiver::start(move |request| {
        let service = Service::of(request);
        match service.verify(request) {
            Ok(_) => yes(service, &queue),
            Err(why) => no(service, why),
        }
    })
}

fn yes(service: Service, queue: &AtomicU32) -> Answer {
    match service {
        Service::DingTalk | Service::WeCom => Answer::json(200, r#"{"errcode":0,"errmsg":"ok"}"#),
        Service::Feishu => Answer::json(
            200,
            r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#,
        ),
        Service::Jenkins => {
            let id = queue.fetch_add(1, Ordering::Relaxed);
            let job = format!(
                r#"{{"message":"Triggered jobs.","jobs":{{"payments/build":{{"triggered":true,"id":{id},"url":"queue/item/{id}/","resolvedVariables":{{}},"regexpFilterText":"","regexpFilterExpression":""}}}}}}"#
            );
            Answer::json(200, &job)
        }
        Service::Post | Service::Get => Answer::json(200, "{}"),
    }
}

fn no(service: Service, why: &str) -> Answer {
    match service {
        Service::DingTalk => {
            Answer::json(200, &format!(r#"{{"errcode":310000,"errmsg":"{why}"}}"#))
        }
        Service::WeCom => Answer::json(200, &format!(r#"{{"errcode":40058,"errmsg":"{why}"}}"#)),
        Service::Feishu => Answer::json(
            200,
            &format!(r#"{{"code":19021,"msg":"{why}","data":{{}}}}"#),
        ),
        Service::Jenkins => Answer::json(
            404,
            r#"{"jobs":null,"message":"Did not find any jobs with GenericTrigger configured!\nA token was supplied.\n"}"#,
        ),
        Service::Post | Service::Get => Answer::json(401, &format!(r#"{{"error":"{why}"}}"#)),
    }
}

fn sha256(key: &str, text: &[u8]) -> Vec<u8> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn sha1(key: &str, text: &[u8]) -> Vec<u8> {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn query(request: &Received, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let value = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(n, _)| *n == name)?
        .1;
    Some(
        percent_encoding::percent_decode_str(value)
            .decode_utf8_lossy()
            .into_owned(),
    )
}

fn dingtalk(request: &Received) -> Result<&'static str, &'static str> {
    let timestamp = query(request, "timestamp").ok_or("timestamp missing")?;
    let sign = query(request, "sign").ok_or("sign missing")?;
    let expected = STANDARD.encode(sha256(
        DINGTALK_SECRET,
        format!("{timestamp}\n{DINGTALK_SECRET}").as_bytes(),
    ));
    let whole = request.json()["markdown"]["text"].is_string() && request.body.len() <= 20_000;
    match (sign == expected, whole) {
        (true, true) => Ok("signature verified"),
        (false, _) => Err("sign not match"),
        (_, false) => Err("no message of this kind"),
    }
}

fn wecom(request: &Received) -> Result<&'static str, &'static str> {
    let body = request.json();
    let content = body["markdown"]["content"]
        .as_str()
        .ok_or("markdown.content missing")?;
    if query(request, "key").is_none() {
        return Err("key missing");
    }
    if content.len() <= 4096 {
        Ok("key and size verified")
    } else {
        Err("markdown.content exceed max length 4096")
    }
}

fn feishu(request: &Received) -> Result<&'static str, &'static str> {
    let body = request.json();
    let timestamp = body["timestamp"].as_str().ok_or("timestamp missing")?;
    let expected = STANDARD.encode(sha256(&format!("{timestamp}\n{FEISHU_SECRET}"), b""));
    match body["sign"].as_str() {
        Some(sign) if sign == expected => Ok("signature verified"),
        _ => Err("sign match fail or timestamp is not within one hour from current time"),
    }
}

fn jenkins(request: &Received) -> Result<&'static str, &'static str> {
    let bearer = format!("Bearer {BUILD_TOKEN}");
    if request.header("Authorization") == Some(&bearer) {
        Ok("token verified")
    } else {
        Err("no job has this token")
    }
}

fn post(request: &Received) -> Result<&'static str, &'static str> {
    let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let old = format!("sha1={}", hex::encode(sha1(TOKEN, &request.body)));
    let new = format!("sha256={}", hex::encode(sha256(TOKEN, &request.body)));
    if request.header("Authorization") != Some(&basic) {
        return Err("wrong user or password");
    }
    if request.header("X-Coding-Signature") != Some(&old)
        || request.header("X-Hub-Signature-256") != Some(&new)
    {
        return Err("wrong signature");
    }
    Ok("SHA-1 and SHA-256 signatures and password verified")
}

fn get(request: &Received) -> Result<&'static str, &'static str> {
    match (request.method.as_str(), request.header("X-Coding-Delivery")) {
        ("GET", Some(_)) => Ok("headers verified"),
        _ => Err("not a GET with our headers"),
    }
}
