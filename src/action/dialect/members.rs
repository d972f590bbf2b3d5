//! Members that several dialects add to the body of docs/events.md.

use crate::outgoing::{Outgoing, Project};
use crate::push::{PushEvent, Pusher, RefKind};
use serde_json::{Value, json};

/// The members of `repository` that typed readers expect. The account that owns the Git directory stands in for an
/// owner; a project is private unless it is configured otherwise.
pub(super) fn complete_repository(body: &mut Value, project: &Project) {
    let repository = &mut body["repository"];
    if let Some(owner) = project.owner_or_account() {
        repository["owner"] =
            json!({ "login": owner, "name": owner, "username": owner, "full_name": owner });
    }
    repository["private"] = project.private.unwrap_or(true).into();
    repository["fork"] = false.into();
}

/// Changes every event in the body: the one at its top and those of `updates`.
pub(super) fn each_event(body: &mut Value, change: &dyn Fn(&mut Value)) {
    change(body);
    if let Some(Value::Array(updates)) = body.get_mut("updates") {
        updates.iter_mut().for_each(change);
    }
}

/// Newest first, as Gitea and Gogs list commits.
pub(super) fn reverse_commits(event: &mut Value) {
    if let Some(Value::Array(commits)) = event.get_mut("commits") {
        commits.reverse();
    }
}

/// Lists the newest commit where none is new, for readers that take the first of the list.
pub(super) fn list_newest(event: &mut Value) {
    let head = event["head_commit"].clone();
    if let Some(Value::Array(commits)) = event.get_mut("commits")
        && commits.is_empty()
        && !head.is_null()
    {
        commits.push(head);
    }
}

/// `username` of authors and committers: known if the person is the one who pushed, else empty, as the forges have it for
/// people without an account.
pub(super) fn add_usernames(event: &mut Value, pusher: &Pusher) {
    let is_pusher = |person: &Value| {
        pusher.email.is_some() && person["email"].as_str() == pusher.email.as_deref()
    };
    let name = |commit: &mut Value| {
        for role in ["author", "committer"] {
            if let Some(person) = commit.get_mut(role).filter(|person| person.is_object()) {
                let known = is_pusher(person);
                person["username"] = if known { &pusher.username } else { "" }.into();
            }
        }
    };
    if let Some(Value::Array(commits)) = event.get_mut("commits") {
        commits.iter_mut().for_each(name);
    }
    event.get_mut("head_commit").map(name);
}

/// The body of an event that only reports that a ref exists now, or no longer does.
pub(super) fn ref_event(event: &PushEvent, out: &Outgoing, body: &Value) -> Value {
    let kind = match event.kind() {
        RefKind::Branch => "branch",
        RefKind::Tag => "tag",
        RefKind::Other => "ref",
    };
    let id = if event.update.new.is_null() {
        &event.update.old
    } else {
        event
            .head_commit
            .as_ref()
            .map_or(&event.update.new, |head| &head.id)
    };
    json!({
        "ref": event.ref_name().short(),
        "ref_type": kind,
        "sha": id.as_str(),
        "default_branch": out.project.default_branch.as_deref().unwrap_or_default(),
        "pusher_type": "user",
        "repository": body["repository"],
        "sender": body["sender"],
    })
}
