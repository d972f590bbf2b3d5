//! Makes one attempt, from the stored event to the answer. Writes nothing to the spool.

use super::Site;
use super::outcome::{AttemptResult, Stage};
use crate::action::{Attempt, Verdict};
use crate::clock;
use crate::config::Hook;
use crate::http::{Request, Response};
use crate::network::Policy;
use crate::outgoing::{Draft, Limits, Outgoing, Project, Waiting};
use crate::parameter::Unresolved;
use crate::push::{Push, PushEvent, RefUpdate};
use crate::report::truncate;
use crate::schedule::Obstacle;
use crate::secret::Secrets;
use crate::spool::{Events, Exchange, Planned, Record};
use crate::transport::{self, ClientCertificate, FailedStep, Options, SendError};
use crate::url::UrlParts;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// At most so many bytes of the answer are kept.
const EXCERPT: usize = 2048;

/// One delivery with its push and events, as the record has them.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) push: &'a Push,
    pub(super) events: &'a Events,
    pub(super) planned: &'a Planned,
}

/// Makes one attempt. An `Err` in `outgoing` says why there is nothing to send. A panic is a failure to render.
pub(super) fn make(
    hook: &Hook,
    outgoing: Result<Outgoing, String>,
    attempt: Attempt,
) -> AttemptResult {
    let unrendered = |why| AttemptResult::deferred(why, false, Stage::Unrendered);
    let outgoing = match outgoing {
        Ok(outgoing) => outgoing,
        Err(why) => return unrendered(why),
    };
    let send = AssertUnwindSafe(|| send(hook, &outgoing, attempt));
    catch_unwind(send)
        .unwrap_or_else(|_| unrendered("an internal error; please report it".to_owned()))
}

fn send(hook: &Hook, outgoing: &Outgoing, attempt: Attempt) -> AttemptResult {
    let resolved = hook
        .action()
        .and_then(|action| Ok((action, options(hook)?)));
    let ((action, mut secrets), options) = match resolved {
        Ok(ready) => ready,
        Err(error) => {
            return AttemptResult::deferred(error.to_string(), false, Stage::Unresolved);
        }
    };
    let mut result = match action.request(outgoing, &attempt) {
        Err(error) => AttemptResult::deferred(error.to_string(), false, Stage::Unrendered),
        Ok(request) => {
            secrets.extend(&request.secrets);
            let started = clock::now_ms();
            let answer = transport::send(&request, &options).map(|answer| answer.without(&secrets));
            let took_ms = u64::try_from(clock::now_ms() - started).unwrap_or(0);
            let exchange = exchange(&request, answer.as_ref().ok(), took_ms, &secrets);
            let result = match answer {
                Ok(answer) => answered(action.verdict(&answer), &answer, attempt),
                Err(error) => unanswered(error),
            };
            AttemptResult {
                exchange: Some(exchange),
                ..result
            }
        }
    };
    let url = result.exchange.as_ref().map(|exchange| &exchange.url);
    let is_tls = url.is_some_and(|url| UrlParts::split(url).scheme.eq_ignore_ascii_case("https"));
    let text = result.text_mut();
    *text = secrets.redact(text);
    if hook.insecure_skip_verify && is_tls {
        note_unverified(text);
    }
    result
}

/// The pusher and the log see at each use that anybody on the way could have answered.
fn note_unverified(text: &mut String) {
    if text.is_empty() {
        text.push_str("delivered");
    }
    text.push_str(", certificate not checked (`insecure_skip_verify`)");
}

fn answered(verdict: Verdict, answer: &Response, attempt: Attempt) -> AttemptResult {
    // Each vendor's code for it has these words in our tables.
    let is_limit = |why: &str| answer.status == 429 || why.contains("rate limited");
    let obstacle = match (&verdict, answer.status) {
        (Verdict::Deferred { why, .. }, _) if is_limit(why) => Obstacle::RateLimited,
        (_, 502..=504) => Obstacle::Unavailable,
        _ => Obstacle::Refused,
    };
    AttemptResult {
        obstacle,
        ..AttemptResult::answered(verdict, attempt.simplify)
    }
}

fn unanswered(error: SendError) -> AttemptResult {
    let stage = Stage::Unanswered;
    let obstacle = match error.step {
        FailedStep::Preparation => Obstacle::Held,
        FailedStep::Lookup => Obstacle::NameLookup,
        FailedStep::Connection => Obstacle::Unreachable,
        FailedStep::Exchange => Obstacle::Unanswered,
    };
    let deferred = AttemptResult {
        obstacle,
        ..AttemptResult::deferred(error.what.clone(), error.sent, stage)
    };
    if !error.permanent {
        return deferred;
    }
    AttemptResult {
        verdict: Verdict::Failed { why: error.what },
        ..deferred
    }
}

/// How a hook's requests are sent.
pub fn options(hook: &Hook) -> Result<Options, Unresolved> {
    let client = hook.client_pem()?;
    Ok(Options {
        timeout: hook.timeout,
        connect_timeout: hook.connect_timeout,
        ca_pem: hook.ca_pem()?,
        insecure_skip_verify: hook.insecure_skip_verify,
        client: client.map(|[chain_pem, key_pem]| ClientCertificate { chain_pem, key_pem }),
        proxy: hook.proxy_url()?,
        network: Policy::clone(&hook.network),
    })
}

/// Renders the request that an attempt would make with the present configuration, and returns the secrets in it. `Err`
/// says why there is none.
pub fn render(
    site: &Site<'_>,
    hook: &Hook,
    record: &Record,
    planned: &Planned,
    attempt: Attempt,
) -> Result<(Request, Secrets), String> {
    let events = record
        .events
        .as_ref()
        .ok_or("its events are not computed yet")?;
    let (action, mut secrets) = hook.action().map_err(|e| e.to_string())?;
    let outgoing = outgoing(
        site,
        hook,
        Facts {
            push: &record.push,
            events,
            planned,
        },
    )?;
    let request = action
        .request(&outgoing, &attempt)
        .map_err(|e| secrets.redact(&e.to_string()))?;
    secrets.extend(&request.secrets);
    Ok((request, secrets))
}

/// The content of one delivery: its stored events with what the present configuration adds.
pub(super) fn outgoing(site: &Site<'_>, hook: &Hook, facts: Facts<'_>) -> Result<Outgoing, String> {
    let Facts {
        events, planned, ..
    } = facts;
    let project = project(site, hook, facts);
    let found = waiting(site, hook, facts, &project)?;
    let draft = Draft {
        kind: planned.kind,
        delivery: planned.id.clone(),
        hook: hook.name.clone(),
        project,
        push: found.push,
        push_total_commits: events.push_total_commits,
        events: found.events,
        rest: found.rest,
    };
    Ok(Outgoing {
        updates_omitted: planned.omitted,
        since: facts
            .push
            .trouble
            .as_ref()
            .map_or_else(String::new, |trouble| clock::local_moment(trouble.since_ms)),
        ..Outgoing::new(draft, limits(hook))
    })
}

/// The content of a digest. Of each delivery no more is kept than a message may show.
pub(super) fn digest(
    site: &Site<'_>,
    hook: &Hook,
    oldest: Facts<'_>,
    all: Vec<Waiting>,
) -> Option<Outgoing> {
    let (id, name) = (oldest.planned.id.clone(), hook.name.clone());
    Outgoing::digest(id, name, project(site, hook, oldest), all, limits(hook))
}

/// One delivery of a digest, without its older commits and its lists of paths.
pub(super) fn member(site: &Site<'_>, hook: &Hook, facts: Facts<'_>) -> Result<Waiting, String> {
    let mut waiting = waiting(site, hook, facts, &project(site, hook, facts))?;
    for event in &mut waiting.events {
        event
            .commits
            .drain(..event.commits.len().saturating_sub(hook.max_commits));
        for commit in event.commits.iter_mut().chain(&mut event.head_commit) {
            [&mut commit.added, &mut commit.removed, &mut commit.modified]
                .into_iter()
                .for_each(Vec::clear);
        }
    }
    Ok(waiting)
}

fn project(site: &Site<'_>, hook: &Hook, facts: Facts<'_>) -> Project {
    site.loaded.project_of(hook).complete(
        site.git_dir,
        facts.push.gl_repo.as_deref(),
        facts.events.default_branch.as_deref(),
    )
}

fn limits(hook: &Hook) -> Limits {
    Limits {
        max_commits: hook.max_commits,
        max_body: hook.max_body,
    }
}

fn waiting(
    site: &Site<'_>,
    hook: &Hook,
    facts: Facts<'_>,
    project: &Project,
) -> Result<Waiting, String> {
    let Facts {
        push,
        events,
        planned,
    } = facts;
    let stored = planned
        .events
        .iter()
        .filter_map(|index| events.events.get(*index));
    let mut reported = Vec::with_capacity(planned.events.len());
    for event in stored {
        let mut event: PushEvent = serde_json::from_str(event.get())
            .map_err(|_| "the stored event cannot be read".to_owned())?;
        site.loaded.project_of(hook).link(project, &mut event);
        reported.push(event);
    }
    let rest: Vec<RefUpdate> = planned
        .rest
        .iter()
        .filter_map(|i| push.updates.get(*i).cloned())
        .collect();
    if reported.is_empty() && rest.is_empty() && push.trouble.is_none() {
        return Err("the stored event is missing".to_owned());
    }
    Ok(Waiting {
        push: push.clone(),
        time: clock::local_moment(push.time_ms),
        events: reported,
        rest,
    })
}

fn exchange(
    request: &Request,
    response: Option<&Response>,
    took_ms: u64,
    secrets: &Secrets,
) -> Exchange {
    let answer = response
        .map(|r| truncate(&secrets.redact(&r.shown()), EXCERPT).to_owned())
        .unwrap_or_default();
    Exchange {
        method: request.method.as_str().to_owned(),
        url: secrets.redact(&request.masked_url),
        headers: request
            .masked_headers()
            .into_iter()
            .map(|(n, v)| (n, secrets.redact(&v)))
            .collect(),
        body_sha256: hex::encode(Sha256::digest(&request.body)),
        body_size: request.body.len(),
        status: response.map(|r| r.status),
        answer,
        took_ms,
    }
}
