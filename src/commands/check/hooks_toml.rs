//! Reports every mistake in both configuration files, and runs each hook without sending.

use super::dry_run::DryRun;
use super::results::{CheckResult, CheckResults};
use crate::config::{Hook, Loaded, SourceMap};
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::git::{self, Repository};

/// Looks at the configuration of a repository.
pub(super) fn check(
    repository: &Repository,
    loaded: &Loaded,
    places: &SourceMap,
    results: &mut CheckResults,
) {
    let git_dir = repository.git_dir();
    let at_place = |mistake: &Diagnostic| CheckResult::placed(mistake, places.excerpt(mistake));
    loaded
        .diagnostics
        .iter()
        .for_each(|mistake| results.push(at_place(mistake)));
    places
        .lints()
        .iter()
        .for_each(|oddity| results.push(at_place(oddity)));
    places
        .future_mistakes(loaded)
        .iter()
        .for_each(|warning| results.push(at_place(warning)));
    if let Some(why) = &loaded.hold {
        results.mistake(
            None,
            format!("nothing is sent, pushes are recorded and wait: {why}"),
        );
    }
    if !loaded.configured {
        results.warn(None, "there is no hooks.toml: pushes are not reported");
    } else if loaded.has_no_active_hooks() && loaded.diagnostics.iter().all(|m| m.hook.is_none()) {
        results.warn(
            None,
            "no hook is configured for this repository: pushes are not reported",
        );
    }
    let project =
        loaded
            .own_project()
            .complete(git_dir, None, repository.default_branch().as_deref());
    for (key, why) in loaded.own_project().check_templates(&project) {
        let place = places.locate_project(key, format!("`{key}`: {why}"));
        results.push(at_place(&place));
    }
    check_listeners(loaded, results);
    let account = git::pusher(&Environment::default(), &[], None).username;
    let mut well = Vec::new();
    for hook in &loaded.hooks {
        let trial = DryRun {
            hook,
            places,
            account: &account,
            project: &loaded.project_of(hook).complete(
                git_dir,
                None,
                repository.default_branch().as_deref(),
            ),
        };
        if trial.run(results) {
            well.push(hook.name.as_str());
        }
    }
    if let Some(named) = listed(&well) {
        let hooks = super::page::counted(well.len(), "hook");
        results.passed(format!(
            "{hooks} tried as user `{account}`, each template with every kind of push: {named}"
        ));
    }
}

/// A hook that reports trouble by a receiver that is in trouble itself.
fn check_listeners(loaded: &Loaded, results: &mut CheckResults) {
    let destination = |hook: &Hook| hook.destination();
    for listener in loaded.hooks.iter().filter(|hook| hook.on_trouble) {
        let same = |other: &&Hook| {
            listener.is_notified_of(other)
                && destination(other).is_some()
                && destination(other) == destination(listener)
        };
        if let Some(other) = loaded.hooks.iter().find(same) {
            results.warn(
                format!("[hook.{}]", listener.name),
                format!(
                    "`on`: trouble of hook `{}` goes to the same receiver, which is in trouble then: report it elsewhere",
                    other.name
                ),
            );
        }
    }
}

/// Names for people; the first ten of many.
fn listed(names: &[&str]) -> Option<String> {
    let more = names.len().saturating_sub(10);
    let shown = names[..names.len() - more].join(", ");
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    (!names.is_empty()).then(|| shown + &more)
}
