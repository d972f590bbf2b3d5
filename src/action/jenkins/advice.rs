//! Why nothing is built: the usual causes by what was answered (the plugin's README and issues, jenkins.io on CSRF).

use super::answer::{NO_JOBS, jobs, message};
use crate::action::advice::by_status;
use crate::http::Response;
use serde_json::Value;

const NO_JOB: [&str; 6] = [
    "compare `build_token` with the field Token of the job (or the secret of its Token Credential): letter for letter",
    "tick Generic Webhook Trigger in the job: the token of \"Trigger builds remotely\" is another one, and not read",
    "save the job, and run a pipeline once by hand: it listens only after its first run, and a multibranch job only \
     for branches with a Jenkinsfile",
    "a pipeline that declares its triggers without the token loses it at every run: declare it with `token`",
    "update the plugin: 2.2.0 and 2.2.1 miss new multibranch jobs, and older ones a job that was just made",
    "a `token` in `service_url`, `request_parameters` or `header_parameters` beats `build_token`: leave it out",
];
const NO_TOKEN: [&str; 2] = [
    "set `build_token` to the job's Token: without one, only jobs without a token are looked for",
    "and those only that the user of `service_url` may see: folders have permissions of their own",
];
const NO_PLUGIN: [&str; 2] = [
    "`service_url` must end in /generic-webhook-trigger/invoke, behind Jenkins' own path where it has one \
     (https://HOST/jenkins/generic-webhook-trigger/invoke)",
    "install the plugin Generic Webhook Trigger: Manage Jenkins, Plugins",
];
const CRUMB: [&str; 1] = [
    "only the plugin's address needs no crumb: `service_url` must end in /generic-webhook-trigger/invoke, not in \
     /job/NAME/build",
];
const LOGIN: [&str; 2] = [
    "`service_url` must end in /generic-webhook-trigger/invoke: other addresses of Jenkins want a login",
    "let a proxy in front of Jenkins pass this path without its login",
];
const WHITELIST: [&str; 2] = [
    "Manage Jenkins, System, Generic Webhook Trigger: add this server to the whitelist (behind a proxy, the proxy)",
    "where HMAC is set there: `token` must be its secret, its header X-Hub-Signature-256 with HmacSHA256",
];
const FILTERED: &str = "the job's Optional filter says no: Expression must be found in Text; the two are often in each \
    other's field, and Text needs a variable that the job reads (`$ref` from `$.ref`)";
const DISABLED: &str = "a job matched and took no build: enable it, and see Jenkins' log";
const BROKEN: &str =
    "Jenkins failed at a job: its log says why (a broken expression in the Optional filter, often)";
const SILENT: &str = "nothing confirms a build: see the job. Jobs with Silent response say nothing, and a broken \
    expression in the Optional filter hides behind the same answer";
const SEVERAL: &str =
    "every job with this token is built: give a job its own token to build it alone";

/// Sentences for an answer, the likeliest cause first; none when one job is queued.
pub(super) fn for_response(response: &Response) -> Vec<&'static str> {
    let json = serde_json::from_slice::<Value>(&response.body).ok();
    let said = message(json.as_ref());
    let found = jobs(json.as_ref());
    match response.status {
        200..=299 => accepted(
            found,
            json.is_some() || response.body.trim_ascii().is_empty(),
        ),
        403 if is_about_a_crumb(response) => CRUMB.to_vec(),
        401 | 403 if json.is_none() => LOGIN.to_vec(),
        403 => WHITELIST.to_vec(),
        404 if said.starts_with(NO_JOBS) => no_job(said),
        404 | 405 => NO_PLUGIN.to_vec(),
        500 if found.is_some() => vec![BROKEN],
        _ => by_status(response),
    }
}

/// Whether Jenkins itself refused the POST (jenkins.io, "CSRF Protection").
pub(super) fn is_about_a_crumb(response: &Response) -> bool {
    response
        .text()
        .to_ascii_lowercase()
        .contains("no valid crumb")
}

fn no_job(message: &str) -> Vec<&'static str> {
    if message.contains("No token was supplied") {
        NO_TOKEN.to_vec()
    } else {
        NO_JOB.to_vec()
    }
}

fn accepted(jobs: Option<&serde_json::Map<String, Value>>, is_plugins: bool) -> Vec<&'static str> {
    let Some(jobs) = jobs.filter(|jobs| !jobs.is_empty()) else {
        return if is_plugins {
            vec![SILENT]
        } else {
            LOGIN.to_vec()
        };
    };
    if let Some(text) = jobs
        .get("ANY")
        .and_then(Value::as_str)
        .filter(|text| text.starts_with(NO_JOBS))
    {
        return no_job(text);
    }
    let is = |job: &&Value, triggered| job.get("triggered").and_then(Value::as_bool) == triggered;
    let has_filter = |job: &Value| {
        let given = |member: &str| {
            job.get(member)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        given("regexpFilterText") || given("regexpFilterExpression")
    };
    let stopped = || jobs.values().filter(|job| is(job, Some(false)));
    let all = [
        (jobs.values().any(|job| is(&job, None)), BROKEN),
        (stopped().any(|job| !has_filter(job)), DISABLED),
        (stopped().any(has_filter), FILTERED),
        (
            jobs.values().filter(|job| is(job, Some(true))).count() > 1,
            SEVERAL,
        ),
    ];
    all.into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, advice)| advice)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn advises(status: u16, body: &str, expected: &[&str]) {
        let response = Response {
            status,
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        assert_eq!(for_response(&response), expected, "{status} {body}");
    }

    #[test]
    fn every_answer_of_jenkins_has_its_advice() {
        let job = |triggered: bool, text: &str| {
            format!(
                r#"{{"triggered":{triggered},"id":0,"regexpFilterText":"{text}","regexpFilterExpression":""}}"#
            )
        };
        let jobs = |a: &str, b: &str| format!(r#"{{"jobs":{{"a":{a},"b":{b}}}}}"#);
        let none = |token: &str| {
            format!(r#"{{"jobs":null,"message":"{NO_JOBS} with GenericTrigger…\n{token}"}}"#)
        };
        advises(404, &none("A token was supplied."), &NO_JOB);
        advises(404, &none("No token was supplied."), &NO_TOKEN);
        advises(404, "<html>", &NO_PLUGIN);
        advises(405, "", &NO_PLUGIN);
        advises(
            403,
            "<html>403 No valid crumb was included in the request",
            &CRUMB,
        );
        advises(403, r#"{"message":"No valid crumb was included"}"#, &CRUMB);
        advises(401, "<html>", &LOGIN);
        advises(403, "<html>", &LOGIN);
        advises(200, "<html>Sign in", &LOGIN);
        advises(403, "{\"message\":\"x\"}", &WHITELIST);
        advises(200, "", &[SILENT]);
        advises(200, &jobs(&job(true, ""), &job(false, "x")), &[FILTERED]);
        advises(200, &jobs(&job(false, ""), "\"oops\""), &[BROKEN, DISABLED]);
        advises(200, &jobs(&job(true, ""), &job(true, "x")), &[SEVERAL]);
        advises(500, &jobs(&job(true, ""), "\"oops\""), &[BROKEN]);
        advises(
            200,
            &format!(r#"{{"data":{{"triggerResults":{{"ANY":"{NO_JOBS}"}}}}}}"#),
            &NO_JOB,
        );
        advises(
            503,
            "",
            &by_status(&Response {
                status: 503,
                ..Response::default()
            }),
        );
    }

    #[test]
    fn one_queued_build_needs_no_advice() {
        advises(200, r#"{"jobs":{"a":{"triggered":true,"id":4}}}"#, &[]);
    }
}
