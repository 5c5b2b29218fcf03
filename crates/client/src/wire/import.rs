//! Importing clusters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::clusters::NewCluster;
use super::credentials::{NewCredential, SecretText};

/// A cluster of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedCluster {
    /// What is said of it. What is absent stays as it is, where the cluster is there already.
    pub cluster: NewCluster,
    /// Its credentials by where they belong: `shared`, or the name of an endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, NewCredential>,
}

/// Where clusters are imported from: exactly one of a kubeconfig, a list, and the hub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// A kubeconfig, YAML or JSON. Tokens, client certificates and passwords in it are taken;
    /// programs that it names are not run, and files that it names not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        format = "password",
        write_only,
        min_length = 1,
        max_length = 1_048_576
    )]
    pub kubeconfig: Option<SecretText>,
    /// Which of its contexts; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 500)]
    pub contexts: Option<Vec<String>>,
    /// A list of clusters, at most 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<ImportedCluster>>,
    /// The `ManagedCluster`s of Open Cluster Management on the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_clusters: Option<bool>,
}

/// What was done with one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It was registered.
    Created,
    /// It was there, and is other now.
    Updated,
    /// It was there, and was as the import says.
    Unchanged,
    /// It was left as it was, or out.
    Refused,
}

/// What came of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportResult {
    /// Its name here; where it was refused, what the import calls it.
    pub name: String,
    /// Its id, where it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// What was done.
    pub outcome: ImportOutcome,
    /// What to know of it: why it was refused, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// One a cluster, in the order of the import.
    pub items: Vec<ImportResult>,
}
