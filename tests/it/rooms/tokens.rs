//! Splits Rust source into the tokens that paths are made of, without comments, literals and unit tests.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// `::`
    Separator,
    Sign(char),
}

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(this) if this == word)
    }
}

/// The tokens of product code: items under `#[cfg(test)]` are left out.
pub fn product_tokens(text: &str) -> Vec<Token> {
    let all = tokens(text);
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < all.len() {
        match attribute_end(&all, at) {
            Some(end) if is_cfg_test(&all[at..end]) => at = item_end(&all, end),
            _ => {
                kept.push(all[at].clone());
                at += 1;
            }
        }
    }
    kept
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_length(rest),
            'r' | 'b' | 'c' if raw_string_length(rest).is_some() => {
                raw_string_length(rest).unwrap()
            }
            '\'' => character_length(rest),
            _ if first.is_alphanumeric() || first == '_' => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..length].to_owned()));
                length
            }
            _ if rest.starts_with("::") => {
                tokens.push(Token::Separator);
                2
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(Token::Sign(first));
                }
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Of `r"…"`, `r#"…"#`, `br"…"` and `cr"…"`.
fn raw_string_length(text: &str) -> Option<usize> {
    let marked = text.trim_start_matches(['b', 'c']).strip_prefix('r')?;
    let body = marked.trim_start_matches('#');
    let marks = marked.len() - body.len();
    let body = body.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(marks));
    let end = body.find(&close).map_or(body.len(), |at| at + close.len());
    Some(text.len() - body.len() + end)
}

/// Of a character literal; of a lifetime only the quote.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    let closed = match characters.next() {
        Some((_, '\\')) => text[3..].find('\'').map(|at| at + 4),
        _ => characters
            .next()
            .filter(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 1),
    };
    closed.unwrap_or(1)
}

/// Past `#[…]`, if one begins here.
fn attribute_end(tokens: &[Token], at: usize) -> Option<usize> {
    let begins = tokens[at..].starts_with(&[Token::Sign('#'), Token::Sign('[')]);
    begins.then(|| closing(tokens, at + 1) + 1)
}

fn is_cfg_test(attribute: &[Token]) -> bool {
    let has = |word| attribute.iter().any(|token| token.is(word));
    attribute[2].is("cfg") && has("test") && !has("not") && !has("any")
}

/// Past the item that begins here: its other attributes, then up to `;` or its closing brace.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some(end) = (at < tokens.len())
        .then(|| attribute_end(tokens, at))
        .flatten()
    {
        at = end;
    }
    let is_statement = |token: &Token| {
        ["use", "const", "static", "let"]
            .iter()
            .any(|word| token.is(word))
    };
    let ends_with_semicolon = tokens[at..].iter().take(7).any(is_statement)
        && !tokens[at..].iter().take(7).any(|token| token.is("fn"));
    while at < tokens.len() {
        match tokens[at] {
            Token::Sign(';' | ',') => return at + 1,
            Token::Sign('}' | ')' | ']') => return at,
            Token::Sign('{') if !ends_with_semicolon => return closing(tokens, at) + 1,
            Token::Sign('{' | '(' | '[') => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
    at
}

/// Where the bracket that opens at `open` is closed.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign('{' | '(' | '[') => depth += 1,
            Token::Sign('}' | ')' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}
