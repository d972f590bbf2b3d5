//! Splits a hooks.toml, also one with syntax errors, into keys, values and punctuation. Assigns them no meaning.

use std::ops::Range;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The part that a stretch of the file plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Spaces and tabs.
    Blank,
    /// The end of a line.
    End,
    /// From `#` to the end of its line.
    Comment,
    /// A word or a quoted word where a key may stand.
    Key,
    /// One of `. = , [ ] { }`.
    Mark,
    /// A string with its quotes: these.
    Text(&'static str),
    /// A number, a date, a boolean, or anything else where a value may stand.
    Word,
}

/// Every token of a file with its bytes.
pub(super) fn tokens(text: &str) -> Vec<(Range<usize>, Token)> {
    let mut context = TokenContext {
        open: Vec::new(),
        is_key: true,
    };
    let mut tokens: Vec<(Range<usize>, Token)> = Vec::new();
    for raw in Source::new(text).lex() {
        let range = raw.span().start()..raw.span().end();
        let token = context.token(raw.kind());
        match tokens.last_mut() {
            // The lexer splits numbers at their dots.
            Some((last, Token::Word)) if token == Token::Word => last.end = range.end,
            _ => tokens.push((range, token)),
        }
    }
    tokens
}

/// What stands before a token, as far as it decides between keys and values.
struct TokenContext {
    /// Open brackets of values.
    open: Vec<TokenKind>,
    /// Whether a key may stand here.
    is_key: bool,
}

impl TokenContext {
    fn token(&mut self, kind: TokenKind) -> Token {
        match kind {
            TokenKind::Whitespace | TokenKind::Eof => Token::Blank,
            TokenKind::Comment => Token::Comment,
            TokenKind::Newline => {
                self.is_key |= self.open.is_empty();
                Token::End
            }
            TokenKind::Atom if self.is_key => Token::Key,
            TokenKind::Dot if self.is_key => Token::Mark,
            TokenKind::Atom | TokenKind::Dot => Token::Word,
            _ => match quotes(kind) {
                Some(_) if self.is_key => Token::Key,
                Some(quotes) => Token::Text(quotes),
                None => self.mark(kind),
            },
        }
    }

    fn mark(&mut self, kind: TokenKind) -> Token {
        match kind {
            TokenKind::Equals => self.is_key = false,
            TokenKind::Comma => {
                self.is_key = self.open.last() == Some(&TokenKind::LeftCurlyBracket);
            }
            // Where a key may stand it begins the header of a table.
            TokenKind::LeftSquareBracket if self.is_key && self.open.is_empty() => {}
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                self.open.push(kind);
                self.is_key = kind == TokenKind::LeftCurlyBracket;
            }
            _ => {
                self.open.pop();
                self.is_key = false;
            }
        }
        Token::Mark
    }
}

/// The quotes of a string.
fn quotes(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::BasicString => Some("\""),
        TokenKind::LiteralString => Some("'"),
        TokenKind::MlBasicString => Some("\"\"\""),
        TokenKind::MlLiteralString => Some("'''"),
        _ => None,
    }
}
