//! Envelopes that nobody sealed, by the thousand. More of them: `PROPTEST_CASES=1000000`.

use fleetscope_model::{ClusterId, CredentialField};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::envelope::layout::{NONCE, SALT};

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: default.cases.max(4_000),
        failure_persistence: None,
        ..default
    }
}

fn ring() -> KeyRing {
    let text = |letter: &str| format!("{}A=", letter.repeat(42));
    let keys = ["A", "B"].map(|letter| Key::parse(&letter.to_lowercase(), &text(letter)).unwrap());
    KeyRing::new("a", keys.into()).unwrap()
}

fn here() -> CredentialSlot {
    CredentialSlot {
        cluster: ClusterId::new(Uuid::from_u128(1)),
        field: CredentialField::Loki,
        generation: 3,
    }
}

/// What is begun like an envelope goes further into the reader than noise does.
fn begun() -> impl Strategy<Value = Vec<u8>> {
    let rest = proptest::collection::vec(any::<u8>(), 0..300);
    (any::<u8>(), "[a-c.\\-]{0,4}", rest).prop_map(|(length, id, rest)| {
        let mut bytes = b"FSE\x01".to_vec();
        bytes.push(if length < 128 { id.len() as u8 } else { length });
        bytes.extend_from_slice(id.as_bytes());
        bytes.extend_from_slice(&rest);
        bytes
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_nobody_sealed_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&ring(), here(), &noise).is_err());
        prop_assert!(rewrap(&ring(), here(), &noise).is_err());
    }

    #[test]
    fn what_only_looks_like_an_envelope_is_refused(bytes in begun()) {
        prop_assert!(open(&ring(), here(), &bytes).is_err());
        prop_assert!(rewrap(&ring(), here(), &bytes).is_err());
        if let Some(id) = key_id(&bytes) {
            prop_assert!(layout::is_id(id));
        }
    }

    #[test]
    fn parts_of_two_envelopes_make_no_third(
        cut in 0_usize..200, other in 1_u64..9, value in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let whole = seal(&ring(), here(), &value).unwrap();
        prop_assert_eq!(&*open(&ring(), here(), &whole).unwrap(), &value);
        let elsewhere = CredentialSlot { generation: other, ..here() };
        let second = seal(&ring(), elsewhere, &value).unwrap();
        let cut = cut % whole.len();
        let mixed = [&whole[..cut], &second[cut..]].concat();
        let opens = open(&ring(), here(), &mixed).is_ok();
        // Up to the end of the key's id both are alike, and by chance their last bytes may be.
        let same = other == here().generation && cut <= 6;
        prop_assert_eq!(opens, same || mixed == whole);
    }
}

/// How many seals the next test makes; ten million take some minutes in a release build:
/// `FLEETSCOPE_SEALS=10000000 cargo test --release -p fleetscope-registry --lib ten_million`.
fn seals() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a test's own size")]
    let wanted = std::env::var("FLEETSCOPE_SEALS").ok();
    wanted.map_or(20_000, |wanted| wanted.parse().unwrap())
}

/// Ten million seals are the goal, and what they draw is counted rather than drawn: a data key of
/// 256 random bits seals one value, and a wrap is under a key that 192 random bits make, with a
/// nonce of 96. Two wraps share both with the chance of a birthday among 288 bits.
#[test]
fn among_ten_million_seals_no_key_meets_its_nonce_again() {
    const GOAL: f64 = 1e7;
    let drawn = (SALT + NONCE) * 8;
    assert_eq!(drawn, 288);
    let meet = 2.0 * GOAL.log2() - 1.0 - drawn as f64;
    assert!(meet < -240.0, "2^{meet}");
    // That they are drawn for each, and whole, is looked at.
    let (ring, count) = (ring(), seals());
    let mut salts = Vec::with_capacity(count);
    let mut nonces = Vec::with_capacity(count);
    let mut ones = vec![0_usize; drawn];
    for _ in 0..count {
        let sealed = seal(&ring, here(), b"token").unwrap();
        let parts = layout::read(&sealed).unwrap();
        let both = [parts.salt, parts.wrap_nonce].concat();
        for (place, ones) in ones.iter_mut().enumerate() {
            *ones += usize::from(both[place / 8] >> (place % 8) & 1);
        }
        salts.push(<[u8; 16]>::try_from(&parts.salt[..16]).unwrap());
        nonces.push(<[u8; 12]>::try_from(parts.nonce).unwrap());
    }
    salts.sort_unstable();
    nonces.sort_unstable();
    assert!(salts.windows(2).all(|two| two[0] != two[1]));
    assert!(nonces.windows(2).all(|two| two[0] != two[1]));
    // Each bit is one in about half of them: five standard deviations of a fair coin.
    let most = 2.5 * (count as f64).sqrt() + 0.5 * count as f64;
    for (place, ones) in ones.into_iter().enumerate() {
        let (more, bit) = (ones.max(count - ones) as f64, place);
        assert!(more < most, "bit {bit} is the same in {more} of {count}");
    }
}
