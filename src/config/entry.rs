//! Reads one `[hook.NAME]`: the keys of every hook, then those of its action.

use super::file::Layer;
use super::form::{Anything, Count, FullName, Item, ItemError, ListOf, ShortName, Size, Time};
use super::hook::Hook;
use super::keys;
use super::network::{self, Network, Proxy};
use super::notes::Notes;
use super::offset;
use super::references::{NamedFile, References};
use super::settings::Deliver;
use super::value::{self, Fields};
use crate::action::{self, AfterOutage, Kind, Occasion, Parameters, Per};
use crate::diagnostic::Finding;
use crate::filter::{Filters, Globs};
use crate::parameter::{Reference, Resolve, Text};
use crate::push::Change;
use crate::schema::{Table, table};
use crate::suggest;
use crate::template;
use serde::Deserialize;
use std::sync::Arc;
use toml::de::DeTable;

table! {
    /// The keys of every hook.
    #[derive(Debug, Default)]
    pub(super) struct Common {
        /// What the hook does. Decides which other keys it has.
        action: Option<Kind>,
        /// Whether the hook is on. `false` cancels what waits for it.
        pub(super) enabled: Option<bool>,
        /// Whether nothing in a repository's file touches it. Server's file.
        #[marks(ServerOnly)]
        pub(super) locked: Option<bool>,
        /// Whether a pusher can leave it out by the push option `service-hook.skip`. Server's file; hooks of a
        /// repository's own can always be left out.
        #[marks(ServerOnly)]
        skippable: Option<bool>,
        /// Name for people. Default: the name of the hook.
        label: Option<String>,
        /// What it reports: `push`, and `trouble` of other hooks. Default `["push"]`.
        pub(super) on: Option<ListOf<Occasion>>,
        /// Branches for which it fires, by short name. `*` within a segment, `**` across, `!` excludes, the last match
        /// decides. Neither `branches` nor `tags` given: all of both. One given: the other kind does not fire.
        branches: Option<ListOf<ShortName>>,
        /// Tags for which it fires, by short name. `*` within a segment, `**` across, `!` excludes, the last match
        /// decides. Neither `branches` nor `tags` given: all of both. One given: the other kind does not fire.
        tags: Option<ListOf<ShortName>>,
        /// Refs for which it fires, by full name. Refs outside of `refs/heads/` and `refs/tags/` never fire without it.
        /// Given alone, only it decides.
        refs: Option<ListOf<FullName>>,
        /// Kinds of updates for which it fires. Default all; Jenkins all but `deleted`.
        changes: Option<ListOf<Change>>,
        /// Changed paths for which it fires. Deletions and tags pass.
        paths: Option<ListOf<Anything>>,
        /// Who must have pushed: patterns on login, name or e-mail.
        pushers: Option<ListOf<Anything>>,
        /// Who must have written one of the commits: patterns on name or e-mail. Deletions and tags pass.
        authors: Option<ListOf<Anything>>,
        /// Whether it does not fire for `[skip ci]`: in the newest commit's message, or the push option `ci.skip`.
        /// Default `false`, Jenkins `true`.
        pub(super) skip_ci: Option<bool>,
        /// Repositories for which it fires. Server's file; patterns on the project's name or the repository's absolute
        /// path.
        #[marks(ServerOnly)]
        pub(super) repositories: Option<ListOf<Anything>>,
        /// Time of one attempt, from name lookup to the last byte. From `1s` to `10m`; default `10s`, Jenkins `30s`.
        timeout: Option<Time>,
        /// How long a delivery is tried again before it has failed. Default: that of `[deliver]`.
        retry_for: Option<Time>,
        /// PEM file with further certificate authorities. The system's are used as well.
        #[marks(Public)]
        ca_file: Option<String>,
        /// PEM file with the certificate that the hook shows, where a receiver asks for one. With `client_key`.
        #[marks(Public)]
        pub(super) client_cert: Option<String>,
        /// PEM file with the private key of `client_cert`, not encrypted.
        pub(super) client_key: Option<String>,
        /// Proxy of its requests: `http://`, `https://`, `socks5://` or `socks5h://`, with user and password. Default: that
        /// of `[network]`, else the one that `http_proxy` and `https_proxy` name. A literal user and password are visible
        /// to everybody who can read the file.
        pub(super) proxy: Option<Text>,
        /// Whether any certificate is accepted. For tests.
        insecure_skip_verify: Option<bool>,
        /// What one delivery reports. `ref`: one updated ref; `push`: the whole push. Default `push` for robots, unless
        /// their template does not read `updates`; else `ref`.
        per: Option<Per>,
        /// Commits listed in an event. The newest stay, counts stay exact. Default 2048, robots 10.
        max_commits: Option<Count>,
        /// Bytes of the body. From 1 KiB to 16 MiB; robots at most what their vendor takes. Default `1MiB`, robots the
        /// vendor's limit.
        max_body: Option<Size>,
        /// Refs of one push that get a delivery of their own. Default 100, Jenkins 10.
        max_refs: Option<Count>,
        /// What is sent when the receiver was down: `all`, or only the `newest` delivery of each ref. Default `all`, Jenkins
        /// `newest`.
        backlog: Option<AfterOutage>,
    }
}

/// Bytes of a body by default, where no vendor sets a limit.
const MAX_BODY: usize = 1 << 20;

/// Bytes that `max_body` may allow where no vendor sets a limit.
const MOST_BODY: u64 = 16 << 20;

/// The keys that narrow what a hook fires for: all that a repository's file may add to a hook of the server's.
pub(super) const FILTERS: [&str; 8] = [
    "branches", "tags", "refs", "changes", "paths", "pushers", "authors", "skip_ci",
];

impl Item for Occasion {
    const LIST: &'static str = "a list of `push` and `trouble`";

    fn parse(text: &str) -> Result<Self, ItemError> {
        match text {
            "push" => Ok(Self::Push),
            "trouble" => Ok(Self::Trouble),
            _ => {
                let hint = suggest::hint(text, ["push", "trouble"]);
                let expected = Self::LIST;
                Err(ItemError::Unexpected { expected, hint })
            }
        }
    }
}

impl Common {
    /// Whether it reports trouble.
    fn on_trouble(&self) -> bool {
        let on = self.on.as_ref();
        on.is_some_and(|on| on.0.contains(&Occasion::Trouble))
    }

    /// The filters as written; `changes` and `skip_ci` with the defaults of the action.
    pub(super) fn filters(&mut self, changes: Option<&[Change]>, skip_ci: bool) -> Filters {
        Filters {
            branches: self.branches.take().map(Globs::from),
            tags: self.tags.take().map(Globs::from),
            refs: self.refs.take().map(Globs::from),
            changes: self
                .changes
                .take()
                .map(|list| list.0)
                .or_else(|| changes.map(<[_]>::to_vec)),
            paths: self.paths.take().map(Globs::from),
            pushers: self.pushers.take().map(Globs::from),
            authors: self.authors.take().map(Globs::from),
            skip_ci: self.skip_ci.unwrap_or(skip_ci),
            no_push: self
                .on
                .as_ref()
                .is_some_and(|on| !on.0.contains(&Occasion::Push)),
        }
    }
}

/// A `[hook.NAME]` in its file.
pub(super) struct Section<'a, 'i> {
    pub(super) name: &'a str,
    /// The byte of its header.
    pub(super) header: usize,
    pub(super) table: &'a DeTable<'i>,
    pub(super) layer: Layer,
}

/// A hook that was read, whether or not it is on.
pub(super) struct Entry {
    pub(super) enabled: bool,
    pub(super) repositories: Option<Globs>,
    pub(super) hook: Hook,
}

/// What hooks take from their file and from the server's.
pub(super) struct Context<'a> {
    pub(super) deliver: &'a Deliver,
    pub(super) references: &'a References,
    pub(super) network: &'a Network,
}

impl Section<'_, '_> {
    /// Reads the keys of every hook.
    pub(super) fn common(&self, notes: &mut Notes<'_>) -> Common {
        self.read(notes, |fields| Common::deserialize(fields))
            .unwrap_or_default()
    }

    fn read<T>(
        &self,
        notes: &mut Notes<'_>,
        read: impl Fn(Fields<'_, '_>) -> Result<T, value::ValueError>,
    ) -> Option<T> {
        value::read(self.table, read, |error| {
            let at = error.span.as_ref().map_or(self.header, |span| span.start);
            notes.mistake(at, Some(self.name), error.sentence());
        })
    }

    /// Where the value of a key stands.
    pub(super) fn value_at(&self, key: &str) -> usize {
        self.table
            .get(key)
            .map_or(self.header, |value| value.span().start)
    }

    /// Reads the whole hook. `None` when it has no action that is known.
    pub(super) fn entry(&self, notes: &mut Notes<'_>, context: &Context<'_>) -> Option<Entry> {
        let mut common = self.common(notes);
        keys::check_hook(self, common.action, notes);
        let Some(kind) = common.action else {
            if !self.table.contains_key("action") {
                let message = "`action` is missing: it says what the hook does, for example `webhook_http_post`";
                notes.mistake(self.header, Some(self.name), message);
            }
            return None;
        };
        let parameters = self.read(notes, |fields| action::read(kind, fields))?;
        // A value that cannot be read has its mistake already.
        let url = self.table.get("service_url").map(toml::Spanned::get_ref);
        let no_url = url.is_none_or(|url| url.as_str() == Some(""));
        if no_url {
            notes.mistake(self.header, Some(self.name), "`service_url` is missing");
        }
        if common.on_trouble() && !kind.reports_trouble {
            let message = format!(
                "`on`: `{}` cannot report trouble: a build is no message",
                kind.id
            );
            notes.mistake(self.value_at("on"), Some(self.name), message);
        }
        self.check_ranges(&common, parameters.vendor_limit(), notes);
        let policy = &context.network.policy;
        self.check_network(&common, parameters.service_url(), policy, notes);
        let hook = self.hook(&mut common, kind, parameters, context);
        for finding in hook
            .parameters
            .findings()
            .iter()
            .filter(|f| !(no_url && f.key == "service_url"))
        {
            self.note_finding(finding, notes);
        }
        Some(Entry {
            enabled: common.enabled.unwrap_or(true),
            repositories: common.repositories.map(Globs::from),
            hook,
        })
    }

    fn hook(
        &self,
        common: &mut Common,
        kind: Kind,
        parameters: Box<dyn Parameters>,
        context: &Context<'_>,
    ) -> Hook {
        let Context {
            deliver,
            references,
            network,
        } = context;
        let named = |key, path: &mut Option<String>| NamedFile::new(key, path.take(), references);
        let client_cert = named("client_cert", &mut common.client_cert);
        let client_key = named("client_key", &mut common.client_key);
        let proxy = common.proxy.take().filter(|url| !network::is_empty(url));
        let proxy = proxy.map(|url| Proxy {
            url,
            references: (*references).clone(),
        });
        let defaults = kind.defaults;
        let per = common
            .per
            .unwrap_or_else(|| default_per(defaults.per, parameters.template(), references));
        let hidden_template = matches!(parameters.template(), Some(Text::Reference(_)));
        let label = common.label.take().filter(|label| !label.is_empty());
        Hook {
            layer: self.layer,
            name: self.name.to_owned(),
            label: label.unwrap_or_else(|| self.name.to_owned()),
            kind,
            filters: vec![common.filters(defaults.changes, defaults.skip_ci)],
            timeout: common
                .timeout
                .map(|t| t.0)
                .or(deliver.timeout)
                .unwrap_or(defaults.timeout),
            connect_timeout: deliver.connect_timeout,
            retry_for: common.retry_for.map_or(deliver.retry_for, |t| t.0),
            ca_file: named("ca_file", &mut common.ca_file).or_else(|| network.ca_file.clone()),
            client: client_cert.zip(client_key),
            proxy: proxy.or_else(|| network.proxy.clone()),
            network: Arc::clone(&network.policy),
            insecure_skip_verify: common.insecure_skip_verify.unwrap_or(false),
            skippable: common.skippable.unwrap_or(self.layer == Layer::Repository),
            locked: common.locked.unwrap_or(false),
            on_trouble: common.on_trouble(),
            per,
            max_commits: common.max_commits.map_or(defaults.max_commits, |c| c.0),
            max_body: common
                .max_body
                .and_then(|s| usize::try_from(s.0).ok())
                .or(parameters.vendor_limit())
                .unwrap_or(MAX_BODY),
            max_refs: common.max_refs.map_or(defaults.max_refs, |c| c.0),
            after_outage: common.backlog.unwrap_or(defaults.after_outage),
            parameters,
            hidden_template,
            references: (*references).clone(),
        }
    }

    fn note_finding(&self, finding: &Finding, notes: &mut Notes<'_>) {
        let at = offset::of_finding(notes.text(), self.table, finding).unwrap_or(self.header);
        notes.note(at, Some(self.name), finding.sentence(), finding.severity);
    }

    fn check_ranges(&self, common: &Common, vendor_limit: Option<usize>, notes: &mut Notes<'_>) {
        let mut refuse = |key: &str, bad: bool, message: String| {
            if bad {
                notes.mistake(
                    self.value_at(key),
                    Some(self.name),
                    format!("`{key}` {message}"),
                );
            }
        };
        let seconds = common.timeout.map_or(1, |t| t.0.as_secs());
        refuse(
            "timeout",
            !(1..=600).contains(&seconds),
            "must be between 1s and 10m".to_owned(),
        );
        refuse(
            "max_refs",
            common.max_refs.is_some_and(|c| c.0 == 0),
            "must be at least 1".to_owned(),
        );
        let bytes = common.max_body.map_or(MAX_BODY as u64, |s| s.0);
        let most = vendor_limit.map_or(MOST_BODY, |limit| limit as u64);
        refuse("max_body", bytes < 1024, "must be at least 1KiB".to_owned());
        if common.max_body.is_some() {
            refuse(
                "max_body",
                bytes > most,
                format!("must be at most {most} bytes"),
            );
        }
    }
}

/// Robots report a whole push in one message, unless their template describes one ref.
fn default_per(declared: Per, template: Option<&Text>, references: &References) -> Per {
    if declared == Per::Ref {
        return Per::Ref;
    }
    let reads = |text: &str| {
        if template::reads(text, "updates") {
            Per::Push
        } else {
            Per::Ref
        }
    };
    match template {
        None => Per::Push,
        Some(Text::Plain(text)) if text.is_empty() => Per::Push,
        Some(Text::Plain(text)) => reads(text),
        // The one reference that is looked into early: what it holds decides how deliveries are recorded.
        Some(Text::Reference(reference @ Reference::File(_))) => references
            .document(reference)
            .map_or(Per::Ref, |text| reads(&text)),
        Some(Text::Reference(_)) => Per::Ref,
    }
}

/// The names of the keys of every hook.
pub(super) fn common_keys() -> &'static [&'static str] {
    Common::NAMES
}
