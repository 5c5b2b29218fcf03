//! A credential is shown to whom it was given for, whatever becomes of the endpoint.

use fleetscope_model::{
    Cluster, CredentialField, CredentialUse, Endpoint, EventKind, EventSeq, Fault as _, Role,
    Source,
};
use fleetscope_ports::Credentials as _;
use fleetscope_registry::credentials::{ImportOutcome, Imported};

use crate::fixture::{FIELD, Fixture, REACH, admin, token};

const MOVED: &str = "https://prometheus.attacker.example";

/// The Prometheus of the cluster is there from now on.
async fn moves(fixture: &Fixture, cluster: &Cluster, endpoint: Endpoint) -> Cluster {
    let mut draft = cluster.draft.clone();
    draft.endpoints.prometheus = Some(endpoint);
    let moved = fixture.registry.update(admin(), cluster.id, draft, None);
    moved.await.unwrap()
}

/// Whether something is shown to whoever is reached so.
async fn shown(fixture: &Fixture, cluster: &Cluster, reach: &str) -> Result<bool, String> {
    let opener = &fixture.opener;
    let shown = opener.shown(cluster.id, Source::Prometheus, reach, Role::Collector);
    match shown.await {
        Ok(shown) => Ok(shown.is_some()),
        Err(error) if error.code() == "credential_not_given_for" => Err(error.message()),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn an_endpoint_that_moved_is_shown_nothing_until_it_is_given_again() {
    for field in [FIELD, CredentialField::Shared] {
        let fixture = Fixture::new(&["a"]).await;
        let shop = fixture.cluster("shop").await;
        let put = || {
            fixture
                .credentials
                .put(admin(), shop.id, field, token("canary"))
        };
        assert_eq!(put().await.unwrap().given_for, [REACH]);
        assert_eq!(shown(&fixture, &shop, REACH).await, Ok(true));
        let path = format!("{REACH}/select/0/prometheus");
        moves(&fixture, &shop, Endpoint::at(path)).await;
        assert_eq!(shown(&fixture, &shop, REACH).await, Ok(true));

        moves(&fixture, &shop, Endpoint::at(MOVED)).await;
        let refused = shown(&fixture, &shop, MOVED).await.unwrap_err();
        assert!(
            refused.contains(REACH) && refused.contains(MOVED) && refused.contains("give it again"),
            "{refused}"
        );
        let kinds = [EventKind::ClusterUpdated];
        let events = fixture.store.events.after(EventSeq(0), &kinds, 10).await;
        let events = events.unwrap();
        let told = &events.last().unwrap().event.summary;
        assert!(told.contains("until it is given again"), "{told}");
        assert!(!events[0].event.summary.contains("given again"));

        assert_eq!(put().await.unwrap().given_for, [MOVED]);
        assert_eq!(shown(&fixture, &shop, MOVED).await, Ok(true));
        // Whoever still has the old address in hand is not given it any more.
        assert!(shown(&fixture, &shop, REACH).await.is_err());
    }
}

#[tokio::test]
async fn a_proxy_on_the_way_an_endpoint_taken_away_and_one_put_up_later_are_moves_too() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    let put = fixture
        .credentials
        .put(admin(), shop.id, CredentialField::Shared, token("canary"));
    put.await.unwrap();
    let behind = Endpoint {
        proxy_url: Some("http://proxy.attacker.example:3128".to_owned()),
        ..Endpoint::at(REACH)
    };
    let reach = behind.reach();
    moves(&fixture, &shop, behind).await;
    assert!(shown(&fixture, &shop, &reach).await.is_err());
    let mut draft = shop.draft.clone();
    draft.endpoints.prometheus = None;
    let updated = fixture.registry.update(admin(), shop.id, draft, None);
    updated.await.unwrap();
    moves(&fixture, &shop, Endpoint::at(MOVED)).await;
    assert!(shown(&fixture, &shop, MOVED).await.is_err());
    // One that needs none is read all the same.
    let open = Endpoint {
        credential: CredentialUse::None,
        ..Endpoint::at(MOVED)
    };
    moves(&fixture, &shop, open).await;
    assert_eq!(shown(&fixture, &shop, MOVED).await, Ok(false));
}

#[tokio::test]
async fn an_import_that_moves_an_endpoint_says_so_and_one_with_the_credential_gives_it_again() {
    let fixture = Fixture::new(&["a"]).await;
    let shop = fixture.cluster("shop").await;
    let put = fixture
        .credentials
        .put(admin(), shop.id, FIELD, token("canary"));
    put.await.unwrap();
    let mut draft = shop.draft.clone();
    draft.endpoints.prometheus = Some(Endpoint::at(MOVED));
    let import = async |credentials| {
        let imported = Imported {
            draft: draft.clone(),
            credentials,
        };
        let results = fixture.credentials.import(admin(), vec![imported]).await;
        results.unwrap().remove(0)
    };
    for outcome in [ImportOutcome::Updated, ImportOutcome::Unchanged] {
        let result = import(Vec::new()).await;
        assert_eq!(result.outcome, outcome);
        let detail = result.detail.unwrap();
        assert!(detail.contains("prometheus") && detail.contains("given again"));
        assert!(shown(&fixture, &shop, MOVED).await.is_err());
    }
    for outcome in [ImportOutcome::Updated, ImportOutcome::Unchanged] {
        let result = import(vec![(FIELD, token("canary"))]).await;
        assert_eq!((result.outcome, result.detail), (outcome, None));
        assert_eq!(shown(&fixture, &shop, MOVED).await, Ok(true));
    }
}
