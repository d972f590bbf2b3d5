//! A receiver that repeats what it was sent, at every offset and in other spellings, finds no way to
//! the pusher, the spool or anybody's terminal.

use crate::delivery::Pushing;
use crate::support::receiver::{Answer, Receiver};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A secret for each place that can hold one. No two share eight characters in a row.
const CANARIES: [(&str, &str); 11] = [
    ("post query", "q0aXv7Lm2Rt9KcWz4HsYb8Ne"),
    ("post token", "t1bZw3Pj6Uf5GdXq0MvCr7La"),
    ("post password", "p2cYe8Nk4Sh1JrVo9TxBm6Wd"),
    ("post header", "h3dRu5Ql7Xg0FzKi8EnOa2Vs"),
    ("get path", "g4eTi9Mo1Cw6BjHy3PkDs5Zx"),
    ("dingtalk token", "d5fGy2Wb8Zn3VlQe7IcUh1Ot"),
    ("dingtalk sign", "SECs6gHj0Xt4Rm9EwKa5Nq2B"),
    ("feishu path", "f7hJk6Vd2Oy8TbSr1LzPi4Cm"),
    ("feishu sign", "e8iKl1Bf9Qp7YoMu3WgXn0Dj"),
    ("wecom key", "w9jLm4Gs5Ie2ZvCt6AhRk8Fy"),
    ("jenkins token", "j0kMn8Hu3Ld1NwBx9OqTf6Ep"),
];

/// Enough for each offset with each spelling of a hook with one secret to differ.
const PUSHES: usize = 24;

fn canary(place: &str) -> &'static str {
    CANARIES.iter().find(|(name, _)| *name == place).unwrap().1
}

fn hooks(receiver: &Receiver) -> String {
    let url = |path: &str| receiver.url(path);
    format!(
        "[hook.post]\naction = \"webhook_http_post\"\nservice_url = \"{}{}\"\ntoken = \"{}\"\n\
         username = \"ann\"\npassword = \"{}\"\nheaders = {{ X-Api-Key = \"{}\" }}\n\
         [hook.get]\naction = \"webhook_http_get\"\nservice_url = \"{}{}\"\n\
         [hook.ding]\naction = \"dingding_group_chat_robot\"\n\
         service_url = \"{}{}\"\nsign = \"{}\"\n\
         [hook.feishu]\naction = \"feishu_group_chat_robot\"\nservice_url = \"{}{}\"\nsign = \"{}\"\n\
         [hook.wecom]\naction = \"wecom_group_chat_robot\"\nservice_url = \"{}{}\"\n\
         [hook.ci]\naction = \"jenkins_generic_build_job\"\nservice_url = \"{}\"\n\
         build_token = \"{}\"\n",
        url("/post?access_token="),
        canary("post query"),
        canary("post token"),
        canary("post password"),
        canary("post header"),
        url("/get/"),
        canary("get path"),
        url("/robot/send?access_token="),
        canary("dingtalk token"),
        canary("dingtalk sign"),
        url("/open-apis/bot/v2/hook/"),
        canary("feishu path"),
        canary("feishu sign"),
        url("/cgi-bin/webhook/send?key="),
        canary("wecom key"),
        url("/generic-webhook-trigger/invoke"),
        canary("jenkins token"),
    )
}

/// How a receiver may write a secret back.
const SPELLINGS: [fn(&str) -> String; 5] = [
    str::to_owned,
    str::to_uppercase,
    |text| hex::encode(text),
    |text| STANDARD.encode(format!("a{text}")),
    |text| {
        hex::encode(text)
            .as_bytes()
            .chunks(2)
            .fold(String::new(), percent)
    },
];

fn percent(text: String, digits: &[u8]) -> String {
    text + "%" + &String::from_utf8_lossy(digits)
}

/// The secrets of the hook that a request belongs to.
fn secrets_of(target: &str) -> Vec<&'static str> {
    let hook = match target {
        t if t.starts_with("/robot/") => "dingtalk",
        t if t.starts_with("/cgi-bin/") => "wecom",
        t if t.starts_with("/open-apis/") => "feishu",
        t if t.starts_with("/generic") => "jenkins",
        t if t.starts_with("/get") => "get",
        _ => "post",
    };
    let own = CANARIES.iter().filter(|(name, _)| name.starts_with(hook));
    own.map(|(_, canary)| *canary).collect()
}

/// The hook's own secret behind so many characters that a cut at 80 goes through it, then the others
/// of the hook.
fn echo(target: &str, round: usize) -> String {
    let own = secrets_of(target);
    let spell = SPELLINGS[round % SPELLINGS.len()];
    let pad = ".".repeat(56 + round / own.len() % 24);
    let first = round % own.len();
    let all = own[first..].iter().chain(&own[..first]);
    let texts = all.map(|canary| pad.clone() + &spell(canary));
    texts.collect::<Vec<_>>().concat()
}

/// An answer that says no, with `echo` where a receiver gives its reason.
fn refusal(target: &str, echo: &str) -> Answer {
    let json = |code: &str, text: &str| format!("{{\"{code}\":310000,\"{text}\":\"{echo}\"}}");
    let (status, body) = match target {
        t if t.starts_with("/robot/") => (200, json("errcode", "errmsg")),
        t if t.starts_with("/cgi-bin/") => (200, json("errcode", "errmsg")),
        t if t.starts_with("/open-apis/") => (200, json("code", "msg")),
        t if t.starts_with("/generic") => (404, json("jobs", "message")),
        t if t.starts_with("/get") => {
            let headers = vec![("Location".to_owned(), format!("http://127.0.0.1/{echo}"))];
            return Answer::Reply(302, headers, echo.as_bytes().to_vec());
        }
        _ => (400, echo.to_owned()),
    };
    Answer::json(status, &body)
}

/// Everything that was printed or written, with who did it.
#[derive(Default)]
struct Evidence(Vec<(String, String)>);

impl Evidence {
    fn add(&mut self, place: &str, text: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(text.as_ref()).into_owned();
        self.0.push((place.to_owned(), text));
    }

    fn add_folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                self.add_folder(&entry.path());
            } else {
                let text = std::fs::read(entry.path()).unwrap_or_default();
                self.add(&entry.path().display().to_string(), text);
            }
        }
    }

    fn add_command(&mut self, pushing: &Pushing, arguments: &[&str]) {
        let out = pushing.sandbox.run("r.git", arguments);
        self.add(&arguments.join(" "), [out.stdout, out.stderr].concat());
    }

    /// Asserts that no eight characters in a row of a canary stand anywhere, in any spelling.
    #[track_caller]
    fn is_clean(&self) {
        for (place, text) in &self.0 {
            let lower = text.to_lowercase();
            for (name, canary) in CANARIES {
                for (at, spell) in SPELLINGS.iter().enumerate() {
                    let spelt = spell(canary).to_lowercase();
                    let window = if at < 2 { 8 } else { 16 };
                    for part in spelt.as_bytes().windows(window) {
                        let part = std::str::from_utf8(part).unwrap();
                        assert!(!lower.contains(part), "{place}: `{part}` of {name}: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_secret_comes_back_at_any_offset_or_in_any_spelling() {
    let round = Arc::new(AtomicUsize::new(0));
    let of_push = round.clone();
    let receiver = Receiver::start(move |request| {
        let echo = echo(&request.target, of_push.load(Ordering::SeqCst));
        refusal(&request.target, &echo)
    });
    let pushing = Pushing::new(&hooks(&receiver));
    let mut evidence = Evidence::default();
    for push in 0..PUSHES {
        round.store(push, Ordering::SeqCst);
        evidence.add("push", pushing.push(&format!("push {push}")));
    }
    evidence.add_command(&pushing, &["drain"]);
    for arguments in [
        &["check"][..],
        &["check", "--json"],
        &["deliveries"],
        &["deliveries", "--json"],
        &["preview"],
        &["test"],
        &["redeliver", "--failed"],
    ] {
        evidence.add_command(&pushing, arguments);
    }
    for delivery in pushing
        .sandbox
        .run("r.git", &["deliveries", "--json"])
        .stdout
        .split(|b| *b == b'\n')
    {
        let Ok(line) = serde_json::from_slice::<serde_json::Value>(delivery) else {
            continue;
        };
        evidence.add_command(
            &pushing,
            &["deliveries", "show", line["id"].as_str().unwrap()],
        );
    }
    evidence.add_folder(&pushing.sandbox.path("r.git/service-hook"));
    assert!(
        receiver.got().len() >= PUSHES * 6,
        "every hook was sent every push"
    );
    assert!(evidence.0.len() > 50, "too little was looked at");
    evidence.is_clean();
}
