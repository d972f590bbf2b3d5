use super::*;
use crate::secret::Secrets;

fn judge(status: u16, body: &str) -> Verdict {
    let response = Response {
        status,
        body: body.as_bytes().to_vec(),
        ..Response::default()
    };
    verdict(&response, Some("http://ci.example.com"), false)
}

fn delivered(body: &str) -> String {
    match judge(200, body) {
        Verdict::Delivered { note } => note,
        other => unreachable!("delivered, not {other:?}"),
    }
}

fn failed_as(status: u16, body: &str) -> String {
    match judge(status, body) {
        Verdict::Failed { why } => why,
        other => unreachable!("failed, not {other:?}"),
    }
}

const QUEUED: &str = r#"{"triggered":true,"id":42,"url":"queue/item/42/","regexpFilterText":"","regexpFilterExpression":""}"#;
const FILTERED: &str = r#"{"triggered":false,"id":0,"url":"","regexpFilterText":"refs/heads/x","regexpFilterExpression":"^main$"}"#;
const DISABLED: &str =
    r#"{"triggered":false,"id":0,"url":"","regexpFilterText":"","regexpFilterExpression":""}"#;

fn jobs(of: &[(&str, &str)]) -> String {
    let jobs = of
        .iter()
        .map(|(name, job)| format!("\"{name}\":{job}"))
        .collect::<Vec<_>>();
    format!(
        "{{\"message\":\"Triggered jobs.\",\"jobs\":{{{}}}}}",
        jobs.join(",")
    )
}

#[test]
fn a_queued_build_is_reported_with_its_page() {
    let note = delivered(&jobs(&[("folder/app", QUEUED)]));
    assert_eq!(
        note,
        "queued folder/app (http://ci.example.com/queue/item/42/)"
    );
}

#[test]
fn one_triggered_job_is_enough_and_a_filtered_one_is_reported() {
    let note = delivered(&jobs(&[("a", FILTERED), ("b", QUEUED), ("c", DISABLED)]));
    assert!(
        note.starts_with("queued b")
            && note.contains("a matched but filtered (`refs/heads/x` against `^main$`)")
    );
    let note = delivered(&jobs(&[("a", FILTERED)]));
    assert!(
        note.contains("matched but filtered"),
        "all filtered is delivered, and said so: {note}"
    );
}

#[test]
fn a_job_that_is_not_triggered_without_a_filter_fails() {
    assert!(
        failed_as(200, &jobs(&[("a", DISABLED), ("b", FILTERED)]))
            .contains("a matched but cannot be built")
    );
    assert!(
        failed_as(200, &jobs(&[("a", "\"java.lang.RuntimeException\"")]))
            .contains("a failed in Jenkins")
    );
    let old = r#"{"status":"ok","data":{"triggerResults":{"ANY":"Did not find any jobs with GenericTrigger configured!"}}}"#;
    assert!(
        failed_as(200, old).contains("check `build_token`"),
        "the shape before 1.66"
    );
}

#[test]
fn an_answer_without_jobs_is_accepted_but_not_confirmed() {
    for body in ["", "{}", r#"{"jobs":null}"#, r#"{"jobs":{}}"#] {
        assert!(
            matches!(judge(200, body), Verdict::Accepted { note } if note.contains("no details")),
            "{body}"
        );
    }
}

#[test]
fn no_job_with_that_token_is_distinguished_from_no_plugin() {
    let none = r#"{"jobs":null,"message":"Did not find any jobs with GenericTrigger configured!\nA token was supplied.\n"}"#;
    assert!(failed_as(404, none).contains("check `build_token`"));
    assert!(failed_as(404, "<html>").contains("check `service_url`"));
    assert!(failed_as(401, "<html>").contains("login page"));
    assert!(failed_as(403, "<h1>No valid crumb was included").contains("asks for a crumb"));
}

#[test]
fn a_refusal_that_echoes_the_request_is_never_repeated() {
    let body = r#"{"jobs":null,"message":"denied: {authorization=[Bearer s3cret]}"}"#;
    let why = failed_as(403, body);
    assert!(
        !why.contains("s3cret") && why.contains("whitelist"),
        "{why}"
    );
}

#[test]
fn a_partly_triggered_push_is_never_tried_again() {
    let body =
        jobs(&[("a", QUEUED), ("b", "\"broken\"")]).replace("Triggered jobs.", "There were errors");
    assert!(failed_as(500, &body).starts_with("partly triggered, not tried again: queued a"));
    assert!(matches!(
        judge(500, "<html>"),
        Verdict::Deferred { unknown: true, .. }
    ));
    assert!(matches!(
        judge(503, ""),
        Verdict::Deferred { unknown: false, .. }
    ));
}

#[test]
fn a_dry_run_that_built_is_reported_as_a_real_build() {
    let dry = |job: &str| {
        let response = Response {
            status: 200,
            body: jobs(&[("a", job)]).into_bytes(),
            ..Response::default()
        };
        let Verdict::Delivered { note } = verdict(&response, None, true) else {
            unreachable!("triggered")
        };
        note
    };
    assert!(dry(QUEUED).contains("a real build was queued"));
    assert!(dry(&QUEUED.replace("42,", "0,")).contains("would be built"));
}

#[test]
fn an_answer_that_was_withheld_is_not_taken_for_a_silent_job() {
    let mut secrets = Secrets::default();
    secrets.add("token-0123456789");
    for body in ["token-0123456789", "{\"message\":\"token-0123456789\"}"] {
        let response = Response {
            status: 200,
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        match verdict(&response.without(&secrets), None, false) {
            Verdict::Accepted { note } => assert_eq!(
                note,
                "accepted, no details (the answer is withheld: it repeats a secret of the request)"
            ),
            other => unreachable!("{other:?}"),
        }
    }
}
