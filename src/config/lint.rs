//! Lints: valid configuration that is almost certainly wrong, such as filters that nothing can pass, secrets in clear
//! text, settings without effect. Only `check` runs them. No false positives.

use super::credentials;
use super::file::Source;
use super::notes::Notes;
use super::source_map;
use crate::action::{Kind, Per};
use crate::diagnostic::{Diagnostic, Severity};
use crate::filter::Globs;
use crate::secret::mask_url;
use crate::template;
use crate::url::UrlParts;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The warnings about the hooks of a file, in its order.
pub(super) fn warnings(source: &Source) -> Vec<Diagnostic> {
    let mut notes = Notes::new(&source.shown, &source.text);
    for (_, table, _) in source_map::hooks(source) {
        let hook = HookTable(&table);
        if hook.flag("enabled") == Some(false) {
            continue;
        }
        let mut found = Vec::new();
        hook.names(&mut found);
        hook.paths(&mut found);
        hook.repositories(&mut found);
        found.extend(hook.clear_text());
        found.extend(hook.unverified());
        found.extend(hook.updates());
        for (at, message) in found {
            notes.note(at, None, message, Severity::Warning);
        }
    }
    notes.into_diagnostics()
}

/// A byte of the file, and a sentence.
type Lint = (usize, String);

/// A hook as it is written.
struct HookTable<'a, 't>(&'a DeTable<'t>);

impl HookTable<'_, '_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)?
            .get_ref()
            .as_str()
            .filter(|text| !text.is_empty())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.0.get(key)?.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    fn at(&self, key: &str) -> usize {
        self.0.get(key).map_or(0, |value| value.span().start)
    }

    /// Whether its action speaks of whole pushes by default.
    fn is_per_push(&self) -> bool {
        Kind::all()
            .any(|kind| kind.defaults.per == Per::Push && self.text("action") == Some(kind.id))
    }

    /// The patterns of a list, each with its place.
    fn list(&self, key: &str) -> Vec<(&str, usize)> {
        let item = |item: &'_ Spanned<DeValue<'_>>| item.span().start;
        match self
            .0
            .get(key)
            .map(|value| (value.get_ref(), value.span().start))
        {
            Some((DeValue::String(text), at)) => text
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(|text| (text, at))
                .collect(),
            Some((DeValue::Array(items), _)) => items
                .iter()
                .filter_map(|i| Some((i.get_ref().as_str()?, item(i))))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Names that no ref has (git-check-ref-format(1)), and lists that exclude everything they include.
    fn names(&self, found: &mut Vec<Lint>) {
        for key in ["branches", "tags", "refs"] {
            let patterns = self.list(key);
            for (pattern, at) in &patterns {
                if let Some(why) = no_ref(pattern.trim_start_matches('!')) {
                    found.push((
                        *at,
                        format!("`{key}` has a pattern that matches nothing: no ref {why}"),
                    ));
                }
            }
            if excludes_everything(
                &patterns
                    .iter()
                    .map(|(pattern, _)| *pattern)
                    .collect::<Vec<_>>(),
            ) {
                let message = format!(
                    "`{key}` lets nothing pass: each pattern is excluded again by a later one"
                );
                found.push((self.at(key), message));
            }
        }
    }

    fn paths(&self, found: &mut Vec<Lint>) {
        for (pattern, at) in self.list("paths") {
            let plain = pattern.trim_start_matches('!');
            let why = if plain.starts_with('/') || plain.starts_with("./") {
                "paths begin at the top of the repository, without `/` or `./`"
            } else if plain.ends_with('/') {
                "for everything in a folder write `folder/**`"
            } else {
                continue;
            };
            found.push((
                at,
                format!("`paths` has a pattern that matches nothing: {why}"),
            ));
        }
    }

    /// A project's name has no `.git`; an absolute path has.
    fn repositories(&self, found: &mut Vec<Lint>) {
        for (pattern, at) in self.list("repositories") {
            let plain = pattern.trim_start_matches('!');
            if plain.strip_suffix(".git").is_some() && !plain.starts_with(['/', '*', '{', '[', '?'])
            {
                let why = "names of projects have no `.git`, and paths begin with `/`";
                found.push((
                    at,
                    format!("`repositories` has a pattern that matches nothing: {why}"),
                ));
            }
        }
    }

    /// Credentials that anybody on the way can read.
    fn clear_text(&self) -> Option<Lint> {
        let url = self.text("service_url")?.trim();
        let parts = UrlParts::split(url);
        if !parts.scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let host = parts.host_and_port;
        if ["localhost", "127.", "[::1]"]
            .iter()
            .any(|local| host.starts_with(local))
        {
            return None;
        }
        let what = match credentials::sent(self.0) {
            _ if parts.userinfo.is_some() => "user and password of the address".to_owned(),
            Some(what) => what,
            None if mask_url(url, false) != url => "the secret part of the address".to_owned(),
            None => return None,
        };
        Some((
            self.at("service_url"),
            format!("`service_url`: http sends {what} in clear text: use https"),
        ))
    }

    fn unverified(&self) -> Option<Lint> {
        let message = "`insecure_skip_verify` lets anybody on the way read and answer what is sent: name the \
                       receiver's own authority by `ca_file` instead";
        (self.flag("insecure_skip_verify") == Some(true))
            .then(|| (self.at("insecure_skip_verify"), message.to_owned()))
    }

    /// What only a message about a whole push has.
    fn updates(&self) -> Option<Lint> {
        let reads = self
            .text("template")
            .is_some_and(|text| template::reads(text, "updates"));
        let message = "`per = \"ref\"`, but `template` reads `updates`, which only a message for the whole push has: \
                       write `per = \"push\"` or leave it out";
        let misplaced = reads && self.is_per_push() && self.text("per") == Some("ref");
        misplaced.then(|| (self.at("per"), message.to_owned()))
    }
}

/// Why no ref can match a pattern.
fn no_ref(pattern: &str) -> Option<&'static str> {
    // What stands in brackets is one character of many.
    let plain = pattern
        .split('[')
        .map(|part| part.split_once(']').map_or(part, |(_, rest)| rest))
        .collect::<String>();
    let forbidden = |c: char| c.is_ascii_control() || " ~^:".contains(c);
    if plain.contains(' ') {
        Some("has blanks in its name")
    } else if plain.contains(forbidden) || plain.contains("..") || plain.contains("@{") {
        Some("has `~`, `^`, `:`, `..` or `@{` in its name")
    } else if plain.starts_with('/') || plain.ends_with('/') || plain.contains("//") {
        Some("has an empty part between slashes")
    } else if plain.strip_suffix(".lock").is_some() || plain.ends_with('.') {
        Some("ends in `.` or `.lock`")
    } else {
        None
    }
}

/// Whether every pattern that lets something pass has a later one that excludes the same.
fn excludes_everything(patterns: &[&str]) -> bool {
    let excluded = |at: usize, pattern: &str| {
        let plain = !pattern.contains(['*', '?', '[', '{', '\\']);
        patterns[at + 1..]
            .iter()
            .filter_map(|later| later.strip_prefix('!'))
            .any(|later| {
                let describes = || {
                    Globs::new(&[later.to_owned()])
                        .is_ok_and(|globs| globs.matches(pattern.as_bytes()))
                };
                later == "**" || later == pattern || (plain && describes())
            })
    };
    let begins_with_all = patterns.first().is_none_or(|first| first.starts_with('!'));
    if begins_with_all {
        // `!**` in front of nothing else.
        return !patterns.is_empty()
            && patterns.iter().all(|p| p.starts_with('!'))
            && patterns.contains(&"!**");
    }
    let mut positive = patterns
        .iter()
        .enumerate()
        .filter(|(_, pattern)| !pattern.starts_with('!'));
    positive.all(|(at, pattern)| excluded(at, pattern))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::Layer;

    /// The warnings about a hook with these keys.
    fn reported(keys: &str) -> Vec<String> {
        let text = format!("[hook.x]\n{keys}\n");
        let source = Source {
            layer: Layer::Server,
            path: "/etc/h".into(),
            shown: "h".into(),
            text,
            is_for_others: false,
            warning: None,
        };
        warnings(&source).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn patterns_that_match_nothing_are_reported() {
        let nothing = "has a pattern that matches nothing";
        for (keys, why) in [
            (
                "branches = [\"main\", \" dev\"]",
                "h:2:21: `branches` … no ref has blanks",
            ),
            ("tags = \"v1:2\"", "h:2:8: `tags` … no ref has `~`"),
            (
                "branches = [\"feature/\"]",
                "h:2:13: `branches` … no ref has an empty part",
            ),
            (
                "refs = [\"refs/heads/x.lock\"]",
                "h:2:9: `refs` … no ref ends",
            ),
            ("paths = [\"/src/**\"]", "h:2:10: `paths` … paths begin"),
            (
                "paths = [\"!docs/\"]",
                "h:2:10: `paths` … for everything in a folder",
            ),
            (
                "repositories = [\"team/app.git\"]",
                "h:2:17: `repositories` … names of projects",
            ),
        ] {
            let reported = reported(keys);
            let why = why.replace('…', &format!("{nothing}:"));
            assert!(
                reported.len() == 1 && reported[0].starts_with(&why),
                "{keys}: {reported:?}"
            );
        }
        for good in [
            "branches = [\"main\", \"release/**\", \"!release/old-*\", \"[^~]x\", \"提交\", \"v1.0\"]",
            "branches = [\"!wip/**\"]\ntags = [\"**\"]",
            "refs = [\"**\", \"refs/notes/*\"]",
            "paths = [\"src/**\", \"!**/*.md\", \"a b\"]",
            "repositories = [\"/srv/git/team/*.git\", \"*.git\", \"team/**\"]",
            "enabled = false\nbranches = [\"a b\"]",
        ] {
            assert_eq!(reported(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn a_list_that_excludes_everything_is_reported() {
        for list in [
            &["main", "!main"][..],
            &["main", "dev", "!**"],
            &["main", "!m*"],
            &["a/*", "!a/*"],
            &["!**"],
        ] {
            assert!(excludes_everything(list), "{list:?}");
        }
        for list in [
            &["!**", "main"][..],
            &["main", "!dev"],
            &["**", "!main"],
            &["a*", "!ab"],
            &["!x"],
            &["!main", "main"],
        ] {
            assert!(!excludes_everything(list), "{list:?}");
        }
    }

    #[test]
    fn secrets_over_http_are_reported() {
        let http = |rest: &str| reported(&format!("service_url = \"http://{rest}"));
        assert!(
            http("ci.example.com/invoke\"\nbuild_token = { file = \"x\" }")[0]
                .contains("http sends `build_token`")
        );
        assert!(
            http("ci.example.com/\"\nheaders = { Authorization = \"Bearer x\" }")[0]
                .contains("http sends the header `Authorization` of `headers` in clear text")
        );
        assert!(
            http("u:hunter2@ci.example.com/\"")[0]
                .contains("http sends user and password of the address")
        );
        assert!(
            http("h/robot/send?access_token=hunter2\"")[0]
                .contains("the secret part of the address")
        );
        for good in [
            "h/push\"",
            "localhost:8080/\"\nbuild_token = \"x\"",
            "127.0.0.1/?key=hunter2\"",
            "[::1]/?key=h\"",
        ] {
            assert_eq!(http(good), [""; 0], "{good}");
        }
        assert_eq!(reported("service_url = \"https://u:p@h/\""), [""; 0]);
    }
}
