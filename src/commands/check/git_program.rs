//! Asks the `git` on `PATH` for its version and for the origin of its settings. Pushes may be received by another git, but
//! this one is the best guess.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The first version that starts hooks which its configuration names.
pub(super) const CONFIGURED_HOOKS: Version = Version(2, 54);

/// The first version that hands push options on.
pub(super) const PUSH_OPTIONS: Version = Version(2, 10);

/// Major and minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// A value of Git's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The file, or in words where else it stands.
    pub(super) origin: String,
    /// In lower case but for the name in the middle.
    pub(super) key: String,
    pub(super) value: String,
}

/// The version; `None` when there is no git. Asked once.
pub(super) fn version() -> Option<(Version, String)> {
    static KNOWN: OnceLock<Option<(Version, String)>> = OnceLock::new();
    KNOWN
        .get_or_init(|| parse_version(&ask(Command::new("git").arg("--version"))?))
        .clone()
}

/// `core.hooksPath` and `hook.*`, later ones win.
pub(super) fn settings(git_dir: &Path) -> Vec<Setting> {
    let mut git = Command::new("git");
    git.arg("--git-dir")
        .arg(git_dir)
        .args(["config", "--show-origin", "--null", "--get-regexp"]);
    git.arg(r"^(core\.hookspath|hook\..*)$");
    ask(&mut git)
        .map(|text| parse_settings(&text))
        .unwrap_or_default()
}

fn ask(git: &mut Command) -> Option<String> {
    let out = git
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// "git version 2.47.3", perhaps with a vendor's words behind it.
fn parse_version(text: &str) -> Option<(Version, String)> {
    let shown = text.trim().strip_prefix("git version ")?;
    let mut numbers = shown
        .split(['.', ' ', '-'])
        .map(|number| number.parse().ok());
    Some((
        Version(numbers.next()??, numbers.next()??),
        shown.to_owned(),
    ))
}

/// `file:PATH`, then key and value with a line end between them; both end in NUL.
fn parse_settings(text: &str) -> Vec<Setting> {
    let mut parts = text.split_terminator('\0');
    let mut found = Vec::new();
    while let (Some(origin), Some(entry)) = (parts.next(), parts.next()) {
        let (key, value) = entry.split_once('\n').unwrap_or((entry, "true"));
        let origin = match origin.split_once(':') {
            Some(("file", path)) => path.to_owned(),
            _ => "the environment or the command line".to_owned(),
        };
        found.push(Setting {
            origin,
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    found
}

/// A post-receive hook that the configuration names and that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Configured {
    /// `hook.NAME`.
    pub(super) name: String,
    /// The file.
    pub(super) origin: String,
    /// Whether it says for which event; without it never runs.
    pub(super) has_event: bool,
}

/// Those that are on.
pub(super) fn configured(settings: &[Setting]) -> Vec<Configured> {
    let mut found = Vec::<Configured>::new();
    let part = |setting: &Setting, last: &str| {
        let name = setting
            .key
            .strip_prefix("hook.")?
            .strip_suffix(last)?
            .strip_suffix('.')?;
        Some(name.to_owned())
    };
    let last = |name: &str, key: &str| {
        settings
            .iter()
            .rev()
            .find(|s| part(s, key).as_deref() == Some(name))
    };
    for setting in settings {
        let Some(name) = part(setting, "command") else {
            continue;
        };
        let ours = last(&name, "command").is_some_and(|s| s.value.contains("service-hook"));
        let off = last(&name, "enabled").is_some_and(|s| {
            ["false", "no", "off", "0", ""]
                .iter()
                .any(|no| s.value.eq_ignore_ascii_case(no))
        });
        let events = settings
            .iter()
            .filter(|s| part(s, "event").as_deref() == Some(&name))
            .map(|s| s.value.as_str());
        // An empty one takes back what was said before.
        let events = events.fold(Vec::new(), |events, event| match event {
            "" => Vec::new(),
            _ => [events, vec![event]].concat(),
        });
        let elsewhere = !events.is_empty() && !events.contains(&"post-receive");
        if ours && !off && !elsewhere && found.iter().all(|other| other.name != name) {
            let has_event = !events.is_empty();
            found.push(Configured {
                name,
                origin: setting.origin.clone(),
                has_event,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let version = |text: &str| parse_version(text).map(|(version, _)| version);
        assert_eq!(version("git version 2.47.3\n"), Some(Version(2, 47)));
        assert_eq!(
            version("git version 2.39.5 (Apple Git-154)"),
            Some(Version(2, 39))
        );
        assert_eq!(version("git version 2.54.0-rc1"), Some(CONFIGURED_HOOKS));
        assert_eq!(version("not git"), None);
        assert!(Version(2, 9) < PUSH_OPTIONS && Version(3, 0) > CONFIGURED_HOOKS);
    }

    #[test]
    fn settings_know_their_file() {
        let text =
            "file:/etc/gitconfig\0core.hookspath\n/srv/hooks\0command line:\0hook.a b.enabled\0";
        let found = parse_settings(text);
        let found_there: Vec<_> = found
            .iter()
            .map(|s| (s.origin.as_str(), s.key.as_str(), s.value.as_str()))
            .collect();
        let expected = [
            ("/etc/gitconfig", "core.hookspath", "/srv/hooks"),
            (
                "the environment or the command line",
                "hook.a b.enabled",
                "true",
            ),
        ];
        assert_eq!(found_there, expected);
    }

    #[test]
    fn hooks_of_the_configuration_count_while_they_are_on_and_ours() {
        let setting = |key: &str, value: &str| Setting {
            origin: "f".into(),
            key: key.into(),
            value: value.into(),
        };
        let named = |settings: &[Setting]| {
            configured(settings)
                .into_iter()
                .map(|c| (c.name, c.has_event))
                .collect::<Vec<_>>()
        };
        let command = setting("hook.tell.command", "git service-hook post-receive");
        let event = setting("hook.tell.event", "post-receive");
        let of = |more: &[(&str, &str)]| {
            let more = more
                .iter()
                .map(|(key, value)| setting(key, value))
                .collect::<Vec<_>>();
            named(&[&[event.clone(), command.clone()][..], &more].concat())
        };
        assert_eq!(of(&[]), [("tell".to_owned(), true)]);
        assert_eq!(
            named(std::slice::from_ref(&command)),
            [("tell".to_owned(), false)]
        );
        assert_eq!(of(&[("hook.tell.enabled", "false")]), []);
        assert_eq!(of(&[("hook.tell.command", "mail")]), []);
        assert_eq!(
            of(&[("hook.tell.event", "update")]),
            [("tell".to_owned(), true)]
        );
        assert_eq!(
            of(&[("hook.tell.event", ""), ("hook.tell.event", "update")]),
            []
        );
    }
}
