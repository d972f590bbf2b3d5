//! What people see of the play, from the first line to the last.

use crate::draw::{self, Line, Look, paint};
use crate::receiver::Received;
use crate::receivers::Service;
use serde_json::Value;
use std::io::Write;

/// Columns inside a chat bubble.
const BUBBLE: usize = 66;

/// One line. Whoever reads may have gone.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

pub fn opening() {
    line("");
    line(&format!("  {}", paint(Look::Accent, "git-service-hook")));
    line("  Three pushes to a bare repository, six receivers on loopback, no network.");
}

pub fn act(number: usize, title: &str) {
    let head = format!("── {number}. {title} ");
    if number == 1 {
        line("");
    }
    line(&paint(
        Look::Accent,
        &format!("{head}{}", "─".repeat(draw::WIDTH - draw::width(&head))),
    ));
    line("");
}

/// The pusher's terminal.
pub fn pusher(command: &str, seen: &str) {
    line(&format!(
        "  {} {}",
        paint(Look::Dim, "$"),
        paint(Look::Bold, command)
    ));
    for text in seen.lines().map(str::trim_end).filter(|t| !t.is_empty()) {
        let text = text.rsplit('\r').next().unwrap_or(text);
        let look = if text.starts_with("remote:") {
            Look::Plain
        } else {
            Look::Dim
        };
        for part in draw::wrap(&vec![(look, text.to_owned())], draw::WIDTH - 2, 8) {
            let text: String = part.iter().map(|(look, text)| paint(*look, text)).collect();
            line(&format!("  {}", text.trim_end()));
        }
    }
    line("");
}

/// What each receiver got: everything, or the closest one large and the others in a line.
pub fn receivers(got: &[Received], all: bool, closest: Service) {
    for service in Service::ALL {
        let Some(request) = got.iter().find(|r| Service::of(r) == service) else {
            line(&format!(
                "  {} {}: nothing arrived",
                paint(Look::Bad, "✗"),
                service.name()
            ));
            continue;
        };
        head(service, request);
        if all || service == closest {
            body(service, request);
        }
    }
    if !all {
        line("");
    }
}

fn head(service: Service, request: &Received) {
    let name = paint(Look::Bold, service.name());
    match service.verify(request) {
        Ok(what) => line(&format!(
            "  {} {name}  {}",
            paint(Look::Good, "✓"),
            paint(Look::Dim, what)
        )),
        Err(why) => line(&format!(
            "  {} {name}  {}",
            paint(Look::Bad, "✗"),
            paint(Look::Bad, why)
        )),
    }
}

fn body(service: Service, request: &Received) {
    let body = request.json();
    match service {
        Service::DingTalk => chat(&body["markdown"]["title"], &body["markdown"]["text"]),
        Service::WeCom => chat(&Value::Null, &body["markdown"]["content"]),
        Service::Feishu => card(&body["card"]),
        Service::Jenkins => queue(&body),
        Service::Post => json(&body),
        Service::Get => {
            indented(&format!("GET {}", request.target));
            indented(&format!(
                "X-Coding-Event: {}",
                request.header("X-Coding-Event").unwrap_or_default()
            ));
        }
    }
    line("");
}

fn indented(text: &str) {
    hanging(text, 2);
}

/// A line that goes on so many columns further in.
fn hanging(text: &str, indent: usize) {
    for part in draw::wrap(
        &vec![(Look::Plain, text.to_owned())],
        draw::WIDTH - 6,
        indent,
    ) {
        let text: String = part.iter().map(|(look, text)| paint(*look, text)).collect();
        line(&format!("      {}", text.trim_end()));
    }
}

fn chat(title: &Value, text: &Value) {
    bubble(
        title.as_str().unwrap_or_default(),
        &draw::markdown(text.as_str().unwrap_or_default()),
    );
}

fn bubble(title: &str, lines: &[Line]) {
    for text in draw::bubble(title, lines, BUBBLE) {
        line(&format!("      {text}"));
    }
}

/// The header above the markdown of the card's elements.
fn card(card: &Value) {
    let title = card["header"]["title"]["content"]
        .as_str()
        .unwrap_or_default();
    let mut lines = Vec::new();
    for element in card["body"]["elements"].as_array().into_iter().flatten() {
        lines.extend(draw::markdown(
            element["content"].as_str().unwrap_or_default(),
        ));
    }
    bubble(title, &lines);
}

/// What the job sees of the push.
fn queue(body: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let after = text(&body["after"]);
    indented(&format!(
        "queued: payments/build at {} of {}",
        after.get(..8).unwrap_or(&after),
        text(&body["ref"])
    ));
    indented(&format!(
        "environment = {}",
        text(&body["build_args"]["environment"])
    ));
}

/// The event with its long parts shortened.
fn json(body: &Value) {
    let chosen = [
        "event",
        "ref",
        "before",
        "after",
        "created",
        "forced",
        "total_commits",
        "compare",
    ];
    indented("{");
    for name in chosen.iter().filter(|n| body.get(n).is_some()) {
        hanging(&format!("  \"{name}\": {},", body[name]), 4);
    }
    let pusher = &body["pusher"];
    hanging(
        &format!(
            "  \"pusher\": {{ \"username\": {}, \"source\": {} }},",
            pusher["username"], pusher["source"]
        ),
        4,
    );
    let commit = &body["head_commit"];
    hanging("  \"head_commit\": {", 4);
    hanging(&format!("    \"title\": {},", commit["title"]), 6);
    hanging(
        &format!(
            "    \"author\": {{ \"name\": {}, \"email\": {} }}, …",
            commit["author"]["name"], commit["author"]["email"]
        ),
        6,
    );
    indented("  },");
    let commits = body["commits"].as_array().map_or(0, Vec::len);
    let members = body.as_object().map_or(0, serde_json::Map::len);
    indented(&format!(
        "  \"commits\": [ {commits} of them ], … {members} members in all"
    ));
    indented("}");
}

/// The sum; whether it is what it has to be.
pub fn closing(got: &[Received], expected: usize) -> bool {
    let good = got
        .iter()
        .filter(|r| Service::of(r).verify(r).is_ok())
        .count();
    let all = good == expected && got.len() == expected;
    if all {
        let text = format!("✓ {good} of {expected} deliveries arrived and were verified.");
        line(&format!("  {}", paint(Look::Good, &text)));
        line("  Next: ./install.sh --repo /path/to/your/repository.git");
    } else {
        let text = format!(
            "✗ {good} of {expected} deliveries arrived as they should ({} requests).",
            got.len()
        );
        line(&format!("  {}", paint(Look::Bad, &text)));
    }
    line("");
    all
}
