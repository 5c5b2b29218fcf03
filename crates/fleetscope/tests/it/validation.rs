//! Whether endpoints can be used, told by calling them: what is wrong with each, in the time of the
//! slowest; and the roles that Fleetscope asks for are the ones it needs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fleetscope_client::wire::{
    CapabilityKind, CheckCode, ClusterState, CredentialField, Endpoint, Endpoints, NewCluster,
    NewCredential, Presence, Validation,
};
use fleetscope_sim::kubernetes::Subject;
use fleetscope_testkit::app::a_time;
use fleetscope_testkit::{Fleet, Shape, TestApp};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What a server on loopback does.
pub(crate) enum Manner {
    /// Answers every request with this status and body.
    Answer(u16, &'static str),
    /// Takes the connection and says nothing.
    Silent,
    /// Speaks TLS with this certificate, and answers as Prometheus does.
    Tls(TlsAcceptor),
}

const GOOD: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#;

pub(crate) async fn serve(manner: Manner) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let manner = Arc::new(manner);
    let serve = async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            match &*manner {
                Manner::Silent => held.push(stream),
                Manner::Answer(status, body) => answer(stream, *status, body).await,
                Manner::Tls(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer(stream, 200, GOOD).await;
                    }
                }
            }
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(serve);
    port
}

async fn answer<S>(mut stream: S, status: u16, body: &str)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut head = [0; 8192];
    let _ = stream.read(&mut head).await;
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn server(&self, name: &str, until: i32) -> Manner {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Manner::Tls(TlsAcceptor::from(Arc::new(config.unwrap())))
    }

    /// A server that lets in nobody without a certificate of the other authority.
    pub(crate) fn server_asking(&self, name: &str, clients: &Self) -> Manner {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(clients.pem.as_bytes()).unwrap();
        roots.add(root).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
        let config = ServerConfig::builder()
            .with_client_cert_verifier(verifier.unwrap())
            .with_single_cert(vec![certificate.der().clone()], key);
        Manner::Tls(TlsAcceptor::from(Arc::new(config.unwrap())))
    }

    /// A client's certificate and key, in PEM.
    pub(crate) fn client(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

pub(crate) fn cluster(name: &str, prometheus: Endpoint) -> NewCluster {
    NewCluster {
        name: name.to_owned(),
        endpoints: Endpoints {
            prometheus: Some(prometheus),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    }
}

pub(crate) fn at(url: String, ca: Option<&str>) -> Endpoint {
    Endpoint {
        url,
        ca_bundle: ca.map(str::to_owned),
        ..Endpoint::default()
    }
}

pub(crate) fn only(validation: &Validation) -> CheckCode {
    assert_eq!(validation.checks.len(), 1, "{validation:?}");
    validation.checks[0].code
}

/// Ten endpoints, each broken in its own way, and what is to be said of it.
async fn broken(ours: &Authority) -> [(&'static str, Endpoint, CheckCode); 10] {
    let other = Authority::new();
    let plain = |port: u16| at(format!("http://127.0.0.1:{port}"), None);
    let tls = |port: u16| at(format!("https://localhost:{port}"), Some(&ours.pem));
    let closed = {
        // Bound for as long as the process lives, so that nobody else listens there.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        std::mem::forget(socket);
        port
    };
    let refused = r#"{"message":"no"}"#;
    [
        (
            "a",
            at("http://prometheus.invalid:9090".to_owned(), None),
            CheckCode::UnknownHost,
        ),
        ("b", plain(closed), CheckCode::ConnectionRefused),
        ("c", plain(serve(Manner::Silent).await), CheckCode::Timeout),
        (
            "d",
            tls(serve(ours.server("localhost", 2021)).await),
            CheckCode::CertificateExpired,
        ),
        (
            "e",
            tls(serve(other.server("localhost", 2999)).await),
            CheckCode::UnknownAuthority,
        ),
        (
            "f",
            tls(serve(ours.server("shop.example.com", 2999)).await),
            CheckCode::CertificateName,
        ),
        (
            "g",
            plain(serve(Manner::Answer(401, refused)).await),
            CheckCode::Unauthenticated,
        ),
        (
            "h",
            plain(serve(Manner::Answer(403, refused)).await),
            CheckCode::Forbidden,
        ),
        (
            "i",
            plain(serve(Manner::Answer(200, "<html>login</html>")).await),
            CheckCode::OtherProduct,
        ),
        (
            "j",
            plain(serve(Manner::Answer(503, "")).await),
            CheckCode::ServerError,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_broken_endpoints_of_ten_kinds_get_ten_codes_in_the_time_of_the_slowest() {
    let limit = Duration::from_secs(3);
    let app = TestApp::start_with(Shape::One, a_time(), |config| {
        config.outbound.timeout = limit;
    })
    .await;
    let ours = Authority::new();
    let cases = broken(&ours).await;
    let mut ids = Vec::new();
    for (name, endpoint, code) in cases {
        let made = app
            .admin
            .create_cluster(&cluster(name, endpoint))
            .await
            .unwrap();
        assert_eq!(made.health.status, ClusterState::Unknown);
        ids.push((name, made.id, code));
    }
    let begun = Instant::now();
    let validated = ids
        .iter()
        .map(|(_, id, _)| app.operator.validate_cluster(*id));
    let validated = futures::future::join_all(validated).await;
    let took = begun.elapsed();
    assert!(took < limit + Duration::from_secs(2), "{took:?}");
    let mut told = std::collections::BTreeSet::new();
    for ((name, id, code), validation) in ids.iter().zip(validated) {
        let validation = validation.unwrap();
        let check = &validation.checks[0];
        assert_eq!(only(&validation), *code, "{name}: {}", check.detail);
        assert!(
            check.detail.contains(": "),
            "says what to do: {}",
            check.detail
        );
        assert_eq!(validation.status, ClusterState::Unreachable);
        told.insert(format!("{code:?}"));
        if *code == CheckCode::CertificateExpired {
            let end = "2021-01-01T00:00:00Z".parse().unwrap();
            assert_eq!(check.certified_until, Some(end));
        }
        let kept = app.viewer.cluster_validation(*id).await.unwrap();
        assert_eq!(kept, validation);
        let shown = app.viewer.cluster(*id).await.unwrap();
        assert_eq!(shown.health.endpoints["prometheus"], *code);
    }
    assert_eq!(told.len(), 10);
    let path = "/api/v1/clusters?health=unreachable&limit=500";
    let list = app
        .viewer
        .raw(Method::GET, path)
        .unwrap()
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 10);
    // Read again with the certificate that it should have had all along.
    let good = serve(ours.server("localhost", 2999)).await;
    let endpoint = at(format!("https://localhost:{good}"), Some(&ours.pem));
    let made = app
        .admin
        .create_cluster(&cluster("k", endpoint))
        .await
        .unwrap();
    let validation = app.operator.validate_cluster(made.id).await.unwrap();
    assert_eq!(only(&validation), CheckCode::Ok, "{validation:?}");
    let end = "2999-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(validation.checks[0].certified_until, Some(end));
    assert!(
        app.viewer.validate_cluster(made.id).await.is_err(),
        "a viewer only reads"
    );
}

/// The roles and bindings that `fleetscope rbac generate` prints.
pub(crate) fn generated(capabilities: &str) -> Vec<Value> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_fleetscope"))
        .args(["rbac", "generate", "--capability", capabilities])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let manifests = text
        .split("---\n")
        .map(|document| serde_saphyr::from_str::<Value>(document).unwrap());
    manifests
        .filter(|manifest| manifest["apiVersion"] == "rbac.authorization.k8s.io/v1")
        .collect()
}

/// What is generated, applied to a simulated cluster as kubectl would.
pub(crate) fn apply_generated(access: &fleetscope_sim::kubernetes::Access, capabilities: &str) {
    for manifest in generated(capabilities) {
        assert!(access.apply(&manifest), "{manifest}");
    }
}

pub(crate) const ALL: &str = "rights,metrics,alerts,logs,traces,gpu,ptp,sriov,dpdk";

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_roles_are_enough_and_no_more() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(7, app.clock.clone()).await;
    let access = fleet.simulation().access("edge").unwrap();
    access.guard(true);
    let subject = Subject {
        user: "system:serviceaccount:fleetscope:fleetscope".to_owned(),
        groups: vec!["system:authenticated".to_owned()],
        ..Subject::default()
    };
    access.know("canary-token", subject);
    let clusters = fleet.register(&app.admin).await;
    let edge = clusters
        .iter()
        .find(|cluster| cluster.name == "edge")
        .unwrap();

    let kubernetes = |validation: &Validation| {
        let check = validation
            .checks
            .iter()
            .find(|c| c.endpoint == "kubernetes");
        check.unwrap().clone()
    };
    // Without a credential nobody is known.
    let validation = app.operator.validate_cluster(edge.id).await.unwrap();
    assert_eq!(kubernetes(&validation).code, CheckCode::Unauthenticated);
    let credential = NewCredential::token("canary-token");
    let field = CredentialField::Kubernetes;
    app.admin
        .put_credential(edge.id, field, &credential)
        .await
        .unwrap();
    // With one that may nothing, what is missing is named.
    let validation = app.operator.validate_cluster(edge.id).await.unwrap();
    let check = kubernetes(&validation);
    assert_eq!(check.code, CheckCode::MissingRights, "{check:?}");
    assert_eq!(validation.status, ClusterState::Degraded);
    let missing = check.rights.unwrap().missing;
    assert!(
        missing
            .iter()
            .any(|right| right.resource == "nodes" && right.verb == "list")
    );

    apply_generated(&access, ALL);
    let validation = app.operator.validate_cluster(edge.id).await.unwrap();
    let check = kubernetes(&validation);
    assert_eq!(check.code, CheckCode::Ok, "{check:?}");
    let rights = check.rights.unwrap();
    assert_eq!(rights.missing, []);
    assert_eq!(rights.excess, Vec::<String>::new());
    assert_eq!(validation.status, ClusterState::Healthy);
    for check in &validation.checks {
        assert!(check.version.is_some(), "{check:?}");
    }

    // What is too much is named.
    assert!(access.apply(&serde_json::json!({
        "kind": "ClusterRole", "metadata": { "name": "more" },
        "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "delete"] }],
    })));
    assert!(access.apply(&serde_json::json!({
        "kind": "ClusterRoleBinding", "metadata": { "name": "more" },
        "roleRef": { "kind": "ClusterRole", "name": "more" },
        "subjects": [{ "kind": "ServiceAccount", "name": "fleetscope", "namespace": "fleetscope" }],
    })));
    let validation = app.operator.validate_cluster(edge.id).await.unwrap();
    let rights = kubernetes(&validation).rights.unwrap();
    assert_eq!(rights.excess, ["get, delete on secrets"]);

    discovers(&app, &access, edge.id).await;
}

/// Discovery with all rights, and without the one to list nodes.
async fn discovers(app: &TestApp, access: &fleetscope_sim::kubernetes::Access, edge: uuid::Uuid) {
    let known = app.operator.cluster_capabilities(edge, true).await.unwrap();
    let of = |known: &fleetscope_client::wire::Capabilities, kind| {
        let found = known.capabilities.iter().find(|c| c.kind == kind);
        found.unwrap().clone()
    };
    for (kind, evidence) in [
        (CapabilityKind::Ptp, "NodePtpDevice"),
        (CapabilityKind::Sriov, "SriovNetworkNodeState"),
        (CapabilityKind::Nodes, "Node"),
        (CapabilityKind::Cnf, "Pod"),
    ] {
        let capability = of(&known, kind);
        assert_eq!(capability.presence, Presence::Yes, "{capability:?}");
        assert!(
            capability
                .evidence
                .iter()
                .any(|object| object.kind == evidence),
            "{capability:?}"
        );
    }
    assert_eq!(of(&known, CapabilityKind::Gpu).presence, Presence::No);
    assert!(access.delete("ClusterRole", "", "fleetscope"));
    let known = app.operator.cluster_capabilities(edge, true).await.unwrap();
    assert!(app.viewer.cluster_capabilities(edge, true).await.is_err());
    let kept = app.viewer.cluster_capabilities(edge, false).await.unwrap();
    assert_eq!(kept, known);
    for kind in [
        CapabilityKind::Nodes,
        CapabilityKind::Gpu,
        CapabilityKind::Ptp,
    ] {
        let capability = of(&known, kind);
        assert_eq!(capability.presence, Presence::Unknown, "{capability:?}");
        assert!(!capability.needs.is_empty(), "{capability:?}");
    }
    let nodes = of(&known, CapabilityKind::Nodes);
    assert_eq!(
        (
            nodes.needs[0].verb.as_str(),
            nodes.needs[0].resource.as_str()
        ),
        ("list", "nodes")
    );
    // What changed is told to whoever follows along.
    let events = app
        .viewer
        .raw(Method::GET, "/api/v1/events?limit=500")
        .unwrap();
    let events: Value = events.send().await.unwrap().json().await.unwrap();
    let told = |kind: &str, part: &str| {
        let mut all = events["items"].as_array().unwrap().iter();
        all.any(|event| event["kind"] == kind && event["summary"].as_str().unwrap().contains(part))
    };
    assert!(told("cluster.health", "kubernetes unauthenticated"));
    assert!(told("cluster.capabilities", "nodes unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_looked_at_when_they_are_registered_and_found_by_what_they_can_do() {
    let app = TestApp::start_with(Shape::One, a_time(), |config| {
        config.checks.enabled = true;
    })
    .await;
    let fleet = Fleet::start(7, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    let begun = Instant::now();
    loop {
        let list = app
            .viewer
            .raw(Method::GET, "/api/v1/clusters?health=healthy")
            .unwrap();
        let list: Value = list.send().await.unwrap().json().await.unwrap();
        let items = list["items"].as_array().unwrap();
        let discovered = |item: &Value| !item["capabilities"].as_array().unwrap().is_empty();
        if items.len() == clusters.len() && items.iter().all(discovered) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{list}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (capability, name) in [("gpu", "train"), ("ptp", "edge"), ("sriov", "edge")] {
        let path = format!("/api/v1/clusters?capability={capability}");
        let list = app
            .viewer
            .raw(Method::GET, &path)
            .unwrap()
            .send()
            .await
            .unwrap();
        let list: Value = list.json().await.unwrap();
        let names: Vec<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, [name], "{capability}");
    }
}

/// The state that the list shows of a cluster, once it is this one.
async fn becomes(app: &TestApp, cluster: uuid::Uuid, state: ClusterState) {
    let begun = Instant::now();
    loop {
        let found = app.admin.cluster(cluster).await.unwrap();
        if found.health.status == state {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_are_looked_at_anew_once_they_are_shown_something_else() {
    let app = TestApp::start_with(Shape::One, a_time(), |config| {
        config.checks.enabled = true;
    })
    .await;
    let fleet = Fleet::start(7, app.clock.clone()).await;
    let access = fleet.simulation().access("edge").unwrap();
    access.guard(true);
    let subject = Subject {
        user: "system:serviceaccount:fleetscope:fleetscope".to_owned(),
        groups: vec!["system:authenticated".to_owned()],
        ..Subject::default()
    };
    access.know("canary-token", subject);
    apply_generated(&access, ALL);
    let clusters = fleet.register(&app.admin).await;
    let edge = clusters.iter().find(|c| c.name == "edge").unwrap().id;
    becomes(&app, edge, ClusterState::Degraded).await;
    let field = CredentialField::Kubernetes;
    let credential = NewCredential::token("canary-token");
    let written = app.admin.put_credential(edge, field, &credential).await;
    written.unwrap();
    becomes(&app, edge, ClusterState::Healthy).await;
    app.admin.delete_credential(edge, field).await.unwrap();
    becomes(&app, edge, ClusterState::Degraded).await;
}

/// Run with the variable `UPDATE` to write it anew, and read what changed.
#[test]
fn the_generated_roles_are_those_that_were_read() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_fleetscope"))
        .args(["rbac", "generate"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let stored = include_str!("../../../../docs/rbac.yaml");
    assert!(
        text == stored,
        "docs/rbac.yaml is not what `fleetscope rbac generate` prints: write it anew, and read \
         what changed before committing it\n{text}"
    );
}

/// Of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_clusters_are_listed_at_once_and_looked_at_over_a_few_connections() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let app = TestApp::start_with(Shape::One, a_time(), |config| {
        config.limits.per_second = 100_000;
        config.limits.burst = 100_000;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, top) = (open.clone(), most.clone());
    let serve = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let count = count.clone();
            top.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
            tokio::spawn(async move {
                answer(stream, 200, GOOD).await;
                count.fetch_sub(1, Ordering::SeqCst);
            });
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(serve);
    let before = resident();
    for n in 0..500 {
        let new = cluster(
            &format!("c{n:03}"),
            at(format!("http://127.0.0.1:{port}"), None),
        );
        app.admin.create_cluster(&new).await.unwrap();
    }
    for _ in 0..3 {
        app.roles.activate("checks").await.unwrap();
    }
    let each = resident().saturating_sub(before) / 500;
    let path = "/api/v1/clusters?health=healthy&limit=500";
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let begun = Instant::now();
        let list = app
            .viewer
            .raw(Method::GET, path)
            .unwrap()
            .send()
            .await
            .unwrap();
        let body = list.bytes().await.unwrap();
        best = best.min(begun.elapsed());
        let list: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), 500);
    }
    let most = most.load(Ordering::SeqCst);
    println!("500 clusters: list {best:?}, at most {most} connections, {each} KiB a cluster");
    // Eight clusters at a time, and what is kept open between two calls.
    assert!(most <= 16, "{most} connections");
    assert!(each < 256, "{each} KiB a cluster");
}
