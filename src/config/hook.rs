//! A hook as it is used: defaults filled in, references unresolved.

use super::file::Layer;
use super::network::{Proxy, refused_address};
use super::references::{NamedFile, References};
use crate::action::{Action, AfterOutage, Body, Kind, Parameters, Per};
use crate::filter::{self, Decision, Filters};
use crate::network::Policy;
use crate::parameter::{Resolver, Unread, Unresolved};
use crate::push::{Computed, Needs, Push, RefUpdate};
use crate::secret::Secrets;
use std::sync::Arc;
use std::time::Duration;

/// A hook's action as far as it can be built here and now, for `check`.
pub struct Trial {
    /// It. What could not be read has a stand-in.
    pub action: Result<Box<dyn Action>, Unresolved>,
    /// Every secret met on the way.
    pub secrets: Secrets,
    /// Every reference that could not be read.
    pub unread: Vec<Unread>,
}

/// A hook as configured, defaults filled in, references unresolved.
#[derive(Debug)]
pub struct Hook {
    /// The file that has it: decides whose `[project]` it sees.
    pub(super) layer: Layer,
    /// Its name in the file.
    pub name: String,
    /// A name for people; the name when absent.
    pub label: String,
    /// Its action.
    pub kind: Kind,
    /// Both must pass.
    pub filters: Vec<Filters>,
    /// Of the whole attempt.
    pub timeout: Duration,
    /// Of connecting.
    pub connect_timeout: Duration,
    /// Then the delivery has failed.
    pub retry_for: Duration,
    /// PEM file of additional roots.
    pub(super) ca_file: Option<NamedFile>,
    /// PEM files of the certificate that it shows, and of its private key.
    pub(super) client: Option<(NamedFile, NamedFile)>,
    /// The proxy of its requests.
    pub(super) proxy: Option<Proxy>,
    /// The addresses that its requests may reach.
    pub network: Arc<Policy>,
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
    /// `service-hook.skip` counts for it; always so for hooks of the repository's file.
    pub skippable: bool,
    /// Nothing in a repository's file touches it, not even a file that cannot be read.
    pub locked: bool,
    /// Whether it reports trouble of other hooks.
    pub on_trouble: bool,
    /// Deliveries by ref or by push.
    pub per: Per,
    /// Commits listed.
    pub max_commits: usize,
    /// Bytes of the body.
    pub max_body: usize,
    /// Refs with a delivery of their own.
    pub max_refs: usize,
    /// What is sent when the receiver was down.
    pub after_outage: AfterOutage,
    /// Of the action.
    pub parameters: Box<dyn Parameters>,
    /// Whether its template stands in another file: what it reads is not known until then.
    pub(super) hidden_template: bool,
    /// Where what the parameters refer to is read.
    pub(super) references: References,
}

impl Hook {
    /// Whether the server's file has it, and not the repository's.
    pub fn is_of_server_file(&self) -> bool {
        self.layer == Layer::Server
    }

    /// What must be computed of an event for it, so that a chat message of ten subjects reads no tree.
    pub fn needs(&self) -> Needs {
        let reads = |names: &[&str]| {
            self.hidden_template
                || names
                    .iter()
                    .any(|name| self.parameters.template_reads(name))
        };
        let sends = |body| self.kind.body == body && !self.parameters.has_template();
        let (event_is_body, own_wording) = (sends(Body::Event), sends(Body::Message));
        // `commits` may be printed whole; `updates` and `head_commit` hold commits.
        let paths = [
            "added",
            "removed",
            "modified",
            "commits",
            "head_commit",
            "updates",
        ];
        let discarded = ["discarded", "total_discarded", "updates"];
        Needs {
            max_commits: self.max_commits,
            paths: event_is_body || reads(&paths),
            all_paths: self.filters.iter().any(|f| f.paths.is_some()),
            all_authors: self.filters.iter().any(|f| f.authors.is_some()),
            discarded: event_is_body || own_wording || reads(&discarded),
            max_refs: self.max_refs,
        }
    }

    /// Whether trouble of another hook is reported to it: a hook of a repository's file
    /// is notified of those of that file alone.
    pub fn is_notified_of(&self, other: &Self) -> bool {
        let is_near = self.layer == Layer::Server || other.layer == Layer::Repository;
        // Never of a hook that reports trouble itself: it could report its own.
        self.on_trouble && !other.on_trouble && is_near
    }

    /// Whether it stands in the server's file, and may be the same hook in other repositories.
    pub fn is_shared(&self) -> bool {
        self.layer == Layer::Server
    }

    /// Whether it fires for an event: its filters, and the push options of the pusher.
    pub fn decide(&self, push: &Push, computed: &Computed) -> Decision {
        match filter::skip_option(&self.name, push).filter(|_| self.skippable) {
            Some(refusal) => Decision::Skip(refusal),
            None => filter::decide(&self.filters, push, computed),
        }
    }

    /// Whether the pusher left it out.
    pub fn is_skipped(&self, push: &Push) -> bool {
        self.skippable && filter::skip_option(&self.name, push).is_some()
    }

    /// Whether it may fire for an update whose event is not computed, if the pusher did not leave it out.
    pub fn may_fire(&self, push: &Push, update: &RefUpdate) -> bool {
        filter::decide_early(&self.filters, push, update) == Decision::Fire
    }

    /// Where its requests go, as it stands now; `None` when that cannot be read.
    pub fn destination(&self) -> Option<String> {
        let resolver = Resolver::new(&self.references);
        let url = resolver
            .text("service_url", self.parameters.service_url())
            .ok()
            .flatten();
        url.map(|url| url.text)
    }

    /// Why `[network]` refuses the address where its requests go, if it is a literal one.
    pub fn refused_destination(&self) -> Option<String> {
        refused_address(&self.destination()?, &self.network)
    }

    /// What its connections need and cannot be read now: certificates, a key, the proxy.
    pub fn unusable_for_connecting(&self) -> Vec<Unresolved> {
        let proxy = self.proxy_url().err();
        let files = [self.ca_pem().err(), self.client_pem().err()];
        files.into_iter().chain([proxy]).flatten().collect()
    }

    /// Builds the action without giving up at the first reference that cannot be read.
    pub fn trial(&self) -> Trial {
        let resolver = Resolver::forgiving(&self.references);
        let action = self.parameters.build(&resolver);
        let (secrets, unread) = resolver.into_findings();
        Trial {
            action,
            secrets,
            unread,
        }
    }

    /// Reads references and builds the action, with every secret met on the way.
    pub fn action(&self) -> Result<(Box<dyn Action>, Secrets), Unresolved> {
        let resolver = Resolver::new(&self.references);
        let action = self.parameters.build(&resolver)?;
        Ok((action, resolver.into_secrets()))
    }
}
