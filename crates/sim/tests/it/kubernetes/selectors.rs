//! Selectors against what they mean, for objects and selectors made up at random.

use std::collections::BTreeMap;

use http::StatusCode;
use proptest::prelude::*;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::ask::{Answer, get};
use super::fixture::{Cluster, config_map, pod};

/// One requirement, to be written and to be understood.
#[derive(Debug, Clone)]
enum Requirement {
    Equals(String, String, bool),
    Differs(String, String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Above(String, i64),
    Below(String, i64),
}

type Labels = BTreeMap<String, String>;

impl Requirement {
    fn text(&self) -> String {
        match self {
            Self::Equals(key, value, true) => format!("{key}=={value}"),
            Self::Equals(key, value, false) => format!("{key} = {value}"),
            Self::Differs(key, value) => format!("{key}!={value}"),
            Self::In(key, values) => format!("{key} in ({})", values.join(", ")),
            Self::NotIn(key, values) => format!("{key} notin ({})", values.join(",")),
            Self::Exists(key) => key.clone(),
            Self::Absent(key) => format!("!{key}"),
            Self::Above(key, bound) => format!("{key}>{bound}"),
            Self::Below(key, bound) => format!("{key} < {bound}"),
        }
    }

    fn holds(&self, labels: &Labels) -> bool {
        let number = |key: &String| labels.get(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Equals(key, value, _) => labels.get(key) == Some(value),
            Self::Differs(key, value) => labels.get(key) != Some(value),
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => {
                !labels.get(key).is_some_and(|value| values.contains(value))
            }
            Self::Exists(key) => labels.contains_key(key),
            Self::Absent(key) => !labels.contains_key(key),
            Self::Above(key, bound) => number(key).is_some_and(|number| number > *bound),
            Self::Below(key, bound) => number(key).is_some_and(|number| number < *bound),
        }
    }
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["app", "tier", "example.com/zone", "in", "a.b_c-d"])
        .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "b", "7", "12", "notin"]).prop_map(str::to_owned)
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let values = || {
        prop::collection::vec(
            value().prop_filter("not empty", |value| !value.is_empty()),
            1..4,
        )
    };
    prop_oneof![
        (key(), value(), any::<bool>())
            .prop_map(|(k, v, double)| Requirement::Equals(k, v, double)),
        (key(), value()).prop_map(|(k, v)| Requirement::Differs(k, v)),
        (key(), values()).prop_map(|(k, v)| Requirement::In(k, v)),
        (key(), values()).prop_map(|(k, v)| Requirement::NotIn(k, v)),
        key().prop_map(Requirement::Exists),
        key().prop_map(Requirement::Absent),
        (key(), 0_i64..20).prop_map(|(k, bound)| Requirement::Above(k, bound)),
        (key(), 0_i64..20).prop_map(|(k, bound)| Requirement::Below(k, bound)),
    ]
}

fn labels() -> impl Strategy<Value = Labels> {
    prop::collection::btree_map(key(), value(), 0..4)
}

fn ask_for(cluster: &Cluster, parameter: &str, selector: &str) -> Answer {
    let encoded: String = byte_serialize(selector.as_bytes()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let path = format!("/api/v1/namespaces/shop/configmaps?{parameter}={encoded}");
    runtime.block_on(get(&cluster.router, &path))
}

proptest! {
    #[test]
    fn a_label_selector_selects_what_it_says(
        objects in prop::collection::vec(labels(), 0..6),
        requirements in prop::collection::vec(requirement(), 0..4),
    ) {
        let cluster = Cluster::empty();
        for (number, labels) in objects.iter().enumerate() {
            cluster.apply(config_map("shop", &format!("c{number}"), &json!(labels), "1"));
        }
        let texts: Vec<String> = requirements.iter().map(Requirement::text).collect();
        let selector = texts.join(",");
        let answer = ask_for(&cluster, "labelSelector", &selector);
        prop_assert_eq!(answer.status, StatusCode::OK, "{}: {}", selector, answer.text);
        let list = answer.json();
        let found: Vec<&str> = list["items"].as_array().unwrap().iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap())
            .collect();
        let expected: Vec<String> = objects.iter().enumerate()
            .filter(|(_, labels)| requirements.iter().all(|requirement| requirement.holds(labels)))
            .map(|(number, _)| format!("c{number}"))
            .collect();
        prop_assert_eq!(found, expected, "{}", selector);
    }

    #[test]
    fn any_text_is_a_selector_or_refused_with_400(text in "[ab=!(),<>\\\\ .\"in/é-]{0,16}") {
        let cluster = Cluster::empty();
        for parameter in ["labelSelector", "fieldSelector"] {
            let answer = ask_for(&cluster, parameter, &text);
            prop_assert!(matches!(answer.status.as_u16(), 200 | 400), "{}: {}", text, answer.text);
        }
    }

    #[test]
    fn a_field_selector_takes_any_escaped_value(name in "[a-z,=\\\\]{1,8}") {
        let cluster = Cluster::empty();
        cluster.apply(config_map("shop", &name, &json!({}), "1"));
        cluster.apply(config_map("shop", "0", &json!({}), "1"));
        let escaped = name.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
        for (operator, expected) in [("=", name.as_str()), ("==", name.as_str()), ("!=", "0")] {
            let answer = ask_for(&cluster, "fieldSelector", &format!("metadata.name{operator}{escaped}"));
            let list = answer.json();
            prop_assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{}", answer.text);
            prop_assert_eq!(&list["items"][0]["metadata"]["name"], expected);
        }
    }
}

#[tokio::test]
async fn pods_are_selected_by_node_phase_and_namespace() {
    let cluster = Cluster::empty();
    for (namespace, name, node) in [
        ("shop", "a", "n1"),
        ("shop", "b", "n2"),
        ("edge", "c", "n1"),
    ] {
        cluster.apply(pod(namespace, name, "x", node));
    }
    let mut waiting = pod("shop", "d", "x", "n1");
    waiting["status"]["phase"] = "Pending".into();
    waiting["spec"].as_object_mut().unwrap().remove("nodeName");
    cluster.apply(waiting);
    let cases: [(&str, &[&str]); 6] = [
        ("spec.nodeName%3Dn1", &["c", "a"]),
        ("spec.nodeName%3D", &["d"]),
        ("spec.nodeName%3Dn1,metadata.namespace%21%3Dedge", &["a"]),
        ("status.phase%21%3DRunning", &["d"]),
        ("metadata.name%3D%3Db", &["b"]),
        ("spec.hostNetwork%3Dtrue", &[]),
    ];
    for (selector, expected) in cases {
        let path = format!("/api/v1/pods?fieldSelector={selector}");
        let list = get(&cluster.router, &path).await.json();
        let names: Vec<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{selector}");
    }
}

#[tokio::test]
async fn events_are_selected_by_what_they_are_about_in_both_shapes() {
    let cluster = super::fixture::shop();
    let cases = [
        (
            "/api/v1/events?fieldSelector=involvedObject.kind%3DPod,reason%3DBackOff,source%3Dkubelet",
            1,
        ),
        ("/api/v1/events?fieldSelector=involvedObject.kind%3DNode", 0),
        (
            "/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dcart-7c9-bbbbb,type%3DWarning",
            1,
        ),
        (
            "/apis/events.k8s.io/v1/events?fieldSelector=type%3DNormal",
            0,
        ),
    ];
    for (path, count) in cases {
        let list = get(&cluster.router, path).await.json();
        assert_eq!(
            list["items"].as_array().map(Vec::len),
            Some(count),
            "{path}"
        );
    }
    let wrong = "/apis/events.k8s.io/v1/events?fieldSelector=involvedObject.kind%3DPod";
    assert_eq!(
        get(&cluster.router, wrong).await.status,
        StatusCode::BAD_REQUEST
    );
}
