//! A backlog as one message: every push counted, each once, within the vendor's size.

use super::fixture::*;
use super::hostile::{HOSTILE, harmless};
use super::sizes::{measured, whole};
use git_service_hook::action::{Action, Attempt};
use git_service_hook::outgoing::{Language, Limits, MessageKind, Outgoing, Waiting};
use git_service_hook::push::{Change, PushEvent, Pusher, RefName, RefUpdate};
use serde_json::{Value, json};

const LIMITS: Limits = Limits {
    max_commits: 10,
    max_body: 1 << 20,
};

/// A delivery of push number `n`, by this person.
fn waiting(n: usize, who: &str, events: Vec<PushEvent>) -> Waiting {
    let mut push = outgoing(MessageKind::Push, events.clone(), Language::English).push;
    push.id = format!("01890a5d-ac96-774b-bcce-{n:012}");
    push.pusher = Pusher {
        username: who.to_lowercase(),
        name: who.to_owned(),
        ..push.pusher
    };
    Waiting {
        push,
        time: format!("{:02}:{:02}", 14 + n / 60 % 10, n % 60),
        events,
        rest: Vec::new(),
    }
}

/// As `drain --catch-up` records it.
fn recovered(n: usize, events: Vec<PushEvent>) -> Waiting {
    let mut waiting = waiting(n, "unknown", events);
    waiting.push.recovered = true;
    "recovered".clone_into(&mut waiting.push.pusher.source);
    waiting
}

fn digest(backlog: Vec<Waiting>, language: Language) -> Outgoing {
    let mut project = outgoing(MessageKind::Push, Vec::new(), language).project;
    project.default_branch = Some("main".to_owned());
    Outgoing::digest(
        "01890a5d-ac96-774b-bcce-b302099a8058".into(),
        "team".into(),
        project,
        backlog,
        LIMITS,
    )
    .unwrap()
}

fn branch(name: &str, change: Change, commits: usize) -> PushEvent {
    let (old, new) = match change {
        Change::Created => (null(), id('c')),
        Change::Deleted => (id('a'), null()),
        Change::Updated | Change::Forced => (id('a'), id('c')),
    };
    let list = (0..commits)
        .map(|n| commit('c', &format!("Change number {n}"), "Ann Author"))
        .collect();
    let update = RefUpdate {
        old,
        new,
        name: RefName::new(format!("refs/heads/{name}")),
    };
    PushEvent {
        update,
        change,
        ..updated(list)
    }
}

/// One of everything, small enough to be listed push by push.
fn few(language: Language) -> Outgoing {
    let refund = branch("feature/refund_page", Change::Created, 1);
    let mut several = waiting(8, "Bob", vec![updated(two_commits()), refund, tag(true)]);
    several.rest.push(RefUpdate {
        old: id('a'),
        new: id('b'),
        name: RefName::new("refs/notes/commits"),
    });
    let forced = PushEvent {
        change: Change::Forced,
        total_discarded: 1,
        ..updated(two_commits())
    };
    let backlog = vec![
        waiting(2, "Ann Author", vec![updated(two_commits())]),
        several,
        waiting(31, "李雷", vec![forced]),
        recovered(65, vec![branch("old-page", Change::Deleted, 0)]),
    ];
    digest(backlog, language)
}

/// Too much for a line each: `pushes` over so many branches by a few people.
fn many(pushes: usize, refs: usize, language: Language) -> Outgoing {
    let names = ["Ann Author", "Bob", "李雷", "Eve", "韩梅梅"];
    let one = |n: usize| {
        let name = if n.is_multiple_of(3) {
            "main".to_owned()
        } else {
            format!("topic/number_{}", n % refs)
        };
        let change = [
            Change::Updated,
            Change::Updated,
            Change::Forced,
            Change::Created,
            Change::Deleted,
        ][n % 5];
        let event = branch(&name, change, if change == Change::Deleted { 0 } else { 2 });
        if n % 50 == 49 {
            recovered(n, vec![event])
        } else {
            waiting(n, names[n % names.len()], vec![event])
        }
    };
    digest((0..pushes).map(one).collect(), language)
}

pub(super) fn cases(language: Language) -> Vec<(&'static str, Outgoing)> {
    let one_person = (0..3)
        .map(|n| waiting(n, "Bob", vec![branch("main", Change::Updated, 1)]))
        .collect();
    let mut old = few(language);
    for (waiting, day) in old.backlog.iter_mut().zip([26, 26, 26, 27]) {
        waiting.time = format!("2026-11-{day} {}", waiting.time);
    }
    vec![
        ("few", few(language)),
        ("one person", digest(one_person, language)),
        ("of other days", old),
        ("many", many(400, 30, language)),
    ]
}

fn said(dialect: &str, out: &Outgoing) -> String {
    text(&body(&of_dialect(dialect).request(out, &NOW).unwrap()))
}

#[test]
fn each_push_is_listed_while_they_fit() {
    let text = said("feishu-text", &few(Language::English));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "team/payments: 4 pushes by 3 people and somebody, 5 refs, 7 commits, 14:02 to 15:05, 1 found later"
    );
    assert_eq!(lines[1], "• 14:02 Ann Author pushed 2 commits to main");
    assert!(
        lines[2].starts_with("cccccccc ") && lines[3].starts_with("bbbbbbbb "),
        "{text}"
    );
    assert!(
        text.contains("\n• 14:08 Bob updated 4 refs with 3 commits\n– pushed 2 commits to main\n"),
        "{text}"
    );
    assert!(
        text.contains("\n– created tag v1.0 at cccccccc\n“First release”\n"),
        "{text}"
    );
    assert!(
        text.contains("\n– updated ref refs/notes/commits: aaaaaaaa → bbbbbbbb\n"),
        "{text}"
    );
    let forced = "force-pushed main: aaaaaaaa → cccccccc, 1 commit discarded, 2 commits added";
    assert!(
        text.contains(&format!("\n• 14:31 李雷 {forced}\n")),
        "{text}"
    );
    assert!(
        text.ends_with("\n• 15:05 somebody deleted branch old-page (was aaaaaaaa) (found later)"),
        "{text}"
    );
}

#[test]
fn a_long_digest_lists_refs_instead_of_pushes() {
    let text = said("wecom-markdown", &many(400, 30, Language::English));
    let lines: Vec<_> = text.lines().collect();
    let heading = "400 pushes by 5 people and somebody, 21 branches, 640 commits, 14:00 to 20:39, 8 found later";
    assert_eq!(
        lines[0],
        format!("[team/payments](https://git.example.com/team/payments): {heading}")
    );
    let main = "134 pushes, 214 commits, force-pushed 26 times, created 27 times, deleted 27 times";
    assert_eq!(
        lines[1],
        format!("• **main**: {main}, 3 found later, by Ann Author, Bob, 李雷 and 3 more")
    );
    assert_eq!(lines.len(), 22, "a line each: {text}");
}

#[test]
fn every_push_is_counted_however_many_refs_are_left_out() {
    for dialect in DIALECTS {
        let english = said(dialect, &many(1000, 300, Language::English));
        assert!(
            english.contains("1000 pushes by 5 people and somebody, 201 branches, 1600 commits"),
            "{english}"
        );
        let listed = english.matches('•').count();
        assert!((10..=201).contains(&listed), "{dialect}: {listed}");
        let more = format!("… and {} more refs", 201 - listed);
        assert!(
            listed == 201 || english.ends_with(&more),
            "{more}: {english}"
        );
        let chinese = said(dialect, &many(1000, 300, Language::Chinese));
        assert!(
            chinese.contains("5 人和其他人 共 1000 次推送，201 个分支，1600 个提交"),
            "{chinese}"
        );
    }
}

#[test]
fn several_deliveries_of_one_push_are_one_push() {
    let main = || branch("main", Change::Updated, 1);
    let backlog = vec![
        waiting(1, "Ann", vec![main()]),
        waiting(2, "Ann", vec![branch("x", Change::Updated, 1)]),
        waiting(1, "Ann", vec![branch("y", Change::Created, 0)]),
        waiting(1, "Ann", vec![main()]),
    ];
    let text = said("dingtalk-text", &digest(backlog, Language::English));
    assert!(
        text.starts_with("team/payments: 2 pushes by Ann, 3 branches, 2 commits, 14:01 to 14:02\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "• 14:01 Ann updated 2 branches with 1 commit\n– pushed 1 commit to main\n– created"
        ),
        "{text}"
    );
}

#[test]
fn only_distinct_commits_are_counted() {
    let mut event = updated(two_commits());
    event.commits[0].distinct = false;
    event.total_distinct = 1;
    let mut walked = event.clone();
    walked.total_commits_exact = false;
    let backlog = vec![
        waiting(1, "Ann", vec![event]),
        waiting(2, "Ann", vec![walked]),
    ];
    let text = said("feishu-text", &digest(backlog, Language::English));
    assert!(
        text.contains("2 pushes by Ann, more than 2 commits,") && !text.contains("bbbbbbbb"),
        "{text}"
    );
}

#[test]
fn refs_without_an_event_are_counted_too() {
    let update = |n: usize| RefUpdate {
        old: null(),
        new: id('b'),
        name: RefName::new(format!("refs/tags/t{n}")),
    };
    let with = |n: usize| Waiting {
        rest: (0..200).map(update).collect(),
        ..waiting(n, "Ann", Vec::new())
    };
    let text = said(
        "wecom-text",
        &digest(vec![with(1), with(2)], Language::English),
    );
    assert!(
        text.starts_with("team/payments: 2 pushes by Ann, 200 tags, 14:01 to 14:02\n"),
        "{text}"
    );
    assert!(
        text.contains("• tag t0: 2 pushes, created twice, by Ann\n"),
        "{text}"
    );
}

#[test]
fn refs_are_in_the_order_of_events_and_say_what_happened_last() {
    let changes = [Change::Created, Change::Deleted, Change::Created];
    let again = changes.map(|change| branch("a", change, 0));
    let unreadable = PushEvent {
        error: Some("lost".into()),
        ..branch("b", Change::Forced, 0)
    };
    let moved = PushEvent {
        change: Change::Forced,
        ..tag(false)
    };
    let notes = event("refs/notes/commits", id('a'), id('b'), Change::Forced);
    let events = [
        vec![notes, moved, unreadable, branch("main", Change::Forced, 1)],
        again.to_vec(),
    ]
    .concat();
    let mut backlog: Vec<_> = events
        .into_iter()
        .enumerate()
        .map(|(n, e)| waiting(n, "Ann", vec![e]))
        .collect();
    let tags = (0..150).map(|n| RefUpdate {
        old: id('a'),
        new: null(),
        name: RefName::new(format!("refs/tags/w{n}")),
    });
    backlog[0].rest = tags.collect();
    let text = said("wecom-text", &digest(backlog.clone(), Language::English));
    let lines: Vec<_> = text.lines().skip(1).take(5).collect();
    let expected = [
        "• main: 1 push, 1 commit, force-pushed, by Ann",
        "• a: 3 pushes, deleted, created twice, by Ann",
        "• b: 1 push, by Ann",
        "• tag v1.0: 1 push, moved, by Ann",
        "• tag w0: 1 push, deleted, by Ann",
    ];
    assert_eq!(lines, expected);
    backlog[0].rest.clear();
    let text = said(
        "wecom-text",
        &Outgoing {
            max_body: 280,
            ..digest(backlog, Language::English)
        },
    );
    assert!(
        text.ends_with("\n• ref refs/notes/commits: 1 push, by Ann"),
        "{text}"
    );
}

#[test]
fn an_unknown_time_is_left_out() {
    let mut out = few(Language::English);
    out.backlog
        .iter_mut()
        .for_each(|waiting| waiting.time.clear());
    let text = said("feishu-text", &out);
    assert!(
        text.contains("7 commits, 1 found later\n• Ann Author pushed"),
        "{text}"
    );
}

#[test]
fn a_digest_ignores_template_and_title() {
    for (name, kind) in [
        ("wecom", "/markdown/content"),
        ("dingtalk", "/markdown/text"),
        ("feishu", "/content/text"),
    ] {
        for template in ["{\"x\": \"${ref}\"}", "TEMPLATE ${ref}"] {
            let keys = json!({"msg_type": "customize", "template": template, "title": "TITLE", "keyword": "发布"});
            for simplify in [false, true] {
                let attempt = Attempt { simplify, ..NOW };
                let body = body(
                    &robot(name, keys.clone())
                        .request(&few(Language::English), &attempt)
                        .unwrap(),
                );
                let text = text(&body);
                assert!(
                    body.pointer(kind).is_some() || (simplify && body["msgtype"] == "text"),
                    "{body}"
                );
                assert!(
                    !body.to_string().contains("TEMPLATE") && !body.to_string().contains("TITLE"),
                    "{body}"
                );
                assert!(
                    text.starts_with("发布") && text.contains("4 pushes"),
                    "{text}"
                );
            }
        }
    }
    let markdown = json!({"msg_type": "markdown", "template": "TEMPLATE", "title": "TITLE", "keyword": "发布"});
    let title = |name: &str, place| {
        let body = body(
            &robot(name, markdown.clone())
                .request(&few(Language::English), &NOW)
                .unwrap(),
        );
        body.pointer(place).unwrap().as_str().unwrap().to_owned()
    };
    assert_eq!(
        title("dingtalk", "/markdown/title"),
        "发布 team/payments · 4 pushes"
    );
    assert_eq!(
        title("feishu", "/card/header/title/content"),
        "发布 team/payments · 4 pushes"
    );
    assert_eq!(
        title("feishu", "/card/header/template"),
        "orange",
        "something was forced"
    );
}

#[test]
fn a_digest_mentions_the_people_of_its_hook() {
    let out = many(1000, 300, Language::English);
    let sent = |name, keys: Value| body(&robot(name, keys).request(&out, &NOW).unwrap());
    let wecom = |msg_type| {
        sent(
            "wecom",
            json!({"msg_type": msg_type, "mentioned": "ZhangSan"}),
        )
    };
    assert_eq!(wecom("text")["text"]["mentioned_list"], json!(["ZhangSan"]));
    assert!(text(&wecom("markdown")).ends_with("\n<@ZhangSan>"));
    let dingtalk = sent("dingtalk", json!({"at_mobiles": ["18000000000"]}));
    assert_eq!(dingtalk["at"]["atMobiles"], json!(["18000000000"]));
    assert!(text(&dingtalk).ends_with("\n\n@18000000000"));
}

/// Every text that strangers write, everywhere in a digest.
fn written_by(text: &str, pushes: usize, refs: usize, language: Language) -> Outgoing {
    let mut out = many(pushes, refs, language);
    let named = |name: &RefName, n| RefName::new(format!("{}{text}{n}", name.display()));
    for (n, waiting) in out.backlog.iter_mut().enumerate() {
        waiting.push.pusher.name = format!("{text}{}", n % 7);
        for event in &mut waiting.events {
            event.update.name = named(&event.update.name, n % refs);
            event.compare = Some(format!("https://git.example.com/{text}"));
            for commit in &mut event.commits {
                text.clone_into(&mut commit.message);
                text.clone_into(&mut commit.author.name);
                commit.url = Some(format!("https://git.example.com/{text}"));
            }
        }
    }
    out.project.name.push_str(text);
    out
}

#[test]
fn untrusted_text_has_no_meaning_in_any_markup() {
    for dialect in DIALECTS {
        for hostile in HOSTILE {
            for (pushes, language) in [(3, Language::English), (60, Language::Chinese)] {
                let body = body(
                    &of_dialect(dialect)
                        .request(&written_by(hostile, pushes, 8, language), &NOW)
                        .unwrap(),
                );
                let text = text(&body);
                let markup = dialect.ends_with("markdown");
                harmless(&text, dialect, markup);
                assert!(
                    !markup || text.matches("**").count().is_multiple_of(2),
                    "{dialect}: {text}"
                );
                for title in ["/markdown/title", "/card/header/title/content"] {
                    let title = body.pointer(title).and_then(Value::as_str).unwrap_or("");
                    harmless(title, dialect, false);
                    assert!(!title.contains('\n'));
                }
            }
        }
    }
}

#[test]
fn a_digest_fits_at_every_size() {
    for text in [
        "x",
        "修复退款金额的舍入 \"\\ & <b> [x](y) 😀",
        &"长\"_".repeat(2500),
    ] {
        for (pushes, refs) in [(2, 2), (60, 5), (300, 100)] {
            for (n, dialect) in DIALECTS.iter().chain(&DIALECTS).enumerate() {
                let language = if n < DIALECTS.len() {
                    Language::English
                } else {
                    Language::Chinese
                };
                let out = written_by(text, pushes, refs, language);
                let request = of_dialect(dialect).request(&out, &NOW).unwrap();
                let (size, limit) = measured(dialect, &request);
                assert!(size <= limit, "{dialect}: {size} of {limit} bytes");
                let said = super::fixture::text(&body(&request));
                let counted = if language == Language::English {
                    "pushes"
                } else {
                    "次推送"
                };
                assert!(
                    said.contains(&format!("{pushes} {counted}")),
                    "{dialect}: {said}"
                );
                assert!(!dialect.ends_with("markdown") || whole(&said), "{said}");
            }
        }
    }
}

#[test]
fn a_digest_keeps_a_smaller_bound_too() {
    let out = many(120, 10, Language::English);
    for dialect in DIALECTS {
        let robot: Box<dyn Action> = of_dialect(dialect);
        let (envelope, _) = measured(
            dialect,
            &robot
                .request(
                    &Outgoing {
                        max_body: 0,
                        ..out.clone()
                    },
                    &NOW,
                )
                .unwrap(),
        );
        for max_body in (envelope..4000).step_by(97) {
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
        }
    }
}

#[test]
fn a_message_says_that_a_push_was_found_later() {
    for (language, heading) in [
        (
            Language::English,
            "team/payments: somebody pushed 2 commits to main (found later)\n",
        ),
        (
            Language::Chinese,
            "team/payments：有人 向 main 推送了 2 个提交（事后发现）\n",
        ),
    ] {
        let mut out = outgoing(MessageKind::Push, vec![updated(two_commits())], language);
        out.push = recovered(1, out.events.clone()).push;
        let text = said("feishu-text", &out);
        assert!(text.starts_with(heading), "{text}");
        assert!(!text.contains("unknown"), "{text}");
    }
}

#[test]
fn a_digest_has_a_body_that_names_no_ref() {
    let body = few(Language::English).body();
    assert!(
        body["ref"].is_null() && body["commits"] == json!([]),
        "{body}"
    );
    assert!(
        serde_json::from_slice::<Value>(
            &Outgoing {
                max_body: 0,
                ..few(Language::English)
            }
            .body_bytes()
        )
        .is_ok()
    );
}
