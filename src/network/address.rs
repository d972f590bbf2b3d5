//! Finds the address behind a spelling: IPv4 inside IPv6, and the number forms of inet_aton(3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that packets reach in the end. An IPv4 address that IPv6 carries (mapped,
/// compatible, NAT64 of RFC 6052 and RFC 8215, 6to4) counts as that address, and the unspecified
/// addresses as loopback, where Linux connects to for them.
pub fn effective(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => unspecified_is_loopback(v4),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(v6) => embedded(v6).map_or(address, unspecified_is_loopback),
    }
}

fn unspecified_is_loopback(v4: Ipv4Addr) -> IpAddr {
    let is_this_network = v4.octets()[0] == 0;
    IpAddr::V4(if is_this_network {
        Ipv4Addr::LOCALHOST
    } else {
        v4
    })
}

/// The IPv4 address inside an IPv6 address.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |[_, _, _, _, _, _, high, low]: [u16; 8]| pair(high, low);
    match v6.segments() {
        // ::1 is itself, ::a.b.c.d is deprecated and still understood by some stacks.
        [0, 0, 0, 0, 0, 0, 0, low] if low <= 1 => None,
        all @ ([0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0 | 1, ..]) => Some(last(all)),
        [0x2002, high, low, ..] => Some(pair(high, low)),
        _ => None,
    }
}

fn pair(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

/// The address that a host is when it is no name: IPv6 in brackets or bare, dotted IPv4, and the
/// one to four numbers in decimal, octal or hexadecimal that inet_aton(3) reads.
pub fn literal(host: &str) -> Option<IpAddr> {
    let host = host.trim_end_matches('.');
    let bare = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host);
    let without_zone = bare.split('%').next().unwrap_or(bare);
    if let Ok(address) = without_zone.parse() {
        return Some(address);
    }
    let numbers = host.split('.').map(number).collect::<Option<Vec<_>>>()?;
    let (last, first) = numbers.split_last().filter(|(_, first)| first.len() < 4)?;
    // The last number fills all bytes that are left.
    let bytes_left = 4 - first.len();
    if first.iter().any(|n| *n > 0xff) || *last >> (8 * bytes_left) != 0 {
        return None;
    }
    let high = first
        .iter()
        .zip([24, 16, 8])
        .fold(0, |sum, (n, shift)| sum | (n << shift));
    u32::try_from(high | last)
        .ok()
        .map(|bits| IpAddr::V4(bits.into()))
}

fn number(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hex {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    let is_number = digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(digits, radix).ok())?
}
