//! Every template that stands in the file, wherever it stands, as one list: compiled on every load, rehearsed by
//! `check`.

use super::findings::{mistake, plain};
use super::headers::lines;
use crate::action::Finding;
use crate::parameter::{Pairs, Text};
use crate::template::{self, TemplateError};
use serde_json::Value;

/// One template.
pub(crate) struct Piece<'a> {
    /// The parameter.
    pub(crate) key: &'static str,
    /// The entry of its table.
    pub(crate) entry: Option<&'a str>,
    /// Where the template begins in the decoded string.
    pub(crate) offset: usize,
    /// The template.
    pub(crate) text: &'a str,
}

impl Piece<'_> {
    /// A mistake in it.
    pub(crate) fn broken(&self, error: TemplateError) -> Finding {
        Finding {
            entry: self.entry.map(str::to_owned),
            range: error
                .range
                .map(|r| r.start + self.offset..r.end + self.offset),
            ..mistake(self.key, error.why)
        }
    }
}

/// A whole string.
pub(super) fn text_piece<'a>(key: &'static str, text: Option<&'a Text>) -> Vec<Piece<'a>> {
    let piece = |text| Piece {
        key,
        entry: None,
        offset: 0,
        text,
    };
    plain(text).map(piece).into_iter().collect()
}

fn table_pieces<'a>(
    key: &'static str,
    table: &'a [(String, Text)],
) -> impl Iterator<Item = Piece<'a>> {
    let piece = move |(name, text): &'a (String, Text)| {
        Some(Piece {
            key,
            entry: Some(name.as_str()),
            offset: 0,
            text: plain(Some(text))?,
        })
    };
    table.iter().filter_map(piece)
}

/// The values of headers.
pub(super) fn header_pieces<'a>(key: &'static str, pairs: Option<&'a Pairs>) -> Vec<Piece<'a>> {
    match pairs {
        None => Vec::new(),
        Some(Pairs::Table(table)) => table_pieces(key, table).collect(),
        Some(Pairs::Joined(text)) => {
            let lines = lines(plain(Some(text)).unwrap_or_default()).flatten();
            lines
                .map(|l| Piece {
                    key,
                    entry: None,
                    offset: l.value_start,
                    text: l.value,
                })
                .collect()
        }
    }
}

/// The values of a table, or the whole string.
pub(super) fn pair_pieces<'a>(key: &'static str, pairs: Option<&'a Pairs>) -> Vec<Piece<'a>> {
    match pairs {
        None => Vec::new(),
        Some(Pairs::Table(table)) => table_pieces(key, table).collect(),
        Some(Pairs::Joined(text)) => text_piece(key, Some(text)),
    }
}

/// Names that no event has.
pub(crate) fn lint_templates(pieces: &[Piece<'_>], samples: &[Value]) -> Vec<Finding> {
    let unknown = |piece: &Piece<'_>| {
        let errors = template::unknown_names(piece.text, samples);
        errors
            .into_iter()
            .map(|error| piece.broken(error))
            .collect::<Vec<_>>()
    };
    pieces.iter().flat_map(unknown).collect()
}
