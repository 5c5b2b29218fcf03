//! The structure of a cluster, from Kubernetes and Prometheus.

use fleetscope_model::{Collection, Endpoints, GapKind, Selection, Topology};
use fleetscope_ports::Telemetry;
use serde_json::{Value, json};

use crate::fleet::{Fleet, caller, hour, patient};
use crate::kubernetes::list;
use crate::server::{self, Seen, Server};

fn object(kind: &str, namespace: &str, name: &str, owner: Option<(&str, &str)>) -> Value {
    let owners: Vec<Value> = owner
        .into_iter()
        .map(|(kind, name)| json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true}))
        .collect();
    json!({"kind": kind, "metadata": {"name": name, "namespace": namespace,
        "uid": format!("{namespace}/{name}"), "ownerReferences": owners}})
}

fn pod(
    namespace: &str,
    name: &str,
    owner: Option<(&str, &str)>,
    node: &str,
    device: Option<&str>,
) -> Value {
    let mut pod = object("Pod", namespace, name, owner);
    let limits = device
        .map(|device| json!({device: "1"}))
        .unwrap_or_default();
    pod["spec"] = json!({"nodeName": node,
        "containers": [{"name": "main", "resources": {"limits": limits}}]});
    pod["status"] = json!({"phase": "Running"});
    pod
}

fn kubernetes(seen: &Seen) -> axum::response::Response {
    let items = match seen.path.rsplit('/').next().unwrap_or_default() {
        "pods" => {
            let mut done = pod("shop", "migrate", Some(("Job", "migrate")), "w1", None);
            done["status"]["phase"] = json!("Succeeded");
            vec![
                pod("shop", "web-1-a", Some(("ReplicaSet", "web-1")), "w1", None),
                pod("shop", "by-hand", None, "w1", None),
                pod("kube-system", "etcd-w1", Some(("Node", "w1")), "w1", None),
                pod(
                    "ml",
                    "train-0",
                    Some(("StatefulSet", "train")),
                    "gpu-1.example",
                    Some("nvidia.com/gpu"),
                ),
                pod(
                    "ml",
                    "train-1",
                    Some(("StatefulSet", "train")),
                    "w1",
                    Some("nvidia.com/gpu"),
                ),
                pod(
                    "ran",
                    "du-0",
                    Some(("StatefulSet", "du")),
                    "edge-1",
                    Some("openshift.io/fronthaul"),
                ),
                pod(
                    "mon",
                    "dcgm-x",
                    Some(("DaemonSet", "dcgm")),
                    "gpu-1.example",
                    None,
                ),
                done,
            ]
        }
        "replicasets" => vec![
            object("ReplicaSet", "shop", "web-1", Some(("Deployment", "web"))),
            object("ReplicaSet", "shop", "db-1", Some(("Deployment", "db"))),
            object("ReplicaSet", "test", "db-1", Some(("Deployment", "db"))),
        ],
        "statefulsets" => vec![object("StatefulSet", "shop", "queue", None)],
        _ => Vec::new(),
    };
    server::json(200, &list(&items))
}

fn prometheus(seen: &Seen) -> axum::response::Response {
    let query = seen.field("query").unwrap();
    let labels = if query.contains("service_graph") {
        assert!(query.contains("[3600s]"), "{query}");
        vec![
            json!({"client": "web", "server": "queue"}),
            json!({"client": "web", "server": "db"}),
            json!({"client": "web", "server": "web"}),
        ]
    } else if query.contains("DCGM") {
        vec![
            json!({"Hostname": "gpu-1", "gpu": "0", "namespace": "mon", "pod": "dcgm-x",
                "exported_namespace": "ml", "exported_pod": "train-0"}),
            json!({"Hostname": "gpu-1", "gpu": "1", "namespace": "mon", "pod": "dcgm-x"}),
        ]
    } else if query.contains("openshift_ptp") {
        vec![
            json!({"node": "edge-1", "iface": "ens1f0"}),
            json!({"node": "w1", "iface": "CLOCK_REALTIME"}),
        ]
    } else if query.contains("kubepoddevice") {
        vec![
            json!({"node": "edge-1", "instance": "10.0.0.1:9110", "pciAddr": "0000:18:02.1",
            "namespace": "ran", "pod": "du-0"}),
        ]
    } else {
        vec![json!({"instance": "10.0.0.1:9110", "pciAddr": "0000:18:02.1", "pf": "ens1f0"})]
    };
    let result: Vec<Value> = labels
        .into_iter()
        .map(|labels| json!({"metric": labels, "value": [0, "1"]}))
        .collect();
    server::json(
        200,
        &json!({"status": "success", "data": {"resultType": "vector", "result": result}}),
    )
}

async fn read(endpoints: Endpoints) -> Collection<Topology> {
    let collector = Fleet::new([("shop", endpoints)]).collector(patient());
    collector
        .topology(&caller(), &Selection::All, hour())
        .await
        .unwrap()
}

fn edges(topology: &Topology) -> Vec<String> {
    let told = topology
        .edges
        .iter()
        .map(|edge| format!("{} {:?} {}", edge.from, edge.kind, edge.to));
    told.collect()
}

#[tokio::test]
async fn the_whole_structure_is_told() {
    let (api, metrics) = (
        Server::start(kubernetes).await,
        Server::start(prometheus).await,
    );
    let answer = read(Endpoints {
        kubernetes: Some(api.endpoint()),
        prometheus: Some(metrics.endpoint()),
        ..Endpoints::default()
    })
    .await;
    assert_eq!(answer.gaps, []);
    let mut told = edges(&answer.items[0]);
    told.sort();
    let mut expected = vec![
        // Placement; static and hand-made pods belong to no workload.
        "workload shop/web Owns pod shop/web-1-a",
        "workload shop/web RunsOn node w1",
        "pod shop/by-hand RunsOn node w1",
        "pod kube-system/etcd-w1 RunsOn node w1",
        "workload ml/train Owns pod ml/train-0",
        "workload ml/train Owns pod ml/train-1",
        "workload ml/train RunsOn node gpu-1.example",
        "workload ml/train RunsOn node w1",
        "workload ran/du Owns pod ran/du-0",
        "workload ran/du RunsOn node edge-1",
        "workload mon/dcgm Owns pod mon/dcgm-x",
        "workload mon/dcgm RunsOn node gpu-1.example",
        // Calls; `db` is in two namespaces, `queue` has no pod just now.
        "workload shop/web Calls workload shop/queue",
        "workload shop/web Calls service db",
        // GPUs; the second one is idle, and train-1 is named by none.
        "GPU gpu-1.example/gpu0 PartOf node gpu-1.example",
        "GPU gpu-1.example/gpu1 PartOf node gpu-1.example",
        "pod ml/train-0 Uses GPU gpu-1.example/gpu0",
        "pod ml/train-1 RunsOn node w1",
        // Clocks and virtual functions.
        "PTP clock edge-1/ens1f0 PartOf node edge-1",
        "PTP clock w1/CLOCK_REALTIME PartOf node w1",
        "pod ran/du-0 Uses PTP clock edge-1/ens1f0",
        "interface edge-1/ens1f0 PartOf node edge-1",
        "pod ran/du-0 Uses interface edge-1/ens1f0",
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(answer.items[0].edges.is_sorted());
}

#[tokio::test]
async fn one_eye_is_enough_and_the_other_is_a_gap() {
    let (api, metrics) = (
        Server::start(kubernetes).await,
        Server::start(prometheus).await,
    );
    let nobody = Server::nobody();
    let answer = read(Endpoints {
        kubernetes: Some(api.endpoint()),
        prometheus: Some(nobody.clone()),
        ..Endpoints::default()
    })
    .await;
    assert_eq!(answer.gaps.len(), 1, "{:?}", answer.gaps);
    assert_eq!(answer.gaps[0].kind, GapKind::Unreachable);
    assert!(edges(&answer.items[0]).contains(&"workload shop/web RunsOn node w1".to_owned()));

    let answer = read(Endpoints {
        kubernetes: Some(nobody.clone()),
        prometheus: Some(metrics.endpoint()),
        ..Endpoints::default()
    })
    .await;
    assert!(edges(&answer.items[0]).contains(&"service web Calls service db".to_owned()));

    let answer = read(Endpoints {
        kubernetes: Some(nobody.clone()),
        prometheus: Some(nobody),
        ..Endpoints::default()
    })
    .await;
    assert_eq!((answer.items.len(), answer.gaps.len()), (0, 2));
}
