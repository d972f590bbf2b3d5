//! What `event`, `preview` and `test` speak about: one ref update of a repository, told as if it had just been pushed.

use super::{Failure, Session};
use crate::clock;
use crate::config::{self, Hook, Loaded};
use crate::git::{self, Repository};
use crate::outgoing::{Kind, Limits, Outgoing, Project};
use crate::push::{Computed, Needs, ObjectId, Push, RefName, RefUpdate};
use uuid::Uuid;

/// Commits listed and bytes of a body where no hook says otherwise (docs/events.md).
pub const LIMITS: Limits = Limits { max_commits: 2048, max_body: 1 << 20 };

/// A repository, its configuration, and one update of it.
pub struct Subject {
    /// Both files.
    pub loaded: Loaded,
    /// A push of this one update by whoever runs the command.
    pub push: Push,
    /// The event, with links.
    pub computed: Computed,
    project: Project,
}

/// Which update is meant. Empty: the newest commit of HEAD's branch.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Two revisions, or `0` for the side on which the ref does not exist.
    pub range: Option<(&'a str, &'a str)>,
    /// A full or short name.
    pub name: Option<&'a str>,
}

impl Subject {
    /// Computes the event that `wanted` describes.
    pub fn find(session: &Session, wanted: &Wanted) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let loaded = config::load(repository.git_dir(), &session.environment);
        Self::of(session, &repository, loaded, wanted)
    }

    /// The same for a repository that is open already.
    pub fn of(session: &Session, repo: &Repository, loaded: Loaded, wanted: &Wanted) -> Result<Self, Failure> {
        let update = update(repo, wanted)?;
        let environment = &session.environment;
        let push = Push {
            id: Uuid::now_v7().to_string(),
            time_ms: clock::now_ms(),
            updates: vec![update.clone()],
            pusher: git::pusher(environment, &loaded.pusher_env),
            options: Vec::new(),
            remote_addr: None,
            gl_repo: environment.non_empty("GL_REPO"),
            recovered: false,
        };
        let default_branch = repo.default_branch();
        let project = loaded.project(repo.git_dir(), push.gl_repo.as_deref(), default_branch.as_deref());
        let most = loaded.hooks.iter().map(|h| h.max_commits).max().unwrap_or(0).max(LIMITS.max_commits);
        let computed = repo.events(&[update], &Needs::everything(most)).into_iter().next();
        let mut computed = computed.ok_or_else(|| Failure::new("the event could not be computed"))?;
        loaded.link(&project, &mut computed.event);
        Ok(Self { loaded, push, computed, project })
    }

    /// What a hook has to say about it.
    pub fn for_hook(&self, hook: &Hook, kind: Kind) -> Outgoing {
        let limits = Limits { max_commits: hook.max_commits, max_body: hook.max_body };
        let mut out = self.outgoing(&hook.name, kind, limits);
        out.whole_push |= hook.per == crate::config::Per::Push;
        out
    }

    /// The same within given limits.
    pub fn outgoing(&self, hook: &str, kind: Kind, limits: Limits) -> Outgoing {
        Outgoing::new(
            kind,
            Uuid::now_v7().to_string(),
            hook.to_owned(),
            self.project.clone(),
            self.push.clone(),
            self.computed.event.total_distinct,
            vec![self.computed.event.clone()],
            Vec::new(),
            limits,
        )
    }

    /// Names of the hooks that are switched off.
    pub fn off(&self) -> &[String] {
        &self.loaded.off
    }

    /// The named hooks in the given order; all of them when none is named.
    pub fn hooks<'a>(&'a self, names: &[&str]) -> Result<Vec<&'a Hook>, Failure> {
        if names.is_empty() {
            return Ok(self.loaded.hooks.iter().collect());
        }
        names.iter().map(|name| hook(&self.loaded, name)).collect()
    }
}

fn hook<'a>(loaded: &'a Loaded, name: &str) -> Result<&'a Hook, Failure> {
    if let Some(hook) = loaded.hooks.iter().find(|h| h.name == name) {
        return Ok(hook);
    }
    if let Some(mistake) = loaded.mistakes.iter().find(|m| m.hook.as_deref() == Some(name)) {
        let place = super::check::place(mistake);
        return Err(Failure::new(format!("hook `{name}` is off: {place}: {}", mistake.message)));
    }
    if loaded.off.iter().any(|off| off == name) {
        return Err(Failure::new(format!("hook `{name}` is switched off (`enabled = false`)")));
    }
    let near = loaded.hooks.iter().map(|h| (strsim::osa_distance(&h.name, name), &h.name)).min();
    let meant = near.filter(|(distance, _)| *distance <= 2).map(|(_, n)| format!(", did you mean `{n}`?"));
    Err(Failure::new(format!("no hook `{name}` is configured{}", meant.unwrap_or_default())))
}

/// Splits `[HOOK…] [OLD NEW]`: names of hooks come first, two further words are a range.
pub fn split(words: &[String], is_hook: impl Fn(&str) -> bool) -> (Vec<&str>, Option<(&str, &str)>) {
    let all = words.iter().map(String::as_str).collect::<Vec<_>>();
    match all.as_slice() {
        [hooks @ .., old, new] if !is_hook(old) && !is_hook(new) => (hooks.to_vec(), Some((old, new))),
        _ => (all, None),
    }
}

fn update(repo: &Repository, wanted: &Wanted) -> Result<RefUpdate, Failure> {
    let name = wanted.name.map(|n| full_name(repo, n));
    let Some((old, new)) = wanted.range else {
        let what = wanted.name.unwrap_or("the repository");
        return repo.newest(name.as_ref()).ok_or_else(|| Failure::new(format!("{what} has no commit to tell about")));
    };
    let name = match (name, repo.default_branch()) {
        (Some(name), _) => name,
        (None, Some(branch)) => RefName::new(format!("refs/heads/{branch}")),
        (None, None) => return Err(Failure::new("HEAD is detached: say which ref with --ref")),
    };
    let (old, new) = (id(repo, old)?, id(repo, new)?);
    let (old, new) = (old.unwrap_or_else(|| null_like(new.as_ref())), new.unwrap_or_else(|| null_like(None)));
    let new = if new.is_null() { null_like(Some(&old)) } else { new };
    if old.is_null() && new.is_null() {
        return Err(Failure::new("one of OLD and NEW must be an object"));
    }
    Ok(RefUpdate { old, new, name })
}

/// `None` for the null id in any length.
fn id(repo: &Repository, revision: &str) -> Result<Option<ObjectId>, Failure> {
    if !revision.is_empty() && revision.bytes().all(|b| b == b'0') {
        return Ok(None);
    }
    repo.resolve(revision).map(Some).ok_or_else(|| Failure::new(format!("`{revision}` names no object here")))
}

/// The null id of the object format of `other`.
fn null_like(other: Option<&ObjectId>) -> ObjectId {
    let digits = other.map_or(40, |id| id.as_str().len());
    ObjectId::parse(&"0".repeat(digits)).expect("40 or 64 zeroes are an object id")
}

/// A full name as it is; a short one is a branch, else a tag, as it exists.
fn full_name(repo: &Repository, name: &str) -> RefName {
    let candidates = [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}")];
    let [full, branch, tag] = candidates;
    let chosen = if full.starts_with("refs/") {
        full
    } else if repo.resolve(&branch).is_none() && repo.resolve(&tag).is_some() {
        tag
    } else {
        branch
    };
    RefName::new(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_that_are_no_hooks_are_a_range() {
        let is_hook = |w: &str| ["ci", "team"].contains(&w);
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let told = |line: &str| {
            let words = words(line);
            let (hooks, range) = split(&words, is_hook);
            (hooks.join(" "), range.map(|(a, b)| format!("{a}..{b}")))
        };
        assert_eq!(told(""), (String::new(), None));
        assert_eq!(told("ci team"), ("ci team".into(), None));
        assert_eq!(told("ci HEAD~2 HEAD"), ("ci".into(), Some("HEAD~2..HEAD".into())));
        assert_eq!(told("0 main"), (String::new(), Some("0..main".into())));
        assert_eq!(told("ci teem"), ("ci teem".into(), None));
    }

    #[test]
    fn the_null_id_has_the_length_of_its_neighbour() {
        let long = ObjectId::parse(&"a".repeat(64)).unwrap();
        assert_eq!(null_like(Some(&long)).as_str().len(), 64);
        assert!(null_like(None).is_null());
    }
}
