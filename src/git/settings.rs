//! The settings of Git itself (git-config(1)) that matter here. Nothing of this program's own configuration.

use crate::push::RefName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `core.sharedRepository` as mode bits: 0 when unset or `umask`, else what files get besides the owner's rights.
pub(super) fn shared_mode(repo: &gix::Repository) -> u32 {
    let config = repo.config_snapshot();
    match config.plumbing().string_implicit("core.sharedRepository") {
        None => 0,
        Some(None) => 0o060,
        Some(Some(value)) => mode_of(&String::from_utf8_lossy(&value)),
    }
}

fn mode_of(value: &str) -> u32 {
    let octal =
        value.len() > 1 && value.starts_with('0') && value.bytes().all(|b| b.is_ascii_digit());
    match value.to_ascii_lowercase().as_str() {
        "group" | "true" | "yes" | "on" | "1" => 0o060,
        "all" | "world" | "everybody" | "2" => 0o064,
        _ if octal => u32::from_str_radix(value, 8).map_or(0, |mode| mode & 0o666),
        _ => 0,
    }
}

/// `core.hooksPath`, relative ones from `base`: where hooks run, the Git directory of a bare repository, else the work
/// tree.
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

/// Those that are on for an event, by name.
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
        let (on, starts, command) =
            hooks
                .entry(name.to_string())
                .or_insert((true, false, String::new()));
        // An empty event takes back what was said before.
        for value in section.values("event") {
            *starts = !value.is_empty() && (*starts || *value == event.as_bytes());
        }
        for value in section.values("enabled") {
            *on = !["false", "no", "off", "0"]
                .iter()
                .any(|no| value.eq_ignore_ascii_case(no.as_bytes()));
        }
        if let Some(value) = section.values("command").last() {
            *command = value.to_string();
        }
    }
    let on = hooks
        .into_iter()
        .filter(|(_, (on, starts, _))| *on && *starts);
    on.map(|(name, (_, _, command))| ConfiguredHook { name, command })
        .collect()
}

/// `transfer.hideRefs` and `receive.hideRefs`: refs that nobody who pushes can see.
pub(super) struct Hidden(Vec<Vec<u8>>);

impl Hidden {
    /// As configured.
    pub(super) fn of(repo: &gix::Repository) -> Self {
        let config = repo.config_snapshot();
        let of = |key| config.plumbing().strings(key).unwrap_or_default();
        let all = of("transfer.hideRefs")
            .into_iter()
            .chain(of("receive.hideRefs"));
        Self(all.map(Vec::from).collect())
    }

    /// The last pattern that matches decides; `!` shows again, `^` stands before names that include the namespace.
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
    fn every_spelling_of_a_shared_repository_is_known() {
        for (value, mode) in [
            ("umask", 0),
            ("false", 0),
            ("0", 0),
            ("group", 0o060),
            ("true", 0o060),
            ("1", 0o060),
        ] {
            assert_eq!(mode_of(value), mode, "{value}");
        }
        for (value, mode) in [
            ("all", 0o064),
            ("world", 0o064),
            ("2", 0o064),
            ("0660", 0o660),
            ("0640", 0o640),
        ] {
            assert_eq!(mode_of(value), mode, "{value}");
        }
    }

    #[test]
    fn hooks_of_the_configuration_count_for_their_event_while_they_are_on() {
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
    fn the_last_pattern_decides_what_is_hidden() {
        let hidden = Hidden(vec![
            b"refs/heads/secret/".to_vec(),
            b"!refs/heads/secret/shown".to_vec(),
        ]);
        let hides = |name: &str| hidden.hides(&RefName::new(name));
        assert!(hides("refs/heads/secret/x"));
        assert!(!hides("refs/heads/secret/shown"));
        assert!(!hides("refs/heads/secrets"));
    }
}
