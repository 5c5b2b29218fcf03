//! Processes of one installation, which know each other by their service accounts.

use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use fleetscope_config::Config;
use fleetscope_identity::CallerTokens;
use fleetscope_model::{AccessRole, Caller};
use fleetscope_ports::Clock as _;
use fleetscope_sim::hub::{Hub, Outage, Terms};

use super::{House, Said, Shape, ask};

const GATEWAY: &str = "system:serviceaccount:fleetscope:gateway";
const AUDIENCE: &str = "fleetscope-services";

fn knowing_peers(token_file: &Path) -> impl Fn(&mut Config, &Hub) {
    let token_file = token_file.to_owned();
    move |config, hub| {
        config.services.peers = vec![GATEWAY.to_owned()];
        config.services.token_file = Some(token_file.clone());
        std::fs::write(&token_file, hub.token(GATEWAY, &Terms::audience(AUDIENCE))).unwrap();
    }
}

/// A request at the inner door, signed under the right key.
async fn signed(house: &House, peer: Option<&str>) -> Said {
    let path = "/api/v1/clusters";
    let caller = Caller::local("token:admin", AccessRole::Admin);
    let tokens = CallerTokens::new(&"k".repeat(32).into()).unwrap();
    let signed = tokens.sign(&caller, "GET", path, house.clock.now());
    let signed = signed.unwrap();
    let mut headers = vec![("fleetscope-caller", signed.as_str())];
    headers.extend(peer.map(|peer| ("fleetscope-peer", peer)));
    let inner = house.running[1].inner.unwrap();
    ask(inner, "GET", path, &headers, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_known_by_its_service_account_and_nobody_else_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let house = House::with(Shape::Split, knowing_peers(file.path())).await;
    assert_eq!(house.code(&house.admin).await, "ok");

    let token = |name: &str, audience: &str| house.hub.token(name, &Terms::audience(audience));
    // Whoever has the key alone, or a token alone, is refused.
    let gateway = token(GATEWAY, AUDIENCE);
    assert_eq!(signed(&house, Some(&gateway)).await.status, StatusCode::OK);
    let inner = house.running[1].inner.unwrap();
    let headers = [("fleetscope-peer", gateway.as_str())];
    let unsigned = ask(inner, "GET", "/api/v1/clusters", &headers, "").await;
    assert_eq!(unsigned.code(), "caller_refused");
    for peer in [
        None,
        Some("nobody".to_owned()),
        Some(token(GATEWAY, "fleetscope")),
        Some(house.hub.token(GATEWAY, &Terms::default())),
        Some(token("system:serviceaccount:shop:viewer", AUDIENCE)),
    ] {
        let refused = signed(&house, peer.as_deref()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{peer:?}");
        assert_eq!(refused.code(), "peer_refused");
        assert!(!refused.text.contains("nobody"));
    }
    // One that is revoked, once its answer has ended.
    house.hub.revoke(&gateway);
    house.advance(60);
    assert_eq!(signed(&house, Some(&gateway)).await.code(), "peer_refused");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_up_its_new_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let house = House::with(Shape::Split, knowing_peers(file.path())).await;
    assert_eq!(house.code(&house.admin).await, "ok");
    let old = std::fs::read_to_string(file.path()).unwrap();
    house.hub.revoke(&old);
    house.advance(60);
    let terms = Terms {
        life: Duration::from_hours(2),
        ..Terms::audience(AUDIENCE)
    };
    std::fs::write(file.path(), house.hub.token(GATEWAY, &terms)).unwrap();
    // The old one is refused once; the file is read again for the next request.
    assert_eq!(house.code(&house.admin).await, "role_refuses_gateway");
    assert_eq!(house.code(&house.admin).await, "ok");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_hub_lets_no_unknown_peer_in() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let house = House::with(Shape::Split, knowing_peers(file.path())).await;
    let gateway = house.hub.token(GATEWAY, &Terms::audience(AUDIENCE));
    house.hub.behave(|hub| hub.outage = Outage::Answers(503));
    let said = signed(&house, Some(&gateway)).await;
    assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(said.code(), "identity_unavailable");
    house.hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(signed(&house, Some(&gateway)).await.status, StatusCode::OK);
    house.close().await;
}
