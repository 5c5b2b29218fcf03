//! Clusters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use super::capabilities::CapabilityKind;
use super::validation::ClusterHealth;

/// One place to read from, and how it is reached. Nothing in it is secret: what authenticates is
/// a credential, and is written apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Base URL, with any path prefix.
    #[schema(example = "https://prometheus.example.com", max_length = 2048)]
    pub url: String,
    /// Value of the `X-Scope-OrgID` header, for multi-tenant servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 150)]
    pub tenant: Option<String>,
    /// Further headers that say whose data is meant, such as `THANOS-TENANT`; at most 8. No header
    /// that authenticates: readers of the cluster see them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = headers)]
    pub headers: BTreeMap<String, String>,
    /// Certificates in PEM that are trusted here instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 65536)]
    pub ca_bundle: Option<String>,
    /// The name that the server's certificate has to be for, where it is not the URL's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253)]
    pub server_name: Option<String>,
    /// An HTTP proxy on the way, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "http://proxy.example.com:3128", max_length = 2048)]
    pub proxy_url: Option<String>,
    /// Which of the cluster's credentials is shown here.
    #[serde(default, skip_serializing_if = "CredentialUse::is_default")]
    pub credential: CredentialUse,
}

/// Which credential of its cluster an endpoint is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialUse {
    /// The endpoint's own if there is one, else the shared one if there is one.
    #[default]
    Own,
    /// The shared one, even if there is one of its own.
    Shared,
    /// None.
    None,
}

impl CredentialUse {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
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
    /// How it fares by its latest validation.
    pub health: ClusterHealth,
    /// What it is known to be or to be able to do.
    pub capabilities: Vec<CapabilityKind>,
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

/// Few and short: they say whose data is meant.
fn headers() -> Object {
    let text = |longest| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(longest))
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "Further headers that say whose data is meant, such as `THANOS-TENANT`; at most 8. No \
             header that authenticates: readers of the cluster see them.",
        ))
        .max_properties(Some(8))
        .property_names(Some(text(64)))
        .additional_properties(Some(text(256)))
        .build()
}
