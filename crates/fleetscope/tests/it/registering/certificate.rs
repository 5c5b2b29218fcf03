//! Client certificates, shown to a server that asks for one over real TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_client::MetricScope;
use fleetscope_client::wire::{
    CheckCode, CredentialField, ImportOutcome, ImportRequest, NewCredential, NewCredentialKind,
    SecretText,
};
use fleetscope_testkit::TestApp;

use crate::validation::{Authority, at, cluster, only, serve};

fn pair((certificate, key): (String, String)) -> NewCredential {
    NewCredential {
        certificate: Some(SecretText::new(certificate)),
        key: Some(SecretText::new(key)),
        ..NewCredential::of(NewCredentialKind::ClientCertificate)
    }
}

/// Whether a query finds nobody there who would talk to us.
async fn is_shut_out(app: &TestApp) -> bool {
    let answer = app.viewer.query("up", &MetricScope::default()).await;
    let gaps = answer.unwrap().gaps;
    gaps.iter().any(|gap| gap.kind == "unreachable")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_lets_us_in_and_another_authoritys_does_not() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let port = serve(servers.server_asking("localhost", &clients)).await;
    let app = TestApp::one().await;
    let endpoint = at(format!("https://localhost:{port}"), Some(&servers.pem));
    let shop = app.admin.create_cluster(&cluster("shop", endpoint)).await;
    let shop = shop.unwrap().id;
    let field = CredentialField::Prometheus;
    let give = async |authority: &Authority| {
        let pair = pair(authority.client("fleetscope"));
        app.admin.put_credential(shop, field, &pair).await.unwrap();
    };
    let code = async || only(&app.operator.validate_cluster(shop).await.unwrap());
    let without = code().await;
    assert_ne!(without, CheckCode::Ok);
    assert!(is_shut_out(&app).await);
    give(&Authority::new()).await;
    assert_ne!(
        code().await,
        CheckCode::Ok,
        "of an authority that is not trusted"
    );
    give(&clients).await;
    assert_eq!(code().await, CheckCode::Ok);
    assert!(!is_shut_out(&app).await);
    app.admin.delete_credential(shop, field).await.unwrap();
    assert_eq!(code().await, without);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_with_a_client_certificate_is_imported_and_used() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let port = serve(servers.server_asking("localhost", &clients)).await;
    let app = TestApp::one().await;
    let (certificate, key) = clients.client("ada");
    let encode = |pem: &str| STANDARD.encode(pem);
    let kubeconfig = format!(
        "current-context: ada@shop\ncontexts: [{{name: ada@shop, context: {{cluster: shop, user: ada}}}}]\n\
         clusters: [{{name: shop, cluster: {{server: 'https://localhost:{port}', \
         certificate-authority-data: {}}}}}]\nusers: [{{name: ada, user: {{client-certificate-data: \
         {}, client-key-data: {}}}}}]\n",
        encode(&servers.pem),
        encode(&certificate),
        encode(&key),
    );
    let import = async || {
        let request = ImportRequest {
            kubeconfig: Some(SecretText::new(kubeconfig.clone())),
            contexts: Some(vec!["ada@shop".to_owned()]),
            ..ImportRequest::default()
        };
        app.admin
            .import_clusters(&request)
            .await
            .unwrap()
            .items
            .remove(0)
    };
    let first = import().await;
    assert_eq!(
        (first.name.as_str(), first.outcome),
        ("ada-shop", ImportOutcome::Created)
    );
    assert_eq!(import().await.outcome, ImportOutcome::Unchanged);
    let id = first.id.unwrap();
    let kept = app.admin.credentials(id).await.unwrap().items;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].given_for, [format!("https://localhost:{port}")]);
    let code = async || only(&app.operator.validate_cluster(id).await.unwrap());
    // It is no Kubernetes, which only somebody who was let in can tell.
    assert_eq!(code().await, CheckCode::OtherProduct);
    let field = CredentialField::Kubernetes;
    app.admin.delete_credential(id, field).await.unwrap();
    assert_ne!(code().await, CheckCode::OtherProduct);
    app.stop().await;
}
