//! The same with an OpenID Connect issuer.

use std::sync::Arc;

use axum::http::StatusCode;
use fleetscope_config::{AuthenticatorKind, Config, LoginVia};
use fleetscope_ports::{Clock as _, ManualClock};
use fleetscope_sim::hub::Served;
use fleetscope_sim::issuer::{Issuer, Signing};
use serde_json::json;
use url::Url;

use super::{House, Shape, ask};

async fn issuer() -> (Issuer, Served) {
    // Its clock stands where each house's begins.
    let clock = ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap());
    let issuer = Issuer::new(Signing::Es256, Arc::new(move || clock.now())).unwrap();
    issuer.sign_in(json!({ "sub": "42", "groups": ["ops"] }));
    let served = Served::start(issuer.router(), 0).await.unwrap();
    (issuer, served)
}

fn known(config: &mut Config, served: &Served) {
    let name = served.base.as_str().trim_end_matches('/');
    config.identity.oidc.issuer = Some(name.to_owned());
    config.identity.oidc.audiences = vec!["console".to_owned()];
    config.identity.authenticators.push(AuthenticatorKind::Oidc);
    config.access.viewer_groups = vec!["oidc:ops".to_owned()];
    let login = &mut config.identity.login;
    login.public_url = Some(Url::parse("https://fleetscope.example.com").unwrap());
    login.client_id = Some("console".to_owned());
}

async fn logs_in(house: &House, served: &Served) {
    let begun = ask(house.at, "GET", "/auth/login", &[], "").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{begun:?}");
    let location = Url::parse(begun.header("location")).unwrap();
    assert_eq!(location.port(), served.base.port());
    let cookie = begun.header("set-cookie").split(';').next().unwrap();
    let path = format!("{}?{}", location.path(), location.query().unwrap());
    let answered = ask(served.address, "GET", &path, &[], "").await;
    let back = Url::parse(answered.header("location")).unwrap();
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    let done = ask(house.at, "GET", &path, &[("cookie", cookie)], "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    let session = done.header("set-cookie").split(';').next().unwrap();
    let me = ask(house.at, "GET", "/auth/me", &[("cookie", session)], "").await;
    assert_eq!(me.json()["name"], "oidc:42");
    assert_eq!(me.json()["authority"], "oidc");
    assert_eq!(
        me.json()["groups"],
        json!(["oidc:ops", "system:authenticated"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_at_the_issuer() {
    let (_issuer, served) = issuer().await;
    let house = House::with(Shape::Split, |config, _| {
        known(config, &served);
        config.identity.login.via = LoginVia::Oidc;
    })
    .await;
    logs_in(&house, &served).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_hub_has_no_oauth_server_the_issuer_stands_in() {
    let (_issuer, served) = issuer().await;
    let house = House::with(Shape::One, |config, hub| {
        known(config, &served);
        hub.behave(|hub| hub.openshift = false);
    })
    .await;
    logs_in(&house, &served).await;
    house.close().await;
}
