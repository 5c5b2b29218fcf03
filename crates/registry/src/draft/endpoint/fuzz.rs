//! URLs of any kind, by the thousand. More of them: `PROPTEST_CASES=1000000`.

use fleetscope_outbound::{Outbound, OutboundOptions};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: default.cases.max(4_000),
        failure_persistence: None,
        ..default
    }
}

/// Pieces that URLs are made of, by people and by those who want to lead us astray.
const PIECES: &[&str] = &[
    "http://",
    "https://",
    "HTTPS:",
    "//",
    "/",
    "\\",
    "\\\\",
    "@",
    "user:canary@",
    ":",
    ":0",
    ":443",
    ":80",
    ":65536",
    "?",
    "#",
    "?a=canary",
    "%2f",
    "%00",
    "%40",
    ".",
    "..",
    "/../",
    "[",
    "]",
    "[::1]",
    "[::ffff:169.254.169.254]",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "10.0.0.1",
    "127.1",
    "localhost",
    "shop.example.com",
    "xn--",
    "\u{ff0e}",
    "\u{3002}",
    "①⑥⑨",
    "\t",
    "\n",
    " ",
    "a",
    "ß",
    "ﬁ",
];

fn pieces() -> impl Strategy<Value = String> {
    let some = proptest::collection::vec(select(PIECES), 0..8);
    some.prop_map(|pieces| pieces.concat())
}

fn begun() -> impl Strategy<Value = String> {
    (select(&["https://", "http://"][..]), pieces())
        .prop_map(|(scheme, rest)| scheme.to_owned() + &rest)
}

/// What has to be so of every URL that is taken.
fn is_sound(text: &str) -> Result<(), TestCaseError> {
    let mut endpoint = Endpoint::at(text);
    if check("/endpoints/loki", &mut endpoint).is_err() {
        return Ok(());
    }
    let kept = endpoint.url.clone();
    let url = Url::parse(&kept).unwrap();
    prop_assert!(matches!(url.scheme(), "http" | "https"), "{}", kept);
    prop_assert!(
        url.username().is_empty() && url.password().is_none(),
        "{}",
        kept
    );
    prop_assert!(
        url.query().is_none() && url.fragment().is_none(),
        "{}",
        kept
    );
    prop_assert!(!url.host_str().unwrap().contains("canary"), "{}", kept);
    // Its normal form is the normal form of itself, and whom it reaches is what the parser says.
    let mut again = Endpoint::at(kept.clone());
    check("/endpoints/loki", &mut again).unwrap();
    prop_assert_eq!(&again.url, &kept);
    prop_assert_eq!(endpoint.reach(), url.origin().ascii_serialization());
    Ok(())
}

/// An address that is never called is refused however it is written.
fn is_safe(outbound: &Outbound, text: &str) -> Result<(), TestCaseError> {
    let mut endpoint = Endpoint::at(text);
    if check("/endpoints/loki", &mut endpoint).is_err() || outbound.admits(&endpoint).is_err() {
        return Ok(());
    }
    let url = Url::parse(&endpoint.url).unwrap();
    match url.host().unwrap() {
        // Judged when it is resolved.
        Host::Domain(_) => {}
        Host::Ipv4(address) => {
            let bad = address.is_link_local() || address.is_private() || address.is_loopback();
            prop_assert!(!bad && !address.is_unspecified(), "{}", address);
        }
        Host::Ipv6(address) => {
            let mapped = address.to_ipv4_mapped();
            prop_assert!(!address.is_loopback() && !address.is_unspecified());
            prop_assert!(mapped.is_none_or(|v4| !v4.is_link_local() && !v4.is_private()));
        }
    }
    Ok(())
}

fn outbound() -> &'static Outbound {
    static OUTBOUND: std::sync::OnceLock<Outbound> = std::sync::OnceLock::new();
    OUTBOUND.get_or_init(|| {
        let options = OutboundOptions {
            loopback: false,
            ..OutboundOptions::default()
        };
        Outbound::new(options).unwrap()
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_taken_of_any_text_is_sound(text in "\\PC{0,120}") {
        is_sound(&text)?;
    }

    #[test]
    fn what_is_taken_of_urls_is_sound(url in begun()) {
        is_sound(&url)?;
        is_sound(&url.replacen("://", ":", 1))?;
    }

    #[test]
    fn no_spelling_of_an_address_that_is_never_called_is_admitted(url in begun()) {
        is_safe(outbound(), &url)?;
    }
}
