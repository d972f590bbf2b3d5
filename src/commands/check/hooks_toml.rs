//! Whether what is configured can be done: every mistake of both files, every secret, every template.

use super::{Finding, Findings, place};
use crate::action::{Action, Attempt, Severity};
use crate::clock;
use crate::commands::Session;
use crate::config::{Hook, Loaded, Per};
use crate::environment::Environment;
use crate::git::{self, Repository};
use crate::outgoing::{Kind, Limits, Outgoing, Project};
use crate::push::Push;

/// Looks at the configuration of a repository.
pub fn look(repository: &Repository, loaded: &Loaded, session: &Session, findings: &mut Findings) {
    for mistake in &loaded.mistakes {
        findings.push(Finding {
            severity: Some(mistake.severity),
            place: Some(place(mistake)),
            hook: mistake.hook.clone(),
            message: mistake.message.clone(),
        });
    }
    if let Some(why) = &loaded.hold {
        findings.mistake(None, format!("nothing is sent, pushes are recorded and wait: {why}"));
    }
    if !loaded.configured {
        findings.warn(None, "there is no hooks.toml: pushes are told to nobody");
    } else if loaded.hooks.is_empty() && loaded.mistakes.iter().all(|m| m.hook.is_none()) {
        findings.warn(None, "no hook is configured: pushes are told to nobody");
    }
    let account = git::pusher(&Environment::default(), &[]).username;
    let gl_repo = session.environment.non_empty("GL_REPO");
    let project = loaded.project(repository.git_dir(), gl_repo.as_deref(), repository.default_branch().as_deref());
    for hook in &loaded.hooks {
        one(hook, &project, loaded, &account, findings);
    }
}

fn one(hook: &Hook, project: &Project, loaded: &Loaded, account: &str, findings: &mut Findings) {
    let about = |message: String| Finding {
        severity: Some(Severity::Mistake),
        place: Some(format!("[hook.{}]", hook.name)),
        hook: None,
        message,
    };
    match hook.action() {
        Err(why) => findings.push(about(format!("user `{account}` cannot resolve {why}"))),
        Ok((action, secrets)) => {
            let samples = samples(hook, project, loaded);
            let attempt = Attempt { now_ms: clock::now_ms(), number: 1, simplify: false };
            let failed = samples.iter().filter_map(|out| action.request(out, &attempt).err());
            let failed = failed.map(|e| secrets.redact(&e.to_string())).collect::<Vec<_>>();
            if failed.is_empty() {
                findings.fine(format!("{}: {}, resolved by `{account}`, rendered", hook.name, hook.kind.id()));
            }
            failed.into_iter().for_each(|why| findings.push(about(why)));
        }
    }
}
