//! Pushes to talk about, and robots to talk to.

use git_service_hook::action::dingtalk::DingdingGroupChatRobot;
use git_service_hook::action::feishu::FeishuGroupChatRobot;
use git_service_hook::action::wecom::WecomGroupChatRobot;
use git_service_hook::action::{Action, Attempt, Parameters};
use git_service_hook::http::Request;
use git_service_hook::outgoing::{Draft, Language, Limits, MessageKind, Outgoing, Project};
use git_service_hook::parameter::{Reference, ReferenceError, Resolve, Resolver};
use git_service_hook::push::{
    Change, Commit, ObjectId, Person, Push, PushEvent, Pusher, RefName, RefUpdate, Tag,
};
use serde_json::{Value, json};

/// 1970-01-20, as vectors of signatures have it.
pub(super) const NOW: Attempt = Attempt {
    now_ms: 1_599_360_473_000,
    number: 1,
    simplify: false,
};

pub(super) const WECOM: &str =
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123abcd-4567-89ef-0123-456789abcdef";
pub(super) const DINGTALK: &str =
    "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef";
pub(super) const FEISHU: &str =
    "https://open.feishu.cn/open-apis/bot/v2/hook/0123abcd-4567-89ef-0123-456789abcdef";

/// The kinds of message that our own wording goes into.
pub(super) const DIALECTS: [&str; 6] = [
    "wecom-text",
    "wecom-markdown",
    "dingtalk-text",
    "dingtalk-markdown",
    "feishu-text",
    "feishu-markdown",
];

pub(super) fn id(digit: char) -> ObjectId {
    ObjectId::parse(&digit.to_string().repeat(40)).unwrap()
}

pub(super) fn null() -> ObjectId {
    id('0')
}

pub(super) fn commit(digit: char, message: &str, author: &str) -> Commit {
    let person = Person {
        name: author.into(),
        email: "secret@example.com".into(),
        date: None,
    };
    Commit {
        id: id(digit),
        tree_id: id('9'),
        parents: Vec::new(),
        distinct: true,
        message: message.into(),
        encoding_lossy: false,
        author: person.clone(),
        committer: person,
        added: Vec::new(),
        removed: Vec::new(),
        modified: Vec::new(),
        files_truncated: false,
        paths_lossy: false,
        message_truncated: false,
        signed: false,
        url: Some(format!(
            "https://git.example.com/team/payments/commit/{}",
            id(digit)
        )),
    }
}

pub(super) fn event(name: &str, old: ObjectId, new: ObjectId, change: Change) -> PushEvent {
    let update = RefUpdate {
        old,
        new,
        name: RefName::new(name),
    };
    PushEvent {
        change,
        ..PushEvent::bare(update, 0)
    }
}

/// main, by these commits.
pub(super) fn updated(commits: Vec<Commit>) -> PushEvent {
    let total = commits.len();
    let compare =
        Some("https://git.example.com/team/payments/compare/aaaaaaaa...cccccccc".to_owned());
    PushEvent {
        total_commits: total,
        total_distinct: total,
        head_commit: commits.last().cloned(),
        commits,
        compare,
        ..event("refs/heads/main", id('a'), id('c'), Change::Updated)
    }
}

pub(super) fn two_commits() -> Vec<Commit> {
    vec![
        commit(
            'b',
            "Round amounts half to even\n\nThe old way lost cents.",
            "Ann Author",
        ),
        commit('c', "修复退款金额的舍入", "李雷"),
    ]
}

pub(super) fn tag(annotated: bool) -> PushEvent {
    let tag = Tag {
        name: "v1.0".into(),
        annotated,
        message: annotated.then(|| "First release\n\nWith refunds.".to_owned()),
        tagger: None,
        target: id('c'),
        target_type: "commit".into(),
        encoding_lossy: false,
        signed: false,
    };
    let new = if annotated { id('d') } else { id('c') };
    let head_commit = Some(commit('c', "Release", "Ann Author"));
    PushEvent {
        tag: Some(tag),
        head_commit,
        ..event("refs/tags/v1.0", null(), new, Change::Created)
    }
}

pub(super) fn outgoing(kind: MessageKind, events: Vec<PushEvent>, language: Language) -> Outgoing {
    let pusher = Pusher {
        username: "ann".into(),
        name: "Ann Author".into(),
        email: None,
        source: "http".into(),
    };
    let push = Push {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        time_ms: 1_599_360_473_000,
        updates: events.iter().map(|e| e.update.clone()).collect(),
        pusher,
        options: Vec::new(),
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    };
    let project = Project {
        name: "team/payments".into(),
        url: Some("https://git.example.com/team/payments".into()),
        language,
        ..Project::default()
    };
    let total = events.iter().map(|e| e.total_distinct).sum();
    let limits = Limits {
        max_commits: usize::MAX,
        max_body: 1 << 20,
    };
    let draft = Draft {
        kind,
        delivery: "01890a5d-ac96-774b-bcce-b302099a8058".into(),
        hook: "team".into(),
        project,
        push,
        push_total_commits: total,
        events,
        rest: Vec::new(),
    };
    Outgoing::new(draft, limits)
}

/// One message of each kind that people can get.
pub(super) fn cases(language: Language) -> Vec<(&'static str, Outgoing)> {
    let one = |event| outgoing(MessageKind::Push, vec![event], language);
    let created = PushEvent {
        compare: None,
        ..PushEvent {
            change: Change::Created,
            ..updated(vec![commit('c', "Start the refund page", "Ann Author")])
        }
    };
    let created = PushEvent {
        update: RefUpdate {
            old: null(),
            new: id('c'),
            name: RefName::new("refs/heads/feature/refund_page"),
        },
        ..created
    };
    let forced = PushEvent {
        change: Change::Forced,
        total_discarded: 1,
        ..updated(two_commits())
    };
    let deleted = || event("refs/heads/old-page", id('a'), null(), Change::Deleted);
    let mut several = outgoing(
        MessageKind::Push,
        vec![
            updated(two_commits()),
            created.clone(),
            deleted(),
            tag(true),
        ],
        language,
    );
    several.rest.push(RefUpdate {
        old: id('a'),
        new: id('b'),
        name: RefName::new("refs/notes/commits"),
    });
    let cut = PushEvent {
        total_distinct: 14,
        total_commits: 14,
        truncated: true,
        ..updated(two_commits())
    };
    vec![
        ("update", one(updated(two_commits()))),
        ("more than is listed", one(cut)),
        ("created", one(created)),
        (
            "created without commits",
            one(event("refs/heads/copy", null(), id('c'), Change::Created)),
        ),
        ("deleted", one(deleted())),
        ("forced", one(forced)),
        ("tag", one(tag(false))),
        ("annotated tag", one(tag(true))),
        (
            "moved tag",
            one(PushEvent {
                change: Change::Forced,
                ..event("refs/tags/v1.0", id('a'), id('b'), Change::Forced)
            }),
        ),
        (
            "deleted tag",
            one(event("refs/tags/v1.0", id('a'), null(), Change::Deleted)),
        ),
        (
            "other ref",
            one(event(
                "refs/notes/commits",
                id('a'),
                id('b'),
                Change::Updated,
            )),
        ),
        ("many refs", several),
        ("no new commits", one(updated(Vec::new()))),
        (
            "told in part",
            one(PushEvent {
                error: Some("object is missing".into()),
                ..event("refs/heads/main", id('a'), id('b'), Change::Updated)
            }),
        ),
        (
            "test",
            outgoing(MessageKind::Test, vec![updated(two_commits())], language),
        ),
    ]
}

struct Files;

impl Resolve for Files {
    fn reference(&self, reference: &Reference) -> Result<String, ReferenceError> {
        match reference {
            Reference::File(path) => Ok(path.clone()),
            _ => Err(ReferenceError::NoCredentials),
        }
    }
}

/// The parameters of a robot; `{"file": X}` resolves to X.
pub(super) fn parameters(robot: &str, keys: Value) -> Box<dyn Parameters> {
    match robot {
        "wecom" => Box::new(serde_json::from_value::<WecomGroupChatRobot>(keys).unwrap()),
        "dingtalk" => Box::new(serde_json::from_value::<DingdingGroupChatRobot>(keys).unwrap()),
        _ => Box::new(serde_json::from_value::<FeishuGroupChatRobot>(keys).unwrap()),
    }
}

/// A robot, ready to send.
pub(super) fn robot(robot: &str, mut keys: Value) -> Box<dyn Action> {
    if keys.get("service_url").is_none() {
        keys["service_url"] = match robot {
            "wecom" => WECOM,
            "dingtalk" => DINGTALK,
            _ => FEISHU,
        }
        .into();
    }
    parameters(robot, keys)
        .build(&Resolver::new(&Files))
        .unwrap()
}

/// A robot of one of [`DIALECTS`].
pub(super) fn of_dialect(dialect: &str) -> Box<dyn Action> {
    let (name, msg_type) = dialect.split_once('-').unwrap();
    robot(name, json!({"msg_type": msg_type}))
}

pub(super) fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The message's text, wherever the vendor has it.
pub(super) fn text(body: &Value) -> String {
    let places = [
        "/text/content",
        "/markdown/content",
        "/markdown/text",
        "/content/text",
        "/card/body/elements/0/content",
    ];
    places
        .iter()
        .find_map(|p| body.pointer(p))
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}
