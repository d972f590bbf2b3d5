//! Boxes, colours and wrapped text in 80 columns. Knows nothing of pushes.

pub use git_service_hook::terminal::columns as width;
use git_service_hook::terminal::of_char as columns;
use std::io::IsTerminal;

/// Columns of the whole picture.
pub const WIDTH: usize = 80;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    Bold,
    Dim,
    Link,
    Good,
    Bad,
    Accent,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Link => "4;34",
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Accent => "1;36",
        }
    }
}

/// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set to anything.
pub fn colours() -> bool {
    let no = std::env::vars_os().any(|(name, value)| name == "NO_COLOR" && !value.is_empty());
    !no && std::io::stdout().is_terminal()
}

/// The text with its look, where colours are wanted.
pub fn paint(look: Look, text: &str) -> String {
    if look == Look::Plain || text.is_empty() || !colours() {
        return text.to_owned();
    }
    format!("\x1b[{}m{text}\x1b[0m", look.code())
}

/// A line of pieces.
pub type Line = Vec<(Look, String)>;

fn line_width(line: &Line) -> usize {
    line.iter().map(|(_, text)| width(text)).sum()
}

/// Breaks a line at blanks so that no part is wider than `room`; a word that is too wide is cut.
pub fn wrap(line: &Line, room: usize, indent: usize) -> Vec<Line> {
    let (mut done, mut current, mut used) = (Vec::new(), Line::new(), 0);
    for (look, text) in line {
        for word in words(text, room - indent) {
            if used + width(word.trim_end()) > room {
                done.push(std::mem::take(&mut current));
                current.push((Look::Plain, " ".repeat(indent)));
                used = indent;
            }
            used += width(word);
            match current.last_mut() {
                Some((last, piece)) if last == look => piece.push_str(word),
                _ => current.push((*look, word.to_owned())),
            }
        }
    }
    done.push(current);
    done
}

/// Words with the blanks behind them, none wider than `room`. Between wide characters a line may break as well.
fn words(text: &str, room: usize) -> Vec<&str> {
    let (mut words, mut start, mut used) = (Vec::new(), 0, 0);
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        let after_blank = last == ' ' && c != ' ';
        let wide = columns(c) == 2 || columns(last) == 2 && c.is_alphanumeric();
        if at > start && (after_blank || wide || used + columns(c) > room) {
            words.push(&text[start..at]);
            (start, used) = (at, 0);
        }
        used += columns(c);
        last = c;
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// A bubble as chats draw them, `room` columns inside, with a title in its upper edge.
pub fn bubble(title: &str, lines: &[Line], room: usize) -> Vec<String> {
    let edge = "─".repeat(room + 2);
    let title = if title.is_empty() {
        String::new()
    } else {
        format!(" {title} ")
    };
    let rest = "─".repeat((room + 1).saturating_sub(width(&title)));
    let upper = [
        paint(Look::Dim, "╭─"),
        paint(Look::Bold, &title),
        paint(Look::Dim, &format!("{rest}╮")),
    ];
    let mut out = vec![upper.concat()];
    for line in lines.iter().flat_map(|l| wrap(l, room, 0)) {
        let text: String = line.iter().map(|(look, text)| paint(*look, text)).collect();
        let fill = " ".repeat(room.saturating_sub(line_width(&line)));
        let bar = paint(Look::Dim, "│");
        out.push(format!("{bar} {text}{fill} {bar}"));
    }
    out.push(paint(Look::Dim, &format!("╰{edge}╯")));
    out
}

/// Markdown of a chat robot as lines: bold, links, quotes; colours and escapes of the vendors are taken off.
pub fn markdown(text: &str) -> Vec<Line> {
    // Chats show a paragraph as a line: a blank line is how some of them break lines at all.
    text.lines()
        .map(str::trim_end)
        .filter(|l| !l.is_empty())
        .map(inline)
        .collect()
}

fn inline(line: &str) -> Line {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return vec![(Look::Bold, unescape(&strip_tags(heading.trim())))];
    }
    let (quote, line) = line
        .strip_prefix("> ")
        .map_or(("", line), |rest| ("┃ ", rest));
    let (bullet, line) = line
        .strip_prefix("- ")
        .map_or(("", line), |rest| ("• ", rest));
    let mut out = Line::new();
    let mut push = |look: Look, text: &str| {
        if !text.is_empty() {
            out.push((look, unescape(text)));
        }
    };
    push(Look::Dim, quote);
    push(Look::Plain, bullet);
    let text = strip_tags(line);
    let (mut rest, mut look) = (text.as_str(), Look::Plain);
    while let Some(at) = rest
        .char_indices()
        .find(|(at, c)| special(rest, *at, *c))
        .map(|(at, _)| at)
    {
        push(look, &rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("**") {
            look = if look == Look::Bold {
                Look::Plain
            } else {
                Look::Bold
            };
            rest = after;
        } else if let Some((label, after)) = link(rest) {
            push(Look::Link, &label.replace("**", ""));
            rest = after;
        } else {
            push(look, &rest[..1]);
            rest = &rest[1..];
        }
    }
    push(look, rest);
    out
}

/// Where markup may begin: not behind a backslash.
fn special(text: &str, at: usize, c: char) -> bool {
    let escaped = at > 0 && text.as_bytes()[at - 1] == b'\\';
    !escaped && (c == '[' || text[at..].starts_with("**"))
}

/// `[label](url)` at the beginning: the label and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let close = text.find("](")?;
    let end = close + text[close..].find(')')?;
    Some((&text[1..close], &text[end + 1..]))
}

fn strip_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let is_tag = [
            "<font",
            "</font",
            "<br",
            "<@",
            "<at",
            "</at",
            "<text_tag",
            "</text_tag",
        ]
        .iter()
        .any(|t| rest[at..].starts_with(t));
        let end = rest[at..]
            .find('>')
            .filter(|_| is_tag)
            .map_or(at + 1, |e| at + e + 1);
        out.push_str(if is_tag { &rest[..at] } else { &rest[..end] });
        rest = &rest[end..];
    }
    out + rest
}

/// Takes off backslashes before punctuation, and entities.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let next = rest[c.len_utf8()..].chars().next();
        if c == '\\' && next.is_some_and(|n| n.is_ascii_punctuation()) {
            out.extend(next);
            rest = &rest[2..];
        } else if let Some((meant, after)) = entity(rest) {
            out.push(meant);
            rest = after;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// An entity at the beginning of the text, and what follows.
fn entity(text: &str) -> Option<(char, &str)> {
    let (name, after) = text.strip_prefix('&')?.split_once(';')?;
    let meant = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "nbsp" => ' ',
        _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
    };
    Some((meant, after))
}
