//! What an API server fills in when it stores an object.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::resources::Resource;

/// Completes an object of `resource` that is stored at `at` in the place of `existing`.
pub(crate) fn complete(
    resource: &Resource,
    existing: Option<&Value>,
    object: &mut Value,
    at: Timestamp,
) {
    if resource.is("", "namespaces") {
        namespace(object);
    } else if resource.is("", "events") {
        event(object);
    } else if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        if let Some(status) = existing.and_then(|existing| existing.get("status")) {
            default(object, &["status"], status.clone());
        }
        definition(object, at);
    }
}

/// A time as objects carry it: RFC 3339 in whole seconds.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn namespace(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    default(
        object,
        &["metadata", "labels", "kubernetes.io/metadata.name"],
        name,
    );
    default(object, &["spec", "finalizers"], json!(["kubernetes"]));
    default(object, &["status", "phase"], "Active".into());
}

/// These fields are always there in a core event, set or not.
fn event(object: &mut Value) {
    default(object, &["source"], json!({}));
    for name in ["firstTimestamp", "lastTimestamp", "eventTime"] {
        default(object, &[name], Value::Null);
    }
    for name in ["reportingComponent", "reportingInstance"] {
        default(object, &[name], "".into());
    }
}

/// A definition is established at once: its names are never in conflict here.
fn definition(object: &mut Value, at: Timestamp) {
    let names = object["spec"]["names"].clone();
    let versions = object["spec"]["versions"].as_array();
    let stored: Vec<Value> = versions
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] != false)
        .map(|version| version["name"].clone())
        .collect();
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "lastTransitionTime": seconds(at),
            "reason": reason, "message": message,
        })
    };
    let conditions = json!([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition(
            "Established",
            "InitialNamesAccepted",
            "the initial names have been accepted"
        ),
    ]);
    default(object, &["status", "conditions"], conditions);
    default(object, &["status", "acceptedNames"], names);
    default(object, &["status", "storedVersions"], stored.into());
}

/// Sets the field at `path` where it is absent. A value on the way that is no
/// object is left alone.
fn default(object: &mut Value, path: &[&str], value: Value) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut at = object;
    for &parent in parents {
        let Some(fields) = at.as_object_mut() else {
            return;
        };
        at = fields
            .entry(parent)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(fields) = at.as_object_mut() {
        fields.entry(*last).or_insert(value);
    }
}
