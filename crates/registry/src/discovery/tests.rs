//! What is concluded from what was seen.

use fleetscope_kubernetes::{Custom, Machine, NetworkPod};
use fleetscope_model::{Ability, Capability, CapabilityKind, Presence, Right, Source};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::look::{Look, Sight};
use super::{capabilities, changes, propose};

#[expect(
    clippy::needless_pass_by_value,
    reason = "what is given is written in place"
)]
fn object(namespace: &str, name: &str, spec: Value, status: Value) -> Custom {
    serde_json::from_value(json!({
        "metadata": { "name": name, "namespace": namespace }, "spec": spec, "status": status,
    }))
    .unwrap()
}

/// A cluster with nothing on it.
fn bare() -> Sight {
    Sight {
        version: "v1.31.4".to_owned(),
        machines: Look::Seen(Vec::new()),
        pods: Look::Seen(Vec::new()),
        cluster_versions: Look::Absent,
        cluster_policies: Look::Absent,
        node_states: Look::Absent,
        ptp_devices: Look::Absent,
        ptp_configs: Look::Absent,
        subscriptions: Look::Absent,
        cluster_services: Look::Absent,
        loki_stacks: Look::Absent,
        tempo_stacks: Look::Absent,
        routes: Look::Absent,
    }
}

fn machine(labels: &[(&str, &str)], capacity: &[(&str, &str)]) -> Machine {
    let owned = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        owned.collect()
    };
    Machine {
        name: "node-1".to_owned(),
        labels: owned(labels),
        capacity: owned(capacity),
        kubelet: "v1.31.4".to_owned(),
        os: "RHCOS".to_owned(),
    }
}

fn forbidden<T>(plural: &str) -> Look<T> {
    Look::Forbidden(Right {
        ability: Ability::Base,
        verb: "list".to_owned(),
        group: String::new(),
        resource: plural.to_owned(),
        name: String::new(),
        namespace: String::new(),
    })
}

fn of(sight: &Sight, kind: CapabilityKind) -> Capability {
    let all = capabilities(sight, Timestamp::UNIX_EPOCH);
    assert_eq!(all.len(), CapabilityKind::ALL.len());
    all.into_iter().find(|c| c.kind == kind).unwrap()
}

#[test]
fn a_bare_cluster_is_known_to_have_nothing() {
    let all = capabilities(&bare(), Timestamp::UNIX_EPOCH);
    for capability in all {
        let expected = match capability.kind {
            CapabilityKind::Kubernetes => Presence::Yes,
            _ => Presence::No,
        };
        assert_eq!(capability.presence, expected, "{capability:?}");
    }
}

#[test]
fn what_could_not_be_seen_makes_unknown_and_says_what_it_takes() {
    let mut sight = bare();
    sight.machines = forbidden("nodes");
    for kind in [
        CapabilityKind::Nodes,
        CapabilityKind::Gpu,
        CapabilityKind::Sriov,
        CapabilityKind::Hugepages,
    ] {
        let capability = of(&sight, kind);
        assert_eq!(capability.presence, Presence::Unknown);
        assert_eq!(capability.needs[0].to_string(), "list nodes");
        assert_eq!(
            (capability.summary.as_str(), capability.evidence.len()),
            ("", 0)
        );
    }
    assert_eq!(of(&sight, CapabilityKind::Ptp).presence, Presence::No);
    // Evidence from elsewhere is enough.
    let policy = object(
        "",
        "gpu-cluster-policy",
        json!({}),
        json!({ "state": "ready" }),
    );
    sight.cluster_policies = Look::Seen(vec![policy]);
    let gpu = of(&sight, CapabilityKind::Gpu);
    assert_eq!((gpu.presence, gpu.needs.len()), (Presence::Yes, 1));
    sight.pods = Look::Failed("the list broke off".to_owned());
    let cnf = of(&sight, CapabilityKind::Cnf);
    assert_eq!(cnf.presence, Presence::Unknown);
    assert_eq!(cnf.problem.as_deref(), Some("the list broke off"));
}

#[test]
fn gpus_are_counted_also_where_they_are_split() {
    let mut sight = bare();
    let labels = [
        ("nvidia.com/gpu.present", "true"),
        ("nvidia.com/gpu.count", "8"),
        ("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"),
        ("nvidia.com/mig.strategy", "mixed"),
    ];
    let capacity = [
        ("nvidia.com/mig-3g.40gb", "16"),
        ("nvidia.com/gpu", "0"),
        ("cpu", "96"),
    ];
    sight.machines = Look::Seen(vec![
        machine(&labels, &capacity),
        machine(&[], &[("cpu", "8")]),
    ]);
    let gpu = of(&sight, CapabilityKind::Gpu);
    assert_eq!(gpu.summary, "8 on 1 nodes: NVIDIA-H100-80GB-HBM3");
    assert_eq!(gpu.facts["mig_devices"], "16");
    assert_eq!(gpu.facts["mig_strategy"], "mixed");
    assert_eq!(gpu.evidence[0].by, "capacity nvidia.com/mig-3g.40gb=16");
    let nodes = of(&sight, CapabilityKind::Nodes);
    assert_eq!(nodes.facts["cpu_cores"], "104");
}

#[test]
fn telco_clusters_show_their_clocks_functions_and_pages() {
    let mut sight = bare();
    let capacity = [
        ("openshift.io/fronthaul", "8"),
        ("hugepages-1Gi", "16Gi"),
        ("hugepages-2Mi", "0"),
    ];
    let role = [
        ("node-role.kubernetes.io/worker", ""),
        ("node-role.kubernetes.io/infra", ""),
    ];
    sight.machines = Look::Seen(vec![machine(&role, &capacity)]);
    let port = json!({ "devices": [{ "name": "ens5f0" }] });
    sight.ptp_devices = Look::Seen(vec![
        object("openshift-ptp", "node-1", json!({}), port),
        object("openshift-ptp", "node-2", json!({}), json!({})),
    ]);
    let state = json!({ "syncStatus": "Failed", "interfaces": [{ "numVfs": 8 }, { "numVfs": 4 }] });
    sight.node_states = Look::Seen(vec![object("sriov", "node-1", json!({}), state)]);
    sight.pods = Look::Seen(vec![NetworkPod {
        namespace: "du".to_owned(),
        name: "du-0".to_owned(),
        networks: "fronthaul-0".to_owned(),
        hugepages: true,
        devices: vec!["openshift.io/fronthaul".to_owned()],
    }]);
    let ptp = of(&sight, CapabilityKind::Ptp);
    assert_eq!(
        ptp.evidence.len(),
        1,
        "a node without a capable port shows nothing"
    );
    let sriov = of(&sight, CapabilityKind::Sriov);
    assert_eq!(sriov.facts["virtual_functions"], "12");
    assert_eq!(sriov.facts["failed_nodes"], "node-1");
    assert_eq!(
        of(&sight, CapabilityKind::Hugepages).evidence[0].by,
        "capacity hugepages-1Gi=16Gi"
    );
    assert_eq!(of(&sight, CapabilityKind::Dpdk).presence, Presence::Yes);
    assert_eq!(
        of(&sight, CapabilityKind::Cnf).evidence[0].by,
        "networks fronthaul-0"
    );
    assert_eq!(
        of(&sight, CapabilityKind::Nodes).facts["roles"],
        "infra=1,worker=1"
    );
}

#[test]
fn openshift_says_its_version_its_operators_and_offers_its_endpoints() {
    let mut sight = bare();
    let version = object(
        "",
        "version",
        json!({ "clusterID": "c-1", "channel": "stable-4.18" }),
        json!({ "desired": { "version": "4.18.9" } }),
    );
    sight.cluster_versions = Look::Seen(vec![version]);
    let subscription = object(
        "openshift-ptp",
        "ptp",
        json!({ "name": "ptp-operator" }),
        json!({}),
    );
    sight.subscriptions = Look::Seen(vec![subscription]);
    let csv = |name: &str| object("ns", name, json!({}), json!({ "phase": "Succeeded" }));
    sight.cluster_services = Look::Seen(vec![csv("odf-operator.v4.18.0"), csv("nfd.4.18.0")]);
    let route = |name: &str, host: &str| {
        object(
            "openshift-monitoring",
            name,
            json!({ "host": host, "to": { "name": name } }),
            json!({}),
        )
    };
    sight.routes = Look::Seen(vec![
        route("thanos-querier", "thanos.apps.example.com"),
        route("alertmanager-main", "alerts.apps.example.com"),
    ]);
    sight.loki_stacks = Look::Seen(vec![object(
        "openshift-logging",
        "logging",
        json!({}),
        json!({}),
    )]);
    let tenants = json!({ "tenants": { "authentication": [{ "tenantName": "dev" }] } });
    sight.tempo_stacks = Look::Seen(vec![object("tracing", "main", tenants, json!({}))]);
    assert_eq!(
        of(&sight, CapabilityKind::Kubernetes).summary,
        "v1.31.4, OpenShift 4.18.9"
    );
    assert_eq!(
        of(&sight, CapabilityKind::Openshift).facts["cluster_id"],
        "c-1"
    );
    assert_eq!(
        of(&sight, CapabilityKind::Operators).facts["known"],
        "odf, nfd, ptp"
    );
    assert_eq!(
        of(&sight, CapabilityKind::Monitoring).presence,
        Presence::Yes
    );
    let offered = propose::endpoints(&sight);
    let offered: Vec<_> = offered.iter().map(|p| (p.source, p.url.as_str())).collect();
    assert_eq!(
        offered,
        [
            (Source::Prometheus, "https://thanos.apps.example.com"),
            (Source::Alertmanager, "https://alerts.apps.example.com"),
            (
                Source::Loki,
                "https://logging-gateway-http.openshift-logging.svc:8080/api/logs/v1/application"
            ),
            (
                Source::Tempo,
                "https://tempo-main-gateway.tracing.svc:8080/api/traces/v1/dev/tempo"
            ),
        ]
    );
}

#[test]
fn only_what_changed_is_told() {
    let discovery = |sight: &Sight| fleetscope_model::Discovery {
        at: Timestamp::UNIX_EPOCH,
        generation: 1,
        capabilities: capabilities(sight, Timestamp::UNIX_EPOCH),
        proposed: Vec::new(),
    };
    let mut sight = bare();
    let first = discovery(&sight);
    assert_eq!(changes(None, &first), ["kubernetes (v1.31.4)"]);
    assert_eq!(changes(Some(&first), &first), Vec::<String>::new());
    sight.machines = forbidden("nodes");
    let second = discovery(&sight);
    assert_eq!(
        changes(Some(&first), &second),
        [
            "nodes unknown",
            "gpu unknown",
            "sriov unknown",
            "hugepages unknown"
        ]
    );
}
