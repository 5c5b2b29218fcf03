//! What is written, what is opened of it, and what is not.

use std::sync::Arc;

use fleetscope_model::{
    AccessRole, Caller, ClusterId, CredentialField, CredentialSlot, CredentialUse, Endpoint,
    EventKind, EventSeq, Fault as _, PageRequest, Role, Source,
};
use fleetscope_ports::{Credentials as _, Opened};
use fleetscope_registry::History;

use crate::fixture::{FIELD, Fixture, REACH, admin, token};
use crate::shelf::{Death, Kept, Shelf};

async fn opened(fixture: &Fixture, cluster: ClusterId) -> Result<Option<String>, &'static str> {
    let shown = fixture
        .opener
        .shown(cluster, Source::Prometheus, REACH, Role::Collector)
        .await
        .map_err(|error| error.code())?;
    Ok(shown.map(|shown| match &*shown {
        Opened::Token(token) => token.expose().to_owned(),
        _ => "another kind".to_owned(),
    }))
}

#[tokio::test]
async fn a_credential_is_opened_for_the_collector_and_written_down() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    assert_eq!(opened(&fixture, shop.id).await, Ok(None));
    let put = |text| {
        fixture
            .credentials
            .put(admin(), shop.id, FIELD, token(text))
    };
    let first = put("one").await.unwrap();
    assert_eq!((first.generation, first.key_id.as_str()), (1, "a"));
    assert_eq!(opened(&fixture, shop.id).await, Ok(Some("one".to_owned())));
    let second = put("two").await.unwrap();
    assert_eq!(
        (second.generation, second.created_at),
        (2, first.created_at)
    );
    assert_eq!(opened(&fixture, shop.id).await, Ok(Some("two".to_owned())));
    let listed = fixture.credentials.list(admin(), shop.id).await.unwrap();
    let used = listed[0].last_used.unwrap();
    assert_eq!(used.by, Role::Collector);
    let page = PageRequest {
        after: None,
        limit: 10,
    };
    let audit = fixture.store.audit.list(&page).await.unwrap().items;
    assert_eq!(audit.len(), 2);
    assert!(audit[0].entry.path.ends_with("/credentials/prometheus"));
    assert_eq!(audit[0].entry.caller.as_deref(), Some("system:collector"));
    assert_eq!(audit[0].entry.clusters, [shop.id]);
    let kinds = [EventKind::CredentialChanged];
    let events = fixture.store.events.after(EventSeq(0), &kinds, 10).await;
    assert_eq!(events.unwrap().len(), 2);
}

#[tokio::test]
async fn the_shared_one_is_shown_where_there_is_none_of_its_own() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    let put = |field, text| {
        fixture
            .credentials
            .put(admin(), shop.id, field, token(text))
    };
    put(CredentialField::Shared, "shared").await.unwrap();
    assert_eq!(
        opened(&fixture, shop.id).await,
        Ok(Some("shared".to_owned()))
    );
    put(FIELD, "own").await.unwrap();
    assert_eq!(opened(&fixture, shop.id).await, Ok(Some("own".to_owned())));
    for (used, expected) in [
        (CredentialUse::Shared, Some("shared".to_owned())),
        (CredentialUse::None, None),
    ] {
        let mut draft = shop.draft.clone();
        draft.endpoints.prometheus = Some(Endpoint {
            credential: used,
            ..Endpoint::at("https://prometheus.example.com")
        });
        let changed = fixture.registry.update(admin(), shop.id, draft, None).await;
        changed.unwrap();
        assert_eq!(opened(&fixture, shop.id).await, Ok(expected));
    }
    // An endpoint that there is not is shown nothing.
    let loki = fixture
        .opener
        .shown(shop.id, Source::Loki, REACH, Role::Collector)
        .await;
    assert!(loki.unwrap().is_none());
}

#[tokio::test]
async fn what_is_moved_put_back_or_changed_in_the_store_does_not_open() {
    let fixture = Fixture::new(&["a"]).await;
    let (shop, edge) = (fixture.cluster("shop").await, fixture.cluster("edge").await);
    let vault = &fixture.store.vault;
    let put = |cluster, text| {
        fixture
            .credentials
            .put(admin(), cluster, FIELD, token(text))
    };
    let first = put(shop.id, "one").await.unwrap();
    let old = vault.get(first.slot()).await.unwrap().unwrap();
    let second = put(shop.id, "two").await.unwrap();
    let other = put(edge.id, "three").await.unwrap();
    let whole = vault.get(second.slot()).await.unwrap().unwrap();
    assert!(vault.get(first.slot()).await.unwrap().is_none());
    let foreign = vault.get(other.slot()).await.unwrap().unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for wrong in [old, foreign, flipped, b"two".to_vec()] {
        vault.put(second.slot(), &wrong).await.unwrap();
        assert_eq!(
            opened(&fixture, shop.id).await,
            Err("credential_not_opened")
        );
    }
    vault.put(second.slot(), &whole).await.unwrap();
    assert_eq!(opened(&fixture, shop.id).await, Ok(Some("two".to_owned())));
    vault.prune(shop.id, FIELD, u64::MAX).await.unwrap();
    assert_eq!(
        opened(&fixture, shop.id).await,
        Err("credential_envelope_missing")
    );
}

#[tokio::test]
async fn nothing_of_a_value_is_in_the_database_and_a_removed_one_is_gone() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    let put = fixture
        .credentials
        .put(admin(), shop.id, FIELD, token("canary-of-shop"));
    let kept = put.await.unwrap();
    fixture
        .credentials
        .delete(admin(), shop.id, FIELD)
        .await
        .unwrap();
    assert_eq!(opened(&fixture, shop.id).await, Ok(None));
    assert!(
        fixture
            .store
            .vault
            .get(kept.slot())
            .await
            .unwrap()
            .is_none()
    );
    let again = fixture.credentials.delete(admin(), shop.id, FIELD).await;
    assert_eq!(again.unwrap_err().code(), "not_found");
    for entry in std::fs::read_dir(fixture.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(6).any(|window| window == b"canary");
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn only_administrators_write_and_list() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    for role in [AccessRole::Viewer, AccessRole::Operator] {
        let caller = Caller::local("token:bob", role);
        let refused = [
            fixture
                .credentials
                .put(&caller, shop.id, FIELD, token("x"))
                .await
                .err(),
            fixture.credentials.list(&caller, shop.id).await.err(),
            fixture
                .credentials
                .delete(&caller, shop.id, FIELD)
                .await
                .err(),
            fixture.credentials.keys(&caller).await.err(),
            fixture.credentials.rotate_keys(&caller).await.err(),
            fixture.credentials.stop_rotation(&caller).await.err(),
        ];
        for error in refused {
            assert_eq!(error.unwrap().code(), "forbidden");
        }
    }
}

#[tokio::test]
async fn a_write_that_is_ended_at_any_step_leaves_one_state_that_opens() {
    let start = {
        let shelf = Arc::new(Shelf::default());
        let fixture = Fixture::on(&shelf, &["a"]).await;
        let shop = fixture.cluster("shop").await;
        let put = fixture
            .credentials
            .put(admin(), shop.id, FIELD, token("old"));
        put.await.unwrap();
        (shelf.kept(), fixture, shop.id)
    };
    let (kept, fixture, shop) = start;
    let current = |kept: &Kept| kept.credentials[&(shop, FIELD)].slot();
    let mut outcomes = Vec::new();
    for call in 0..5 {
        for done in [false, true] {
            let shelf = Arc::new(Shelf::dying(kept.clone(), Death { call, done }));
            let store = fleetscope_ports::Store {
                credentials: shelf.clone(),
                ..fixture.store.clone()
            };
            let vault: Arc<dyn fleetscope_ports::Vault> = shelf.clone();
            let (dying, _) = crate::fixture::wired(&store, &vault, &["a"]);
            let put = dying.put(admin(), shop, FIELD, token("new")).await;
            let left = shelf.kept();
            let now = current(&left);
            // What opens is what the database says, and nothing else that lies there.
            let mut opens = Vec::new();
            for (slot, sealed) in &left.envelopes {
                let at = CredentialSlot { ..now };
                let ring = crate::fixture::ring(&["a"]);
                if fleetscope_registry::envelope::open(&ring, at, sealed).is_ok() {
                    opens.push(*slot);
                }
            }
            assert_eq!(opens, [now], "{call} {done}");
            outcomes.push((put.is_ok(), now.generation));
            // The next write is under a generation that no envelope that lies there has.
            let shelf = Arc::new(Shelf::of(left.clone()));
            let store = fleetscope_ports::Store {
                credentials: shelf.clone(),
                ..fixture.store.clone()
            };
            let vault: Arc<dyn fleetscope_ports::Vault> = shelf.clone();
            let (again, _) = crate::fixture::wired(&store, &vault, &["a"]);
            let next = again
                .put(admin(), shop, FIELD, token("next"))
                .await
                .unwrap();
            let before = left.envelopes.keys().map(|slot| slot.generation);
            assert!(before.max().unwrap() < next.generation);
            assert_eq!(shelf.kept().envelopes.len(), 1);
        }
    }
    // Read, reserve, lay down: the old one. Told and done: the new one, also where the old one
    // could not be removed.
    let old = outcomes
        .iter()
        .filter(|(_, generation)| *generation == 1)
        .count();
    assert_eq!((old, outcomes.len()), (7, 10), "{outcomes:?}");
}

#[tokio::test]
async fn a_removed_clusters_envelopes_go_at_once_or_with_the_sweep() {
    let shelf = Arc::new(Shelf::default());
    let fixture = Fixture::on(&shelf, &["a"]).await;
    let (shop, edge) = (fixture.cluster("shop").await, fixture.cluster("edge").await);
    for id in [shop.id, edge.id] {
        let put = fixture.credentials.put(admin(), id, FIELD, token("x"));
        put.await.unwrap();
    }
    fixture
        .registry
        .delete(admin(), shop.id, None, History::Keep)
        .await
        .unwrap();
    assert_eq!(shelf.kept().envelopes.len(), 1);
    // As if the process had ended between the two.
    let event = fleetscope_model::NewEvent {
        at: edge.created_at,
        kind: EventKind::ClusterDeleted,
        subject: edge.id.to_string(),
        actor: "test".to_owned(),
        summary: String::new(),
        places: Vec::new(),
    };
    fixture
        .store
        .clusters
        .delete(edge.id, None, &event)
        .await
        .unwrap();
    assert_eq!(fixture.credentials.sweep().await.unwrap(), 1);
    assert!(shelf.kept().envelopes.is_empty());
    assert_eq!(fixture.credentials.sweep().await.unwrap(), 0);
}
