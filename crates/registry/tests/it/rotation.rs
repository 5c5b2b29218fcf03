//! Putting every credential under another key, ended at every step.

use std::sync::Arc;

use fleetscope_model::{
    Credential, CredentialKind, Fault as _, KeyRotation, Role, RotationState, Source,
};
use fleetscope_ports::{Credentials as _, Opened, Vault};
use fleetscope_registry::envelope;

use crate::fixture::{FIELD, Fixture, REACH, admin, ring, slot, token};
use crate::shelf::{Death, Kept, Shelf};

const CLUSTERS: u128 = 200;

/// Credentials of 200 clusters under the old key, and the wish that they come under the new one.
fn wished() -> Kept {
    let (old, now) = (ring(&["old"]), "2026-03-01T10:00:00Z".parse().unwrap());
    let mut kept = Kept::default();
    for number in 0..CLUSTERS {
        let slot = slot(number, 1);
        let sealed = envelope::seal(&old, slot, format!("token-{number}").as_bytes());
        kept.envelopes.insert(slot, sealed.unwrap());
        let credential = Credential {
            cluster: slot.cluster,
            field: FIELD,
            kind: CredentialKind::Token,
            generation: 1,
            key_id: "old".to_owned(),
            given_for: vec![REACH.to_owned()],
            created_at: now,
            rotated_at: now,
            last_used: None,
        };
        kept.credentials.insert((slot.cluster, FIELD), credential);
    }
    kept.rotation = Some(KeyRotation {
        state: RotationState::Running,
        to: "new".to_owned(),
        asked_at: now,
        asked_by: "token:ada".to_owned(),
        rewrapped: 0,
        failed: 0,
        changed_at: now,
    });
    kept
}

/// Each envelope opens with exactly one of the two keys, and says what it said.
fn check_each_opens_with_one_key(kept: &Kept) -> usize {
    let (old, new) = (ring(&["old"]), ring(&["new"]));
    assert_eq!(kept.envelopes.len(), CLUSTERS as usize);
    let mut under_new = 0;
    for (number, (slot, sealed)) in kept.envelopes.iter().enumerate() {
        let opened = [&old, &new].map(|ring| envelope::open(ring, *slot, sealed).ok());
        let opened: Vec<_> = opened
            .into_iter()
            .enumerate()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        let [(key, value)] = opened.as_slice() else {
            panic!("{number} opens with {} keys", opened.len());
        };
        assert_eq!(**value, format!("token-{number}").into_bytes());
        under_new += key;
    }
    under_new
}

#[tokio::test]
async fn ended_at_any_step_each_credential_opens_with_one_key_and_the_rest_follows() {
    let wished = wished();
    let whole = Arc::new(Shelf::of(wished.clone()));
    let fixture = Fixture::on(&whole, &["old", "new"]).await;
    let done = fixture.credentials.carry_out_rotation().await.unwrap();
    assert_eq!(done, CLUSTERS as u64);
    let steps = whole.calls();
    assert!(steps > 3 * CLUSTERS as usize);
    let mut between = 0;
    for call in 0..steps {
        for done in [false, true] {
            let death = Death { call, done };
            let shelf = Arc::new(Shelf::dying(wished.clone(), death));
            let store = fleetscope_ports::Store {
                credentials: shelf.clone(),
                ..fixture.store.clone()
            };
            let vault: Arc<dyn Vault> = shelf.clone();
            let dying = crate::fixture::wired(&store, &vault, &["old", "new"]).0;
            let ended = dying.carry_out_rotation().await;
            assert_eq!(ended.unwrap_err().code(), "dead", "{death:?}");
            let left = shelf.kept();
            let under_new = check_each_opens_with_one_key(&left);
            between += usize::from(under_new > 0 && under_new < CLUSTERS as usize);
            // Started again, it goes on where it was.
            let shelf = Arc::new(Shelf::of(left));
            let store = fleetscope_ports::Store {
                credentials: shelf.clone(),
                ..fixture.store.clone()
            };
            let vault: Arc<dyn Vault> = shelf.clone();
            let again = crate::fixture::wired(&store, &vault, &["old", "new"]).0;
            again.carry_out_rotation().await.unwrap();
            let kept = shelf.kept();
            assert_eq!(
                check_each_opens_with_one_key(&kept),
                CLUSTERS as usize,
                "{death:?}"
            );
            assert!(kept.credentials.values().all(|one| one.key_id == "new"));
            assert_eq!(kept.rotation.unwrap().state, RotationState::Done);
        }
    }
    assert!(
        between > steps,
        "{between} of {steps} ends were in the midst of it"
    );
}

#[tokio::test]
async fn a_stopped_rotation_stays_as_it_is_until_it_is_asked_for_again() {
    let shelf = Arc::new(Shelf::of(wished()));
    let fixture = Fixture::on(&shelf, &["old", "new"]).await;
    let credentials = &fixture.credentials;
    let stopped = credentials.stop_rotation(admin()).await.unwrap();
    assert_eq!(stopped.state, RotationState::Stopped);
    assert_eq!(credentials.carry_out_rotation().await.unwrap(), 0);
    assert_eq!(check_each_opens_with_one_key(&shelf.kept()), 0);
    let again = credentials.stop_rotation(admin()).await.unwrap_err();
    assert_eq!(again.code(), "no_rotation");
    credentials.rotate_keys(admin()).await.unwrap();
    assert_eq!(
        credentials.carry_out_rotation().await.unwrap(),
        CLUSTERS as u64
    );
    let keys = credentials.keys(admin()).await.unwrap();
    let told: Vec<_> = keys
        .keys
        .iter()
        .map(|key| (key.id.as_str(), key.active, key.credentials))
        .collect();
    assert_eq!(told, [("new", true, 200), ("old", false, 0)]);
    assert_eq!(keys.rotation.unwrap().rewrapped, CLUSTERS as u64);
}

#[tokio::test]
async fn a_credential_whose_key_is_gone_holds_up_no_other() {
    let mut kept = wished();
    let lost = slot(7, 1);
    let sealed = envelope::seal(&ring(&["lost"]), lost, b"token-7").unwrap();
    kept.envelopes.insert(lost, sealed);
    let shelf = Arc::new(Shelf::of(kept));
    let fixture = Fixture::on(&shelf, &["old", "new"]).await;
    let done = fixture.credentials.carry_out_rotation().await.unwrap();
    assert_eq!(done, CLUSTERS as u64 - 1);
    let rotation = shelf.kept().rotation.unwrap();
    assert_eq!(
        (rotation.state, rotation.failed),
        (RotationState::Running, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_meanwhile_always_gets_the_value() {
    let fixture = Fixture::new(&["old"]).await;
    let mut clusters = Vec::new();
    for number in 0..12 {
        let made = fixture.cluster(&format!("c{number}")).await;
        let new = token(&format!("token-{number}"));
        let put = fixture.credentials.put(admin(), made.id, FIELD, new).await;
        put.unwrap();
        clusters.push(made.id);
    }
    let vault = fixture.store.vault.clone();
    let (credentials, opener) = fixture.again(&vault, &["old", "new"]);
    credentials.rotate_keys(admin()).await.unwrap();
    let reading = async {
        let mut read = 0;
        for _ in 0..5 {
            for (number, cluster) in clusters.iter().enumerate() {
                let shown = opener
                    .shown(*cluster, Source::Prometheus, REACH, Role::Collector)
                    .await;
                let shown = shown.unwrap().unwrap();
                let Opened::Token(token) = &*shown else {
                    panic!("no token");
                };
                assert_eq!(token.expose(), format!("token-{number}"));
                read += 1;
            }
        }
        read
    };
    let (read, rewrapped) = futures::join!(reading, credentials.carry_out_rotation());
    assert_eq!((read, rewrapped.unwrap()), (60, 12));
    // The old key can go.
    let (_, without) = fixture.again(&vault, &["new"]);
    for cluster in clusters {
        let shown = without
            .shown(cluster, Source::Prometheus, REACH, Role::Collector)
            .await;
        assert!(shown.unwrap().is_some());
    }
}
