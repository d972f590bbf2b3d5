//! Chat messages: what a push says to people, in English and Chinese, within the size that a vendor takes.
//!
//! A message is built as [`message::Message`] (lines of spans, each literal or untrusted), and only a [`Markup`] turns it
//! into markup: structure instead of escaping after the fact. This room knows no vendor; a vendor is a markup to it.

pub mod compose;
mod digest;
mod fit;
pub mod message;
mod phrase;
mod title;
pub mod untrusted;
mod words;

pub use compose::test_line;
pub use fit::{cut_text, message};
pub use title::{MAX_TITLE, title};

/// How one vendor writes text or markdown.
///
/// Texts given to [`Markup::escape`] are one line without control characters; everything else is already escaped.
pub trait Markup {
    /// Foreign text, so that it can neither mention anyone nor form links, images or markup.
    fn escape(&self, text: &str) -> String;

    /// Whether it is written in Markdown, as all three vendors understand links and emphasis; otherwise as plain lines.
    fn is_markdown(&self) -> bool;

    /// Ends a line so that the next one is really below it.
    fn line_break(&self) -> &'static str {
        "\n"
    }

    /// Bytes of `text` as the vendor counts them.
    fn size(&self, text: &str) -> usize;

    /// A link whose label is escaped; `url` has passed [`untrusted::url`]. Plain lines show the label.
    fn link(&self, label: &str, url: &str) -> String {
        if self.is_markdown() {
            format!("[{label}]({url})")
        } else {
            label.to_owned()
        }
    }

    /// A link that has a line of its own: plain lines write the address out.
    fn link_line(&self, label: &str, url: &str) -> String {
        if self.is_markdown() {
            self.link(label, url)
        } else {
            format!("{label}: {url}")
        }
    }

    /// Emphasis around escaped text; blanks or punctuation stand on both sides.
    fn bold(&self, text: &str) -> String {
        if self.is_markdown() {
            format!("**{text}**")
        } else {
            text.to_owned()
        }
    }

    /// Whether the beginning of a line can mean something (heading, list, quote).
    fn has_blocks(&self) -> bool {
        self.is_markdown()
    }
}

/// Bytes of `text` inside a JSON string.
pub fn json_size(text: &str) -> usize {
    let escape = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if u32::from(c) < 0x20 => 6,
        c => c.len_utf8(),
    };
    text.chars().map(escape).sum()
}

/// Foreign text of any number of lines, for templates: every line is escaped, blank ones at the ends are dropped, and
/// no line can begin a heading, list or quote. An address stays one; a blank at an end stays, for `${ ", " }`.
pub fn escape_block(text: &str, markup: &dyn Markup) -> String {
    if let Some(url) = untrusted::url(text) {
        return url;
    }
    let lines = untrusted::lines(text).map(|line| {
        let guard = if markup.has_blocks() && untrusted::begins_block(&line) {
            "\u{200b}"
        } else {
            ""
        };
        format!("{guard}{}", markup.escape(&line))
    });
    let lines = lines.collect::<Vec<_>>().join(markup.line_break());
    let blank = |at_end: bool| if at_end { " " } else { "" };
    let (before, after) = (
        blank(text.starts_with(' ')),
        blank(text.ends_with(' ') && !lines.is_empty()),
    );
    format!("{before}{lines}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_size_is_what_serde_writes() {
        for text in [
            "",
            "a\"b\\c",
            "\n\r\t\u{8}\u{c}\u{1}\u{1f}",
            "推送 → 😀\u{7f}\u{2028}",
        ] {
            let written = serde_json::to_string(text).unwrap();
            assert_eq!(json_size(text), written.len() - 2, "{written}");
        }
    }
}
