//! Completes `[project]`, and adds links to events.

use super::file::{Layer, real};
use super::settings::ProjectTable;
use super::{Hook, Loaded};
use crate::accounts;
use crate::outgoing::Project;
use crate::push::{Change, ObjectId, PushEvent, Tag};
use crate::template::{self, EscapeContext};
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A directory service may take any time to say whose the Git directory is.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes that a URL may have.
const MAX_URL: usize = 8 << 10;

impl ProjectTable {
    /// The name of the project for the repository's own hooks: as configured, else the path below `root`, else gitolite's
    /// name for the repository, else the directory's name; without `.git`.
    fn name(&self, git_dir: &Path, gl_repo: Option<&str>) -> String {
        let repository = repository_path(git_dir);
        let gitolite = || gl_repo.filter(|name| !name.is_empty()).map(str::to_owned);
        let name = self
            .name
            .clone()
            .or_else(|| self.below_root(&repository))
            .or_else(gitolite)
            .unwrap_or_else(|| directory_name(&repository));
        without_git(&name).to_owned()
    }

    /// The name by which the server's hooks are selected. It depends on the server's file and on where the repository lies,
    /// because the environment of a local push and the repository's file can hold anything. `None`: outside of `root`, where
    /// a repository has no name that the server's file vouches for.
    pub(super) fn located_name(&self, git_dir: &Path, gl_repo: Option<&str>) -> Option<String> {
        let repository = repository_path(git_dir);
        let name = match (&self.name, &self.root) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(_)) => self.below_root(&repository),
            (None, None) => gl_repo
                .filter(|name| lies_at(&repository, name))
                .map(str::to_owned)
                .or_else(|| Some(directory_name(&repository))),
        };
        name.map(|name| without_git(&name).to_owned())
    }

    fn below_root(&self, repository: &Path) -> Option<String> {
        let root = real(Path::new(self.root.as_deref()?));
        let path = repository.strip_prefix(root).ok()?.to_string_lossy();
        (!path.is_empty()).then(|| path.into_owned())
    }

    /// Whether the name is the same in every process: gitolite gives its name only while a push runs.
    pub(super) fn name_is_settled(&self, gl_repo: Option<&str>) -> bool {
        self.name.is_some() || self.root.is_some() || gl_repo.is_some()
    }
}

/// Whether the path ends in `/NAME.git`, so that gitolite's name fits the place.
fn lies_at(repository: &Path, name: &str) -> bool {
    let is_name = !name.starts_with('/') && name.split('/').all(|part| !part.is_empty());
    is_name && repository.ends_with(format!("{name}.git"))
}

fn directory_name(repository: &Path) -> String {
    let name = repository.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn without_git(name: &str) -> &str {
    name.strip_suffix(".git")
        .filter(|name| !name.is_empty() && !name.ends_with('/'))
        .unwrap_or(name)
}

/// `[project]` as the hooks of each file see it.
#[derive(Debug, Default)]
pub(super) struct Projects {
    /// Both files, the repository's winning: for the repository's own hooks.
    pub(super) merged: ProjectTable,
    /// The server's file alone: selects its hooks by `repositories`.
    pub(super) server: ProjectTable,
    /// The server's file and what its `from_repository` takes from the repository's: for the server's hooks.
    pub(super) shared: ProjectTable,
}

impl Projects {
    /// From `[project]` of both files.
    pub(super) fn new(server: ProjectTable, repository: ProjectTable) -> Self {
        let mut shared = server.clone();
        repository
            .clone()
            .only(&server.repository_keys())
            .apply(&mut shared);
        let mut merged = server.clone();
        repository.apply(&mut merged);
        Self {
            merged,
            server,
            shared,
        }
    }
}

/// The absolute path of the repository: of the work tree where there is one.
pub(super) fn repository_path(git_dir: &Path) -> PathBuf {
    let path = real(git_dir);
    match path.parent() {
        Some(parent) if path.file_name().is_some_and(|name| name == ".git") => parent.to_owned(),
        _ => path,
    }
}

/// `[project] web`: how a web front end addresses commits and comparisons. Ids are hexadecimal: nothing to escape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Web {
    /// `/commit/ID`, `/compare/A...B`: Gitea, Forgejo, Gogs, GitHub, and by redirect GitLab.
    #[default]
    Forge,
    /// cgit: `/commit/?id=ID`, `/diff/?id=B&id2=A` (cgit's ui-shared.c).
    Cgit,
    /// gitweb(1): `;a=commit;h=ID` behind a query, `/commit/ID` behind a path ("path_info").
    Gitweb,
}

impl Web {
    /// The page of a commit. `project` has no slash at its end.
    pub(super) fn commit(self, project: &str, id: &str) -> String {
        match self {
            Self::Cgit => format!("{project}/commit/?id={id}"),
            Self::Gitweb if project.contains('?') => format!("{project};a=commit;h={id}"),
            Self::Forge | Self::Gitweb => format!("{project}/commit/{id}"),
        }
    }

    /// The page of a comparison.
    pub(super) fn compare(self, project: &str, before: &str, after: &str) -> String {
        match self {
            Self::Forge => format!("{project}/compare/{before}...{after}"),
            Self::Cgit => format!("{project}/diff/?id={after}&id2={before}"),
            Self::Gitweb if project.contains('?') => {
                format!("{project};a=commitdiff;h={after};hp={before}")
            }
            Self::Gitweb => format!("{project}/commitdiff/{before}..{after}"),
        }
    }
}

/// A template of `[project]` with its values; `None` when it is absent or cannot be evaluated.
fn url(template: Option<&str>, context: &Value) -> Option<String> {
    let url = template::render(template?, EscapeContext::Url, context, MAX_URL).ok()?;
    Some(url.trim().trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
}

fn web_url(template: Option<&str>, context: &Value) -> Option<String> {
    url(template, context).filter(|url| url.starts_with("http://") || url.starts_with("https://"))
}

/// What templates of `[project]` can read.
fn context(project: &Project) -> Value {
    let mut members = json!({ "name": project.name });
    let optional = [
        ("url", &project.url),
        ("clone_url", &project.clone_url),
        ("ssh_url", &project.ssh_url),
        ("display_name", &project.display_name),
        ("description", &project.description),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            members[key] = json!(value);
        }
    }
    let mut context = json!({ "project": members });
    if let Some(team) = &project.team {
        context["team"] = json!({ "name": team });
    }
    context
}

fn owner_id(git_dir: &Path) -> Option<u32> {
    std::fs::metadata(git_dir).ok().map(|found| found.uid())
}

/// What to compare with what: an updated ref with what it was, a created one with its base. If there is no base, or the
/// ref was deleted, there is one commit alone; a tag that names no commit has none.
fn compared(event: &PushEvent) -> (Option<&str>, Option<&str>) {
    let tag = event.tag.as_ref();
    if tag.is_some_and(|tag| !["commit", "unknown"].contains(&tag.target_type.as_str())) {
        return (None, None);
    }
    let target = |id| tag.map_or(id, |tag: &Tag| &tag.target).as_str();
    let update = &event.update;
    match event.change {
        Change::Updated | Change::Forced => (Some(update.old.as_str()), Some(update.new.as_str())),
        Change::Created => (
            event.base.as_ref().map(ObjectId::as_str),
            Some(target(&update.new)),
        ),
        Change::Deleted => (Some(target(&update.old)), None),
    }
}

/// From the id of a commit to its page.
type Page<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// `[project]` as one hook sees it.
#[derive(Clone, Copy, Debug)]
pub struct ProjectView<'a> {
    table: &'a ProjectTable,
    layer: Layer,
}

impl Loaded {
    /// `[project]` as a hook sees it: a hook of the server's file sees that file, and what it takes from the repository's;
    /// a locked one that file alone.
    pub fn project_of(&self, hook: &Hook) -> ProjectView<'_> {
        let projects = &self.projects;
        let table = match hook.layer {
            Layer::Server if hook.locked => &projects.server,
            Layer::Server => &projects.shared,
            Layer::Repository => &projects.merged,
        };
        ProjectView {
            table,
            layer: hook.layer,
        }
    }

    /// `[project]` as the repository's own hooks see it.
    pub fn own_project(&self) -> ProjectView<'_> {
        ProjectView {
            table: &self.projects.merged,
            layer: Layer::Repository,
        }
    }

    /// The name by which the server's hooks are selected, if the repository has one.
    pub fn located_name(&self, git_dir: &Path, gl_repo: Option<&str>) -> Option<String> {
        self.projects.server.located_name(git_dir, gl_repo)
    }
}

impl<'v> ProjectView<'v> {
    fn name(self, git_dir: &Path, gl_repo: Option<&str>) -> String {
        match self.layer {
            Layer::Repository => self.table.name(git_dir, gl_repo),
            Layer::Server => {
                let located = || directory_name(&repository_path(git_dir));
                let located = self
                    .table
                    .located_name(git_dir, gl_repo)
                    .unwrap_or_else(located);
                without_git(&located).to_owned()
            }
        }
    }

    /// `[project]`, complete. `gl_repo` is what gitolite calls the repository, where the push had it.
    pub fn complete(
        self,
        git_dir: &Path,
        gl_repo: Option<&str>,
        default_branch: Option<&str>,
    ) -> Project {
        let table = self.table;
        let text = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let mut project = Project {
            name: self.name(git_dir, gl_repo),
            owner: text(&table.owner),
            id: table.id.map(|id| id.0),
            description: text(&table.description),
            display_name: text(&table.display_name),
            team: text(&table.team),
            private: table.private,
            default_branch: default_branch.map(str::to_owned),
            language: table.language.unwrap_or_default(),
            ..Project::default()
        };
        if project.owner().is_none() {
            let account =
                owner_id(git_dir).and_then(|id| accounts::find_within(id, LOOKUP_TIMEOUT));
            project.account = account.map(|account| account.login);
        }
        let names = context(&project);
        project.url = web_url(table.url.as_deref(), &names);
        project.clone_url = url(table.clone_url.as_deref(), &names);
        project.ssh_url = url(table.ssh_url.as_deref(), &names);
        project
    }

    /// What the templates of `[project]` read and cannot, for `check`: the key, and a fragment that follows it.
    pub fn check_templates(self, project: &Project) -> Vec<(&'static str, String)> {
        let mut sample = context(project);
        sample["commit"] = json!({ "id": "0".repeat(40) });
        sample["before"] = json!("0".repeat(40));
        sample["after"] = json!("0".repeat(40));
        let table = self.table;
        let templates = [
            ("url", &table.url),
            ("clone_url", &table.clone_url),
            ("ssh_url", &table.ssh_url),
            ("commit_url", &table.commit_url),
            ("compare_url", &table.compare_url),
        ];
        let given = templates
            .into_iter()
            .filter_map(|(key, template)| Some((key, template.as_deref()?)));
        let wrong = given.flat_map(|(key, template)| {
            let unknown = template::unknown_names(template, std::slice::from_ref(&sample));
            let wrong = template::render(template, EscapeContext::Url, &sample, MAX_URL).err();
            unknown
                .into_iter()
                .chain(wrong)
                .map(move |error| (key, error.why))
        });
        wrong.collect()
    }

    /// Fills `url` and `compare` of an event from `[project]`.
    pub fn link(self, project: &Project, event: &mut PushEvent) {
        let context = context(project);
        let page = self.commit_page(project, &context);
        for commit in event.commits.iter_mut().chain(event.head_commit.as_mut()) {
            commit.url = page(commit.id.as_str());
        }
        event.compare = match compared(event) {
            (None, None) => None,
            (None, Some(commit)) | (Some(commit), None) => page(commit),
            (Some(before), Some(after)) => self.comparison(project, context.clone(), before, after),
        };
    }

    /// How the page of a commit is found by its id.
    fn commit_page<'a>(self, project: &'a Project, context: &'a Value) -> Box<Page<'a>>
    where
        'v: 'a,
    {
        let render = move |template: &str, id: &str| {
            let mut context = context.clone();
            context["commit"] = json!({ "id": id });
            web_url(Some(template), &context)
        };
        let Some(template) = self.table.commit_url.as_deref() else {
            let web = self.table.web.unwrap_or_default();
            return Box::new(move |id| project.url.as_deref().map(|url| web.commit(url, id)));
        };
        // A push may have thousands of commits, and an evaluation costs a thread: where the id is only put in, two
        // evaluations show where.
        let marks = ["a1b2c3d4".repeat(5), "e5f6a7b8".repeat(5)];
        let [one, two] = marks.each_ref().map(|mark| render(template, mark));
        let parts = one.zip(two).and_then(|(one, two)| {
            let (before, after) = one.split_once(marks[0].as_str())?;
            let same =
                two == format!("{before}{}{after}", marks[1]) && !after.contains(marks[0].as_str());
            same.then(|| (before.to_owned(), after.to_owned()))
        });
        match parts {
            Some((before, after)) => Box::new(move |id| Some(format!("{before}{id}{after}"))),
            None => Box::new(move |id| render(template, id)),
        }
    }

    fn comparison(
        self,
        project: &Project,
        mut context: Value,
        before: &str,
        after: &str,
    ) -> Option<String> {
        let Some(template) = self.table.compare_url.as_deref() else {
            let web = self.table.web.unwrap_or_default();
            return project
                .url
                .as_deref()
                .map(|url| web.compare(url, before, after));
        };
        context["before"] = json!(before);
        context["after"] = json!(after);
        web_url(Some(template), &context)
    }
}
