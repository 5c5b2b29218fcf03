use std::collections::HashSet;

use fleetscope_model::{ClusterId, CredentialField};
use uuid::Uuid;

use super::*;

fn ring(active: &str, ids: &[&str]) -> KeyRing {
    let keys = ids.iter().map(|id| {
        // The same text for the same id: a key that is taken away and given again.
        let mut byte = id.bytes().cycle();
        let bytes: Vec<u8> = (0..32).map(|_| byte.next().unwrap()).collect();
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        Key::parse(id, &text).unwrap()
    });
    KeyRing::new(active, keys.collect()).unwrap()
}

fn slot(cluster: u128, field: CredentialField, generation: u64) -> CredentialSlot {
    CredentialSlot {
        cluster: ClusterId::new(Uuid::from_u128(cluster)),
        field,
        generation,
    }
}

const HERE: CredentialField = CredentialField::Prometheus;

#[test]
fn what_is_sealed_opens_for_its_own_state() {
    let ring = ring("a", &["a", "b", "c"]);
    for value in [b"".as_slice(), b"token", &vec![7; 65_536]] {
        let sealed = seal(&ring, slot(1, HERE, 1), value).unwrap();
        assert_eq!(*open(&ring, slot(1, HERE, 1), &sealed).unwrap(), value);
        let found = sealed.windows(5).any(|window| window == b"token");
        assert!(!found);
    }
}

#[test]
fn of_ten_thousand_that_are_moved_none_opens() {
    let ring = ring("a", &["a", "b"]);
    let fields = CredentialField::ALL;
    let states: Vec<_> = (0..10_000_u64)
        .map(|n| {
            let field = fields[(n % 6) as usize];
            slot(u128::from(n / 60), field, n / 6 % 10 + 1)
        })
        .collect();
    let all: HashSet<_> = states.iter().collect();
    assert_eq!(all.len(), states.len());
    let sealed: Vec<_> = states
        .iter()
        .map(|state| seal(&ring, *state, b"token").unwrap())
        .collect();
    for (n, envelope) in sealed.iter().enumerate() {
        // To another cluster, to another field, to a later and to an earlier generation, and to
        // whatever comes next.
        let own = states[n];
        let moved = [
            slot(own.cluster.uuid().as_u128() ^ 1, own.field, own.generation),
            slot(
                own.cluster.uuid().as_u128(),
                fields[(n + 1) % 6],
                own.generation,
            ),
            slot(own.cluster.uuid().as_u128(), own.field, own.generation + 1),
            slot(own.cluster.uuid().as_u128(), own.field, own.generation - 1),
            states[(n + 1) % states.len()],
        ];
        for other in moved {
            let refused = open(&ring, other, envelope).err();
            assert_eq!(refused, Some(Unopened::Refused), "{own:?} as {other:?}");
            assert_eq!(
                rewrap(&ring, other, envelope).err(),
                Some(Unopened::Refused)
            );
        }
    }
}

#[test]
fn a_bit_that_is_flipped_anywhere_is_refused_in_the_same_words() {
    let ring = ring("a", &["a", "b"]);
    let own = slot(1, HERE, 3);
    let sealed = seal(&ring, own, b"a token of some length").unwrap();
    for place in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[place] ^= 1 << bit;
            let refused = open(&ring, own, &changed).err().unwrap();
            // The id of the key and its length are what is told: they may name a key that is not
            // there.
            match refused {
                Unopened::UnknownKey(id) => {
                    assert!(
                        matches!(place, 4 | 5) && id != "a",
                        "byte {place}, bit {bit}"
                    );
                }
                other => assert_eq!(other, Unopened::Refused, "byte {place}, bit {bit}"),
            }
        }
    }
    for length in 0..sealed.len() {
        assert_eq!(
            open(&ring, own, &sealed[..length]).err(),
            Some(Unopened::Refused)
        );
    }
}

#[test]
fn a_wrap_under_one_key_is_not_one_under_another() {
    let both = ring("a", &["a", "b"]);
    let own = slot(1, HERE, 1);
    let mut sealed = seal(&both, own, b"token").unwrap();
    assert_eq!(key_id(&sealed), Some("a"));
    sealed[5] = b'b';
    assert_eq!(open(&both, own, &sealed).err(), Some(Unopened::Refused));
}

#[test]
fn a_key_that_is_not_there_is_named_and_never_taken_for_plain_text() {
    let sealed = seal(&ring("old", &["old"]), slot(1, HERE, 1), b"token").unwrap();
    let refused = open(&ring("new", &["new"]), slot(1, HERE, 1), &sealed).err();
    assert_eq!(refused, Some(Unopened::UnknownKey("old".to_owned())));
    let plain = open(&ring("new", &["new"]), slot(1, HERE, 1), b"token").err();
    assert_eq!(plain, Some(Unopened::Refused));
}

#[test]
fn what_is_wrapped_anew_opens_with_exactly_one_key() {
    let own = slot(1, HERE, 1);
    let before = seal(&ring("old", &["old"]), own, b"token").unwrap();
    let after = rewrap(&ring("new", &["old", "new"]), own, &before).unwrap();
    assert_eq!(key_id(&after), Some("new"));
    let opened = open(&ring("new", &["new"]), own, &after).unwrap();
    assert_eq!(*opened, b"token");
    let refused = open(&ring("old", &["old"]), own, &after).err();
    assert_eq!(refused, Some(Unopened::UnknownKey("new".to_owned())));
}

#[test]
fn no_two_seals_share_salt_or_nonce() {
    let ring = ring("a", &["a"]);
    let mut seen = HashSet::new();
    for _ in 0..20_000 {
        let sealed = seal(&ring, slot(1, HERE, 1), b"token").unwrap();
        let parts = layout::read(&sealed).unwrap();
        assert!(seen.insert(parts.salt.to_vec()));
        assert!(seen.insert(parts.nonce.to_vec()));
    }
}

#[test]
fn keys_that_can_not_be_used_are_refused_without_a_word_of_them() {
    let good = Key::generate().unwrap();
    assert!(Key::parse("2026-01", &good).is_ok());
    for id in ["", "Key", "a b", "a/b", &"a".repeat(64)] {
        assert!(
            matches!(Key::parse(id, &good), Err(InvalidKey::Id(_))),
            "{id}"
        );
    }
    for text in ["", "canary", "Y2FuYXJ5", &good[..40]] {
        let error = Key::parse("a", text).err().unwrap();
        assert_eq!(error, InvalidKey::Bytes("a".to_owned()));
        assert!(text.is_empty() || !error.to_string().contains(text));
    }
    let twice = KeyRing::new("a", vec![key("a"), key("a")]).err();
    assert_eq!(twice, Some(InvalidKey::Twice("a".to_owned())));
    let none = KeyRing::new("b", vec![key("a")]).err();
    assert_eq!(none, Some(InvalidKey::NoActive("b".to_owned())));
}

fn key(id: &str) -> Key {
    Key::parse(id, &Key::generate().unwrap()).unwrap()
}

#[test]
fn each_seal_has_a_data_key_of_its_own() {
    let ring = ring("a", &["a"]);
    let mut seen = HashSet::new();
    for _ in 0..1_000 {
        let sealed = seal(&ring, slot(1, HERE, 1), b"token").unwrap();
        let key = unwrap(&ring, slot(1, HERE, 1), &layout::read(&sealed).unwrap()).unwrap();
        assert!(seen.insert(*key.0));
    }
}
