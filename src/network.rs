//! Decides which addresses a request may reach: `[network]` of the server's file (docs/configuration.md).
//!
//! The decision is about the address that is connected to, so no spelling of a host name or an
//! address and no change of a name's addresses leads around it. Knows no files, hooks or requests.

mod address;
mod rule;

pub use address::{effective, literal};
pub use rule::{Rule, RuleError};

use std::fmt;
use std::net::IpAddr;

/// Addresses that are denied unless `deny` begins with `"!default"`: link-local addresses and
/// the metadata services of AWS, Azure, Alibaba and others, which hand out credentials.
pub const DEFAULT_DENY: [&str; 5] = [
    "169.254.0.0/16",
    "fe80::/10",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "fd00:ec2::254/128",
];

/// `[network] deny` and `allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    deny: Vec<Rule>,
    allow: Vec<Rule>,
}

/// A host or address that `[network]` does not let through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Denied {
    /// The address that would have been connected to; `None` where the name itself is refused.
    pub address: Option<IpAddr>,
    /// The entry of `deny`; `None` where no entry of `allow` matches.
    pub rule: Option<String>,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.address, &self.rule) {
            (Some(address), Some(rule)) => {
                write!(
                    f,
                    "address {address} is denied by `{rule}` in `[network] deny`"
                )
            }
            (Some(address), None) => {
                write!(f, "address {address} matches nothing in `[network] allow`")
            }
            (None, _) => f.write_str("the host matches nothing in `[network] allow`"),
        }
    }
}

impl Default for Policy {
    /// The built-in `deny` and no `allow`.
    fn default() -> Self {
        let deny = DEFAULT_DENY
            .iter()
            .filter_map(|text| Rule::parse_address(text).ok());
        Self {
            deny: deny.collect(),
            allow: Vec::new(),
        }
    }
}

impl Policy {
    /// `deny` adds to the built-in list unless `"!default"` is its first entry; an `allow` that is
    /// not empty is all that can be reached. The error carries the entry's index.
    pub fn new(deny: &[String], allow: &[String]) -> Result<Self, (Key, usize, RuleError)> {
        let mut policy = match deny.first().map(String::as_str) {
            Some("!default") => Self {
                deny: Vec::new(),
                allow: Vec::new(),
            },
            _ => Self::default(),
        };
        for (index, text) in deny.iter().enumerate() {
            if index > 0 || text != "!default" {
                let rule = Rule::parse_address(text).map_err(|e| (Key::Deny, index, e))?;
                policy.deny.push(rule);
            }
        }
        for (index, text) in allow.iter().enumerate() {
            let rule = Rule::parse(text).map_err(|e| (Key::Allow, index, e))?;
            policy.allow.push(rule);
        }
        Ok(policy)
    }

    /// Whether only what `allow` lists can be reached.
    pub fn is_restricted(&self) -> bool {
        !self.allow.is_empty()
    }

    /// Judges an address that `host` resolved to. An IPv4 address inside an IPv6 address counts as
    /// itself; `deny` wins over `allow`.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Denied> {
        let effective = effective(address);
        let denied = self
            .deny
            .iter()
            .find(|rule| rule.matches_address(address) || rule.matches_address(effective));
        if let Some(rule) = denied {
            let rule = Some(rule.to_string());
            return Err(Denied {
                address: Some(address),
                rule,
            });
        }
        let allows = |rule: &Rule| rule.matches_address(effective) || rule.matches_host(host);
        if self.allow.is_empty() || self.allow.iter().any(allows) {
            return Ok(());
        }
        Err(Denied {
            address: Some(address),
            rule: None,
        })
    }

    /// Judges a target that a proxy will look up: its name, and its address where the host is one
    /// in any spelling that inet_aton(3) reads.
    pub fn check_behind_proxy(&self, host: &str) -> Result<(), Denied> {
        if let Some(address) = literal(host) {
            return self.check(host, address);
        }
        if self.allow.is_empty() || self.allow.iter().any(|rule| rule.matches_host(host)) {
            return Ok(());
        }
        Err(Denied {
            address: None,
            rule: None,
        })
    }
}

/// The key of `[network]` that an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `deny`.
    Deny,
    /// `allow`.
    Allow,
}

#[cfg(test)]
mod tests;
