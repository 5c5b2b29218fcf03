//! Requests that a real server was sent, sent to a store with the same objects: the answers must be
//! the same but for versions and uids.

use http::StatusCode;
use serde_json::{Value, json};

use super::ask::{Answer, ask, get};
use super::fixture::Cluster;

const BASICS: &str = include_str!("recordings/basics.json");

/// The recorded exchanges.
struct Recording(Vec<Value>);

impl Recording {
    fn basics() -> Self {
        Self(serde_json::from_str(BASICS).unwrap())
    }

    fn exchange(&self, name: &str) -> &Value {
        let found = self.0.iter().find(|exchange| exchange["name"] == name);
        found.unwrap_or_else(|| panic!("no exchange {name}"))
    }

    fn body(&self, name: &str) -> &Value {
        &self.exchange(name)["response"]["body"]
    }

    /// A store with the objects that the recorded server had.
    fn cluster(&self) -> Cluster {
        let cluster = Cluster::empty();
        let lists = [
            ("v1", "Node", "nodes list, page 1"),
            (
                "v1",
                "Node",
                "nodes list, page 2 (last: no continue, no remainingItemCount)",
            ),
            ("v1", "Pod", "pods by fieldSelector"),
            ("v1", "Event", "events (core/v1)"),
            ("v1", "Secret", "secret list"),
        ];
        for (api_version, kind, name) in lists {
            for item in self.body(name)["items"].as_array().unwrap() {
                let mut object = item.clone();
                object["apiVersion"] = api_version.into();
                object["kind"] = kind.into();
                cluster.apply(object);
            }
        }
        for pod in ["crash", "bad-image", "pending", "oom"] {
            cluster.apply(self.body(&format!("pod that is not well: {pod}")).clone());
        }
        cluster.apply(self.body("pod, whole with managedFields").clone());
        cluster.apply(
            self.body("CRD get: conditions Established and NamesAccepted")
                .clone(),
        );
        cluster.apply(self.body("custom resource list")["items"][0].clone());
        cluster
    }
}

async fn replay(cluster: &Cluster, exchange: &Value) -> Answer {
    let request = &exchange["request"];
    let headers: Vec<(&str, &str)> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let method = request["method"].as_str().unwrap();
    ask(
        &cluster.router,
        method,
        request["path"].as_str().unwrap(),
        &headers,
    )
    .await
}

/// What differs between any two servers, made equal: versions, uids, tokens.
fn neutral(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let replaced = match name.as_str() {
                    "uid" | "resourceVersion" => "*".into(),
                    "continue" if value != "" => "*".into(),
                    _ => neutral(value),
                };
                (name.clone(), replaced)
            })
            .collect(),
        Value::Array(elements) => elements.iter().map(neutral).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn reads_answer_as_the_recorded_server_did() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let names = [
        "livez",
        "nodes list, page 1",
        "nodes by labelSelector",
        "nodes as PartialObjectMetadataList",
        "pods by fieldSelector",
        "pod, whole with managedFields",
        "pod that is not well: crash",
        "pod that is not well: bad-image",
        "pod that is not well: pending",
        "pod that is not well: oom",
        "pods by an unknown fieldSelector",
        "pods by a malformed labelSelector",
        "events (core/v1)",
        "events by involvedObject",
        "events (events.k8s.io/v1)",
        "404 object",
        "404 namespace in a list is not an error",
        "404 unknown resource",
        "404 unknown group",
        "405 method not allowed",
        "405 on a resource",
        "secret get",
        "secret list",
        "CRD get: conditions Established and NamesAccepted",
        "custom resource list",
        "400 for a malformed continue token",
    ];
    for name in names {
        let exchange = recording.exchange(name);
        let expected = &exchange["response"];
        let answer = replay(&cluster, exchange).await;
        assert_eq!(answer.status.as_u16(), expected["status"], "{name}");
        assert_eq!(
            answer.content_type, expected["headers"]["content-type"],
            "{name}"
        );
        assert_eq!(
            neutral(&answer.json()),
            neutral(&expected["body"]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_second_page_follows_the_first() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let first = get(&cluster.router, "/api/v1/nodes?limit=2").await.json();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let path = format!("/api/v1/nodes?limit=2&continue={token}");
    let second = get(&cluster.router, &path).await.json();
    let expected = recording.body("nodes list, page 2 (last: no continue, no remainingItemCount)");
    assert_eq!(neutral(&second), neutral(expected));
    assert_eq!(
        first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"],
        "the pages of one list are of one version"
    );
}

#[tokio::test]
async fn a_list_from_the_cache_ignores_the_limit() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let name = "list from the watch cache (resourceVersion=0)";
    let body = replay(&cluster, recording.exchange(name)).await.json();
    assert_eq!(body["items"].as_array().unwrap().len(), 4);
    assert_eq!(
        keys(&body["metadata"]),
        keys(&recording.body(name)["metadata"])
    );
}

#[tokio::test]
async fn the_table_of_nodes_has_the_recorded_columns_and_cells() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let name = "nodes as Table";
    let mut table = replay(&cluster, recording.exchange(name)).await.json();
    for column in table["columnDefinitions"].as_array_mut().unwrap() {
        // The words are our own.
        assert_ne!(column["description"], "");
        column["description"] = "".into();
    }
    assert_eq!(neutral(&table), neutral(recording.body(name)));
}

#[tokio::test]
async fn the_version_tells_what_the_recorded_server_told() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let body = replay(&cluster, recording.exchange("version")).await.json();
    let expected = recording.body("version");
    assert_eq!(keys(&body), keys(expected));
    for field in [
        "major",
        "minor",
        "gitVersion",
        "emulationMinor",
        "minCompatibilityMinor",
    ] {
        assert_eq!(body[field], expected[field], "{field}");
    }
}

#[tokio::test]
async fn what_is_not_acceptable_is_refused_as_recorded() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let name = "406 Accept that it cannot serve";
    let answer = replay(&cluster, recording.exchange(name)).await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
    let (mut body, mut expected) = (answer.json(), recording.body(name).clone());
    // Only JSON is written here, so the message names less.
    for status in [&mut body, &mut expected] {
        let message = status["message"].as_str().unwrap();
        assert!(
            message
                .starts_with("406: Not Acceptable\n\nAvailable representations: application/json")
        );
        status["message"] = Value::Null;
    }
    assert_eq!(body, expected);
}

/// The entries of a discovery list by name; verbs and storage hashes are left out: this server
/// only reads and has no storage.
fn entries(list: &Value, name: &str) -> Vec<Value> {
    let told = list.as_array().unwrap().iter().map(|entry| {
        let mut entry = entry.clone();
        let fields = entry.as_object_mut().unwrap();
        let verbs = fields.remove("verbs").unwrap();
        assert!(verbs.as_array().unwrap().contains(&json!("get")) || verbs == json!(["create"]));
        fields.remove("storageVersionHash");
        fields.remove("subresources");
        entry
    });
    let is_resource = |entry: &Value| !entry[name].as_str().unwrap().contains('/');
    let mut told: Vec<Value> = told.filter(is_resource).collect();
    told.sort_by_key(|entry| entry[name].to_string());
    told
}

fn only(list: Vec<Value>, name: &str, wanted: &[&str]) -> Vec<Value> {
    let is_wanted = |entry: &Value| wanted.contains(&entry[name].as_str().unwrap());
    list.into_iter().filter(is_wanted).collect()
}

#[tokio::test]
async fn plain_discovery_describes_resources_as_recorded() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let name = "api v1 resource list";
    let body = replay(&cluster, recording.exchange(name)).await.json();
    let expected = recording.body(name);
    assert_eq!(keys(&body), keys(expected));
    let wanted = ["nodes", "pods", "secrets"];
    assert_eq!(
        only(entries(&body["resources"], "name"), "name", &wanted),
        entries(&expected["resources"], "name"),
    );
    for name in ["api (legacy discovery)", "apis (legacy discovery)"] {
        let body = replay(&cluster, recording.exchange(name)).await.json();
        assert_eq!(keys(&body), keys(recording.body(name)), "{name}");
    }
    let groups = get(&cluster.router, "/apis").await.json();
    let recorded = recording.body("apis (legacy discovery)");
    let group = |list: &Value, name: &str| {
        let groups = list["groups"].as_array().unwrap();
        groups.iter().find(|group| group["name"] == name).cloned()
    };
    for name in ["apps", "apiextensions.k8s.io"] {
        assert!(group(&groups, name).is_some(), "{name}");
        assert_eq!(group(&groups, name), group(recorded, name));
    }
}

#[tokio::test]
async fn aggregated_discovery_describes_resources_as_recorded() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    for (name, group) in [
        ("aggregated discovery of /api", None),
        ("aggregated discovery of /apis", Some("apps")),
    ] {
        let exchange = recording.exchange(name);
        let answer = replay(&cluster, exchange).await;
        let expected = &exchange["response"];
        assert_eq!(
            answer.content_type, expected["headers"]["content-type"],
            "{name}"
        );
        assert_eq!(answer.headers["vary"], "Accept");
        let body = answer.json();
        assert_eq!(keys(&body), keys(&expected["body"]));
        assert_eq!(body["apiVersion"], expected["body"]["apiVersion"]);
        let of = |body: &Value| {
            let groups = body["items"].as_array().unwrap();
            let found = groups
                .iter()
                .find(|item| item["metadata"]["name"].as_str() == group);
            let version = found.unwrap()["versions"][0].clone();
            assert_eq!(version["freshness"], "Current");
            entries(&version["resources"], "resource")
        };
        let recorded = of(&expected["body"]);
        let wanted: Vec<&str> = recorded
            .iter()
            .map(|entry| entry["resource"].as_str().unwrap())
            .collect();
        assert_eq!(only(of(&body), "resource", &wanted), recorded, "{name}");
    }
}

#[tokio::test]
async fn aggregated_discovery_is_told_once() {
    let recording = Recording::basics();
    let cluster = recording.cluster();
    let accept =
        recording.exchange("aggregated discovery of /apis")["request"]["headers"]["accept"]
            .as_str()
            .unwrap();
    let first = ask(&cluster.router, "GET", "/apis", &[("accept", accept)]).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("accept", accept), ("if-none-match", tag.as_str())];
    let second = ask(&cluster.router, "GET", "/apis", &headers).await;
    assert_eq!(
        (second.status, second.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(second.headers["etag"], tag.as_str());

    cluster.apply(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "gadgets.example.org" },
        "spec": {
            "group": "example.org", "scope": "Cluster", "names": { "kind": "Gadget", "plural": "gadgets" },
            "versions": [{ "name": "v1", "served": true, "storage": true }],
        },
    }));
    let third = ask(&cluster.router, "GET", "/apis", &headers).await;
    assert_eq!(third.status, StatusCode::OK, "a new group changes the tag");
    assert!(third.text.contains("gadgets"));
}

#[tokio::test]
async fn lists_of_compacted_versions_are_refused_as_recorded() {
    let recording = Recording::basics();
    let cluster = Cluster::empty();
    let config_map = |name: String| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "namespace": "recdummy", "name": name } });
    for number in 1..=6 {
        cluster.apply(config_map(format!("c{number}")));
    }
    let list = "/api/v1/namespaces/recdummy/configmaps?limit=2";
    let first = get(&cluster.router, list).await.json();
    let token = first["metadata"]["continue"].as_str().unwrap().to_owned();
    for number in 1..=20 {
        cluster.apply(config_map(format!("d{number}")));
        cluster.delete("v1", "ConfigMap", "recdummy", &format!("d{number}"));
    }
    cluster.store.compact(2);

    let expired = get(&cluster.router, &format!("{list}&continue={token}")).await;
    let name =
        "410 for a continue token whose revision was compacted (carries a new continue token)";
    assert_eq!(expired.status, StatusCode::GONE);
    assert_eq!(
        &expired.json(),
        recording.body(name),
        "the new token is the recorded one, too"
    );

    let name = "410, going on with the inconsistent continue token of that answer";
    let rest = replay(&cluster, recording.exchange(name)).await.json();
    let mut expected = recording.body(name).clone();
    for item in expected["items"].as_array_mut().unwrap() {
        item["metadata"]["creationTimestamp"] = super::fixture::NOW.into();
    }
    assert_eq!(neutral(&rest), neutral(&expected));

    for name in [
        "410 for a list at an exact old resourceVersion",
        "410, list with limit at an exact resourceVersion",
    ] {
        let answer = replay(&cluster, recording.exchange(name)).await;
        assert_eq!(answer.status, StatusCode::GONE, "{name}");
        assert_eq!(&answer.json(), recording.body(name), "{name}");
    }
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}
