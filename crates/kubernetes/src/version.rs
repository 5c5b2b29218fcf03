//! Versions of `ConfigMaps` and `Secrets`: that and when they were changed, by their metadata
//! alone. What is in them is never asked for. The names of their keys stand in the metadata too,
//! since the API server writes down which fields who has set, and when.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use crate::meta::Meta;
use crate::watch::Keep;

/// What leader elections of old keep in a `ConfigMap`, and change every few seconds.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";

/// Where field sets name keys: `f:<key>` below these.
const HOLDERS: [&str; 3] = ["f:data", "f:binaryData", "f:stringData"];

/// The version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Identity and age.
    pub meta: Meta,
    /// The server's `resourceVersion`.
    pub version: String,
    /// When somebody last set something in it; none where the server does not say.
    pub changed_at: Option<Timestamp>,
    /// The names of its keys, as far as the server says who set them.
    pub keys: BTreeSet<String>,
}

/// An object of which the metadata is known.
#[derive(Debug, Deserialize)]
pub(crate) struct Partial {
    pub(crate) metadata: ObjectMeta,
}

impl Keep<Partial> for Version {
    fn keep(object: Partial) -> Option<Self> {
        let mut metadata = object.metadata;
        let annotations = metadata.annotations.take().unwrap_or_default();
        if annotations.contains_key(LEADER) {
            return None;
        }
        let managed = metadata.managed_fields.take().unwrap_or_default();
        let times = managed
            .iter()
            .filter_map(|entry| Some(entry.time.as_ref()?.0));
        let changed_at = times.max();
        let keys = managed.iter().filter_map(|entry| entry.fields_v1.as_ref());
        let keys = keys.flat_map(|fields| keys_in(&fields.0)).collect();
        Some(Self {
            version: metadata.resource_version.take().unwrap_or_default(),
            meta: metadata.into(),
            changed_at,
            keys,
        })
    }
}

fn keys_in(fields: &serde_json::Value) -> impl Iterator<Item = String> + '_ {
    let holders = HOLDERS
        .iter()
        .filter_map(|holder| fields.get(holder)?.as_object());
    holders
        .flat_map(serde_json::Map::keys)
        .filter_map(|key| key.strip_prefix("f:"))
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(text: &str) -> Partial {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn time_and_keys_come_from_who_set_what() {
        let object = partial(
            r#"{"kind": "PartialObjectMetadata", "metadata": {"name": "web", "namespace": "shop",
                "resourceVersion": "7", "managedFields": [
                {"manager": "a", "time": "2026-11-22T09:00:00Z", "fieldsV1":
                    {"f:data": {".": {}, "f:MODE": {}}, "f:metadata": {"f:labels": {"f:x": {}}}}},
                {"manager": "b", "time": "2026-11-22T09:30:00Z", "fieldsV1":
                    {"f:binaryData": {"f:LOGO": {}}}}]}}"#,
        );
        let version = Version::keep(object).unwrap();
        assert_eq!(version.version, "7");
        assert_eq!(
            version.changed_at,
            Some("2026-11-22T09:30:00Z".parse().unwrap())
        );
        assert_eq!(version.keys, ["LOGO".to_owned(), "MODE".to_owned()].into());
    }

    #[test]
    fn what_a_leader_election_keeps_is_no_configuration() {
        let object = partial(
            r#"{"metadata": {"name": "lock", "annotations":
                {"control-plane.alpha.kubernetes.io/leader": "{}"}}}"#,
        );
        assert_eq!(Version::keep(object), None);
    }
}
