//! What the plugin's answer means (jenkinsci/generic-webhook-trigger-plugin, 1.x and 2.x). Its `message` of a 403 holds
//! every header of the request, the token included; only names, numbers and filters are ever repeated from an answer.

use super::advice::is_about_a_crumb;
use crate::action::{Verdict, verdict};
use crate::http::Response;
use serde_json::{Map, Value};

/// Jobs that are named in a note.
const NAMED: usize = 5;
/// Characters of a name or a filter in a note.
const LONGEST: usize = 80;
pub(super) const NO_JOBS: &str = "Did not find any jobs";

/// `root`: the URL of Jenkins, when it may be shown. `dry_run`: the request was a dry run.
pub(super) fn verdict(response: &Response, root: Option<&str>, dry_run: bool) -> Verdict {
    let json = serde_json::from_slice::<Value>(&response.body).ok();
    let jobs = jobs(json.as_ref());
    match response.status {
        200..=299 => accepted(response, json.as_ref(), jobs, root, dry_run),
        403 if is_about_a_crumb(response) => failed(
            "403 Forbidden: Jenkins asks for a crumb, so it is not the plugin's address (check `service_url`)",
        ),
        401 | 403 if json.is_none() => failed(format!(
            "{}: a proxy or a login page answered, not the plugin (check `service_url`)",
            verdict::phrase(response.status)
        )),
        403 => {
            failed("403 Forbidden: the plugin's whitelist or HMAC check refused it (check `token`)")
        }
        404 if message(json.as_ref()).starts_with(NO_JOBS) => {
            failed(no_jobs(message(json.as_ref())))
        }
        404 => failed(
            "404 Not Found: the plugin is not installed or the path is wrong (check `service_url`)",
        ),
        500 if jobs.is_some_and(|jobs| !jobs.is_empty()) => {
            let outcomes = Outcomes::read(jobs.into_iter().flatten(), root, dry_run);
            failed(format!(
                "partly triggered, not tried again: {}",
                outcomes.all()
            ))
        }
        _ => verdict::from_status(response),
    }
}

fn failed(why: impl Into<String>) -> Verdict {
    Verdict::Failed { why: why.into() }
}

/// The jobs of an answer. Before 1.66 of the plugin they stood elsewhere, and every answer was a 200.
pub(super) fn jobs(json: Option<&Value>) -> Option<&Map<String, Value>> {
    json.and_then(|json| {
        json.get("jobs")
            .or_else(|| json.pointer("/data/triggerResults"))
            .and_then(Value::as_object)
    })
}

pub(super) fn message(json: Option<&Value>) -> &str {
    json.and_then(|json| json.get("message"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn no_jobs(message: &str) -> String {
    let token = if message.contains("No token was supplied") {
        "no token was sent"
    } else {
        "none has this token"
    };
    format!("no job is triggered: {token} (check `build_token`; a pipeline must have run once)")
}

fn accepted(
    response: &Response,
    json: Option<&Value>,
    jobs: Option<&Map<String, Value>>,
    root: Option<&str>,
    dry_run: bool,
) -> Verdict {
    let Some(jobs) = jobs.filter(|jobs| !jobs.is_empty()) else {
        let details = if response.withheld {
            "accepted, no details (the answer is withheld: it repeats a secret of the request)"
        } else if json.is_some() || response.body.trim_ascii().is_empty() {
            "accepted, no details (a silent job or a hidden error)"
        } else {
            "accepted, no details (the answer is not the plugin's)"
        };
        return Verdict::Accepted {
            note: details.to_owned(),
        };
    };
    if let Some(text) = jobs
        .get("ANY")
        .and_then(Value::as_str)
        .filter(|text| text.starts_with(NO_JOBS))
    {
        return failed(no_jobs(text));
    }
    let outcomes = Outcomes::read(jobs, root, dry_run);
    if !outcomes.triggered.is_empty() || outcomes.failed.is_empty() {
        Verdict::Delivered {
            note: outcomes.all(),
        }
    } else {
        failed(outcomes.all())
    }
}

/// The outcome of each job, in words.
#[derive(Default)]
struct Outcomes {
    triggered: Vec<String>,
    failed: Vec<String>,
    filtered: Vec<String>,
}

impl Outcomes {
    fn read<'a>(
        jobs: impl IntoIterator<Item = (&'a String, &'a Value)>,
        root: Option<&str>,
        dry_run: bool,
    ) -> Self {
        let mut outcomes = Self::default();
        for (name, job) in jobs {
            let name = short(name);
            let filter = |member: &str| job.get(member).and_then(Value::as_str).unwrap_or_default();
            let (text, expression) = (filter("regexpFilterText"), filter("regexpFilterExpression"));
            let id = job.get("id").and_then(Value::as_u64).unwrap_or(0);
            match job.get("triggered").and_then(Value::as_bool) {
                Some(true) => outcomes.triggered.push(queued(&name, id, root, dry_run)),
                Some(false) if text.is_empty() && expression.is_empty() => {
                    outcomes
                        .failed
                        .push(format!("{name} matched but cannot be built (disabled?)"));
                }
                Some(false) => {
                    let (text, expression) = (short(text), short(expression));
                    outcomes.filtered.push(format!(
                        "{name} matched but filtered (`{text}` against `{expression}`)"
                    ));
                }
                None => outcomes
                    .failed
                    .push(format!("{name} failed in Jenkins (see its log)")),
            }
        }
        outcomes
    }

    fn all(&self) -> String {
        let mut all = [&self.triggered, &self.failed, &self.filtered]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>();
        if all.len() > NAMED {
            let more = all.len() - NAMED;
            all.truncate(NAMED);
            all.push(format!("and {more} more"));
        }
        all.join(", ")
    }
}

/// The queue's page is made from the number, not from what the answer calls it.
fn queued(name: &str, id: u64, root: Option<&str>, dry_run: bool) -> String {
    let page = match root {
        Some(root) => format!("{root}/queue/item/{id}/"),
        None => format!("queue/item/{id}/"),
    };
    match (id, dry_run) {
        (0, true) => format!("{name} would be built (dry run)"),
        (0, false) => format!("triggered {name}"),
        (_, true) => {
            format!("{name}: a real build was queued, the plugin is older than 2.1.0 ({page})")
        }
        (_, false) => format!("queued {name} ({page})"),
    }
}

fn short(text: &str) -> String {
    let mut short = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect::<String>();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
