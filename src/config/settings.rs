//! The tables of settings: merged key by key, the repository's winning.

use super::form::{Count, Item, ItemError, ListOf, ProjectId, Size, Time};
use super::network::{AllowEntry, DenyEntry};
use super::project::Web;
use super::reserved::Shared;
use crate::outgoing::Language;
use crate::parameter::Text;
use crate::schema::{Mark, Table, has_mark, table};
use std::path::PathBuf;
use std::time::Duration;

/// `[deliver]` with its defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// How long the push shows results.
    pub wait: Duration,
    /// Which results it shows.
    pub show: Show,
    /// One attempt; `None`: the action's default.
    pub timeout: Option<Duration>,
    /// Connecting alone.
    pub connect_timeout: Duration,
    /// Then the delivery has failed.
    pub retry_for: Duration,
    /// History by age.
    pub keep: Duration,
    /// History by number of pushes.
    pub keep_count: usize,
    /// History by bytes.
    pub keep_size: u64,
    /// Where all repositories share the pace and pause of a destination.
    pub state_dir: Option<PathBuf>,
}

/// What the pusher reads of deliveries. Mistakes of the configuration, and what is not recorded, are always shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// Nothing: the push does not wait.
    Nothing,
    /// All but successes.
    Failures,
    /// Every result.
    All,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            show: Show::All,
            timeout: None,
            connect_timeout: Duration::from_secs(3),
            retry_for: Duration::from_secs(72 * 3600),
            keep: Duration::from_secs(30 * 86400),
            keep_count: 1000,
            keep_size: 64 << 20,
            state_dir: None,
        }
    }
}

table! {
    /// `[deliver]` as written.
    #[derive(Clone, Debug, Default)]
    pub(super) struct DeliverTable {
        /// How long a push waits to show results to the pusher. `0s`: not at all.
        wait: Option<Time>,
        /// What the pusher reads: every result, all but successes, or nothing of deliveries. A repository's value never
        /// shows less than that of the server's file, where a hook of it applies.
        show: Option<Show>,
        /// Time of one attempt, from name lookup to the last byte. From `1s` to `10m`; default `10s`, Jenkins `30s`.
        pub(super) timeout: Option<Time>,
        /// Time of connecting alone. From `1s` to `10m`.
        pub(super) connect_timeout: Option<Time>,
        /// How long a delivery is tried again before it has failed.
        retry_for: Option<Time>,
        /// How long history is kept.
        keep: Option<Time>,
        /// Pushes of which history is kept.
        keep_count: Option<Count>,
        /// Bytes of history that are kept.
        keep_size: Option<Size>,
        /// Folder in which all repositories share how a destination stands. Server's file; an existing folder that
        /// every account that pushes or runs `drain` can write, as an absolute path.
        #[marks(ServerOnly)]
        pub(super) state_dir: Option<String>,
    }
}

impl Deliver {
    /// Where a server's hook applies, the repository's file cannot show less, or keep less history, than the server's does.
    pub(super) fn raise_to(&mut self, server: &Self) {
        self.show = self.show.max(server.show);
        self.keep = self.keep.max(server.keep);
        self.keep_count = self.keep_count.max(server.keep_count);
        self.keep_size = self.keep_size.max(server.keep_size);
    }
}

impl DeliverTable {
    /// Puts what is written over what is there.
    pub(super) fn apply(self, to: &mut Deliver) {
        let set =
            |target: &mut Duration, time: Option<Time>| *target = time.map_or(*target, |t| t.0);
        set(&mut to.wait, self.wait);
        set(&mut to.connect_timeout, self.connect_timeout);
        set(&mut to.retry_for, self.retry_for);
        set(&mut to.keep, self.keep);
        to.show = self.show.unwrap_or(to.show);
        to.timeout = self.timeout.map(|t| t.0).or(to.timeout);
        to.keep_count = self.keep_count.map_or(to.keep_count, |c| c.0);
        to.keep_size = self.keep_size.map_or(to.keep_size, |s| s.0);
        to.state_dir = self
            .state_dir
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .or_else(|| to.state_dir.take());
    }
}

table! {
    /// `[project]` as written. Empty strings count as absent.
    #[derive(Clone, Debug, Default)]
    pub(super) struct ProjectTable {
        /// Folder below which repositories stand. Server's file; an absolute path. The path from there, without `.git`,
        /// is the name of a project.
        #[marks(ServerOnly)]
        pub(super) root: Option<String>,
        /// Keys of this table that repositories may set for the server's hooks too. Server's file. Default
        /// `["description", "language"]`.
        #[marks(ServerOnly)]
        pub(super) from_repository: Option<ListOf<ProjectKey>>,
        /// Name of this project, such as `team/payments`. Default: by `root`; else what gitolite calls the repository;
        /// else the name of its directory.
        pub(super) name: Option<String>,
        /// Number of the project, for receivers that want one. From 1 to 2147483647. Default: derived from the name.
        pub(super) id: Option<ProjectId>,
        /// Whose project it is. Default: the leading segments of its name; for receivers that cannot do without, else the
        /// account that owns the Git directory.
        pub(super) owner: Option<String>,
        /// Web page of the project, with `${…}`. Without it nothing is linked.
        pub(super) url: Option<String>,
        /// How that site addresses commits and comparisons.
        pub(super) web: Option<Web>,
        /// Address of a commit, with `${commit.id}`, where `web` does not fit.
        pub(super) commit_url: Option<String>,
        /// Address of a comparison, with `${before}` and `${after}`, where `web` does not fit.
        pub(super) compare_url: Option<String>,
        /// Address for cloning by HTTP, with `${…}`. Sent to receivers.
        pub(super) clone_url: Option<String>,
        /// Address for cloning by SSH, with `${…}`. Sent to receivers.
        pub(super) ssh_url: Option<String>,
        /// What the project is. Sent to receivers.
        pub(super) description: Option<String>,
        /// Name of the project for people. Sent to receivers.
        pub(super) display_name: Option<String>,
        /// Name of the team. Sent to receivers.
        pub(super) team: Option<String>,
        /// Whether the project is private. Sent to receivers.
        pub(super) private: Option<bool>,
        /// Wording of chat messages: English or Chinese.
        pub(super) language: Option<Language>,
    }
}

impl ProjectTable {
    /// Templates, by key.
    pub(super) fn templates(&mut self) -> [(&'static str, &mut Option<String>); 5] {
        [
            ("url", &mut self.url),
            ("commit_url", &mut self.commit_url),
            ("compare_url", &mut self.compare_url),
            ("clone_url", &mut self.clone_url),
            ("ssh_url", &mut self.ssh_url),
        ]
    }

    /// The keys that a repository may set for the server's hooks.
    pub(super) fn repository_keys(&self) -> Vec<&'static str> {
        match &self.from_repository {
            None => FROM_REPOSITORY.to_vec(),
            Some(list) => list.0.iter().map(|key| key.0).collect(),
        }
    }

    /// These keys alone.
    pub(super) fn only(self, keys: &[&str]) -> Self {
        fn kept<T>(keys: &[&str], key: &str, value: Option<T>) -> Option<T> {
            value.filter(|_| keys.contains(&key))
        }
        Self {
            root: None,
            from_repository: None,
            name: kept(keys, "name", self.name),
            id: kept(keys, "id", self.id),
            owner: kept(keys, "owner", self.owner),
            url: kept(keys, "url", self.url),
            web: kept(keys, "web", self.web),
            commit_url: kept(keys, "commit_url", self.commit_url),
            compare_url: kept(keys, "compare_url", self.compare_url),
            clone_url: kept(keys, "clone_url", self.clone_url),
            ssh_url: kept(keys, "ssh_url", self.ssh_url),
            description: kept(keys, "description", self.description),
            display_name: kept(keys, "display_name", self.display_name),
            team: kept(keys, "team", self.team),
            private: kept(keys, "private", self.private),
            language: kept(keys, "language", self.language),
        }
    }

    /// Puts what is written over what is there.
    pub(super) fn apply(self, to: &mut Self) {
        let set = |target: &mut Option<String>, text: Option<String>| {
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                *target = Some(text);
            }
        };
        set(&mut to.root, self.root);
        set(&mut to.name, self.name);
        set(&mut to.owner, self.owner);
        set(&mut to.url, self.url);
        set(&mut to.commit_url, self.commit_url);
        set(&mut to.compare_url, self.compare_url);
        set(&mut to.clone_url, self.clone_url);
        set(&mut to.ssh_url, self.ssh_url);
        set(&mut to.description, self.description);
        set(&mut to.display_name, self.display_name);
        set(&mut to.team, self.team);
        to.id = self.id.or(to.id);
        to.web = self.web.or(to.web);
        to.private = self.private.or(to.private);
        to.language = self.language.or(to.language);
    }
}

table! {
    /// `[pusher]`: the server's file alone.
    #[derive(Debug, Default)]
    pub(super) struct PusherTable {
        /// Variables that say who pushed, beside the built-in ones. Only what the server sets for each login and no
        /// client can send.
        pub(super) env: Option<ListOf<Variable>>,
    }
}

table! {
    /// `[network]`: the server's file alone.
    #[derive(Debug, Default)]
    pub(super) struct NetworkTable {
        /// Addresses and ranges that no request reaches, beside the built-in ones. `!default` in the first place: instead
        /// of those. Judged on the address that is connected to; wins over `allow`.
        pub(super) deny: Option<ListOf<DenyEntry>>,
        /// All that requests reach, unless it is empty: addresses, ranges, host patterns, `public`, `private`, `loopback`.
        pub(super) allow: Option<ListOf<AllowEntry>>,
        /// PEM file with further certificate authorities, for hooks without a `ca_file`. The system's are used as well.
        pub(super) ca_file: Option<String>,
        /// Proxy of hooks without a `proxy`: `http://`, `https://`, `socks5://` or `socks5h://`, with user and password.
        pub(super) proxy: Option<Text>,
    }
}

table! {
    /// `[secrets]`: the server's file alone.
    #[derive(Debug, Default)]
    pub(super) struct SecretsTable {
        /// What repositories' files may name although the server's file names it too: `file:GLOB`, `env:GLOB`,
        /// `credential:GLOB`.
        pub(super) shared: Option<ListOf<Shared>>,
    }
}

/// What a repository may set for the server's hooks by default: neither changes whose message it is, or where it leads.
const FROM_REPOSITORY: [&str; 2] = ["description", "language"];

/// A key of `[project]` that a repository's file may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProjectKey(&'static str);

impl ProjectKey {
    /// All that a list may have.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        let is_open = |key: &&str| !has_mark(ProjectTable::MARKS, key, Mark::ServerOnly);
        ProjectTable::NAMES.iter().copied().filter(is_open)
    }
}

impl Item for ProjectKey {
    const LIST: &'static str = "a list of keys of `[project]`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let key = Self::words().find(|key| *key == text);
        key.map(Self).ok_or_else(Self::unexpected)
    }
}

/// The name of a variable.
#[derive(Clone, Debug)]
pub(super) struct Variable(pub(super) String);

impl Item for Variable {
    const LIST: &'static str = "a list of names of environment variables";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let is_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if text.is_empty() || !is_word {
            return Err(Self::unexpected());
        }
        Ok(Self(text.to_owned()))
    }
}
