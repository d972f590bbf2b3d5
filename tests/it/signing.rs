//! What proves to a receiver that a request is genuine: Standard Webhooks, lists during a rotation, headers of its own.

use crate::actions::{ATTEMPT, Configured, mistakes, push};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use git_service_hook::action::Attempt;
use git_service_hook::http::Request;
use git_service_hook::signature::{hmac_sha1, hmac_sha256_hex, standard_webhooks};

const POST: &str =
    "action = \"webhook_http_post\"\nservice_url = \"https://ci.example.com/hook\"\n";
const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn signed(keys: &str) -> Request {
    Configured::new(&format!("{POST}{keys}")).request(&push())
}

fn standard(secret: &str, request: &Request, now_ms: i64) -> String {
    let key = STANDARD.decode(&secret["whsec_".len()..]).unwrap();
    standard_webhooks(&key, &push().delivery, now_ms / 1000, &request.body)
}

#[test]
fn standard_webhooks_stand_beside_the_headers_of_any_dialect() {
    for flavor in ["default", "github", "gitea", "gitlab", "cloudevents"] {
        let keys = format!("flavor = \"{flavor}\"\ntoken = \"123\"\nsigning_secret = \"{NEW}\"");
        let request = signed(&keys);
        assert_eq!(request.header("webhook-id"), Some(&*push().delivery));
        assert_eq!(request.header("webhook-timestamp"), Some("1714521600"));
        let expected = standard(NEW, &request, ATTEMPT.now_ms);
        assert_eq!(request.header("webhook-signature"), Some(&*expected));
    }
    assert_eq!(signed("token = \"123\"").header("webhook-id"), None);
}

#[test]
fn each_attempt_is_signed_with_its_own_time_and_the_same_id() {
    let configured = Configured::new(&format!("{POST}signing_secret = \"{NEW}\""));
    let attempt = Attempt {
        now_ms: ATTEMPT.now_ms + 30_000,
        number: 2,
        simplify: false,
    };
    let request = configured.action().request(&push(), &attempt).unwrap();
    assert_eq!(request.header("webhook-id"), Some(&*push().delivery));
    assert_eq!(request.header("webhook-timestamp"), Some("1714521630"));
    let expected = standard(NEW, &request, attempt.now_ms);
    assert_eq!(request.header("webhook-signature"), Some(&*expected));
}

#[test]
fn during_a_rotation_the_first_token_signs_and_standard_webhooks_has_all() {
    let keys = format!("token = [\"new\", \"old\"]\nsigning_secret = [\"{NEW}\", \"{OLD}\"]");
    let request = signed(&keys);
    let hub = hmac_sha1("new", &request.body);
    assert_eq!(request.header("X-Hub-Signature"), Some(&*hub));
    let both = [NEW, OLD].map(|secret| standard(secret, &request, ATTEMPT.now_ms));
    assert_eq!(request.header("webhook-signature"), Some(&*both.join(" ")));
    let seen = request.secrets.redact(&format!("old new {NEW} {OLD}"));
    assert_eq!(seen, "*** *** *** ***");
    let file = signed("token = [{ file = \"secret.txt\" }, \"old\"]");
    let hub = hmac_sha1("s3cret-in-a-file", &file.body);
    assert_eq!(file.header("X-Hub-Signature"), Some(&*hub));
}

#[test]
fn a_receiver_gets_its_signature_in_the_header_that_it_reads() {
    let flux = "token = \"123\"\nsignature = { header = \"X-Signature\", prefix = \"sha256=\" }";
    let request = signed(flux);
    let expected = format!("sha256={}", hmac_sha256_hex("123", &request.body));
    assert_eq!(request.header("X-Signature"), Some(&*expected));
    let own =
        "token = \"123\"\nsignature = { header = \"X-Coding-Signature\", algorithm = \"sha1\" }";
    let request = signed(own);
    let expected = hmac_sha1("123", &request.body);
    assert_eq!(
        request.header("X-Coding-Signature"),
        expected.strip_prefix("sha1=")
    );
    let header = |(name, _): &&(String, String)| name == "X-Coding-Signature";
    assert_eq!(request.headers.iter().filter(header).count(), 1);
    let long = "token = \"123\"\n\
        signature = { header = \"X-S\", algorithm = \"sha512\", encoding = \"base64\" }";
    let request = signed(long);
    let digest = STANDARD.decode(request.header("X-S").unwrap()).unwrap();
    assert_eq!(digest.len(), 64);
}

#[test]
fn keys_that_cannot_sign_are_mistakes_and_never_shown() {
    for (keys, expected) in [
        (
            "signing_secret = \"hunter2\"",
            "`signing_secret` must be `whsec_` followed by base64",
        ),
        (
            "signing_secret = [\"whsec_hunter2\"]",
            "`signing_secret` must be `whsec_` followed by base64",
        ),
        ("token = []", "`token` takes one to four secrets"),
        (
            "token = [\"1\", \"2\", \"3\", \"4\", \"5\"]",
            "`token` takes one to four secrets",
        ),
        (
            "signature = { header = \"X-S\" }",
            "`signature` is made with the key `token`, which is missing",
        ),
        (
            "token = \"1\"\nsignature = { header = \"Content-Length\" }",
            "`signature` has a `header` that belongs to the connection",
        ),
        (
            "token = \"1\"\nsignature = { header = \"X-S\" }\nheaders = { x-s = \"hunter2\" }",
            "cannot stand beside `signature`, which is sent in the same header",
        ),
        (
            "token = \"1\"\nsignature = { header = \"X-S\" }\nheaders = \"A: b\\nx-s: hunter2\"",
            "cannot stand beside `signature`, which is sent in the same header",
        ),
        (
            "token = \"1\"\nsignature = { header = \"X-S\", algorithm = \"md5\" }",
            "must be `sha1`, `sha256` or `sha512`",
        ),
    ] {
        let found = mistakes(&format!("{POST}{keys}"));
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{keys}: {found:?}"
        );
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
}
