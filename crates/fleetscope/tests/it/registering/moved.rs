//! An endpoint that gets another address is not sent the credential of the old one.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use fleetscope_client::MetricScope;
use fleetscope_client::wire::{
    CheckCode, CredentialField, Endpoint, Endpoints, NewCluster, NewCredential,
};
use fleetscope_testkit::TestApp;
use tokio::task::JoinSet;

type Heard = Arc<Mutex<Vec<Option<String>>>>;

/// A Prometheus that writes down who says what to be let in.
async fn prometheus(servers: &mut JoinSet<()>) -> (String, Heard) {
    async fn answer(State(heard): State<Heard>, headers: HeaderMap) -> &'static str {
        let said = headers.get("authorization");
        let said = said.map(|value| value.to_str().unwrap().to_owned());
        heard.lock().unwrap().push(said);
        r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#
    }
    let heard = Heard::default();
    let router = Router::new().fallback(answer).with_state(heard.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), heard)
}

fn at(url: &str) -> NewCluster {
    let endpoint = Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    };
    NewCluster {
        name: "shop".to_owned(),
        endpoints: Endpoints {
            prometheus: Some(endpoint),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    }
}

/// What was said since the last time, of the queries that are made now.
async fn said(app: &TestApp, heard: &Heard) -> (Vec<Option<String>>, Vec<String>) {
    heard.lock().unwrap().clear();
    let answer = app.viewer.query("up", &MetricScope::default()).await;
    let gaps = answer.unwrap().gaps.into_iter().map(|gap| gap.detail);
    let said = heard.lock().unwrap().clone();
    (said, gaps.collect())
}

fn command(app: &TestApp, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fleetscope"))
        .env("FLEETSCOPE_URL", app.base.as_str())
        .env("FLEETSCOPE_TOKEN", &app.token)
        .args(arguments)
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_stays_where_it_was_given_for_until_it_is_given_again() {
    let mut servers = JoinSet::new();
    let (first, heard_there) = prometheus(&mut servers).await;
    let (second, heard_here) = prometheus(&mut servers).await;
    let canary = || Some("Bearer canary-moved".to_owned());
    let app = TestApp::one().await;
    let shop = app.admin.create_cluster(&at(&first)).await.unwrap();
    let field = CredentialField::Prometheus;
    let give = || async {
        let new = NewCredential::token("canary-moved");
        app.admin.put_credential(shop.id, field, &new).await
    };
    assert_eq!(give().await.unwrap().given_for, [first.as_str()]);
    assert_eq!(said(&app, &heard_there).await, (vec![canary()], vec![]));

    let moved = app.admin.update_cluster(shop.id, &at(&second), None).await;
    moved.unwrap();
    let (heard, gaps) = said(&app, &heard_here).await;
    assert_eq!(heard, [], "not even asked");
    assert!(gaps[0].contains("give it again"), "{gaps:?}");
    let validation = app.operator.validate_cluster(shop.id).await.unwrap();
    assert_eq!(validation.checks[0].code, CheckCode::CredentialUnusable);
    assert!(validation.checks[0].detail.contains(&second));
    let told = heard_here.lock().unwrap().clone();
    assert!(told.iter().all(Option::is_none), "{told:?}");

    // A person sees on the command line what it was given for, and what an import makes of it.
    let listed = command(&app, &["credentials", "list", "shop"]);
    assert!(String::from_utf8(listed.stdout).unwrap().contains(&first));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clusters.json");
    let list = serde_json::json!([{ "cluster": at(&format!("{second}/x")) }]);
    std::fs::write(&file, list.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let imported = command(&app, &["clusters", "import", "--file", file]);
    let shown = String::from_utf8(imported.stdout).unwrap();
    assert!(
        shown.contains("updated") && shown.contains("until it is given again"),
        "{shown}"
    );
    assert_eq!(said(&app, &heard_here).await.0, []);

    assert_eq!(give().await.unwrap().given_for, [second.as_str()]);
    assert_eq!(said(&app, &heard_here).await, (vec![canary()], vec![]));
    app.stop().await;
}
