//! Addresses in all their spellings, against the rules.

use url::{Host, Url};

use super::*;

fn options() -> OutboundOptions {
    OutboundOptions {
        plain_http: PlainHttp::Anywhere,
        ..OutboundOptions::default()
    }
}

/// Everything that a configuration can permit.
fn permissive() -> OutboundOptions {
    let everything = || vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    OutboundOptions {
        private: everything(),
        allow: everything(),
        ..options()
    }
}

fn verdict(rules: &AddressRules, address: &str) -> Option<Reason> {
    rules
        .check(address.parse().unwrap())
        .err()
        .map(|r| r.reason)
}

/// What a URL's host is, after all its spellings are seen through; none where it is no address.
fn literal(host: &str) -> Option<IpAddr> {
    match Url::parse(&format!("https://{host}/")).ok()?.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Sixty ways to write addresses that nobody may be led to.
const NEVER: [&str; 60] = [
    // AWS, GCP, Azure, OpenStack: octal, hex, decimal, short, mixed, trailing dot, full-width.
    "169.254.169.254",
    "169.254.169.254.",
    "0xa9fea9fe",
    "0xA9FEA9FE",
    "0xa9.0xfe.0xa9.0xfe",
    "0xa9.254.0251.254",
    "2852039166",
    "0251.0376.0251.0376",
    "00251.00376.00251.00376",
    "025177524776",
    "169.254.43518",
    "169.16689662",
    "169.0xfea9fe",
    "0251.254.169.254",
    "169.254.0xa9fe",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "１６９.２５４.１６９.２５４",
    "169。254。169。254",
    "169｡254｡169｡254",
    "%31%36%39.254.169.254",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[0000:0000:0000:0000:0000:ffff:169.254.169.254]",
    "[::FFFF:A9FE:A9FE]",
    "[::169.254.169.254]",
    "[::a9fe:a9fe]",
    "[::ffff:0:169.254.169.254]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[64:ff9b:1:abcd::1]",
    "[2002:a9fe:a9fe::1]",
    "[2002:a9fe:a9fe:1:2:3:4:5]",
    "[2001:db8::5efe:a9fe:a9fe]",
    "[2001:db8::200:5efe:169.254.169.254]",
    "[2001:0:a9fe:a9fe::1]",
    "[2001::1]",
    "[fe80::a9fe:a9fe]",
    "[fe80::1]",
    "[febf:ffff::1]",
    "169.254.170.2",
    "169.254.0.1",
    // Metadata elsewhere.
    "[fd00:ec2::254]",
    "[fd00:0ec2:0:0:0:0:0:254]",
    "100.100.100.200",
    "0x646464c8",
    "[::ffff:100.100.100.200]",
    "192.0.0.192",
    "[64:ff9b::c000:c0]",
    "168.63.129.16",
    "0250.077.0201.020",
    // Unspecified, multicast, broadcast.
    "0",
    "0x0",
    "0.0.0.0",
    "[::]",
    "[::ffff:0.0.0.0]",
    "0.1.2.3",
    "224.0.0.1",
    "255.255.255.255",
];

#[test]
fn sixty_spellings_of_forbidden_addresses_are_refused_by_the_most_permissive_rules() {
    let rules = AddressRules::plain(&permissive());
    for host in NEVER {
        let address = literal(host).unwrap_or_else(|| panic!("{host} is taken for a name"));
        let verdict = rules.check(address).err().map(|r| r.reason);
        assert!(
            matches!(verdict, Some(Reason::Never(_))),
            "{host}: {address}: {verdict:?}"
        );
    }
}

#[test]
fn spellings_of_loopback_are_loopback() {
    let mut options = permissive();
    options.loopback = false;
    let rules = AddressRules::plain(&options);
    for host in [
        "127.0.0.1",
        "127.1",
        "127.1.",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.255.255.254",
        "①②⑦.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::ffff:0:127.0.0.1]",
    ] {
        let address = literal(host).unwrap_or_else(|| panic!("{host} is taken for a name"));
        let verdict = rules.check(address).err().map(|r| r.reason);
        assert_eq!(verdict, Some(Reason::Loopback), "{host}: {address}");
    }
}

#[test]
fn hosts_that_only_look_like_addresses_are_no_hosts_at_all() {
    for host in [
        "169.254.169.254%00",
        "[::1%25eth0]",
        "[::1",
        "1.2.3.256",
        "0x1ffffffff",
        "[169.254.169.254]",
        "[localhost]",
        "[example.com]",
        "1.2.3.4.5",
        "169.254.169.254\u{0}",
    ] {
        assert_eq!(Url::parse(&format!("https://{host}/")).ok(), None, "{host}");
    }
}

#[test]
fn private_addresses_are_called_only_in_networks_of_the_list() {
    let none = AddressRules::encrypted(&options());
    let mut options = options();
    options.private = vec![
        "10.0.0.0/8".parse().unwrap(),
        "172.16.0.0/12".parse().unwrap(),
        "192.168.0.0/16".parse().unwrap(),
        "100.64.0.0/10".parse().unwrap(),
        "fd12::/16".parse().unwrap(),
    ];
    let some = AddressRules::encrypted(&options);
    for address in [
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.9",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.254",
        "fd12::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ] {
        assert_eq!(verdict(&none, address), Some(Reason::Private), "{address}");
        assert_eq!(verdict(&some, address), None, "{address}");
    }
    for address in [
        "fc00::1",
        "fd13::1",
        "fec0::1",
        "198.18.0.1",
        "198.19.255.255",
        "192.0.0.1",
    ] {
        assert_eq!(verdict(&some, address), Some(Reason::Private), "{address}");
    }
}

#[test]
fn public_addresses_are_called() {
    let rules = AddressRules::encrypted(&options());
    for address in [
        "8.8.8.8",
        "172.32.0.1",
        "172.15.0.1",
        "192.167.0.1",
        "192.169.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "11.0.0.1",
        "2606:4700::1111",
    ] {
        assert_eq!(verdict(&rules, address), None, "{address}");
    }
}

#[test]
fn loopback_is_called_only_where_the_option_says_so() {
    let mut options = options();
    let on = AddressRules::plain(&options);
    options.loopback = false;
    let off = AddressRules::plain(&options);
    for address in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(verdict(&on, address), None, "{address}");
        assert_eq!(verdict(&off, address), Some(Reason::Loopback), "{address}");
    }
}

#[test]
fn plain_http_stays_on_the_machine_unless_the_option_says_otherwise() {
    let defaults = OutboundOptions::default();
    let plain = AddressRules::plain(&defaults);
    assert_eq!(verdict(&plain, "8.8.8.8"), Some(Reason::Plain));
    assert_eq!(verdict(&plain, "127.0.0.1"), None);
    assert_eq!(
        verdict(&AddressRules::encrypted(&defaults), "8.8.8.8"),
        None
    );
}

#[test]
fn deny_beats_the_other_lists_and_allow_shuts_out_the_rest() {
    let mut options = options();
    options.private = vec!["10.0.0.0/8".parse().unwrap()];
    options.allow = vec!["8.8.0.0/16".parse().unwrap()];
    options.deny = vec![
        "10.9.0.0/16".parse().unwrap(),
        "8.8.9.0/24".parse().unwrap(),
        "127.0.0.0/8".parse().unwrap(),
    ];
    let rules = AddressRules::encrypted(&options);
    for (address, expected) in [
        ("10.1.0.1", None),
        ("10.9.0.1", Some(Reason::Denied)),
        ("::ffff:10.9.0.1", Some(Reason::Denied)),
        ("127.0.0.1", Some(Reason::Denied)),
        ("8.8.8.8", None),
        ("8.8.9.8", Some(Reason::Denied)),
        ("9.9.9.9", Some(Reason::NotAllowed)),
        ("192.168.0.1", Some(Reason::Private)),
        ("::1", None),
    ] {
        assert_eq!(verdict(&rules, address), expected, "{address}");
    }
}
