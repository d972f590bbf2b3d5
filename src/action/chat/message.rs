//! A message before any vendor's markup: lines of spans. Knows no words and no sizes.

use super::{Markup, untrusted};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    text: String,
    untrusted: bool,
    bold: bool,
    url: Option<String>,
    alone: bool,
}

impl Span {
    /// Text of this program: shown as it is.
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            untrusted: false,
            bold: false,
            url: None,
            alone: false,
        }
    }

    /// Untrusted text: its first line, escaped by the markup.
    pub fn untrusted(text: &str) -> Self {
        Self {
            untrusted: true,
            ..Self::literal(untrusted::line(text))
        }
    }

    /// With emphasis.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Linked to a web page, if there is one.
    #[must_use]
    pub fn to(self, url: Option<&str>) -> Self {
        Self {
            url: url.and_then(untrusted::web_url),
            ..self
        }
    }

    /// A link that has its line for itself.
    #[must_use]
    pub fn alone(self) -> Self {
        Self {
            alone: true,
            ..self
        }
    }

    fn render(&self, markup: &dyn Markup, cut: &Cut) -> String {
        let mut text = if self.untrusted {
            markup.escape(&untrusted::truncate(&self.text, cut.width))
        } else {
            self.text.clone()
        };
        match &self.url {
            Some(url) if self.alone && cut.links => text = markup.link_line(&text, url),
            Some(url) if cut.links => text = markup.link(&text, url),
            _ => {}
        }
        if self.bold && !text.is_empty() {
            markup.bold(&text)
        } else {
            text
        }
    }
}

/// Spans that follow each other on one line.
pub type Line = Vec<Span>;

/// What is said about one ref.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Stays as long as the block does.
    pub head: Vec<Line>,
    /// One each, newest first.
    pub commits: Vec<Line>,
    /// The real number of commits: those beyond the listed ones are counted in the last line.
    pub total: usize,
}

/// A whole message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Always stays.
    pub head: Vec<Line>,
    /// One a ref.
    pub blocks: Vec<Block>,
    /// Refs that have no block, because the record does not list them.
    pub unlisted: usize,
    /// Always stays; dropped only with all links.
    pub tail: Vec<Line>,
    /// Counts the commits that are left out: "… and 3 more".
    pub more_commits: fn(usize) -> String,
    /// Counts the blocks that are left out.
    pub more_blocks: fn(usize) -> String,
}

/// How much of a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Commits a block.
    pub commits: usize,
    /// Blocks.
    pub refs: usize,
    /// Characters of an untrusted span.
    pub width: usize,
    /// Whether there are links.
    pub links: bool,
}

impl Message {
    /// In a markup, cut.
    pub fn render(&self, markup: &dyn Markup, cut: &Cut) -> String {
        let line = |line: &Line| {
            line.iter()
                .map(|s| s.render(markup, cut))
                .collect::<String>()
        };
        let mut lines: Vec<String> = self.head.iter().map(line).collect();
        for block in self.blocks.iter().take(cut.refs) {
            lines.extend(block.head.iter().map(line));
            let shown = block.commits.len().min(cut.commits);
            lines.extend(block.commits[..shown].iter().map(line));
            if shown > 0 && block.total > shown {
                lines.push((self.more_commits)(block.total - shown));
            }
        }
        let left_out = self.blocks.len().saturating_sub(cut.refs) + self.unlisted;
        if left_out > 0 {
            lines.push((self.more_blocks)(left_out));
        }
        if cut.links {
            lines.extend(self.tail.iter().map(line));
        }
        lines.join(markup.line_break())
    }

    /// The first line without any markup, uncut.
    pub fn first_line(&self) -> String {
        self.head
            .first()
            .map(|line| line.iter().map(|s| s.text.as_str()).collect())
            .unwrap_or_default()
    }

    /// Commits of the longest block.
    pub fn most_commits(&self) -> usize {
        self.blocks
            .iter()
            .map(|b| b.commits.len())
            .max()
            .unwrap_or(0)
    }
}
