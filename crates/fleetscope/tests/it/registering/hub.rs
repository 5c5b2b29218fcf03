//! What the hub is asked for: the clusters that Open Cluster Management knows, and the keys that
//! credentials are sealed under.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_client::wire::{
    CredentialField, ImportOutcome, ImportRequest, ImportResult, NewCredential,
};
use fleetscope_config::{Config, CredentialsStore};
use fleetscope_ports::{ManualClock, SeededIds};
use fleetscope_sim::hub::Served;
use fleetscope_sim::kubernetes::{KubeStore, ResourceSpec, ServerVersion, router};
use fleetscope_testkit::{Shape, TestApp, a_time};
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "fleetscope";

/// An API server with an empty store.
pub(crate) struct Hub {
    pub(crate) kept: KubeStore,
    pub(crate) served: Served,
    pub(crate) folder: tempfile::TempDir,
}

impl Hub {
    pub(crate) async fn start() -> Self {
        let kept = KubeStore::new(Arc::new(a_time), 7);
        let api = router(kept.clone(), ServerVersion::new("v1.31.4"));
        let served = Served::start(api, 0).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "hub-token").unwrap();
        Self {
            kept,
            served,
            folder,
        }
    }

    /// The configuration that leads here.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.hub.url = Some(self.served.base.clone());
        config.hub.token_file = Some(self.folder.path().join("token"));
        NAMESPACE.clone_into(&mut config.credentials.namespace);
    }

    async fn app(&self, change: impl FnOnce(&mut Config)) -> TestApp {
        TestApp::start_with(Shape::One, a_time(), |config| {
            self.configure(config);
            change(config);
        })
        .await
    }

    fn apply(&self, object: Value) {
        assert_ne!(self.kept.apply_at(object, a_time()), Value::Null);
    }

    fn manages(&self, name: &str, url: &str, labels: &Value, bundle: &str) {
        self.apply(json!({
            "apiVersion": "cluster.open-cluster-management.io/v1",
            "kind": "ManagedCluster",
            "metadata": { "name": name, "labels": labels },
            "spec": {
                "hubAcceptsClient": true,
                "managedClusterClientConfigs": [{ "url": url, "caBundle": STANDARD.encode(bundle) }],
            },
        }));
    }
}

async fn import(app: &TestApp) -> Vec<ImportResult> {
    let request = ImportRequest {
        managed_clusters: Some(true),
        ..ImportRequest::default()
    };
    app.admin.import_clusters(&request).await.unwrap().items
}

fn outcomes(results: &[ImportResult]) -> Vec<(&str, ImportOutcome)> {
    let all = results.iter();
    all.map(|one| (one.name.as_str(), one.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn managed_clusters_of_the_hub_are_imported_once_and_followed() {
    use ImportOutcome::{Created, Refused, Unchanged, Updated};
    let hub = Hub::start().await;
    let app = hub.app(|_| {}).await;
    hub.kept.register(ResourceSpec::cluster(
        "cluster.open-cluster-management.io/v1",
        "ManagedCluster",
        "managedclusters",
    ));
    let made = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
    let bundle = made.cert.pem();
    let labels = json!({ "vendor": "OpenShift", "environment": "production", "region": "eu" });
    hub.manages(
        "shop",
        "https://api.shop.example.com:6443",
        &labels,
        &bundle,
    );
    hub.manages(
        "edge",
        "https://api.edge.example.com:6443/",
        &json!({}),
        &bundle,
    );
    // The name of a cloud's metadata service, and no address that is ever called.
    hub.manages("trap", "https://169.254.169.254", &json!({}), &bundle);
    let first = import(&app).await;
    assert_eq!(
        outcomes(&first),
        [("edge", Created), ("shop", Created), ("trap", Refused)]
    );
    assert!(
        first[1]
            .detail
            .as_ref()
            .unwrap()
            .contains("fleetscope credentials set")
    );
    assert!(
        first[2]
            .detail
            .as_ref()
            .unwrap()
            .contains("169.254.169.254")
    );
    let shop = app.viewer.cluster(first[1].id.unwrap()).await.unwrap();
    assert_eq!(shop.provider.as_deref(), Some("openshift"));
    assert_eq!(shop.environment.as_deref(), Some("production"));
    assert_eq!(shop.labels["region"], "eu");
    let api = shop.endpoints.kubernetes.as_ref().unwrap();
    assert_eq!(api.url, "https://api.shop.example.com:6443");
    assert_eq!(api.ca_bundle.as_deref(), Some(bundle.as_str()));

    // The second time nothing is written: neither a generation nor an event.
    let before = app.admin.events(0, 500).await.unwrap().items.len();
    let second = import(&app).await;
    assert_eq!(
        outcomes(&second),
        [("edge", Unchanged), ("shop", Unchanged), ("trap", Refused)]
    );
    assert_eq!(app.admin.events(0, 500).await.unwrap().items.len(), before);
    assert_eq!(app.viewer.cluster(shop.id).await.unwrap().generation, 1);

    let labels = json!({ "vendor": "OpenShift", "environment": "production", "region": "us" });
    hub.manages(
        "shop",
        "https://api.shop.example.com:6443",
        &labels,
        &bundle,
    );
    let third = import(&app).await;
    assert_eq!(
        outcomes(&third),
        [("edge", Unchanged), ("shop", Updated), ("trap", Refused)]
    );
    assert_eq!(
        app.viewer.cluster(shop.id).await.unwrap().labels["region"],
        "us"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_managed_clusters_says_so_and_only_administrators_import() {
    let hub = Hub::start().await;
    let app = hub.app(|_| {}).await;
    let request = ImportRequest {
        managed_clusters: Some(true),
        ..ImportRequest::default()
    };
    let without = app.admin.import_clusters(&request).await.unwrap_err();
    assert!(
        without.to_string().contains("Open Cluster Management"),
        "{without}"
    );
    let refused = app.operator.import_clusters(&request).await.unwrap_err();
    assert_eq!(refused.status(), Some(403));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_from_secrets_of_the_hub() {
    let hub = Hub::start().await;
    let key = STANDARD.encode([7; 32]);
    hub.apply(json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": { "name": "fleetscope-keys", "namespace": NAMESPACE },
        "data": { "2027-01": STANDARD.encode(format!("{key}\n")) },
    }));
    let app = hub
        .app(|config| {
            config.credentials.keys = vec!["2027-01 secret:fleetscope-keys/2027-01".to_owned()];
            config.credentials.store = CredentialsStore::Secrets;
        })
        .await;
    let shop = app.admin.create_cluster(&named("shop")).await.unwrap();
    let token = NewCredential::token("canary");
    let put = app
        .admin
        .put_credential(shop.id, CredentialField::Shared, &token)
        .await;
    assert_eq!(put.unwrap().key_id, "2027-01");
    let keys = app.admin.keys().await.unwrap().keys;
    let told: Vec<_> = keys
        .iter()
        .map(|key| (key.id.as_str(), key.active, key.credentials))
        .collect();
    assert_eq!(told[0], ("2027-01", true, 1));
    let name = format!("aiops-cluster-{}", shop.id);
    let secret = hub
        .kept
        .get("v1", "Secret", Some(NAMESPACE), &name)
        .unwrap();
    assert!(!secret.to_string().contains("canary"));
    assert!(secret["data"]["shared.1"].is_string(), "{secret}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_secret_is_not_there_or_says_nothing_stops_the_start_with_its_name() {
    let hub = Hub::start().await;
    hub.apply(json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": { "name": "there", "namespace": NAMESPACE },
        "data": { "short": STANDARD.encode("canary") },
    }));
    for (source, told) in [
        ("secret:absent/a", "absent"),
        ("secret:there/other", "other"),
        ("secret:there/short", "32 bytes in base64"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
        config.storage.data_dir = folder.path().join("data");
        hub.configure(&mut config);
        config.credentials.keys = vec![format!("a {source}")];
        let parts = fleetscope_runtime::Parts {
            clock: Arc::new(ManualClock::new(a_time())),
            ids: Arc::new(SeededIds::new(1)),
        };
        let error = fleetscope_runtime::start(config, parts)
            .await
            .err()
            .unwrap();
        let message = error.to_string();
        assert!(
            message.contains(told) && message.contains(": "),
            "{source}: {message}"
        );
        assert!(!message.contains("canary"), "{message}");
    }
}

fn named(name: &str) -> fleetscope_client::wire::NewCluster {
    fleetscope_client::wire::NewCluster {
        name: name.to_owned(),
        ..fleetscope_client::wire::NewCluster::default()
    }
}
