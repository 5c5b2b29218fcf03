//! What clusters have, found on simulated OpenShift clusters with a credential that may do what
//! `fleetscope rbac generate` asks for, and less.

use fleetscope_client::wire::{
    Capabilities, Capability, CapabilityKind, Cluster, CredentialField, NewCredential, Presence,
};
use fleetscope_sim::kubernetes::{Access, Subject};
use fleetscope_testkit::{Fleet, TestApp};

use crate::validation::{ALL, apply_generated, generated};

const TOKEN: &str = "canary-token";

/// The fleet, registered; each of its clusters knows our token and lets it do what was generated.
async fn stage() -> (TestApp, Fleet, Vec<Cluster>) {
    let app = TestApp::one().await;
    let fleet = Fleet::start(7, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    for cluster in &clusters {
        let access = fleet.simulation().access(&cluster.name).unwrap();
        access.guard(true);
        let subject = Subject {
            user: "system:serviceaccount:fleetscope:fleetscope".to_owned(),
            groups: vec!["system:authenticated".to_owned()],
            ..Subject::default()
        };
        access.know(TOKEN, subject);
        apply_generated(&access, ALL);
        let (field, token) = (CredentialField::Kubernetes, NewCredential::token(TOKEN));
        let put = app.admin.put_credential(cluster.id, field, &token).await;
        put.unwrap();
    }
    (app, fleet, clusters)
}

async fn looked_at(app: &TestApp, clusters: &[Cluster], name: &str) -> Capabilities {
    let cluster = clusters.iter().find(|cluster| cluster.name == name);
    let id = cluster.unwrap().id;
    app.operator.cluster_capabilities(id, true).await.unwrap()
}

fn of(known: &Capabilities, kind: CapabilityKind) -> &Capability {
    let mut all = known.capabilities.iter();
    all.find(|capability| capability.kind == kind).unwrap()
}

/// Whether an object of this kind, and what of it, is evidence.
#[track_caller]
fn shown(known: &Capabilities, kind: CapabilityKind, object: &str, by: &str) {
    let capability = of(known, kind);
    assert_eq!(capability.presence, Presence::Yes, "{capability:?}");
    let mut evidence = capability.evidence.iter();
    assert!(
        evidence.any(|seen| seen.kind == object && seen.by.contains(by)),
        "{object} by {by}: {capability:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn gpus_functions_and_clocks_are_found_with_their_evidence() {
    let (app, fleet, clusters) = stage().await;
    let train = looked_at(&app, &clusters, "train").await;
    shown(
        &train,
        CapabilityKind::Gpu,
        "Node",
        "capacity nvidia.com/gpu=",
    );
    shown(&train, CapabilityKind::Gpu, "ClusterPolicy", "");
    shown(
        &train,
        CapabilityKind::Gpu,
        "ClusterServiceVersion",
        "phase Succeeded",
    );
    assert_eq!(
        of(&train, CapabilityKind::Gpu).facts["mig_strategy"],
        "single"
    );
    for kind in [CapabilityKind::Ptp, CapabilityKind::Sriov] {
        assert_eq!(of(&train, kind).presence, Presence::No, "{kind:?}");
    }

    let edge = looked_at(&app, &clusters, "edge").await;
    shown(
        &edge,
        CapabilityKind::Sriov,
        "SriovNetworkNodeState",
        "syncStatus Succeeded",
    );
    shown(
        &edge,
        CapabilityKind::Sriov,
        "Node",
        "capacity openshift.io/fronthaul=8",
    );
    shown(
        &edge,
        CapabilityKind::Sriov,
        "ClusterServiceVersion",
        "Succeeded",
    );
    shown(&edge, CapabilityKind::Ptp, "NodePtpDevice", "1 devices");
    shown(&edge, CapabilityKind::Ptp, "PtpConfig", "");
    shown(
        &edge,
        CapabilityKind::Ptp,
        "ClusterServiceVersion",
        "Succeeded",
    );
    assert_eq!(of(&edge, CapabilityKind::Gpu).presence, Presence::No);
    assert_eq!(
        of(&edge, CapabilityKind::Ptp).at,
        train.at,
        "each says when"
    );

    let access = fleet.simulation().access("edge").unwrap();
    without_nodes(&access);
    let less = looked_at(&app, &clusters, "edge").await;
    for kind in [CapabilityKind::Nodes, CapabilityKind::Gpu] {
        let capability = of(&less, kind);
        assert_eq!(capability.presence, Presence::Unknown, "{capability:?}");
        let needed = &capability.needs[0];
        let needed = (needed.verb.as_str(), needed.resource.as_str());
        assert_eq!(needed, ("list", "nodes"));
    }
    // What other objects show is so all the same, and it is said what was not looked at.
    shown(&less, CapabilityKind::Sriov, "SriovNetworkNodeState", "");
    assert_eq!(of(&less, CapabilityKind::Sriov).needs[0].resource, "nodes");
    app.stop().await;
}

/// What was generated, but for the right to see nodes.
fn without_nodes(access: &Access) {
    for mut manifest in generated(ALL) {
        for rule in manifest["rules"].as_array_mut().into_iter().flatten() {
            let resources = rule["resources"].as_array_mut().unwrap();
            resources.retain(|resource| resource != "nodes");
        }
        assert!(access.apply(&manifest), "{manifest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_openshift_cluster_says_its_version_its_operators_and_where_it_is_watched() {
    let (app, _fleet, clusters) = stage().await;
    let shop = looked_at(&app, &clusters, "shop").await;
    shown(&shop, CapabilityKind::Openshift, "ClusterVersion", "");
    let openshift = of(&shop, CapabilityKind::Openshift);
    assert_eq!(openshift.facts["version"], "4.18.3");
    assert_eq!(openshift.facts["channel"], "stable-4.18");
    assert_eq!(openshift.facts["cluster_id"].len(), 36);
    let platform = of(&shop, CapabilityKind::Kubernetes);
    assert_eq!(platform.facts["distribution"], "openshift");
    shown(
        &shop,
        CapabilityKind::Operators,
        "Subscription",
        "package cluster-logging",
    );
    for (name, known) in [
        ("shop", "odf, logging, tempo"),
        ("train", "nfd, gpu, logging, tempo"),
        ("edge", "ptp, sriov, logging, tempo"),
    ] {
        let found = looked_at(&app, &clusters, name).await;
        assert_eq!(of(&found, CapabilityKind::Operators).facts["known"], known);
    }
    shown(&shop, CapabilityKind::Monitoring, "Route", "");
    shown(&shop, CapabilityKind::Logging, "LokiStack", "");
    shown(&shop, CapabilityKind::Tracing, "TempoStack", "");

    let offered = |known: &Capabilities| -> Vec<(String, String)> {
        let mut offered: Vec<_> = known
            .proposed
            .iter()
            .map(|proposal| (proposal.endpoint.clone(), proposal.url.clone()))
            .collect();
        offered.sort();
        offered
    };
    let expected = |endpoint: &str, url: &str| (endpoint.to_owned(), url.to_owned());
    assert_eq!(
        offered(&shop),
        [
            expected(
                "alertmanager",
                "https://alertmanager-main-openshift-monitoring.apps.shop.example.com"
            ),
            expected(
                "loki",
                "https://logging-loki-openshift-logging.apps.shop.example.com/api/logs/v1/application"
            ),
            expected(
                "prometheus",
                "https://thanos-querier-openshift-monitoring.apps.shop.example.com"
            ),
            expected(
                "tempo",
                "https://tempo-platform-gateway-openshift-tempo-operator.apps.shop.example.com/api/traces/v1/platform/tempo"
            ),
        ]
    );
    // Without a route to it, what is inside is named.
    let edge = offered(&looked_at(&app, &clusters, "edge").await);
    assert_eq!(
        edge[3].1,
        "https://tempo-platform-gateway.openshift-tempo-operator.svc:8080/api/traces/v1/platform/tempo"
    );
    app.stop().await;
}
