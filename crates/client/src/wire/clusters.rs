//! Clusters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use uuid::Uuid;

/// One place to read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Base URL, with any path prefix.
    #[schema(example = "https://prometheus.example.com", max_length = 2048)]
    pub url: String,
    /// Value of the `X-Scope-OrgID` header, for multi-tenant servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 150)]
    pub tenant: Option<String>,
}

/// Where a cluster's telemetry is read. Each is optional: what is absent is a gap in answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Kubernetes API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Endpoint>,
    /// Anything that speaks the Prometheus HTTP API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Endpoint>,
    /// Loki.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<Endpoint>,
    /// Tempo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<Endpoint>,
    /// Alertmanager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<Endpoint>,
}

/// What a person says about a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCluster {
    /// DNS label (lower-case letters, digits, hyphens), unique; the value of the `cluster` label.
    #[schema(
        example = "shop",
        min_length = 1,
        max_length = 63,
        pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
    )]
    pub name: String,
    /// For example `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 63)]
    pub environment: Option<String>,
    /// For example `openshift`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 63)]
    pub provider: Option<String>,
    /// Free labels; at most 64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = labels)]
    pub labels: BTreeMap<String, String>,
    /// Where its telemetry is read.
    #[serde(default)]
    pub endpoints: Endpoints,
}

/// A registered cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cluster {
    /// Identity.
    pub id: Uuid,
    /// Unique name.
    pub name: String,
    /// For example `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// For example `openshift`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// Where its telemetry is read.
    pub endpoints: Endpoints,
    /// Grows with every change; also the `ETag`.
    pub generation: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The limits of Kubernetes' own labels, and a bound on their number.
fn labels() -> Object {
    let text = || {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(63))
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Free labels; at most 64."))
        .max_properties(Some(64))
        .property_names(Some(text()))
        .additional_properties(Some(text()))
        .build()
}
