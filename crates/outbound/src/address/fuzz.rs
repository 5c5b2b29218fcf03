//! Addresses of any kind, by the thousand. More of them: `PROPTEST_CASES=1000000`.

use proptest::prelude::*;

use super::*;

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: default.cases.max(20_000),
        failure_persistence: None,
        ..default
    }
}

/// IPv4 addresses, half of them near those that matter.
fn v4_address() -> impl Strategy<Value = Ipv4Addr> {
    let edges = prop::sample::select(vec![
        0x0000_0000_u32,
        0x00ff_ffff,
        0x0a00_0000,
        0x0aff_ffff,
        0x6440_0000,
        0x6464_64c8,
        0x7f00_0001,
        0x7fff_ffff,
        0xa83f_8110,
        0xa9fe_0000,
        0xa9fe_a9fe,
        0xac10_0000,
        0xac1f_ffff,
        0xc000_00c0,
        0xc0a8_0000,
        0xc612_0000,
        0xe000_0001,
        0xf000_0000,
        0xffff_ffff,
    ]);
    let near = (edges, -2_i32..=2).prop_map(|(edge, by)| edge.wrapping_add_signed(by));
    prop_oneof![near, any::<u32>()].prop_map(Ipv4Addr::from_bits)
}

fn rules(loopback: bool) -> AddressRules {
    AddressRules::encrypted(&OutboundOptions {
        loopback,
        ..OutboundOptions::default()
    })
}

/// The ways to write an IPv4 address as an IPv6 one.
fn disguised(address: Ipv4Addr) -> [Ipv6Addr; 4] {
    let bits = u128::from(address.to_bits());
    [
        address.to_ipv6_mapped(),
        Ipv6Addr::from_bits(0xffff_u128 << 48 | bits),
        Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | bits),
        Ipv6Addr::from_bits(0x2002_u128 << 112 | bits << 80 | 1),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_disguise_changes_nothing(address in v4_address(), loopback in any::<bool>()) {
        let rules = rules(loopback);
        let plain = rules.check(address.into()).is_ok();
        for disguise in disguised(address) {
            prop_assert_eq!(rules.check(disguise.into()).is_ok(), plain, "{} as {}", address, disguise);
        }
    }

    #[test]
    fn what_no_list_can_open_stays_closed(address in v4_address(), high in any::<u128>()) {
        let everything = || vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        let open = AddressRules::plain(&OutboundOptions {
            loopback: true,
            plain_http: PlainHttp::Anywhere,
            private: everything(),
            allow: everything(),
            ..OutboundOptions::default()
        });
        let bad = address.is_link_local() || address.is_multicast() || address.octets()[0] == 0
            || address.octets()[0] >= 240 || METADATA.contains(&address.into());
        prop_assert_eq!(open.check(address.into()).is_err(), bad, "{}", address);
        let v6 = Ipv6Addr::from_bits(high);
        for kind in [0xfe80_u128 << 112 | high >> 10, 0xff00_u128 << 112 | high >> 8] {
            prop_assert!(open.check(Ipv6Addr::from_bits(kind).into()).is_err());
        }
        if v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local() {
            prop_assert!(open.check(v6.into()).is_err(), "{}", v6);
        }
    }
}
