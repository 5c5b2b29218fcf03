//! What the store does with what is written to it.

use std::sync::Arc;

use fleetscope_sim::kubernetes::{KubeStore, ResourceSpec, catalogue};
use serde_json::{Value, json};

use super::ask::get;
use super::fixture::{Cluster, NOW, at, config_map, pod};

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_replaced_object_stays_the_same_object() {
    let cluster = Cluster::empty();
    let created = cluster
        .store
        .apply_at(pod("shop", "a", "x", "n1"), at("2026-01-02T03:04:05.678Z"));
    assert_eq!(
        created["metadata"]["creationTimestamp"],
        "2026-01-02T03:04:05Z"
    );
    assert_eq!(created["metadata"]["generation"], 1);

    let mut status_only = pod("shop", "a", "x", "n1");
    status_only["status"]["phase"] = "Failed".into();
    let replaced = cluster.store.apply_at(status_only, at(NOW));
    for field in ["uid", "creationTimestamp", "generation"] {
        assert_eq!(
            replaced["metadata"][field], created["metadata"][field],
            "{field}"
        );
    }
    assert!(version(&replaced) > version(&created));

    let mut other_image = pod("shop", "a", "x", "n1");
    other_image["spec"]["containers"][0]["image"] = "registry.example.com/app:2".into();
    let replaced = cluster.store.apply_at(other_image, at(NOW));
    assert_eq!(replaced["metadata"]["generation"], 2);
}

#[test]
fn an_unchanged_object_is_not_written_again() {
    let cluster = Cluster::empty();
    let definition = ResourceSpec::cluster("example.com/v1", "Gadget", "gadgets").definition();
    for object in [pod("shop", "a", "x", "n1"), definition] {
        let first = cluster.store.apply_at(object.clone(), at(NOW));
        let second = cluster.store.apply_at(object, at("2026-12-24T00:00:00Z"));
        assert_eq!(first, second);
        assert_eq!(cluster.store.resource_version(), version(&first));
    }
}

#[test]
fn the_same_seed_and_writes_give_the_same_bytes() {
    let run = |seed| {
        let store = KubeStore::new(Arc::new(|| at(NOW)), seed);
        let mut told = String::new();
        for name in ["a", "b", "c"] {
            told.push_str(
                &store
                    .apply_at(pod("shop", name, "x", "n1"), at(NOW))
                    .to_string(),
            );
        }
        let generated =
            json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "generateName": "e." } });
        told.push_str(&store.apply_at(generated, at(NOW)).to_string());
        told
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn names_and_namespaces_are_completed() {
    let cluster = Cluster::empty();
    let event =
        json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "generateName": "cart." } });
    let event = cluster.apply(event);
    let name = event["metadata"]["name"].as_str().unwrap();
    assert_eq!((name.len(), &name[..5]), (10, "cart."));
    assert_eq!(event["metadata"]["namespace"], "default");
    assert_eq!(
        (&event["source"], &event["eventTime"]),
        (&json!({}), &Value::Null)
    );

    let namespace = cluster
        .apply(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } }));
    assert_eq!(namespace["status"]["phase"], "Active");
    assert_eq!(
        namespace["metadata"]["labels"]["kubernetes.io/metadata.name"],
        "x"
    );
}

#[test]
fn what_does_not_say_what_it_is_is_not_stored() {
    let cluster = Cluster::empty();
    let before = cluster.store.resource_version();
    for object in [
        json!(null),
        json!({ "kind": "Pod", "metadata": { "name": "a" } }),
        json!({ "apiVersion": "v1", "metadata": { "name": "a" } }),
        json!({ "apiVersion": "v1", "kind": "Pod" }),
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": {} }),
    ] {
        assert_eq!(cluster.apply(object), Value::Null);
    }
    assert_eq!(cluster.store.resource_version(), before);
}

#[test]
fn a_deleted_object_is_gone_and_a_new_one_is_another() {
    let cluster = Cluster::empty();
    let first = cluster.apply(config_map("shop", "a", &json!({}), "1"));
    assert!(cluster.delete("v1", "ConfigMap", "shop", "a"));
    assert!(!cluster.delete("v1", "ConfigMap", "shop", "a"));
    assert!(!cluster.delete("v1", "Absent", "shop", "a"));
    assert_eq!(
        cluster.store.get("v1", "ConfigMap", Some("shop"), "a"),
        None
    );
    let second = cluster.apply(config_map("shop", "a", &json!({}), "1"));
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);
}

#[test]
fn with_a_namespace_go_the_objects_in_it() {
    let cluster = super::fixture::shop();
    assert!(cluster.delete("v1", "Namespace", "", "shop"));
    assert_eq!(
        cluster.store.list("v1", "Pod", Some("shop")),
        Vec::<Value>::new()
    );
    assert_eq!(
        cluster.store.list("apps/v1", "Deployment", None),
        Vec::<Value>::new()
    );
    let pods = cluster.store.list("v1", "Pod", None);
    assert_eq!(
        (pods.len(), &pods[0]["metadata"]["name"]),
        (1, &json!("tool"))
    );
    assert_eq!(cluster.store.list("v1", "Node", None).len(), 2);
}

#[tokio::test]
async fn lists_are_sorted_by_namespace_and_name_and_carry_their_kind_in_the_store_only() {
    let cluster = Cluster::empty();
    for (namespace, name) in [("b", "x"), ("a", "z"), ("a", "y"), ("a-b", "w")] {
        cluster.apply(config_map(namespace, name, &json!({}), "1"));
    }
    let list = cluster.store.list("v1", "ConfigMap", None);
    let names: Vec<&str> = list
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap())
        .collect();
    // By the bytes of `namespace/name`, as in etcd: `-` comes before `/`.
    assert_eq!(names, ["w", "y", "z", "x"]);
    assert!(
        list.iter()
            .all(|object| object["kind"] == "ConfigMap" && object["apiVersion"] == "v1")
    );
    let inside = cluster.store.list("v1", "ConfigMap", Some("a"));
    assert_eq!(inside.len(), 2, "`a-b` is not in `a`");
    let served = get(&cluster.router, "/api/v1/configmaps").await.json();
    assert!(
        served["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item.get("kind").is_none())
    );
}

#[tokio::test]
async fn an_event_is_one_object_in_two_shapes() {
    let cluster = Cluster::empty();
    cluster.apply(json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": { "namespace": "shop", "name": "a.1" },
        "regarding": { "kind": "Pod", "name": "a" }, "note": "it broke", "reason": "Broke", "type": "Warning",
        "eventTime": "2026-11-22T08:56:01.386188Z", "reportingController": "kubelet",
    }));
    let core = get(&cluster.router, "/api/v1/namespaces/shop/events/a.1")
        .await
        .json();
    assert_eq!(
        (&core["kind"], &core["apiVersion"]),
        (&json!("Event"), &json!("v1"))
    );
    assert_eq!(
        (&core["message"], &core["involvedObject"]["name"]),
        (&json!("it broke"), &json!("a"))
    );
    let path = "/apis/events.k8s.io/v1/namespaces/shop/events/a.1";
    let new = get(&cluster.router, path).await.json();
    assert_eq!(
        (&new["note"], &new["deprecatedFirstTimestamp"]),
        (&json!("it broke"), &Value::Null)
    );
    assert_eq!(new["metadata"], core["metadata"]);
    assert_eq!(cluster.store.list("events.k8s.io/v1", "Event", None), [new]);
}

#[test]
fn old_events_expire() {
    let cluster = Cluster::empty();
    let event = |name: &str, fields: Value| {
        let mut event = json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": { "namespace": "shop", "name": name, "creationTimestamp": "2026-11-22T06:00:00Z" },
        });
        event
            .as_object_mut()
            .unwrap()
            .append(fields.clone().as_object_mut().unwrap());
        cluster.apply(event);
    };
    event("created-long-ago", json!({}));
    event(
        "seen-long-ago",
        json!({ "lastTimestamp": "2026-11-22T06:30:00Z" }),
    );
    event(
        "seen-now",
        json!({ "lastTimestamp": "2026-11-22T08:30:00Z" }),
    );
    event(
        "goes-on",
        json!({ "eventTime": "2026-11-22T06:00:00Z", "series": { "lastObservedTime": "2026-11-22T08:30:00Z" } }),
    );
    assert_eq!(cluster.store.expire_events(at("2026-11-22T07:56:07Z")), 2);
    let left = cluster.store.list("v1", "Event", None);
    let names: Vec<&str> = left
        .iter()
        .map(|event| event["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["goes-on", "seen-now"]);
}

#[tokio::test]
async fn custom_resources_come_and_go_with_their_definition() {
    let cluster = Cluster::empty();
    let path = "/apis/ptp.openshift.io/v1/namespaces/openshift-ptp/ptpconfigs";
    assert_eq!(
        get(&cluster.router, path).await.text,
        "404 page not found\n"
    );
    for spec in catalogue::ptp() {
        cluster.apply(spec.definition());
    }
    assert_eq!(get(&cluster.router, path).await.json()["items"], json!([]));
    cluster.apply(json!({
        "apiVersion": "ptp.openshift.io/v1", "kind": "PtpConfig",
        "metadata": { "namespace": "openshift-ptp", "name": "slave" }, "spec": { "profile": [] },
    }));
    let list = get(&cluster.router, path).await.json();
    assert_eq!(list["kind"], "PtpConfigList");
    assert_eq!(
        list["metadata"]["continue"], "",
        "lists of custom resources always have it"
    );
    let item = &list["items"][0];
    assert_eq!(
        (&item["kind"], &item["metadata"]["generation"]),
        (&json!("PtpConfig"), &json!(1))
    );
    let definitions =
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ptpconfigs.ptp.openshift.io";
    let definition = get(&cluster.router, definitions).await.json();
    assert_eq!(definition["status"]["conditions"][1]["type"], "Established");

    let crd = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    assert!(cluster.delete(crd.0, crd.1, "", "ptpconfigs.ptp.openshift.io"));
    assert_eq!(
        get(&cluster.router, path).await.text,
        "404 page not found\n"
    );
    let others = "/apis/ptp.openshift.io/v1/nodeptpdevices";
    assert_eq!(
        get(&cluster.router, others).await.json()["items"],
        json!([]),
        "the others stay"
    );
}

#[tokio::test]
async fn a_kind_that_nobody_registered_gets_the_plural_that_clients_guess() {
    let cluster = Cluster::empty();
    cluster.apply(
        json!({ "apiVersion": "example.com/v1", "kind": "Policy", "metadata": { "name": "p" } }),
    );
    cluster.store.register(ResourceSpec::namespaced(
        "example.com/v1",
        "Chassis",
        "chassis",
    ));
    cluster.apply(json!({ "apiVersion": "example.com/v1", "kind": "Chassis", "metadata": { "name": "c", "namespace": "x" } }));
    let object = get(&cluster.router, "/apis/example.com/v1/policies/p")
        .await
        .json();
    assert_eq!(object["kind"], "Policy");
    let object = get(
        &cluster.router,
        "/apis/example.com/v1/namespaces/x/chassis/c",
    )
    .await
    .json();
    assert_eq!(object["kind"], "Chassis");
}

#[tokio::test]
async fn every_catalogued_resource_can_be_installed() {
    let cluster = Cluster::empty();
    let all = [
        catalogue::openshift(),
        catalogue::ptp(),
        catalogue::sriov(),
        catalogue::nvidia(),
    ]
    .concat();
    for spec in &all {
        cluster.apply(spec.definition());
        let path = format!("/apis/{}/{}", spec.api_version(), spec.plural);
        let list = get(&cluster.router, &path).await.json();
        assert_eq!(list["kind"], format!("{}List", spec.kind), "{path}");
    }
    assert_eq!(
        cluster
            .store
            .list("apiextensions.k8s.io/v1", "CustomResourceDefinition", None)
            .len(),
        all.len()
    );
}
