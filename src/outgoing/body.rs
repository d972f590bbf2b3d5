//! The body of a delivery (docs/events.md): a superset of what CODING, GitHub, Gitea, Gogs and GitLab send for a push.
//! What is not known is left out, never invented.

use super::commit::{Members, commit, tag};
use super::{MessageKind, Outgoing, Project};
use crate::push::{Change, ObjectId, PushEvent, Pusher, RefKind, RefName, RefUpdate, Trouble};
use base64::Engine as _;
use serde_json::{Value, json};

/// Members that the body of some event has at its top.
pub const MEMBERS: [&str; 37] = [
    "event",
    "eventName",
    "test",
    "recovered",
    "object_kind",
    "event_name",
    "ref",
    "ref_base64",
    "before",
    "after",
    "created",
    "deleted",
    "forced",
    "checkout_sha",
    "base_ref",
    "base",
    "compare",
    "compare_url",
    "commits",
    "truncated",
    "total_commits",
    "total_commits_count",
    "total_commits_exact",
    "discarded",
    "total_discarded",
    "head_commit",
    "tag",
    "shallow",
    "error",
    "updates",
    "updates_omitted",
    "pusher",
    "sender",
    "push",
    "repository",
    "project",
    "team",
];

pub(super) fn to_json(out: &Outgoing) -> Value {
    if let Some(trouble) = &out.push.trouble {
        return of_trouble(out, trouble);
    }
    let mut body = Members::default();
    let test = out.kind == MessageKind::Test;
    body.put("event", if test { "PING" } else { "GIT_PUSHED" })
        .put("eventName", "代码推送");
    body.put_flag("test", test)
        .put_flag("recovered", out.push.recovered);
    match out
        .events
        .first()
        .filter(|_| out.kind != MessageKind::Summary)
    {
        Some(event) => put_event(&mut body, event),
        None => put_nothing(&mut body),
    }
    if out.whole_push {
        body.put("updates", updates(out))
            .put("updates_omitted", out.updates_omitted);
    }
    body.put("pusher", pusher(&out.push.pusher, true))
        .put("sender", pusher(&out.push.pusher, false))
        .put("push", push(out))
        .put("repository", repository(&out.project))
        .put("project", project(&out.project))
        .put_known(
            "team",
            out.project
                .team
                .as_ref()
                .map(|name| json!({ "name": name })),
        )
        .object()
}

/// The bare facts of the first update, for a bound below which nothing else fits.
pub(super) fn bare(out: &Outgoing) -> Value {
    if let Some(trouble) = &out.push.trouble {
        return of_trouble(out, trouble);
    }
    let mut body = Members::default();
    let test = out.kind == MessageKind::Test;
    body.put("event", if test { "PING" } else { "GIT_PUSHED" });
    body.put_flag("test", test)
        .put_flag("recovered", out.push.recovered);
    match out
        .events
        .first()
        .filter(|_| out.kind != MessageKind::Summary)
    {
        Some(event) => put_update(&mut body, &event.update, event.change),
        None => body
            .put("ref", Value::Null)
            .put("before", Value::Null)
            .put("after", Value::Null),
    };
    if out.whole_push {
        body.put(
            "updates_omitted",
            out.updates_omitted + out.events.len() + out.rest.len(),
        );
    }
    body.put("commits", json!([]))
        .put("truncated", true)
        .object()
}

/// Trouble of a hook. It is small: what is known of its error has been cut.
fn of_trouble(out: &Outgoing, trouble: &Trouble) -> Value {
    let since = jiff::Timestamp::from_millisecond(trouble.since_ms).ok();
    let mut body = Members::default();
    body.put("event", "TROUBLE")
        .put("eventName", "投递异常")
        .put("hook", trouble.hook.as_str())
        .put("kind", trouble.kind.name())
        .put("since", since.map(|since| since.to_string()))
        .put("count", trouble.count)
        .put(
            "last_error",
            Some(trouble.last_error.as_str()).filter(|error| !error.is_empty()),
        )
        .put("repository", repository(&out.project))
        .put("project", project(&out.project))
        .put_known(
            "team",
            out.project
                .team
                .as_ref()
                .map(|name| json!({ "name": name })),
        )
        .object()
}

fn put_event(body: &mut Members, event: &PushEvent) {
    let kind = match event.kind() {
        RefKind::Tag => "tag_push",
        RefKind::Branch | RefKind::Other => "push",
    };
    body.put("object_kind", kind).put("event_name", kind);
    put_update(body, &event.update, event.change);
    let deleted = event.change == Change::Deleted;
    let head = event.head_commit.as_ref().map(|head| &head.id);
    // A tag may name no commit. The commit of a branch may be unreadable, and has its id all the same.
    let checkout = head.or_else(|| event.tag.is_none().then_some(&event.update.new));
    let base = match event.change {
        Change::Updated => Some(&event.update.old),
        _ => event.base.as_ref(),
    };
    body.put(
        "checkout_sha",
        checkout.filter(|_| !deleted).map(ObjectId::as_str),
    )
    .put("base_ref", Value::Null)
    .put("base", base.map(ObjectId::as_str));
    body.put_known("compare", event.compare.as_deref())
        .put_known("compare_url", event.compare.as_deref());
    body.put(
        "commits",
        event.commits.iter().map(commit).collect::<Vec<_>>(),
    )
    .put("truncated", event.truncated)
    .put("total_commits", event.total_commits)
    .put("total_commits_count", event.total_commits)
    .put("total_commits_exact", event.total_commits_exact);
    if event.change == Change::Forced {
        body.put(
            "discarded",
            event
                .discarded
                .iter()
                .map(|id| Value::from(id.as_str()))
                .collect::<Vec<_>>(),
        )
        .put("total_discarded", event.total_discarded);
    }
    body.put("head_commit", event.head_commit.as_ref().map(commit))
        .put_known("tag", event.tag.as_ref().map(tag))
        .put_flag("shallow", event.shallow)
        .put_known("error", event.error.as_deref());
}

/// What Git put on stdin, and which of the four it is.
fn put_update<'a>(body: &'a mut Members, update: &RefUpdate, change: Change) -> &'a mut Members {
    put_ref(body, &update.name)
        .put("before", update.old.as_str())
        .put("after", update.new.as_str())
        .put("created", change == Change::Created)
        .put("deleted", change == Change::Deleted)
        .put("forced", change == Change::Forced)
}

fn put_ref<'a>(body: &'a mut Members, name: &RefName) -> &'a mut Members {
    let exact = (!name.is_utf8())
        .then(|| base64::engine::general_purpose::STANDARD.encode(name.as_bytes()));
    body.put("ref", name.display())
        .put_known("ref_base64", exact)
}

/// In the place of an event, for a summary and a digest.
fn put_nothing(body: &mut Members) {
    body.put("object_kind", "push").put("event_name", "push");
    for name in [
        "ref",
        "before",
        "after",
        "checkout_sha",
        "base_ref",
        "base",
        "compare",
        "compare_url",
    ] {
        body.put(name, Value::Null);
    }
    body.put("commits", json!([])).put("truncated", false);
    body.put("total_commits", 0)
        .put("total_commits_count", 0)
        .put("total_commits_exact", true);
    body.put("head_commit", Value::Null);
}

/// Every event whole, then what has no event of its own by what Git said.
fn updates(out: &Outgoing) -> Vec<Value> {
    let events = out.events.iter().map(|event| {
        let mut update = Members::default();
        put_event(&mut update, event);
        update.object()
    });
    let rest = out
        .rest
        .iter()
        .map(|update| put_update(&mut Members::default(), update, update.change()).object());
    events.chain(rest).collect()
}

fn push(out: &Outgoing) -> Value {
    let push = &out.push;
    let mut members = Members::default();
    members
        .put("id", push.id.as_str())
        .put_known("time", out.push_time())
        .put("ref_count", push.update_count())
        .put_known("index", out.events.first().map(|event| event.index))
        .put("total_commits", out.push_total_commits)
        .put("options", push.options.clone())
        .put_known("remote_addr", push.remote_addr.as_deref())
        .object()
}

fn pusher(pusher: &Pusher, with_source: bool) -> Value {
    let mut members = Members::default();
    members
        .put("name", pusher.name.as_str())
        .put("username", pusher.username.as_str())
        .put("login", pusher.username.as_str())
        .put("full_name", pusher.name.as_str())
        .put_known("email", pusher.email.as_deref())
        .put_known("source", with_source.then_some(pusher.source.as_str()))
        .object()
}

fn repository(project: &Project) -> Value {
    let mut members = Members::default();
    members
        .put("name", project.short_name())
        .put("full_name", project.name.as_str())
        .put_known(
            "owner",
            project
                .owner()
                .map(|owner| json!({ "login": owner, "name": owner })),
        )
        .put_known("private", project.private)
        .put_known("description", project.description.as_deref())
        .put_known("html_url", project.url.as_deref())
        .put_known("url", project.url.as_deref())
        .put_known("clone_url", project.clone_url.as_deref())
        .put_known("ssh_url", project.ssh_url.as_deref())
        .put_known("git_http_url", project.clone_url.as_deref())
        .put_known("git_ssh_url", project.ssh_url.as_deref())
        .put_known("default_branch", project.default_branch.as_deref())
        .object()
}

fn project(project: &Project) -> Value {
    let mut members = Members::default();
    members
        .put("name", project.name.as_str())
        .put_known("display_name", project.display_name.as_deref())
        .put_known("description", project.description.as_deref())
        .put_known("url", project.url.as_deref())
        .object()
}
