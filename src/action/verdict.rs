//! What an answer means by its status alone (docs/actions.md, "What an answer means"). Webhooks are judged by it;
//! robots and Jenkins when their body says nothing.

use super::Verdict;
use super::excerpt::excerpt;
use crate::http::Response;
use crate::secret::mask_url;
use std::time::Duration;

/// 2xx is delivered; 408, 425, 429 and 5xx may succeed later; everything else fails permanently. A plain 500 may have had
/// its effect all the same.
pub fn from_status(response: &Response) -> Verdict {
    match response.status {
        200..=299 => Verdict::Delivered {
            note: String::new(),
        },
        300..=399 => Verdict::Failed {
            why: redirect(response),
        },
        408 | 425 | 429 | 500..=599 => Verdict::Deferred {
            why: phrase(response.status),
            after: retry_after(response),
            unknown: response.status == 500,
        },
        status => Verdict::Failed {
            why: with_excerpt(response, hint(status)),
        },
    }
}

/// The status, what to check, and the receiver's own words where it has any.
pub(super) fn with_excerpt(response: &Response, hint: &str) -> String {
    let status = phrase(response.status);
    let words = excerpt(response, &status);
    let separator = if words.is_empty() { "" } else { ": " };
    format!("{status}{hint}{separator}{words}")
}

/// Status and reason phrase, such as `503 Service Unavailable`; unknown ones stay numbers. The phrase on the wire is
/// not used: HTTP/2 has none, and anything may stand there.
pub fn phrase(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        425 => "Too Early",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        _ => return status.to_string(),
    };
    format!("{status} {reason}")
}

fn hint(status: u16) -> &'static str {
    match status {
        404 | 405 | 410 => " (check `service_url`)",
        413 => " (lower `max_body`)",
        _ => "",
    }
}

fn redirect(response: &Response) -> String {
    let status = phrase(response.status);
    match response.header("location") {
        Some(to) => format!(
            "{status} to {}: redirects are not followed (check `service_url`)",
            mask_url(to, false)
        ),
        None => format!("{status}: redirects are not followed (check `service_url`)"),
    }
}

/// `Retry-After` as seconds or as a date (RFC 9110, 10.2.3); a date counts from the answer's own `Date`, so that the
/// clocks need not agree.
pub fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().ok()?));
    }
    let date = |text: &str| {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text.trim())
            .ok()
    };
    let seconds = date(value)?.as_second() - date(response.header("date")?)?.as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Response {
            status,
            headers,
            ..Response::default()
        }
    }

    #[test]
    fn only_2xx_is_success() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(
                from_status(&answer(status, &[])),
                Verdict::Delivered {
                    note: String::new()
                }
            );
        }
        for status in [304, 400, 401, 404, 405, 410, 413, 418, 422] {
            assert!(
                matches!(from_status(&answer(status, &[])), Verdict::Failed { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn temporary_statuses_are_deferred_and_only_a_plain_500_is_unknown() {
        for status in [408, 425, 429, 500, 501, 502, 503, 504, 599] {
            let Verdict::Deferred { unknown, .. } = from_status(&answer(status, &[])) else {
                unreachable!("{status} is transient");
            };
            assert_eq!(unknown, status == 500, "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = |h: &[(&str, &str)]| retry_after(&answer(503, h)).map(|d| d.as_secs());
        assert_eq!(seconds(&[("retry-after", " 120 ")]), Some(120));
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            seconds(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), date]),
            Some(30)
        );
        assert_eq!(
            seconds(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), date]),
            Some(0)
        );
        assert_eq!(
            seconds(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]),
            None
        );
        assert_eq!(seconds(&[("retry-after", "soon"), date]), None);
        assert_eq!(seconds(&[("retry-after", "99999999999999999999999")]), None);
        assert_eq!(seconds(&[("retry-after", "")]), None);
    }

    #[test]
    fn a_redirect_is_a_failure_that_names_where_to_without_credentials() {
        let to = [("location", "https://user:pw@ci.example.com/job?token=abc")];
        let Verdict::Failed { why } = from_status(&answer(302, &to)) else {
            unreachable!("3xx fails")
        };
        assert!(why.starts_with("302 Found to https://"), "{why}");
        assert!(
            why.contains("ci.example.com") && !why.contains("pw") && !why.contains("abc"),
            "{why}"
        );
    }
}
