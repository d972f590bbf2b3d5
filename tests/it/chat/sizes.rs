//! No message is longer than its vendor takes, and none is cut where it hurts.

use super::fixture::*;
use git_service_hook::outgoing::{Language, MessageKind, Outgoing};
use git_service_hook::push::RefName;
use serde_json::Value;

/// Bytes as the vendor counts them, and its limit as documented.
pub(super) fn measured(dialect: &str, request: &git_service_hook::http::Request) -> (usize, usize) {
    match dialect {
        "wecom-text" => (text(&body(request)).len(), 2048),
        "wecom-markdown" => (text(&body(request)).len(), 4096),
        _ => (request.body.len(), 20_000),
    }
}

fn large(refs: usize, commits: usize, subject: &str, language: Language) -> Outgoing {
    let branch = |n: usize| {
        let list = (0..commits)
            .map(|_| commit('c', subject, "韩梅梅 <@all> _x_"))
            .collect();
        let mut event = updated(list);
        event.update.name = RefName::new(format!("refs/heads/topic/{n}-\"quoted\"_名"));
        event
    };
    outgoing(MessageKind::Push, (0..refs).map(branch).collect(), language)
}

/// Whether no link and no character is cut.
pub(super) fn whole(text: &str) -> bool {
    text.matches('[').count() == text.matches("](https://git.example.com/").count()
        && !text.contains('\u{fffd}')
}

#[test]
fn a_message_never_exceeds_what_the_vendor_takes() {
    let subjects = [
        "x",
        "修复退款金额的舍入 \"\\ & <b> [x](y) 😀",
        &"长".repeat(500),
    ];
    for subject in subjects {
        for (refs, commits) in [(1, 0), (1, 10), (1, 300), (40, 10), (300, 1)] {
            let mut out = large(refs, commits, subject, Language::English);
            for language in [Language::English, Language::Chinese] {
                out.project.language = language;
                for dialect in DIALECTS {
                    let request = of_dialect(dialect).request(&out, &NOW).unwrap();
                    let (size, limit) = measured(dialect, &request);
                    assert!(size <= limit, "{dialect}: {size} of {limit} bytes");
                    let text = text(&body(&request));
                    assert!(
                        text.contains("team/payments") || text.contains("team&#47;payments"),
                        "{text}"
                    );
                    if dialect.ends_with("markdown") {
                        assert!(whole(&text), "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_message_is_whole_at_every_size() {
    let out = large(
        3,
        4,
        "修复 the \"rounding\" of `x` [y] 😀",
        Language::English,
    );
    for dialect in DIALECTS {
        let robot = of_dialect(dialect);
        let empty = robot
            .request(
                &Outgoing {
                    max_body: 0,
                    ..out.clone()
                },
                &NOW,
            )
            .unwrap();
        let (envelope, _) = measured(dialect, &empty);
        let mut last = 0;
        for max_body in (envelope..4200).step_by(19) {
            let request = robot
                .request(
                    &Outgoing {
                        max_body,
                        ..out.clone()
                    },
                    &NOW,
                )
                .unwrap();
            let (size, _) = measured(dialect, &request);
            assert!(size <= max_body, "{dialect}: {size} of {max_body} bytes");
            assert!(serde_json::from_slice::<Value>(&request.body).is_ok());
            let text = text(&body(&request));
            if dialect.ends_with("markdown") {
                assert!(whole(&text), "{text}");
                assert!(text.matches("**").count().is_multiple_of(2), "{text}");
            }
            last = last.max(size);
        }
        assert!(
            last > 1000,
            "{dialect}: something is said when there is room, {last}"
        );
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let out = large(1, 30, &"word ".repeat(30), Language::English);
    let text_of = |dialect| text(&body(&of_dialect(dialect).request(&out, &NOW).unwrap()));
    let text = text_of("wecom-text");
    let listed = text.matches("cccccccc ").count();
    assert!(
        listed > 5 && text.contains(&format!("… and {} more", 30 - listed)),
        "{text}"
    );
    let out = large(500, 1, "x", Language::Chinese);
    let text = self::text(&body(
        &of_dialect("wecom-markdown").request(&out, &NOW).unwrap(),
    ));
    let listed = text.matches('•').count();
    assert!(
        listed > 20 && text.contains(&format!("……还有 {} 个引用", 500 - listed)),
        "{text}"
    );
    assert!(text.contains("更新了 500 个分支，共 500 个提交"), "{text}");
}
