//! Makes a message fit the size that a vendor takes: whole commits go first, then refs, then the ends of long names,
//! then links, and only then characters of the heading. Every result has been measured.

use super::digest::Digest;
use super::message::{Cut, Message};
use super::{Markup, compose, untrusted};
use crate::outgoing::{MessageKind, Outgoing};

/// Characters of a untrusted span, and whether links stay: from the comfortable to the cramped.
const WIDTHS: [(usize, bool); 5] = [
    (160, true),
    (60, true),
    (60, false),
    (24, false),
    (10, false),
];

/// So many of them show names that people still know again.
const COMFORTABLE: usize = 3;

/// Bytes of the shortest line about a commit (its short id) or a ref (a verb).
const SHORTEST: usize = 8;

/// Bytes of the shortest line about a push ("• a updated 2 refs") or a ref of one.
const SHORTEST_PUSH: usize = 20;

/// Our message about a push or a backlog in at most `room` bytes, as the markup counts them.
pub fn message(out: &Outgoing, markup: &dyn Markup, room: usize) -> String {
    if out.kind != MessageKind::Digest {
        return fit(&compose::compose(out), markup, room);
    }
    let digest = Digest::new(out);
    by_push(&digest, markup, room).unwrap_or_else(|| fit(&digest.by_ref(), markup, room))
}

/// A backlog push by push, if all pushes fit. Commits are looked at only then.
fn by_push(digest: &Digest<'_>, markup: &dyn Markup, room: usize) -> Option<String> {
    if digest.lines() > room / SHORTEST_PUSH {
        return None;
    }
    let without = whole(&digest.by_push(0), markup, room)?;
    let commits = room / SHORTEST / digest.pushes().max(1);
    Some(whole(&digest.by_push(commits), markup, room).unwrap_or(without))
}

/// The message with all of its blocks and as many commits as there is room for, if names need not be cut badly.
fn whole(message: &Message, markup: &dyn Markup, room: usize) -> Option<String> {
    let refs = message.blocks.len();
    WIDTHS[..COMFORTABLE].iter().find_map(|&(width, links)| {
        let within = |commits| {
            let text = message.render(
                markup,
                &Cut {
                    commits,
                    refs,
                    width,
                    links,
                },
            );
            (markup.size(&text) <= room).then_some(text)
        };
        let without = within(0)?;
        Some(most(message.most_commits(), within).1.unwrap_or(without))
    })
}

fn fit(message: &Message, markup: &dyn Markup, room: usize) -> String {
    let all = message.blocks.len();
    // No line is shorter than this: what cannot fit is not even tried.
    let conceivable = |lines: usize| lines.min(room / SHORTEST + 1);
    for (width, links) in WIDTHS {
        let within = |commits, refs| {
            let text = message.render(
                markup,
                &Cut {
                    commits,
                    refs,
                    width,
                    links,
                },
            );
            (markup.size(&text) <= room).then_some(text)
        };
        let Some(mut best) = within(0, all.min(1)) else {
            continue;
        };
        let refs = most(conceivable(all), |refs| within(0, refs));
        best = refs.1.unwrap_or(best);
        if refs.0 == all {
            best = most(conceivable(message.most_commits()), |commits| {
                within(commits, all)
            })
            .1
            .unwrap_or(best);
        }
        return best;
    }
    cut_line(&message.first_line(), markup, room)
}

/// The largest number up to `max` for which there is a text, by bisection. Sizes grow with the number but for the
/// line that counts the rest, so a miss by one is possible; a text that does not fit is not.
fn most(max: usize, text: impl Fn(usize) -> Option<String>) -> (usize, Option<String>) {
    if let Some(whole) = text(max) {
        return (max, Some(whole));
    }
    let (mut low, mut high, mut best) = (0, max, None);
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        match text(middle) {
            Some(found) => (low, best) = (middle, Some(found)),
            None => high = middle,
        }
    }
    (low, best)
}

/// The beginning of one untrusted line, escaped, that fits.
fn cut_line(line: &str, markup: &dyn Markup, room: usize) -> String {
    let line = untrusted::line(line);
    let short =
        |n| Some(markup.escape(&untrusted::truncate(&line, n))).filter(|t| markup.size(t) <= room);
    most(line.chars().count(), short).1.unwrap_or_default()
}

/// The beginning of a rendered template that fits: ends at a line if half of the room is used then, else between
/// characters; never inside a link, a tag, an entity or behind a lone backslash.
pub fn cut_text(text: &str, markup: &dyn Markup, room: usize) -> String {
    const MARK: &str = "…";
    if markup.size(text) <= room {
        return text.to_owned();
    }
    let room = room.saturating_sub(markup.size(MARK));
    let (mut end, mut size) = (0, 0);
    for (at, c) in text.char_indices() {
        size += markup.size(c.encode_utf8(&mut [0; 4]));
        if size > room {
            break;
        }
        end = at + c.len_utf8();
    }
    if end == 0 {
        return String::new();
    }
    let line_end = text[..end].rfind('\n').filter(|at| *at * 2 > end);
    let kept = text[..whole_markup(text, line_end.unwrap_or(end))].trim_end();
    format!("{kept}{MARK}")
}

/// The nearest place at or before `end` that is not within markup.
fn whole_markup(text: &str, end: usize) -> usize {
    let mut end = end;
    let line = |end: usize| text[..end].rfind('\n').map_or(0, |at| at + 1);
    let open = |end: usize, opens: char, closes: char| {
        let from = line(end);
        text[from..end]
            .rfind(opens)
            .map(|at| from + at)
            .filter(|at| !text[*at..end].contains(closes))
    };
    if let Some(at) = open(end, '(', ')').filter(|at| text[..*at].ends_with(']')) {
        end = text[line(end)..at]
            .rfind('[')
            .map_or(at, |open| line(end) + open);
    } else if text[end..].starts_with('(') && text[..end].ends_with(']') {
        end = text[line(end)..end]
            .rfind('[')
            .map_or(end, |open| line(end) + open);
    }
    for (opens, closes) in [('[', ']'), ('<', '>'), ('&', ';')] {
        end = open(end, opens, closes).unwrap_or(end);
    }
    while text[..end].ends_with(['\\', '!', '*']) {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    impl Markup for Plain {
        fn escape(&self, text: &str) -> String {
            text.to_owned()
        }
        fn is_markdown(&self) -> bool {
            true
        }
        fn size(&self, text: &str) -> usize {
            text.len()
        }
    }

    #[test]
    fn a_cut_text_never_ends_inside_markup() {
        let text = "ab [推送](https://e.com/x) <font color=\"info\">c</font> &#60; \\* end";
        for room in 0..text.len() {
            let cut = cut_text(text, &Plain, room);
            assert!(cut.len() <= room, "{room}: {cut}");
            assert_eq!(
                cut.matches('[').count(),
                cut.matches("](https://e.com/x)").count(),
                "{cut}"
            );
            assert_eq!(cut.matches('<').count(), cut.matches('>').count(), "{cut}");
            assert_eq!(cut.matches('&').count(), cut.matches(';').count(), "{cut}");
            assert!(!cut.ends_with("\\…"), "{cut}");
        }
        assert_eq!(cut_text(text, &Plain, text.len()), text);
    }

    #[test]
    fn a_cut_text_prefers_the_end_of_a_line() {
        assert_eq!(
            cut_text("first line\nsecond line", &Plain, 18),
            "first line…"
        );
        assert_eq!(cut_text("a\nsecond line", &Plain, 12), "a\nsecond…");
    }
}
