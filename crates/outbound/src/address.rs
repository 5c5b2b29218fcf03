//! Which addresses may be called. The rules are asked with the address that is connected to, after
//! name resolution, so that a name that changes its answer in between gains nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::options::{OutboundOptions, PlainHttp};

/// Addresses at which clouds hand out credentials and which lie outside the link-local networks:
/// Alibaba, Oracle, Azure's wire server, AWS over IPv6.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// The rules of one scheme (plain http or https).
#[derive(Debug, Clone)]
pub struct AddressRules {
    loopback: bool,
    only_loopback: bool,
    deny: Vec<IpNet>,
    allow: Vec<IpNet>,
}

impl AddressRules {
    /// The rules for https.
    pub fn encrypted(options: &OutboundOptions) -> Self {
        Self {
            loopback: options.loopback,
            only_loopback: false,
            deny: options.deny.clone(),
            allow: options.allow.clone(),
        }
    }

    /// The rules for plain http.
    pub fn plain(options: &OutboundOptions) -> Self {
        Self {
            only_loopback: options.plain_http == PlainHttp::Loopback,
            ..Self::encrypted(options)
        }
    }

    /// Whether the address may be called. Link-local, metadata, unspecified, multicast, broadcast
    /// and tunnelled addresses never may; then `deny` is asked, then loopback, then `allow`.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let folded = fold(address);
        match self.judge(address, folded) {
            Some(reason) => Err(Refused { address, reason }),
            None => Ok(()),
        }
    }

    fn judge(&self, written: IpAddr, folded: IpAddr) -> Option<Reason> {
        let within = |nets: &[IpNet]| {
            nets.iter()
                .any(|n| n.contains(&written) || n.contains(&folded))
        };
        if let Some(what) = never(folded) {
            return Some(Reason::Never(what));
        }
        if within(&self.deny) {
            return Some(Reason::Denied);
        }
        if folded.is_loopback() {
            return (!self.loopback).then_some(Reason::Loopback);
        }
        if self.only_loopback {
            return Some(Reason::Plain);
        }
        (!self.allow.is_empty() && !within(&self.allow)).then_some(Reason::NotAllowed)
    }
}

/// An address that the rules refuse, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    address: IpAddr,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Never(&'static str),
    Denied,
    Loopback,
    Plain,
    NotAllowed,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match self.reason {
            Reason::Never(what) => write!(
                f,
                "{address} is {what} and is never called: register the endpoint's own address"
            ),
            Reason::Denied => write!(
                f,
                "{address} lies in a network of outbound.deny: register another address, or ask \
                 the administrator to change the list"
            ),
            Reason::Loopback => write!(
                f,
                "{address} is this machine itself, which may not be called here: register the \
                 endpoint's own address"
            ),
            Reason::Plain => write!(
                f,
                "plain http to {address} is not allowed: use https, or set outbound.plain_http = \
                 \"anywhere\""
            ),
            Reason::NotAllowed => write!(
                f,
                "{address} lies in no network of outbound.allow: ask the administrator to add it"
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// The IPv4 address that an IPv6 address stands for, where it does: mapped, compatible, NAT64
/// (RFC 6052) and 6to4 (RFC 3056); else the address itself.
fn fold(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let (high, low) = match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => (high, low),
        // Not `::` and `::1`, which mean something else.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => (high, low),
        _ => return address,
    };
    IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

fn never(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("a cloud's metadata address");
    }
    match address {
        IpAddr::V4(v4) => never_v4(v4),
        IpAddr::V6(v6) => never_v6(v6),
    }
}

fn never_v4(address: Ipv4Addr) -> Option<&'static str> {
    let first = address.octets()[0];
    if first == 0 {
        Some("an unspecified address")
    } else if address.is_link_local() {
        Some("a link-local address")
    } else if address.is_multicast() {
        Some("a multicast address")
    } else if first >= 240 {
        Some("a broadcast or reserved address")
    } else {
        None
    }
}

fn never_v6(address: Ipv6Addr) -> Option<&'static str> {
    let s = address.segments();
    if address.is_unspecified() {
        Some("an unspecified address")
    } else if s[0] & 0xffc0 == 0xfe80 {
        Some("a link-local address")
    } else if address.is_multicast() {
        Some("a multicast address")
    } else if s[0] == 0x2001 && s[1] == 0 || s[0] == 0x64 && s[1] == 0xff9b {
        // Teredo, and NAT64 prefixes of local use: where they lead can't be told from here.
        Some("a tunnelled address")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> OutboundOptions {
        OutboundOptions {
            plain_http: PlainHttp::Anywhere,
            ..OutboundOptions::default()
        }
    }

    fn verdict(rules: &AddressRules, address: &str) -> Option<Reason> {
        rules
            .check(address.parse().unwrap())
            .err()
            .map(|r| r.reason)
    }

    #[test]
    fn some_addresses_are_refused_however_they_are_written() {
        let mut options = options();
        options.allow = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        let rules = AddressRules::plain(&options);
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "240.0.0.1",
        ] {
            let verdict = verdict(&rules, address);
            assert!(
                matches!(verdict, Some(Reason::Never(_))),
                "{address}: {verdict:?}"
            );
        }
    }

    #[test]
    fn private_and_public_addresses_are_called() {
        let rules = AddressRules::encrypted(&options());
        for address in [
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.9",
            "8.8.8.8",
            "2606:4700::1111",
            "fd12::1",
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
        assert_eq!(verdict(&plain, "10.0.0.1"), Some(Reason::Plain));
        assert_eq!(verdict(&plain, "127.0.0.1"), None);
        assert_eq!(
            verdict(&AddressRules::encrypted(&defaults), "10.0.0.1"),
            None
        );
    }

    #[test]
    fn deny_beats_allow_and_allow_shuts_out_the_rest() {
        let mut options = options();
        options.allow = vec!["10.0.0.0/8".parse().unwrap()];
        options.deny = vec![
            "10.9.0.0/16".parse().unwrap(),
            "127.0.0.0/8".parse().unwrap(),
        ];
        let rules = AddressRules::encrypted(&options);
        assert_eq!(verdict(&rules, "10.1.0.1"), None);
        assert_eq!(verdict(&rules, "10.9.0.1"), Some(Reason::Denied));
        assert_eq!(verdict(&rules, "::ffff:10.9.0.1"), Some(Reason::Denied));
        assert_eq!(verdict(&rules, "127.0.0.1"), Some(Reason::Denied));
        assert_eq!(verdict(&rules, "192.168.0.1"), Some(Reason::NotAllowed));
        assert_eq!(verdict(&rules, "::1"), None);
    }
}
