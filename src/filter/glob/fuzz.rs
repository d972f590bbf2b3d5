//! A matcher that tries every possibility, to compare with.

use super::{GlobToken, Pattern, takes};

impl Pattern {
    /// As [`Pattern::describes`], in time and space of pattern times text.
    pub(crate) fn describes_by_trying_all(&self, text: &[u8]) -> bool {
        self.alternatives
            .iter()
            .any(|tokens| ends_reached(tokens, text).contains(&text.len()))
    }
}

/// Every offset up to which the tokens can describe the text.
fn ends_reached(tokens: &[GlobToken], text: &[u8]) -> Vec<usize> {
    let mut places = vec![0];
    for token in tokens {
        let mut reached = vec![false; text.len() + 1];
        for place in places {
            match token {
                GlobToken::Star => {
                    let rest = text[place..].iter().take_while(|b| **b != b'/').count();
                    reached[place..=place + rest].fill(true);
                }
                GlobToken::DoubleStar => reached[place..].fill(true),
                GlobToken::Folders => {
                    reached[place] = true;
                    let ends = (place..text.len()).filter(|at| text[*at] == b'/');
                    ends.for_each(|at| reached[at + 1] = true);
                }
                single => {
                    if let Some(length) = takes(single, &text[place..]) {
                        reached[place + length] = true;
                    }
                }
            }
        }
        places = (0..reached.len()).filter(|at| reached[*at]).collect();
    }
    places
}
