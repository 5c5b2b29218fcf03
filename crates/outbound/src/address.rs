//! Which addresses may be called. The rules are asked with the address that is connected to, after
//! name resolution, so that a name that changes its answer in between gains nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::options::{OutboundOptions, PlainHttp};

/// Addresses at which clouds hand out credentials and which lie outside the link-local networks:
/// Alibaba, Oracle, Azure's wire server, AWS over IPv6.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Addresses that no packet from outside reaches: RFC 1918, carrier-grade NAT (RFC 6598), IETF
/// protocol assignments (RFC 6890), benchmarks (RFC 2544), unique-local (RFC 4193), and site-local
/// (deprecated by RFC 3879).
const PRIVATE: [IpNet; 8] = [
    v4(10, 0, 8),
    v4(172, 16, 12),
    v4(192, 168, 16),
    v4(100, 64, 10),
    v4(192, 0, 24),
    v4(198, 18, 15),
    v6(0xfc00, 7),
    v6(0xfec0, 10),
];

const fn v4(first: u8, second: u8, length: u8) -> IpNet {
    let address = Ipv4Addr::new(first, second, 0, 0);
    IpNet::V4(Ipv4Net::new_assert(address, length))
}

const fn v6(first: u16, length: u8) -> IpNet {
    let address = Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0);
    IpNet::V6(Ipv6Net::new_assert(address, length))
}

/// The rules of one scheme (plain http or https).
#[derive(Debug, Clone)]
pub struct AddressRules {
    loopback: bool,
    only_loopback: bool,
    private: Vec<IpNet>,
    deny: Vec<IpNet>,
    allow: Vec<IpNet>,
}

impl AddressRules {
    /// The rules for https.
    pub fn encrypted(options: &OutboundOptions) -> Self {
        Self {
            loopback: options.loopback,
            only_loopback: false,
            private: options.private.clone(),
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
    /// and tunnelled addresses never may; then `deny` is asked, then loopback; then a private
    /// address must lie in `private`, and any other in `allow`, where that is not empty.
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
        if PRIVATE.iter().any(|net| net.contains(&folded)) {
            return (!within(&self.private)).then_some(Reason::Private);
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
    Private,
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
                "{address} is this machine itself, which is called only where the server listens \
                 on loopback alone: register the endpoint's own address"
            ),
            Reason::Plain => write!(
                f,
                "plain http to {address} is not allowed: use https, or set outbound.plain_http = \
                 \"anywhere\""
            ),
            Reason::Private => write!(
                f,
                "{address} is a private address and lies in no network of outbound.private: ask \
                 the administrator to add the network there"
            ),
            Reason::NotAllowed => write!(
                f,
                "{address} lies in no network of outbound.allow: ask the administrator to add it"
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// The IPv4 address that an IPv6 address stands for, where it does: mapped, compatible, translated
/// (RFC 2765), NAT64 (RFC 6052) and 6to4 (RFC 3056); else the address itself.
fn fold(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let (high, low) = match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
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
    } else if matches!(
        s,
        [0x2001, 0, ..] | [0x64, 0xff9b, ..] | [.., 0 | 0x200, 0x5efe, _, _]
    ) {
        // Teredo, NAT64 prefixes of local use, ISATAP: where they lead can't be told from here.
        Some("a tunnelled address")
    } else {
        None
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
