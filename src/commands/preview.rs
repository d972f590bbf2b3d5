//! `preview`: each request as it would go out, secrets masked. Sends nothing.

use super::subject::{Subject, Wanted, split};
use super::{Failure, Session, check, print};
use crate::action::Attempt;
use crate::config::{self, Hook, Per};
use crate::filter::Decision;
use crate::http::Request;
use crate::outgoing::Kind;
use crate::secret::Secrets;
use crate::{clock, exit};
use std::fmt::Write;

/// Of `preview`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Hooks by name, then the range: two revisions, 0 for a side that does not exist (default: all hooks, the newest
    /// commit)
    #[arg(value_name = "HOOK|OLD NEW")]
    words: Vec<String>,
    /// The ref, in full or a branch's or tag's short name (default: HEAD's branch)
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
}

/// Prints them one below the other. A hook that would not fire is shown when it is named.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    check::tell_mistakes(&loaded);
    let known = |word: &str| {
        loaded.hooks.iter().any(|h| h.name == word)
            || loaded.off.iter().any(|off| off == word)
            || loaded.mistakes.iter().any(|m| m.hook.as_deref() == Some(word))
    };
    let (names, range) = split(&arguments.words, known);
    let wanted = Wanted { range, name: arguments.name.as_deref() };
    let subject = Subject::of(session, &repository, loaded, &wanted)?;
    let hooks = subject.hooks(&names)?;
    if hooks.is_empty() {
        return Err(Failure::new("no hook is configured: see hooks.toml in the Git directory"));
    }
    for off in subject.off().iter().filter(|_| names.is_empty()) {
        print::stdout(&format!("# {off}: would not fire: `enabled` is false\n"));
    }
    let mut code = exit::OK;
    for (index, hook) in hooks.into_iter().enumerate() {
        if index > 0 {
            print::stdout("");
        }
        let (text, made) = show(&subject, hook, !names.is_empty());
        print::stdout(text.trim_end());
        if !made {
            code = exit::FAILURE;
        }
    }
    Ok(code)
}

/// The hook's part of the output, and whether a request could be made.
fn show(subject: &Subject, hook: &Hook, named: bool) -> (String, bool) {
    let mut text = format!("# {} ({})\n", hook.name, hook.kind.id());
    if let Decision::Skip(why) = hook.decide(&subject.push, &subject.computed) {
        let _ = writeln!(text, "# would not fire: {why}");
        if !named {
            return (text, true);
        }
    }
    match request(subject, hook) {
        Ok((request, secrets)) => {
            text.push_str(&as_sent(&request, &secrets));
            (text, true)
        }
        Err(why) => {
            let _ = writeln!(text, "# no request can be made: {why}");
            (text, false)
        }
    }
}

fn request(subject: &Subject, hook: &Hook) -> Result<(Request, Secrets), String> {
    let (action, secrets) = hook.action().map_err(|e| e.to_string())?;
    let kind = if hook.per == Per::Push { Kind::Push } else { Kind::Ref };
    let attempt = Attempt { now_ms: clock::now_ms(), number: 1, simplify: false };
    let request =
        action.request(&subject.for_hook(hook, kind), &attempt).map_err(|e| secrets.redact(&e.to_string()))?;
    Ok((request, secrets))
}

/// Request line, headers and body; what the transport adds stands where it adds it.
fn as_sent(request: &Request, secrets: &Secrets) -> String {
    let (method, url) = (request.method.as_str(), &request.masked_url);
    let mut text = format!("{method} {url} HTTP/1.1\n");
    if request.header("Host").is_none() {
        let _ = writeln!(text, "Host: {}", host(url));
    }
    for (name, value) in request.masked_headers() {
        let _ = writeln!(text, "{name}: {}", print::plain(&secrets.redact(&value)));
    }
    if !request.body.is_empty() {
        let _ = writeln!(text, "Content-Length: {}", request.body.len());
        let _ = write!(text, "\n{}", masked_body(request, secrets));
    }
    text
}

/// The body as people may see it.
pub(super) fn masked_body(request: &Request, secrets: &Secrets) -> String {
    let body = String::from_utf8_lossy(&request.body);
    print::plain(&secrets.redact(&request.secrets.redact(&body)))
}

/// Host and port of an absolute URL.
fn host(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    #[test]
    fn the_host_is_what_the_transport_makes_of_the_url() {
        assert_eq!(host("http://***@h.example:8080/a?b@c"), "h.example:8080");
        assert_eq!(host("https://[::1]?x"), "[::1]");
    }

    #[test]
    fn nothing_secret_is_shown_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.add("hunter2-hunter2");
        let request = Request {
            method: Method::Post,
            url: "http://h/hunter2-hunter2".into(),
            masked_url: "http://h/***".into(),
            headers: vec![("Authorization".into(), "Bearer x".into()), ("X-Own".into(), "is hunter2-hunter2".into())],
            body: b"{\"a\":\"hunter2-hunter2\"}".to_vec(),
            secrets: Secrets::default(),
        };
        let text = as_sent(&request, &secrets);
        assert_eq!(
            text,
            "POST http://h/*** HTTP/1.1\nHost: h\nAuthorization: ***\nX-Own: ***\nContent-Length: 23\n\n{\"a\":\"***\"}"
        );
    }
}
