//! Selects the ref update that `event`, `preview` and `test` use, and computes its event as if it had just been pushed.

mod hook_names;
mod ref_update;

pub use hook_names::{Inactive, find_hook, names, unknown};

use super::{Failure, Session};
use crate::clock;
use crate::config::{self, Hook, Loaded};
use crate::git::{self, Repository};
use crate::outgoing::{Draft, Limits, MessageKind, Outgoing, Project};
use crate::push::{Computed, Needs, Push, Pusher};
use std::path::PathBuf;
use uuid::Uuid;

/// Commits listed and bytes of a body where no hook says otherwise (docs/events.md).
pub const LIMITS: Limits = Limits {
    max_commits: 2048,
    max_body: 1 << 20,
};

/// The event of one ref update, with the configuration of its repository.
pub struct SelectedEvent {
    /// The configuration from both files.
    pub loaded: Loaded,
    /// A push of this update by the user who runs the command.
    pub push: Push,
    /// The event, with links.
    pub computed: Computed,
    /// The Git directory of the repository.
    git_dir: PathBuf,
    /// The project as the repository's own hooks see it.
    pub project: Project,
    /// Whether the repository has no such ref yet.
    pub is_new: bool,
}

/// The arguments that select an update. By default it is the newest commit of HEAD's branch.
#[derive(Clone, Debug, Default)]
pub struct EventSelection<'a> {
    /// Two revisions, or `0` for the side on which the ref does not exist.
    pub range: Option<(&'a str, &'a str)>,
    /// A full or short name.
    pub name: Option<&'a str>,
    /// As given by `git push -o`.
    pub options: &'a [String],
    /// Who pushes, instead of the user who runs the command.
    pub pusher: Option<&'a str>,
}

impl SelectedEvent {
    /// Opens the repository and computes the selected event.
    pub fn find(session: &Session, selection: &EventSelection) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let loaded = config::load(repository.git_dir(), &session.environment);
        Self::compute(session, &repository, loaded, selection)
    }

    /// Computes the selected event of an open repository.
    pub fn compute(
        session: &Session,
        repo: &Repository,
        loaded: Loaded,
        selection: &EventSelection,
    ) -> Result<Self, Failure> {
        let update = ref_update::resolve(repo, selection, &loaded)?;
        let is_new = !update.new.is_null() && repo.resolve(&update.name.display()).is_none();
        let environment = &session.environment;
        let push = Push {
            id: Uuid::now_v7().to_string(),
            time_ms: clock::now_ms(),
            updates: vec![update.clone()],
            pusher: selection.pusher.map_or_else(
                || git::pusher(environment, &loaded.pusher_env, None),
                Pusher::named,
            ),
            options: selection.options.to_vec(),
            remote_addr: None,
            gl_repo: environment.non_empty("GL_REPO"),
            recovered: false,
            unlisted: None,
            trouble: None,
        };
        let default_branch = repo.default_branch();
        let project = loaded.own_project().complete(
            repo.git_dir(),
            push.gl_repo.as_deref(),
            default_branch.as_deref(),
        );
        let most = loaded
            .hooks
            .iter()
            .map(|h| h.max_commits)
            .max()
            .unwrap_or(0)
            .max(LIMITS.max_commits);
        let computed = repo
            .events(&[update], &Needs::everything(most))
            .into_iter()
            .next();
        let mut computed =
            computed.ok_or_else(|| Failure::new("the event could not be computed"))?;
        loaded.own_project().link(&project, &mut computed.event);
        Ok(Self {
            git_dir: repo.git_dir().to_owned(),
            loaded,
            push,
            computed,
            project,
            is_new,
        })
    }

    /// The name by which the server's hooks are selected.
    fn located_name(&self) -> Option<String> {
        let gl_repo = self.push.gl_repo.as_deref();
        self.loaded.located_name(&self.git_dir, gl_repo)
    }

    /// The content of a delivery to this hook.
    pub fn for_hook(&self, hook: &Hook, kind: MessageKind) -> Outgoing {
        let limits = Limits {
            max_commits: hook.max_commits,
            max_body: hook.max_body,
        };
        let mut out = self.outgoing(&hook.name, kind, limits);
        let view = self.loaded.project_of(hook);
        let branch = self.project.default_branch.as_deref();
        out.project = view.complete(&self.git_dir, self.push.gl_repo.as_deref(), branch);
        for event in &mut out.events {
            view.link(&out.project, event);
        }
        out.whole_push |= hook.per == crate::config::Per::Push;
        out
    }

    /// The content of a delivery within these limits.
    pub fn outgoing(&self, hook: &str, kind: MessageKind, limits: Limits) -> Outgoing {
        let draft = Draft {
            kind,
            delivery: Uuid::now_v7().to_string(),
            hook: hook.to_owned(),
            project: self.project.clone(),
            push: self.push.clone(),
            push_total_commits: self.computed.event.total_distinct,
            events: vec![self.computed.event.clone()],
            rest: Vec::new(),
        };
        Outgoing::new(draft, limits)
    }
}

/// Splits `[HOOK…] [OLD NEW]`: names of hooks come first, two further words are a range.
pub fn split(
    words: &[String],
    is_hook: impl Fn(&str) -> bool,
) -> (Vec<&str>, Option<(&str, &str)>) {
    let all = words.iter().map(String::as_str).collect::<Vec<_>>();
    match all.as_slice() {
        [hooks @ .., old, new] if !is_hook(old) && !is_hook(new) => {
            (hooks.to_vec(), Some((old, new)))
        }
        _ => (all, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_that_name_no_hooks_are_a_range() {
        let is_hook = |w: &str| ["ci", "team"].contains(&w);
        let words = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let parsed = |line: &str| {
            let words = words(line);
            let (hooks, range) = split(&words, is_hook);
            (hooks.join(" "), range.map(|(a, b)| format!("{a}..{b}")))
        };
        assert_eq!(parsed(""), (String::new(), None));
        assert_eq!(parsed("ci team"), ("ci team".into(), None));
        assert_eq!(
            parsed("ci HEAD~2 HEAD"),
            ("ci".into(), Some("HEAD~2..HEAD".into()))
        );
        assert_eq!(parsed("0 main"), (String::new(), Some("0..main".into())));
        assert_eq!(parsed("ci teem"), ("ci teem".into(), None));
    }
}
