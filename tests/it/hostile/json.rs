//! A reader of JSON (RFC 8259) that shares no code with the one that writes it, and accepts no key twice.

use std::collections::BTreeSet;
use std::fmt::Write;

/// The form of a JSON text: names and literals, with every string as `s` and every number as `n`.
pub fn form(text: &str) -> Result<String, String> {
    let mut reader = Reader {
        rest: text,
        form: String::new(),
    };
    reader.value(0)?;
    match reader.next() {
        None => Ok(reader.form),
        Some(c) => Err(format!("{c:?} after the end")),
    }
}

struct Reader<'t> {
    rest: &'t str,
    form: String,
}

impl Reader<'_> {
    /// The next character that is not a blank.
    fn next(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.take()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn value(&mut self, depth: usize) -> Result<(), String> {
        assert!(depth < 100);
        match self.next() {
            Some('{') => self.members(depth),
            Some('[') => self.items(depth),
            Some('"') => self.string().map(|_| self.form.push('s')),
            Some(first @ ('-' | '0'..='9' | 'a'..='z')) => self.literal(first),
            other => Err(format!("{other:?} instead of a value")),
        }
    }

    fn members(&mut self, depth: usize) -> Result<(), String> {
        let mut names = BTreeSet::new();
        self.form.push('{');
        let mut next = self.next();
        while next != Some('}') || !names.is_empty() {
            if next != Some('"') {
                return Err(format!("{next:?} instead of a name"));
            }
            let name = self.string()?;
            let _ = write!(self.form, "{name}:");
            if self.next() != Some(':') {
                return Err(format!("no colon after `{name}`"));
            }
            self.value(depth + 1)?;
            self.form.push(',');
            if !names.insert(name.clone()) {
                return Err(format!("`{name}` twice"));
            }
            match self.next() {
                Some(',') => next = self.next(),
                Some('}') => break,
                other => return Err(format!("{other:?} after a member")),
            }
        }
        self.form.push('}');
        Ok(())
    }

    fn items(&mut self, depth: usize) -> Result<(), String> {
        self.form.push('[');
        if self.rest.trim_start().starts_with(']') {
            self.next();
        } else {
            loop {
                self.value(depth + 1)?;
                self.form.push(',');
                match self.next() {
                    Some(',') => {}
                    Some(']') => break,
                    other => return Err(format!("{other:?} after an item")),
                }
            }
        }
        self.form.push(']');
        Ok(())
    }

    fn literal(&mut self, first: char) -> Result<(), String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let word = format!("{first}{}", &self.rest[..end]);
        self.rest = &self.rest[end..];
        match word.as_str() {
            "true" | "false" | "null" => self.form.push('l'),
            number if number.parse::<f64>().is_ok_and(f64::is_finite) => self.form.push('n'),
            other => return Err(format!("`{other}` is not a literal")),
        }
        Ok(())
    }

    /// What follows a quotation mark, decoded.
    fn string(&mut self) -> Result<String, String> {
        let mut units = Vec::new();
        loop {
            match self.take().ok_or("a string without end")? {
                '"' => return String::from_utf16(&units).map_err(|e| e.to_string()),
                '\\' => units.push(self.escape()?),
                c if c < ' ' => return Err(format!("{c:?} in a string")),
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Result<u16, String> {
        let c = self.take().ok_or("a string without end")?;
        let unit = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits = self.rest.get(..4).ok_or("\\u without digits")?;
                let unit = u16::from_str_radix(digits, 16).map_err(|e| e.to_string())?;
                self.rest = &self.rest[4..];
                return Ok(unit);
            }
            other => return Err(format!("\\{other}")),
        };
        Ok(unit as u16)
    }
}

#[test]
fn the_reader_of_the_judges_knows_json_and_refuses_a_key_twice() {
    let whole = r#" {"a":[1,-2.5e3,"\u00e9\ud83d\ude00\n"],"b":{},"c":[],"d":null} "#;
    assert_eq!(form(whole).unwrap(), "{a:[n,n,s,],b:{},c:[],d:l,}");
    for wrong in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":1,}"#,
        "[1,]",
        "[1 2]",
        "\"a\nb\"",
        r#""\x""#,
        r#""\ud83d""#,
        "nan",
        "{} {}",
        "",
    ] {
        assert!(form(wrong).is_err(), "{wrong}");
    }
}
