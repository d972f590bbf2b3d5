//! Messages as a group sees them: the robot's name, and a bubble with what it said.

use crate::draw::{self, Line, Look};
use crate::receivers::Service;
use crate::svg::{Picture, Run};
use serde_json::Value;

const WIDTH: f64 = 620.0;
const ROW: f64 = 24.0;
const LEFT: f64 = 64.0;
const FONT: &str = "system-ui, 'Segoe UI', Roboto, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

/// Draws the body of a request to a robot.
pub fn picture(service: Service, body: &Value) -> String {
    let text = |value: &Value| draw::markdown(value.as_str().unwrap_or_default());
    let (title, lines) = match service {
        Service::DingTalk => (None, text(&body["markdown"]["text"])),
        Service::WeCom => (None, text(&body["markdown"]["content"])),
        _ => {
            let elements = body["card"]["body"]["elements"].as_array();
            let lines = elements
                .into_iter()
                .flatten()
                .flat_map(|element| text(&element["content"]));
            (
                body["card"]["header"]["title"]["content"].as_str(),
                lines.collect(),
            )
        }
    };
    bubble(service.name(), title, &lines)
}

fn bubble(name: &str, title: Option<&str>, lines: &[Line]) -> String {
    let rows: Vec<Line> = lines
        .iter()
        .flat_map(|line| draw::wrap(line, 66, 0))
        .collect();
    let header = if title.is_some() { 44.0 } else { 0.0 };
    let inner = ROW * f64::from(u32::try_from(rows.len()).unwrap_or(0)) + 28.0 + header;
    let mut picture = Picture::new(WIDTH, inner + 56.0);
    picture.box_at(0.0, 0.0, WIDTH, inner + 56.0, 8.0, "#eef0f4");
    picture.dot(34.0, 38.0, 18.0, "#5b8ff9");
    picture.line(24.0, 43.0, 13.0, FONT, &[plain("Git", "#ffffff", true)]);
    picture.line(
        LEFT,
        26.0,
        12.0,
        FONT,
        &[plain(&format!("Git · {name}"), "#8a919f", false)],
    );
    picture.box_at(LEFT, 36.0, WIDTH - LEFT - 16.0, inner, 8.0, "#ffffff");
    if let Some(title) = title {
        picture.box_at(LEFT, 36.0, WIDTH - LEFT - 16.0, 40.0, 8.0, "#d6e4ff");
        picture.line(
            LEFT + 16.0,
            62.0,
            15.0,
            FONT,
            &[plain(title, "#1f2329", true)],
        );
    }
    let mut y = 36.0 + 14.0 + header + 15.0;
    for row in &rows {
        let runs: Vec<Run> = row.iter().map(|(look, text)| run(*look, text)).collect();
        picture.line(LEFT + 16.0, y, 14.0, FONT, &runs);
        y += ROW;
    }
    picture.finish(name)
}

fn run(look: Look, text: &str) -> Run {
    match look {
        Look::Link => plain(text, "#2468f2", false),
        Look::Bold | Look::Accent => plain(text, "#1f2329", true),
        Look::Dim => plain(text, "#8a919f", false),
        _ => plain(text, "#1f2329", false),
    }
}

fn plain(text: &str, colour: &'static str, bold: bool) -> Run {
    Run {
        text: text.to_owned(),
        colour,
        bold,
        x: None,
        width: None,
    }
}
