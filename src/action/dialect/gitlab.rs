//! `gitlab`: GitLab's headers, whose token is sent as it is. Commits oldest first. Readers: Jenkins' gitlab-plugin,
//! Buildbot, go-gitlab, go-scm, Tekton, Weblate.

use super::{Dialect, Header};
use crate::outgoing::{MessageKind, Outgoing, Project};
use crate::push::RefKind;
use serde_json::{Map, Value, json};

pub(super) struct GitLab;

impl Dialect for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn headers(&self, _: &str, out: &Outgoing) -> Vec<Header> {
        let event = match super::first(out).map(crate::push::PushEvent::kind) {
            _ if out.kind == MessageKind::Trouble => "Trouble Hook",
            Some(RefKind::Tag) => "Tag Push Hook",
            _ => "Push Hook",
        };
        super::headers([
            ("User-Agent", super::USER_AGENT),
            ("X-Gitlab-Event", event),
            ("X-Gitlab-Event-UUID", &out.delivery),
            ("Idempotency-Key", &out.delivery),
        ])
    }

    fn signatures(&self, token: &str, _: &[u8]) -> Vec<Header> {
        super::headers([("X-Gitlab-Token", token)])
    }

    fn adapt(&self, out: &Outgoing, mut body: Value) -> Value {
        let (project, pusher) = (&out.project, &out.push.pusher);
        let id = project.id_or_derived();
        body["project_id"] = id.into();
        body["user_name"] = pusher.name.as_str().into();
        body["user_username"] = pusher.username.as_str().into();
        if let Some(email) = &pusher.email {
            body["user_email"] = email.as_str().into();
        }
        let own = |body: &Value, member: &str, more: Value| {
            let mut all = body[member].as_object().cloned().unwrap_or_default();
            all.extend(more.as_object().cloned().unwrap_or_default());
            Value::Object(all)
        };
        body["project"] = own(&body, "project", self::project(project, id));
        body["repository"] = own(&body, "repository", repository(project));
        body
    }

    fn sends_token(&self) -> bool {
        true
    }

    fn lacks(&self, project: &Project) -> Vec<String> {
        let why = "its receivers find the repository by `project.web_url`";
        let mut lacks = super::lacks_url_and_owner(project, why);
        if project.id.is_none() {
            let id = project.id_or_derived();
            lacks.push(format!(
                "needs `[project] id`: {id}, a number derived from the project's name, is sent as `project_id`"
            ));
        }
        if project.clone_url.is_none() && project.ssh_url.is_none() {
            let why = "needs `[project] clone_url` or `ssh_url`: its receivers compare them with what they build";
            lacks.push(why.to_owned());
        }
        lacks
    }
}

/// Names and addresses where GitLab has them. What is not known is left out.
fn known<const N: usize>(members: [(&str, Option<&str>); N]) -> Map<String, Value> {
    let known = members
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    known
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect()
}

fn project(project: &Project, id: u32) -> Value {
    let (ssh, http) = (project.ssh_url.as_deref(), project.clone_url.as_deref());
    let (url, name) = (project.url.as_deref(), project.short_name());
    let mut members = json!({ "id": id, "name": name });
    let known = known([
        ("web_url", url),
        ("homepage", url),
        ("namespace", project.owner_or_account()),
        ("path_with_namespace", Some(&project.name)),
        ("default_branch", project.default_branch.as_deref()),
        ("git_ssh_url", ssh),
        ("git_http_url", http),
        ("ssh_url", ssh),
        ("http_url", http),
        ("url", ssh.or(http)),
    ]);
    if let Some(members) = members.as_object_mut() {
        members.extend(known);
    }
    members
}

fn repository(project: &Project) -> Value {
    let (ssh, http) = (project.ssh_url.as_deref(), project.clone_url.as_deref());
    let url = project.url.as_deref();
    Value::Object(known([("homepage", url), ("url", ssh.or(http).or(url))]))
}
