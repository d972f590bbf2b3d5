//! Fuzz targets: what a receiver may answer.

use super::split_line;
use super::template::{build, status};
use crate::action::{Action, Verdict, verdict};
use crate::http::Response;
use crate::schedule::{self, FailedAttempt};
use crate::secret::Secrets;
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::time::Duration;

/// Stands in the corpus where a receiver repeats what it was sent.
const SECRET: &str = "s3cretQ0x9Kq7Lm2Rt5Wv8";

/// What the texts of an answer may add to a verdict, in bytes.
const LONGEST: usize = 4096;

thread_local! {
    static ACTIONS: OnceCell<Vec<Box<dyn Action>>> = const { OnceCell::new() };
}

fn actions() -> Vec<Box<dyn Action>> {
    let address = |url: &str| json!({ "service_url": format!("{url}{SECRET}") });
    let dingtalk = "https://oapi.dingtalk.com/robot/send?access_token=";
    let mut dingtalk = address(dingtalk);
    dingtalk["sign"] = json!("SEC0123456789abcdef0123456789");
    let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=";
    let feishu = "https://open.feishu.cn/open-apis/bot/v2/hook/";
    let jenkins = "https://ci.example.com/generic-webhook-trigger/invoke?token=";
    let all = [
        ("webhook_http_post", address("https://h.example.com/?k=")),
        ("webhook_http_get", address("https://h.example.com/?k=")),
        ("wecom_group_chat_robot", address(wecom)),
        ("dingding_group_chat_robot", dingtalk),
        ("feishu_group_chat_robot", address(feishu)),
        ("jenkins_generic_build_job", address(jenkins)),
    ];
    all.iter()
        .filter_map(|(id, keys)| build(id, keys))
        .collect()
}

/// Two bytes are the status, the third has flags; then follow a line that is the value of some headers, and the body.
pub(super) fn judge(data: &[u8]) {
    let Some(([high, low, flags], rest)) = data.split_first_chunk::<3>() else {
        return;
    };
    let (header, body) = split_line(rest);
    let header = String::from_utf8_lossy(header);
    // HTTP has no others.
    let header = header.replace(|c: char| c.is_control(), " ");
    let header = |name: &str| (name.to_owned(), header.clone());
    let names = ["location", "retry-after", "content-type", "x-jenkins"];
    let mut secrets = Secrets::default();
    secrets.add(SECRET);
    let response = Response {
        status: status([*high, *low]),
        headers: names.map(header).to_vec(),
        body: body.to_vec(),
        truncated: flags & 1 == 1,
        ..Response::default()
    };
    let response = response.without(&secrets);
    assert!(!secrets.occur_in(response.shown().as_bytes()));
    ACTIONS.with(|made| {
        let made = made.get_or_init(actions);
        assert_eq!(made.len(), 6);
        for (number, action) in made.iter().enumerate() {
            check(number, action.as_ref(), &response, &secrets);
        }
    });
}

fn check(number: usize, action: &dyn Action, response: &Response, secrets: &Secrets) {
    let judged = action.verdict(response);
    let _sentences = action.advice(response);
    assert_eq!(judged, action.verdict(response), "a verdict is a function");
    let is_success = (200..300).contains(&response.status);
    let is_robot = (2..5).contains(&number);
    let text = match &judged {
        Verdict::Delivered { note } => {
            let by_code = || is_robot && says_code_0(&response.body);
            assert!(by_code() || (!is_robot && is_success), "{judged:?}");
            note
        }
        Verdict::Accepted { note } => {
            assert!(number == 5 && is_success, "{judged:?}");
            note
        }
        Verdict::Simplify { why } => {
            assert!(is_robot, "{judged:?}");
            why
        }
        Verdict::Deferred { why, .. } | Verdict::Failed { why } => {
            assert!(!why.is_empty(), "{judged:?}");
            why
        }
    };
    assert!(text.len() <= LONGEST, "{} bytes: {text}", text.len());
    assert!(!secrets.occur_in(text.as_bytes()), "{text}");
    assert!(!text.contains(['\n', '\r', '\u{1b}']), "{text:?}");
}

/// Whether one of the members that vendors use for their code is 0.
fn says_code_0(body: &[u8]) -> bool {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    ["errcode", "code", "StatusCode"].iter().any(|name| {
        let code = &body[name];
        code.as_i64() == Some(0)
            || code
                .as_str()
                .is_some_and(|text| text.trim().parse() == Ok(0))
    })
}

/// The first line is `Retry-After`, the second `Date`. No delivery is due later than the longest pause.
pub(super) fn retry_after(data: &[u8]) {
    let (value, rest) = split_line(data);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let response = Response {
        status: 503,
        headers: vec![
            ("retry-after".to_owned(), text(value)),
            ("date".to_owned(), text(split_line(rest).0)),
        ],
        ..Response::default()
    };
    let after = verdict::retry_after(&response);
    let now_ms = 1_800_000_000_000;
    for unknown in [false, true] {
        let failed = FailedAttempt {
            delivery: "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2b",
            failures: 1,
            unknowns: u32::from(unknown),
            unknown,
            since_ms: now_ms,
            retry_for: Some(Duration::from_secs(3 * 86_400)),
            after,
        };
        let next = schedule::next_attempt(&failed, now_ms);
        let pause = next.map(|next| next - now_ms);
        assert!(
            pause.is_some_and(|pause| (1000..=3_600_000).contains(&pause)),
            "{after:?} {pause:?}"
        );
    }
}
