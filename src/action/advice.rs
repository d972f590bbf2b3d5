//! What to do about an answer by its status alone: for `test`, where nothing else is known.

use crate::http::Response;

/// Sentences, the likeliest first; none for 2xx and for what nobody can say anything about.
pub(super) fn by_status(response: &Response) -> Vec<&'static str> {
    let advice = match response.status {
        300..=399 if response.header("location").is_none() => {
            "put the address that really answers into `service_url`"
        }
        300..=399 => {
            "put the address that it names into `service_url`; a redirect would make a GET of the POST"
        }
        400 | 422 => {
            "the receiver does not take this body: see its answer, and compare with `preview`; `flavor` and `template` \
             change the body"
        }
        401 => {
            "the receiver wants credentials: `username` and `password`, or `Authorization` in `headers`"
        }
        403 => {
            "the receiver knows who asks and refuses, or the signature does not match: compare `token` with the \
             receiver's secret, and look for a list of addresses there"
        }
        404 | 410 => {
            "nothing is at this path: compare `service_url` with the receiver's own words; some answer so, too, where \
             credentials are missing"
        }
        405 => {
            "the path takes no such request: compare `service_url`; a receiver of GETs needs `webhook_http_get`"
        }
        407 => {
            "the proxy wants credentials: put them into `https_proxy` or `http_proxy` (http://USER:PASSWORD@HOST:PORT)"
        }
        408 | 504 => {
            "the receiver took too long to answer: check its load; `timeout` limits how long is waited here"
        }
        411 | 415 => {
            "the receiver does not take this kind of body: see `content_type` and `template`"
        }
        413 => {
            "the body is too large for the receiver: lower `max_body`, or raise its limit (nginx: client_max_body_size)"
        }
        414 | 431 => {
            "the address or the headers are too long for the receiver: shorten the templates in them"
        }
        425 | 429 => {
            "the receiver takes no more for now: try again later; pushes wait by themselves"
        }
        500 => {
            "the receiver failed at it: its log says why; it may have had its effect all the same"
        }
        502 => "a proxy in front of the receiver answers, the receiver does not: is it running?",
        501 | 505 | 506 => "the receiver does not know such a request: compare `service_url`",
        503 => {
            "the receiver is overloaded or being serviced: try again later; pushes wait by themselves"
        }
        507 => "the receiver's disk is full",
        508..=599 => "the receiver failed at it: its log says why",
        _ => return Vec::new(),
    };
    vec![advice]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::verdict::phrase;

    #[test]
    fn every_no_that_has_a_name_has_advice() {
        let advice = |status: u16| {
            by_status(&Response {
                status,
                ..Response::default()
            })
        };
        for status in (100..600).filter(|status| phrase(*status) != status.to_string()) {
            let is_yes = (200..300).contains(&status);
            assert!(
                is_yes == advice(status).is_empty() || matches!(status, 406 | 409),
                "{status}"
            );
        }
    }

    #[test]
    fn a_redirect_is_followed_by_hand() {
        let headers = vec![("location".to_owned(), "https://x/".to_owned())];
        let advice = by_status(&Response {
            status: 301,
            headers,
            ..Response::default()
        });
        assert!(advice[0].starts_with("put the address that it names into `service_url`"));
    }
}
