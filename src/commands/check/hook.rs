//! Checks that Git starts this program: the hook exists once, is executable, and is where Git searches for it.

use super::git_program::{self, CONFIGURED_HOOKS, Configured, PUSH_OPTIONS, Setting};
use super::results::CheckResults;
use super::{mount, shown};
use crate::commands::hook_file::{self, HookFile, Standing};
use crate::git::{Repository, Server};
use crate::post_receive::{chain_paths, hook_script, is_program};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Looks at the hook of a repository, in which `drain --catch-up` runs or not.
pub(super) fn check(repository: &Repository, caught_up: bool, results: &mut CheckResults) {
    let git_dir = repository.git_dir();
    let settings = git_program::settings(git_dir);
    let own = HookFile::in_repository(git_dir);
    let elsewhere = repository
        .hooks_path()
        .filter(|dir| dir.canonicalize().ok() != own.dir.canonicalize().ok());
    let elsewhere = elsewhere.map(|dir| HookFile { dir });
    let says = origin(&settings);
    if elsewhere.is_some() && !matches!(own.standing(), Standing::Missing) {
        let message = format!("never runs: {says} names another directory");
        results.warn(shown(git_dir, &own.path()), message);
    }
    let file = elsewhere.as_ref().unwrap_or(&own);
    let configured = by_configuration(&settings, starts_us(file), results);
    let check = HookCheck {
        git_dir,
        file,
        says: elsewhere.is_some().then_some(says),
    };
    check.post_receive(caught_up, configured.as_ref(), results);
    check.chain(results);
}

/// "core.hooksPath in /etc/gitconfig".
fn origin(settings: &[Setting]) -> String {
    let hooks_path = settings
        .iter()
        .rev()
        .find(|setting| setting.key == "core.hookspath");
    hooks_path.map_or_else(
        || "core.hooksPath".to_owned(),
        |setting| format!("core.hooksPath in {}", setting.origin),
    )
}

/// Whether `post-receive` is us, or leads to us.
fn starts_us(file: &HookFile) -> bool {
    match file.standing() {
        Standing::Missing => false,
        Standing::Link(_) | Standing::Shim => true,
        Standing::Foreign => hook_script::starts_program(&file.path()),
        Standing::Dispatcher => hook_file::starts_us(&file.path()),
    }
}

/// The git that is found, and the hook of its configuration that it starts, beside a hook that starts us already or not.
fn by_configuration(
    settings: &[Setting],
    started_already: bool,
    results: &mut CheckResults,
) -> Option<Configured> {
    let version = git_program::version();
    match &version {
        None => results.warn(None, "git is not found on PATH: its version and its configuration are not known"),
        Some((version, shown)) if *version < PUSH_OPTIONS => results.warn(
            None,
            format!("git {shown} is too old for push options such as `service-hook.skip`: {PUSH_OPTIONS} has them"),
        ),
        Some((_, shown)) => results.passed(format!("git {shown}")),
    }
    let mut started = None;
    for hook in git_program::configured(settings) {
        let Configured {
            name,
            origin,
            has_event,
        } = &hook;
        let place = format!("hook.{name}.command in {origin}");
        match &version {
            _ if !has_event => {
                results.warn(
                    place,
                    format!("never runs: `hook.{name}.event = post-receive` is missing beside it"),
                );
            }
            // It waits for a newer Git.
            Some((version, _)) if *version < CONFIGURED_HOOKS && started_already => {}
            Some((version, shown)) if *version < CONFIGURED_HOOKS => {
                results.warn(
                    place,
                    format!("is not run by git {shown}: {CONFIGURED_HOOKS} and later do"),
                );
            }
            _ if started.is_some() => results.warn(place, "starts it once more: once is enough"),
            _ => started = Some(hook),
        }
    }
    started
}

/// The hooks that Git runs.
struct HookCheck<'a> {
    git_dir: &'a Path,
    file: &'a HookFile,
    /// Which setting says that they are not in the Git directory.
    says: Option<String>,
}

impl HookCheck<'_> {
    /// Whether `post-receive` starts us, and nothing else does.
    fn post_receive(
        &self,
        caught_up: bool,
        configured: Option<&Configured>,
        results: &mut CheckResults,
    ) {
        let path = self.file.path();
        let place = || shown(self.git_dir, &path);
        match self.file.standing() {
            Standing::Missing if configured.is_some() => {}
            Standing::Missing => return self.missing(caught_up, results),
            Standing::Link(_) | Standing::Shim if self.file.server().is_some() => {
                let server = self.file.server().map_or("a server", Server::name);
                let message = format!(
                    "is written by {server}, through a link as well: remove it, have {server} write its hook again, \
                     and run `git service-hook install`"
                );
                results.mistake(place(), message);
            }
            Standing::Dispatcher if hook_file::starts_us(&path) => {
                self.fine("runs post-receive.d/git-service-hook", results);
            }
            Standing::Dispatcher if configured.is_some() => {}
            Standing::Dispatcher => {
                let message = "runs what is in post-receive.d/, and git-service-hook is not there: `git service-hook \
                               install` puts it there";
                return results.mistake(place(), message);
            }
            Standing::Link(target) if !path.exists() => {
                let target = target.display();
                results.mistake(
                    place(),
                    format!("leads to {target}, which is not there: {}", self.mends()),
                );
            }
            Standing::Link(target) => self.fine(&format!("-> {}", target.display()), results),
            Standing::Shim => self.fine("is the shim", results),
            Standing::Foreign if hook_script::starts_program(&path) => {
                self.fine("starts it", results);
            }
            Standing::Foreign if configured.is_some() => {}
            Standing::Foreign => {
                let advice = match self.says {
                    None => "`git service-hook install --chain` lets both run",
                    Some(_) => "let it start `git-service-hook post-receive` with its stdin",
                };
                return results
                    .mistake(place(), format!("is the hook of another program: {advice}"));
            }
        }
        let Some(Configured { name, origin, .. }) = configured else {
            return;
        };
        match self.file.standing() {
            Standing::Missing => {
                results.passed(format!("hook.{name}.command in {origin} starts it"));
            }
            Standing::Foreign | Standing::Dispatcher if !starts_us(self.file) => {
                results.passed(format!(
                    "hook.{name}.command in {origin} starts it, beside another hook"
                ));
            }
            Standing::Foreign | Standing::Dispatcher | Standing::Link(_) | Standing::Shim => {
                let message = format!(
                    "starts it, and so does {}: one of the two is enough",
                    place()
                );
                results.warn(format!("hook.{name}.command in {origin}"), message);
            }
        }
    }

    fn fine(&self, how: &str, results: &mut CheckResults) {
        let path = self.file.path();
        if executable(self.git_dir, &path, results) {
            let says = self
                .says
                .as_ref()
                .map(|says| format!(" ({says})"))
                .unwrap_or_default();
            results.passed(format!("{} {how}{says}", shown(self.git_dir, &path)));
        }
    }

    fn missing(&self, caught_up: bool, results: &mut CheckResults) {
        let place = shown(self.git_dir, &self.file.path());
        // A mirror that fetches never runs one.
        if caught_up {
            let message = "there is no hook: `drain --catch-up` alone finds what moves, later and without who did it \
                           (for pushes `git service-hook install` puts it there)";
            return results.warn(place, message);
        }
        results.mistake(place, format!("there is no hook: {}", self.mends()));
    }

    fn mends(&self) -> String {
        match &self.says {
            None => "`git service-hook install` puts it there".to_owned(),
            Some(says) => {
                format!("{says} has Git look there only; link git-service-hook there, or unset it")
            }
        }
    }

    /// What runs after us.
    fn chain(&self, results: &mut CheckResults) {
        let place = |path: &Path| shown(self.git_dir, path);
        let is_dispatched = self.file.standing() == Standing::Dispatcher;
        let mut others = Vec::new();
        let paths = chain_paths(&self.file.chain()).unwrap_or_else(|error| {
            let message = format!("cannot be read, so what is in it does not run: {error}");
            results.mistake(place(&self.file.chain()), message);
            Vec::new()
        });
        for path in paths {
            let dangles = path.is_symlink() && !path.exists();
            match hook_file::standing(&path) {
                _ if dangles => {
                    results.warn(place(&path), "is a dangling symlink, so it never runs");
                }
                Standing::Link(_) | Standing::Shim if starts_us(self.file) => {
                    results.mistake(
                        place(&path),
                        "is git-service-hook itself: every push would be reported twice",
                    );
                }
                Standing::Foreign if path == self.file.wrapper() && is_dispatched => {}
                Standing::Foreign if hook_file::starts_us(&path) && starts_us(self.file) => {
                    results.mistake(
                        place(&path),
                        "starts git-service-hook once more: every push would be reported twice",
                    );
                }
                _ if path == self.file.chained() && !is_program(&path) => {
                    results.warn(
                        place(&path),
                        "is not executable, so it never runs: chmod +x",
                    );
                }
                _ if is_program(&path) && executable(self.git_dir, &path, results) => {
                    others.extend(
                        path.file_name()
                            .map(|name| name.to_string_lossy().into_owned()),
                    );
                }
                _ => {}
            }
        }
        if !others.is_empty() {
            results.passed(format!(
                "{} also runs the hooks in post-receive.d/: {}",
                place(&self.file.path()),
                others.join(", ")
            ));
        }
    }
}

/// Git passes over what it cannot execute without a word (by default), and so does the chain.
fn executable(git_dir: &Path, path: &Path, results: &mut CheckResults) -> bool {
    let place = shown(git_dir, path);
    if !is_program(path) {
        results.mistake(place, "is not executable, so it never runs: chmod +x");
        return false;
    }
    if let Some(point) = mount::noexec(path) {
        let message = format!(
            "lies on {}, which is mounted noexec: it never runs",
            point.display()
        );
        results.mistake(place, message);
        return false;
    }
    if rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_err() {
        results.mistake(
            place,
            "cannot be executed by this user, for whom it never runs",
        );
        return false;
    }
    owned(git_dir, path, results);
    true
}

/// Whoever owns the program or script can change what runs with the pusher's rights.
fn owned(git_dir: &Path, path: &Path, results: &mut CheckResults) {
    let owner = |path: &Path| fs::metadata(path).map(|m| m.uid());
    if let (Ok(of_file), Ok(of_repository)) = (owner(path), owner(git_dir))
        && of_file != 0
        && of_file != of_repository
    {
        let message = format!("belongs to user {of_file}, who can change what runs here");
        results.warn(shown(git_dir, path), message);
    }
}
