//! One entry of `deny` or `allow`: a range of addresses, a class of them, or a host glob.

use crate::filter::Pattern;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An entry of `[network] deny` or `allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    text: String,
    kind: RuleKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RuleKind {
    /// The leading `bits` of an address.
    Range(IpAddr, u32),
    Loopback,
    Private,
    Public,
    Host(Pattern),
}

/// Why an entry cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Of `deny`, which holds for addresses alone.
    #[error("must be an address or a range such as `10.0.0.0/8`")]
    NotAnAddress,
    /// A prefix longer than the address.
    #[error("has a prefix length that is out of range")]
    Prefix,
    /// Set bits behind the prefix: hardly what was meant.
    #[error("has bits set behind its prefix length")]
    HostBits,
    /// Of `allow`.
    #[error("must be an address, a range, a host pattern, `public`, `private` or `loopback`")]
    Unusable,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Rule {
    /// An address or a range in CIDR notation.
    pub fn parse_address(text: &str) -> Result<Self, RuleError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address = address
            .parse::<IpAddr>()
            .map_err(|_| RuleError::NotAnAddress)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match length {
            Some(length) => length.parse::<u32>().map_err(|_| RuleError::Prefix)?,
            None => width,
        };
        if bits > width {
            return Err(RuleError::Prefix);
        }
        if masked(number(address), bits, width) != number(address) {
            return Err(RuleError::HostBits);
        }
        Ok(Self {
            text: text.to_owned(),
            kind: RuleKind::Range(address, bits),
        })
    }

    /// An entry of `allow`: as [`Self::parse_address`], a class of addresses, or a host pattern.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let kind = match text {
            "loopback" => RuleKind::Loopback,
            "private" => RuleKind::Private,
            "public" => RuleKind::Public,
            _ => match Self::parse_address(text) {
                Err(RuleError::NotAnAddress) => RuleKind::Host(host_pattern(text)?),
                rule => return rule,
            },
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// Whether the rule is about this address.
    pub fn matches_address(&self, address: IpAddr) -> bool {
        match &self.kind {
            RuleKind::Range(range, bits) => in_range(address, *range, *bits),
            RuleKind::Loopback => address.is_loopback(),
            RuleKind::Private => is_private(address),
            RuleKind::Public => is_public(address),
            RuleKind::Host(_) => false,
        }
    }

    /// Whether the rule is about this host as the URL names it.
    pub fn matches_host(&self, host: &str) -> bool {
        let RuleKind::Host(pattern) = &self.kind else {
            return false;
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        pattern.describes(host.as_bytes())
    }
}

fn host_pattern(text: &str) -> Result<Pattern, RuleError> {
    let usable = !text.is_empty() && !text.starts_with('!') && !text.contains(['/', ':', '@', ' ']);
    let pattern = Pattern::parse(&text.to_ascii_lowercase()).map_err(|_| RuleError::Unusable)?;
    usable.then_some(pattern).ok_or(RuleError::Unusable)
}

fn in_range(address: IpAddr, range: IpAddr, bits: u32) -> bool {
    let width = if range.is_ipv4() { 32 } else { 128 };
    address.is_ipv4() == range.is_ipv4()
        && masked(number(address), bits, width) == masked(number(range), bits, width)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// The number with everything behind its leading `bits` of `width` set to 0.
fn masked(number: u128, bits: u32, width: u32) -> u128 {
    number
        .checked_shr(width - bits)
        .unwrap_or(0)
        .checked_shl(width - bits)
        .unwrap_or(0)
}

/// RFC 1918, RFC 6598 (carrier-grade NAT) and unique local addresses of RFC 4193.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

fn is_shared(v4: Ipv4Addr) -> bool {
    matches!(v4.octets(), [100, 64..=127, ..])
}

/// Everything that the internet routes (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    let special = match address {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || matches!(
                    v4.octets(),
                    [0 | 224.., ..] | [192, 0, 0, _] | [198, 18 | 19, ..]
                )
        }
        IpAddr::V6(v6) => !is_global_unicast(v6),
    };
    !special && !address.is_loopback() && !is_private(address)
}

/// 2000::/3 but for documentation and Teredo.
fn is_global_unicast(v6: Ipv6Addr) -> bool {
    match v6.segments() {
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
