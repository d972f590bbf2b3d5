//! `success`: a condition on the receiver's answer, where its status alone does not decide.

use super::web::{self, is_given};
use super::{Finding, Verdict, verdict};
use crate::http::Response;
use crate::parameter::{Resolver, Text, Unresolved};
use crate::template::{TemplateError, compile_expression, holds};
use serde_json::{Map, Value, json};

/// What the expression reads.
const NAMES: &[&str] = &["status", "json", "text", "headers"];

/// Bytes of an answer that is read as JSON.
const MAX_JSON: usize = 64 * 1024;

/// The expression.
pub(super) struct Success {
    expression: String,
    /// Whether it came from a reference: then no message quotes it.
    referenced: bool,
}

/// What is wrong with it as it stands in the file.
pub(super) fn findings(success: Option<&Text>) -> Option<Finding> {
    let error = compile_expression(web::plain(success)?, NAMES).err()?;
    Some(Finding {
        range: error.range,
        ..web::mistake("success", error.why)
    })
}

impl Success {
    pub(super) fn build(
        resolver: &Resolver<'_>,
        success: Option<&Text>,
    ) -> Result<Option<Self>, Unresolved> {
        if !is_given(success) {
            return Ok(None);
        }
        let Some(text) = resolver.expression("success", success)? else {
            return Ok(None);
        };
        let success = Self {
            expression: text.text,
            referenced: text.referenced,
        };
        let compiled = compile_expression(&success.expression, NAMES);
        compiled.map_err(|error| web::unusable("success", success.describe(error)))?;
        Ok(Some(success))
    }

    /// The engine's messages quote names of the expression, and a reference may lead to a secret by mistake.
    fn describe(&self, error: TemplateError) -> String {
        if self.referenced {
            return "what its reference holds is not such an expression".to_owned();
        }
        error.why
    }

    fn is_true_of(&self, response: &Response) -> Result<bool, TemplateError> {
        let header = |(name, value): &(String, String)| (name.clone(), Value::from(value.as_str()));
        let mut context = json!({
            "status": response.status,
            "text": response.text(),
            "headers": response.headers.iter().map(header).collect::<Map<_, _>>(),
        });
        // Without it, an expression that reads `json` has no value.
        if !response.truncated
            && response.body.len() <= MAX_JSON
            && let Ok(body) = serde_json::from_slice::<Value>(&response.body)
        {
            context["json"] = body;
        }
        holds(&self.expression, &context)
    }
}

/// What an answer means: by the expression if there is one, and else by its status. A status that asks for another
/// attempt keeps its meaning.
pub(super) fn verdict(success: Option<&Success>, response: &Response) -> Verdict {
    let Some(success) = success else {
        return verdict::from_status(response);
    };
    if !matches!(response.status, 200..=407 | 409..=424 | 426..=428 | 430..=499) {
        return verdict::from_status(response);
    }
    match success.is_true_of(response) {
        Ok(true) => Verdict::Delivered {
            note: String::new(),
        },
        Ok(false) => Verdict::Failed {
            why: verdict::with_excerpt(response, "; `success` is false"),
        },
        Err(error) => Verdict::Deferred {
            why: format!(
                "{}; `success` cannot be evaluated: {}",
                verdict::phrase(response.status),
                success.describe(error)
            ),
            after: None,
            unknown: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::{Reference, ReferenceError, Resolve};

    /// A file with a secret that is half an expression.
    struct Token;

    impl Resolve for Token {
        fn reference(&self, _: &Reference) -> Result<String, ReferenceError> {
            Ok("hunter2-x7".to_owned())
        }
    }

    fn judged(expression: &str, status: u16, body: &str) -> Verdict {
        let response = Response {
            status,
            headers: vec![("x-result".to_owned(), "no".to_owned())],
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        let success = Success {
            expression: expression.to_owned(),
            referenced: false,
        };
        verdict(Some(&success), &response)
    }

    #[test]
    fn no_message_quotes_an_expression_that_a_reference_holds() {
        let success = Success {
            expression: "json.hunter2.x == 1".to_owned(),
            referenced: true,
        };
        let response = Response {
            status: 200,
            body: b"{}".to_vec(),
            ..Response::default()
        };
        let judged = verdict(Some(&success), &response);
        assert!(is_unknown(&judged), "{judged:?}");
        assert!(!format!("{judged:?}").contains("hunter2"), "{judged:?}");

        let reference = Text::Reference(Reference::File("token".into()));
        let built = Success::build(&Resolver::new(&Token), Some(&reference));
        let why = built.err().unwrap().to_string();
        assert!(!why.contains("hunter2"), "{why}");
    }

    fn is_delivered(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Delivered { .. })
    }

    fn is_unknown(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Deferred { unknown: true, .. })
    }

    #[test]
    fn the_expression_decides_between_delivered_and_failed_permanently() {
        let cases = [
            ("json.triggered", 200, r#"{"triggered": true}"#, true),
            ("json.triggered", 200, r#"{"triggered": false}"#, false),
            (
                "\"Scheduled\" in text",
                200,
                "Scheduled polling of app",
                true,
            ),
            (
                "\"Scheduled\" in text",
                200,
                "No git jobs using repository",
                false,
            ),
            ("status == 409 or status < 300", 409, "", true),
            ("status == 200", 301, "", false),
            ("headers[\"x-result\"] != \"no\"", 200, "", false),
        ];
        for (expression, status, body, delivered) in cases {
            let verdict = judged(expression, status, body);
            assert_eq!(
                is_delivered(&verdict),
                delivered,
                "{expression}: {verdict:?}"
            );
            let failed = matches!(verdict, Verdict::Failed { .. });
            assert_eq!(failed, !delivered, "{expression}: {verdict:?}");
        }
    }

    #[test]
    fn a_status_that_asks_for_another_attempt_keeps_its_meaning() {
        for status in [408, 425, 429, 500, 503] {
            let verdict = judged("true", status, "");
            assert!(matches!(verdict, Verdict::Deferred { .. }), "{status}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_evaluated_leaves_the_outcome_unknown() {
        let large = format!("[\"{}\"]", "x".repeat(MAX_JSON));
        for (expression, body) in [
            ("json.a", "no JSON"),
            ("json[0] == 1", large.as_str()),
            ("json == none", ""),
            ("json.a.b == 1", "{}"),
            ("json.a", "{}"),
            ("text + 1", "x"),
        ] {
            let verdict = judged(expression, 200, body);
            assert!(is_unknown(&verdict), "{expression}: {verdict:?}");
        }
    }

    #[test]
    fn an_answer_that_was_read_in_part_is_no_json() {
        let response = Response {
            status: 200,
            body: b"{\"a\": 1}".to_vec(),
            truncated: true,
            ..Response::default()
        };
        let judged = |expression: &str| {
            let success = Success {
                expression: expression.to_owned(),
                referenced: false,
            };
            verdict(Some(&success), &response)
        };
        assert!(is_unknown(&judged("json.a == 1")));
        assert!(is_delivered(&judged("'a' in text")));
    }

    #[test]
    fn a_syntax_error_an_unknown_name_and_delimiters_are_mistakes() {
        for (expression, why) in [
            ("json.a ==", "unexpected end of input, expected expression"),
            (
                "satus == 200",
                "`satus` is not one of `status`, `json`, `text`, `headers`",
            ),
            ("json.a|nosuch", "unknown filter: filter nosuch is unknown"),
            (
                "json.a.b is nosuch or true",
                "unknown test: test nosuch is unknown",
            ),
            ("${status}", "is an expression, without `${ }`"),
        ] {
            let found = findings(Some(&Text::Plain(expression.into())));
            assert_eq!(found.map(|found| found.message).as_deref(), Some(why));
        }
    }
}
