use super::*;

fn policy(deny: &[&str], allow: &[&str]) -> Policy {
    let owned = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    Policy::new(&owned(deny), &owned(allow)).unwrap()
}

fn check(policy: &Policy, address: &str) -> Result<(), Denied> {
    policy.check("host.example", address.parse().unwrap())
}

#[test]
fn link_local_and_metadata_addresses_are_denied_in_every_form() {
    for address in [
        "169.254.169.254",
        "169.254.0.1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fe80::1",
        "febf::1",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
    ] {
        assert!(check(&Policy::default(), address).is_err(), "{address}");
    }
}

#[test]
fn loopback_and_private_addresses_are_allowed_by_default() {
    for address in [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "192.168.0.1",
        "fd00::1",
        "8.8.8.8",
        "0.0.0.0",
    ] {
        assert_eq!(check(&Policy::default(), address), Ok(()), "{address}");
    }
}

#[test]
fn a_denied_address_names_the_rule() {
    let denied = check(&policy(&["10.0.0.0/8"], &[]), "10.2.0.1").unwrap_err();
    let expected = "address 10.2.0.1 is denied by `10.0.0.0/8` in `[network] deny`";
    assert_eq!(denied.to_string(), expected);
    assert!(check(&policy(&["10.0.0.0/8"], &[]), "fe80::1").is_err());
    assert_eq!(check(&policy(&["!default"], &[]), "fe80::1"), Ok(()));
}

#[test]
fn deny_wins_over_allow_and_a_list_that_is_not_empty_is_all_there_is() {
    let policy = policy(&["10.0.0.5"], &["10.0.0.0/8", "*.example.com", "loopback"]);
    let named = |host: &str, address: &str| policy.check(host, address.parse().unwrap());
    assert!(named("x", "10.0.0.4").is_ok());
    assert!(named("x", "10.0.0.5").is_err());
    assert!(named("a.example.com", "10.0.0.5").is_err());
    assert!(named("A.Example.COM.", "8.8.8.8").is_ok());
    assert!(named("example.com.evil", "8.8.8.8").is_err());
    assert!(named("x", "169.254.1.1").is_err());
    for loopback in [
        "127.9.9.9",
        "::1",
        "0.0.0.0",
        "::",
        "::ffff:127.0.0.1",
        "0.1.2.3",
    ] {
        assert!(named("x", loopback).is_ok(), "{loopback}");
    }
}

#[test]
fn classes_of_addresses_do_not_overlap() {
    let public = policy(&["!default"], &["public"]);
    let private = policy(&["!default"], &["private"]);
    for address in [
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ] {
        assert!(
            check(&public, address).is_ok() && check(&private, address).is_err(),
            "{address}"
        );
    }
    for address in [
        "10.0.0.1",
        "172.31.0.1",
        "192.168.1.1",
        "fd12::1",
        "100.64.0.1",
    ] {
        assert!(
            check(&public, address).is_err() && check(&private, address).is_ok(),
            "{address}"
        );
    }
    for address in [
        "127.0.0.1",
        "::1",
        "169.254.1.1",
        "224.0.0.1",
        "ff02::1",
        "2001:db8::1",
    ] {
        assert!(
            check(&public, address).is_err() && check(&private, address).is_err(),
            "{address}"
        );
    }
}

#[test]
fn a_literal_address_behind_a_proxy_is_read_as_inet_aton_reads_it() {
    let metadata = Some("169.254.169.254".parse().unwrap());
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0XA9.0376.43518",
        "0251.254.0xa9fe",
        "169.16689662",
        "169.254.169.254.",
    ] {
        assert_eq!(literal(host), metadata, "{host}");
        assert!(
            Policy::default().check_behind_proxy(host).is_err(),
            "{host}"
        );
    }
    for name in [
        "example.com",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x",
        "a.1",
        "",
        "09",
        "1.2.3.256",
    ] {
        let is_address = name == "0x";
        assert_eq!(literal(name).is_some(), is_address, "{name}");
    }
    assert!(
        Policy::default()
            .check_behind_proxy("[::ffff:a9fe:a9fe]")
            .is_err()
    );
    assert!(
        policy(&[], &["ci.example.com"])
            .check_behind_proxy("ci.example.com")
            .is_ok()
    );
    assert!(
        policy(&[], &["10.0.0.0/8"])
            .check_behind_proxy("ci.example.com")
            .is_err()
    );
}

#[test]
fn an_entry_that_cannot_be_used_is_named_by_its_index() {
    let error = |deny: &[&str], allow: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        Policy::new(&owned(deny), &owned(allow)).unwrap_err()
    };
    assert_eq!(
        error(&["10.0.0.0/8", "x"], &[]),
        (Key::Deny, 1, RuleError::NotAnAddress)
    );
    assert_eq!(
        error(&["10.0.0.0/33"], &[]),
        (Key::Deny, 0, RuleError::Prefix)
    );
    assert_eq!(
        error(&["10.0.0.1/8"], &[]),
        (Key::Deny, 0, RuleError::HostBits)
    );
    assert_eq!(
        error(&[], &["http://x"]),
        (Key::Allow, 0, RuleError::Unusable)
    );
    assert_eq!(
        error(&["1.2.3.4", "!default"], &[]),
        (Key::Deny, 1, RuleError::NotAnAddress)
    );
}
