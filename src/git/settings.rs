//! Reads settings of Git (git-config(1)). Knows nothing of this program's own configuration.

use crate::push::RefName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `core.sharedRepository` as mode bits: 0 when unset or `umask`, else what files get besides the owner's rights.
pub(super) fn shared_mode(repo: &gix::Repository) -> u32 {
    let config = repo.config_snapshot();
    match config.plumbing().string_implicit("core.sharedRepository") {
        None => 0,
        Some(None) => 0o060,
        Some(Some(value)) => parse_shared_mode(&String::from_utf8_lossy(&value)),
    }
}

fn parse_shared_mode(value: &str) -> u32 {
    let octal =
        value.len() > 1 && value.starts_with('0') && value.bytes().all(|b| b.is_ascii_digit());
    match value.to_ascii_lowercase().as_str() {
        "group" | "true" | "yes" | "on" | "1" => 0o060,
        "all" | "world" | "everybody" | "2" => 0o064,
        _ if octal => u32::from_str_radix(value, 8).map_or(0, |mode| mode & 0o666),
        _ => 0,
    }
}

/// `core.hooksPath`. A relative one starts at `base`, the directory in which hooks run.
pub(super) fn hooks_path(repo: &gix::Repository, base: &Path) -> Option<PathBuf> {
    let path = repo
        .config_snapshot()
        .trusted_path("core.hooksPath")
        .ok()??;
    (!path.as_os_str().is_empty()).then(|| base.join(path))
}

/// A hook that Git's configuration names (git-hook(1)); Git 2.54 and later start it, before what is in `hooks/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfiguredHook {
    /// `hook.NAME`.
    pub name: String,
    /// `hook.NAME.command`, for a shell; the last one counts.
    pub command: String,
}

/// The hooks that are enabled for an event, by name.
pub(super) fn configured_hooks(repo: &gix::Repository, event: &str) -> Vec<ConfiguredHook> {
    let mut hooks = BTreeMap::<String, (bool, bool, String)>::new();
    let config = repo.config_snapshot();
    for section in config
        .plumbing()
        .sections_by_name("hook")
        .into_iter()
        .flatten()
    {
        let Some(name) = section.header().subsection_name() else {
            continue;
        };
        let (enabled, matches, command) =
            hooks
                .entry(name.to_string())
                .or_insert((true, false, String::new()));
        // An empty value resets the list.
        for value in section.values("event") {
            *matches = !value.is_empty() && (*matches || *value == event.as_bytes());
        }
        for value in section.values("enabled") {
            *enabled = !["false", "no", "off", "0"]
                .iter()
                .any(|no| value.eq_ignore_ascii_case(no.as_bytes()));
        }
        if let Some(value) = section.values("command").last() {
            *command = value.to_string();
        }
    }
    let enabled = hooks
        .into_iter()
        .filter(|(_, (enabled, matches, _))| *enabled && *matches);
    enabled
        .map(|(name, (_, _, command))| ConfiguredHook { name, command })
        .collect()
}

/// `transfer.hideRefs` and `receive.hideRefs`: refs that pushers cannot see.
pub(super) struct HiddenRefs(Vec<Vec<u8>>);

impl HiddenRefs {
    /// Reads the settings.
    pub(super) fn from_config(repo: &gix::Repository) -> Self {
        let config = repo.config_snapshot();
        let values = |key| config.plumbing().strings(key).unwrap_or_default();
        let all = values("transfer.hideRefs")
            .into_iter()
            .chain(values("receive.hideRefs"));
        Self(all.map(Vec::from).collect())
    }

    /// The last matching pattern decides. `!` negates a pattern; `^` marks a full name with its namespace.
    pub(super) fn hides(&self, name: &RefName) -> bool {
        let decides = self.0.iter().rev().find_map(|pattern| {
            let (shown, pattern) = pattern
                .strip_prefix(b"!")
                .map_or((false, &pattern[..]), |rest| (true, rest));
            let pattern = pattern.strip_prefix(b"^").unwrap_or(pattern);
            let pattern = &pattern[..pattern
                .iter()
                .rposition(|b| *b != b'/')
                .map_or(0, |at| at + 1)];
            let rest = name.as_bytes().strip_prefix(pattern)?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some(!shown)
        });
        decides.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_of_core_shared_repository_are_known() {
        for (value, mode) in [
            ("umask", 0),
            ("false", 0),
            ("0", 0),
            ("group", 0o060),
            ("true", 0o060),
            ("1", 0o060),
        ] {
            assert_eq!(parse_shared_mode(value), mode, "{value}");
        }
        for (value, mode) in [
            ("all", 0o064),
            ("world", 0o064),
            ("2", 0o064),
            ("0660", 0o660),
            ("0640", 0o640),
        ] {
            assert_eq!(parse_shared_mode(value), mode, "{value}");
        }
    }

    #[test]
    fn configured_hooks_count_for_their_event_while_enabled() {
        let dir = tempfile::tempdir().unwrap();
        let _ = gix::init_bare(dir.path()).unwrap();
        let named = |text: &str| {
            std::fs::write(
                dir.path().join("config"),
                format!("[core]\n\trepositoryformatversion = 0\n\tbare = true\n{text}"),
            )
            .unwrap();
            let repo = gix::open_opts(dir.path(), gix::open::Options::isolated()).unwrap();
            configured_hooks(&repo, "post-receive")
        };
        let one = "[hook \"tell\"]\n\tevent = update\n\tevent = post-receive\n\tcommand = a\n[hook \"tell\"]\n\tcommand = b\n";
        assert_eq!(
            named(one),
            [ConfiguredHook {
                name: "tell".into(),
                command: "b".into()
            }]
        );
        assert_eq!(named(&format!("{one}[hook \"tell\"]\n\tevent =\n")), []);
        assert_eq!(
            named(&format!("{one}[hook \"tell\"]\n\tenabled = no\n")),
            []
        );
        assert_eq!(
            named("[hook \"tell\"]\n\tevent = update\n\tcommand = a\n[hook]\n\tjobs = 2\n"),
            []
        );
    }

    #[test]
    fn the_last_pattern_decides_which_refs_are_hidden() {
        let hidden = HiddenRefs(vec![
            b"refs/heads/secret/".to_vec(),
            b"!refs/heads/secret/shown".to_vec(),
        ]);
        let hides = |name: &str| hidden.hides(&RefName::new(name));
        assert!(hides("refs/heads/secret/x"));
        assert!(!hides("refs/heads/secret/shown"));
        assert!(!hides("refs/heads/secrets"));
    }
}
