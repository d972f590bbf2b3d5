//! Finds the paths that a source file names, each resolved to `crate::…` or to the crate that it is from.

use super::tokens::{Token, product_tokens};
use std::collections::{HashMap, HashSet};

/// A path with its segments, from `crate` or another crate on.
pub type Path = Vec<String>;

/// All paths that the product code of a file names. `module` is its own, `modules` are those of the crate.
pub fn named_paths(text: &str, module: &[String], modules: &HashSet<Path>) -> Vec<Path> {
    let tokens = product_tokens(text);
    let mut finder = Finder {
        tokens: &tokens,
        modules,
        imports: HashMap::new(),
        found: Vec::new(),
    };
    finder.run(module, true);
    finder.run(module, false);
    finder.found
}

struct Finder<'a> {
    tokens: &'a [Token],
    modules: &'a HashSet<Path>,
    /// What the names that `use` brings in stand for, anywhere in the file.
    imports: HashMap<String, Path>,
    found: Vec<Path>,
}

impl Finder<'_> {
    /// Goes over the file for its imports first, then for its other paths, which may begin with an import.
    fn run(&mut self, module: &[String], imports: bool) {
        let (mut module, mut opened) = (module.to_vec(), Vec::new());
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            match token {
                Token::Word(word) if word == "use" => {
                    at = self.tree(at + 1, &[], &module, imports);
                    continue;
                }
                Token::Word(word) if word == "mod" && self.is_sign(at + 2, '{') => {
                    module.extend(self.word(at + 1));
                    opened.push(true);
                    at += 2;
                }
                Token::Sign('{') => opened.push(false),
                Token::Sign('}') if opened.pop() == Some(true) => {
                    module.pop();
                }
                Token::Word(_) if !imports => {
                    let (path, end) = self.plain(at);
                    if path.len() > 1 {
                        self.found.push(self.resolved(&path, &module));
                    }
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads one branch of a `use` tree; returns the place past it.
    fn tree(&mut self, mut at: usize, prefix: &[String], module: &[String], keep: bool) -> usize {
        if matches!(self.tokens.get(at), Some(Token::Separator)) {
            at += 1;
        }
        let (path, end) = self.plain(at);
        let path = [prefix, &path].concat();
        at = end;
        if self.is_sign(at, '{') {
            at += 1;
            while !self.is_sign(at, '}') && at < self.tokens.len() {
                at = self.tree(at, &path, module, keep);
                at += usize::from(self.is_sign(at, ','));
            }
            return at + 1;
        }
        let glob = self.is_sign(at, '*');
        at += usize::from(glob);
        let renamed = self.tokens.get(at).is_some_and(|token| token.is("as"));
        let name = if renamed { self.word(at + 1) } else { None };
        at += if renamed { 2 } else { 0 };
        if keep {
            self.import(path, name, glob, module);
        }
        at
    }

    fn import(&mut self, mut path: Path, name: Option<String>, glob: bool, module: &[String]) {
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let resolved = self.resolved(&path, module);
        if !glob && let Some(name) = name.or_else(|| path.last().cloned()) {
            self.imports.insert(name, resolved.clone());
        }
        let resolved = if glob {
            [resolved, vec!["*".to_owned()]].concat()
        } else {
            resolved
        };
        self.found.push(resolved);
    }

    /// The words from here that `::` joins, and the place past them and past a `::` that goes on to `{` or `*`.
    fn plain(&self, mut at: usize) -> (Path, usize) {
        let mut path = Path::new();
        while let Some(word) = self.word(at) {
            path.push(word);
            at += 1;
            if self.tokens.get(at) != Some(&Token::Separator) {
                break;
            }
            at += 1;
        }
        (path, at)
    }

    fn resolved(&self, path: &[String], module: &[String]) -> Path {
        let absolute = |parts: &[String], rest: &[String]| [parts, rest].concat();
        let ups = path
            .iter()
            .take_while(|segment| *segment == "super")
            .count();
        let first = path.first().map_or("", String::as_str);
        let child = [module, &path[..path.len().min(1)]].concat();
        match first {
            "crate" => path.to_vec(),
            "git_service_hook" => absolute(&["crate".to_owned()], &path[1..]),
            "self" => self.resolved_below(module, &path[1..]),
            "super" => self.resolved_below(
                &module[..module.len().saturating_sub(ups).max(1)],
                &path[ups..],
            ),
            _ if self.imports.contains_key(first) => absolute(&self.imports[first], &path[1..]),
            _ if self.modules.contains(&child) => absolute(module, path),
            _ => path.to_vec(),
        }
    }

    /// `self::super::x` as well.
    fn resolved_below(&self, module: &[String], rest: &[String]) -> Path {
        if rest.first().is_some_and(|segment| segment == "super") {
            return self.resolved(rest, module);
        }
        [module, rest].concat()
    }

    fn word(&self, at: usize) -> Option<String> {
        match self.tokens.get(at) {
            Some(Token::Word(word)) => Some(word.clone()),
            _ => None,
        }
    }

    fn is_sign(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at) == Some(&Token::Sign(sign))
    }
}
