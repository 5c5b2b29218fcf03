//! The one table of routes: who serves a route, and what it asks of its caller. A route that is
//! missing here is refused, and a test fails.

use std::collections::HashMap;
use std::sync::LazyLock;

use fleetscope_model::{ClusterVerb, Permission, Role};

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Upper-case HTTP method.
    pub method: &'static str,
    /// Path template, as axum writes it: `/api/v1/clusters/{id}`.
    pub path: &'static str,
    /// Which role serves it.
    pub role: Role,
    /// What it asks of its caller; none answers anybody, without a token.
    pub permission: Option<Permission>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    role: Role,
    permission: Permission,
) -> Route {
    Route {
        method,
        path,
        role,
        permission: Some(permission),
    }
}

/// A route of the gateway that answers anybody.
const fn anonymous(method: &'static str, path: &'static str) -> Route {
    Route {
        method,
        path,
        role: Gateway,
        permission: None,
    }
}

/// A route in Prometheus' own shapes.
const fn prometheus(method: &'static str, path: &'static str) -> Route {
    route(method, path, Collector, Read)
}

use Permission::{Administer, Notify, Operate, Read};
use Role::{Collector, Gateway, Intelligence, Registry, Streaming};

/// Every route of the public API.
pub const TABLE: &[Route] = &[
    anonymous("GET", "/api/v1/openapi.json"),
    route("POST", "/auth/validate", Gateway, Read),
    route("GET", "/auth/me", Gateway, Read),
    anonymous("GET", "/auth/login"),
    anonymous("GET", "/auth/callback"),
    anonymous("POST", "/auth/logout"),
    route("GET", "/health/detailed", Gateway, Read),
    route("GET", "/api/v1/clusters", Registry, Read),
    route("POST", "/api/v1/clusters", Registry, Administer),
    route("POST", "/api/v1/clusters/import", Registry, Administer),
    route("GET", "/api/v1/clusters/{id}", Registry, Read),
    route("PUT", "/api/v1/clusters/{id}", Registry, Administer),
    route("DELETE", "/api/v1/clusters/{id}", Registry, Administer),
    route("POST", "/api/v1/clusters/{id}/validate", Registry, Operate),
    route("GET", "/api/v1/clusters/{id}/validation", Registry, Read),
    route("GET", "/api/v1/clusters/{id}/capabilities", Registry, Read),
    route(
        "GET",
        "/api/v1/clusters/{id}/credentials",
        Registry,
        Administer,
    ),
    route(
        "PUT",
        "/api/v1/clusters/{id}/credentials/{field}",
        Registry,
        Administer,
    ),
    route(
        "DELETE",
        "/api/v1/clusters/{id}/credentials/{field}",
        Registry,
        Administer,
    ),
    route("GET", "/api/v1/keys", Registry, Administer),
    route("POST", "/api/v1/keys/rotation", Registry, Administer),
    route("DELETE", "/api/v1/keys/rotation", Registry, Administer),
    route("GET", "/api/v1/tokens", Registry, Administer),
    route("POST", "/api/v1/tokens", Registry, Administer),
    route("DELETE", "/api/v1/tokens/{id}", Registry, Administer),
    route("GET", "/api/v1/audit", Registry, Administer),
    route("GET", "/api/v1/metrics/query", Collector, Read),
    route("GET", "/api/v1/metrics/query_range", Collector, Read),
    route("GET", "/api/v1/metrics/series", Collector, Read),
    route("GET", "/api/v1/metrics/labels", Collector, Read),
    route(
        "GET",
        "/api/v1/metrics/label/{name}/values",
        Collector,
        Read,
    ),
    route("GET", "/api/v1/metrics/metadata", Collector, Read),
    route("GET", "/api/v1/metrics/rules", Collector, Read),
    route("GET", "/api/v1/metrics/alerts", Collector, Read),
    route("GET", "/api/v1/metrics/targets", Collector, Read),
    prometheus("GET", "/prometheus/{cluster}/"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/query"),
    prometheus("POST", "/prometheus/{cluster}/api/v1/query"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/query_range"),
    prometheus("POST", "/prometheus/{cluster}/api/v1/query_range"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/series"),
    prometheus("POST", "/prometheus/{cluster}/api/v1/series"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/labels"),
    prometheus("POST", "/prometheus/{cluster}/api/v1/labels"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/label/{name}/values"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/query_exemplars"),
    prometheus("POST", "/prometheus/{cluster}/api/v1/query_exemplars"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/metadata"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/rules"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/alerts"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/targets"),
    prometheus("GET", "/prometheus/{cluster}/api/v1/status/buildinfo"),
    route("POST", "/api/v1/logs/query", Collector, Read),
    route("GET", "/api/v1/logs/labels", Collector, Read),
    route("GET", "/api/v1/logs/label/{name}/values", Collector, Read),
    route("GET", "/api/v1/logs/series", Collector, Read),
    route("GET", "/api/v1/logs/volume", Collector, Read),
    route("GET", "/api/v1/logs/stats", Collector, Read),
    route("GET", "/api/v1/logs/fields", Collector, Read),
    route("GET", "/api/v1/logs/tail", Collector, Read),
    route("GET", "/api/v1/logs/patterns", Intelligence, Read),
    route("GET", "/api/v1/topology", Collector, Read),
    route("GET", "/api/v1/changes", Collector, Read),
    route("POST", "/api/v1/traces/search", Collector, Read),
    route("GET", "/api/v1/traces/services", Collector, Read),
    route("GET", "/api/v1/traces/dependencies", Collector, Read),
    route("GET", "/api/v1/traces/{trace_id}", Collector, Read),
    route("GET", "/api/v1/alerts", Collector, Read),
    route("GET", "/api/v1/alerts/groups", Collector, Read),
    route("GET", "/api/v1/alerts/silences", Collector, Read),
    route("POST", "/api/v1/alerts/silences", Collector, Operate),
    route(
        "DELETE",
        "/api/v1/alerts/silences/{silence_id}",
        Collector,
        Operate,
    ),
    route("POST", "/api/v1/alerts/webhook/{id}", Intelligence, Notify),
    route("GET", "/api/v1/events", Streaming, Read),
    route("GET", "/api/v1/events/stream", Streaming, Read),
    route("GET", "/api/v1/analysis/anomaly", Intelligence, Read),
    route("POST", "/api/v1/analysis/anomaly", Intelligence, Operate),
    route("GET", "/api/v1/analysis/anomaly/{id}", Intelligence, Read),
    route("GET", "/api/v1/analysis/rca", Intelligence, Read),
    route("POST", "/api/v1/analysis/rca", Intelligence, Operate),
    route("GET", "/api/v1/analysis/rca/{id}", Intelligence, Read),
    route(
        "GET",
        "/api/v1/analysis/rca/{id}/replay",
        Intelligence,
        Read,
    ),
    route("GET", "/api/v1/reports", Intelligence, Read),
    route("POST", "/api/v1/reports", Intelligence, Operate),
    route("GET", "/api/v1/reports/{id}", Intelligence, Read),
    route("DELETE", "/api/v1/reports/{id}", Intelligence, Operate),
    route("GET", "/api/v1/reports/{id}/download", Intelligence, Read),
    route("GET", "/api/v1/tasks", Intelligence, Read),
];

impl Route {
    /// Whether it is posted to and only read: what is asked is too long for an address.
    pub fn is_question(&self) -> bool {
        self.method == "POST" && self.role == Collector && self.permission == Some(Read)
    }

    /// The right on each cluster that it asks for beside the role, where it is about clusters.
    pub fn on_clusters(&self) -> Option<ClusterVerb> {
        match (self.method, self.path) {
            ("PUT", "/api/v1/clusters/{id}")
            | ("PUT" | "DELETE", "/api/v1/clusters/{id}/credentials/{field}") => {
                Some(ClusterVerb::Update)
            }
            ("DELETE", "/api/v1/clusters/{id}") => Some(ClusterVerb::Delete),
            ("POST", "/api/v1/clusters/{id}/validate") => Some(ClusterVerb::Query),
            ("GET", path) if path.starts_with("/api/v1/clusters") => Some(ClusterVerb::Get),
            ("POST", path) if path.starts_with("/api/v1/analysis/") => {
                Some(ClusterVerb::Investigate)
            }
            ("POST" | "DELETE", path) if path.starts_with("/api/v1/alerts/silences") => {
                Some(ClusterVerb::Silence)
            }
            ("POST", "/api/v1/alerts/webhook/{id}") => Some(ClusterVerb::Get),
            (_, path) if IN_CLUSTERS.iter().any(|prefix| path.starts_with(prefix)) => {
                Some(ClusterVerb::Query)
            }
            _ => None,
        }
    }
}

/// Paths below which telemetry, or what is derived from it, is shown.
const IN_CLUSTERS: [&str; 10] = [
    "/prometheus/",
    "/api/v1/alerts",
    "/api/v1/changes",
    "/api/v1/metrics/",
    "/api/v1/logs/",
    "/api/v1/topology",
    "/api/v1/traces/",
    "/api/v1/events",
    "/api/v1/analysis/",
    "/api/v1/reports",
];

/// The rows of each path: every request asks for them.
static BY_PATH: LazyLock<HashMap<&'static str, Vec<&'static Route>>> = LazyLock::new(|| {
    let mut rows: HashMap<_, Vec<_>> = HashMap::new();
    for route in TABLE {
        rows.entry(route.path).or_default().push(route);
    }
    rows
});

/// The rows of a path template, in the table's order.
pub fn on_path(path: &str) -> &'static [&'static Route] {
    BY_PATH.get(path).map_or(&[], Vec::as_slice)
}

/// The row of a route. HEAD is GET without its body.
pub fn lookup(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    let rows = on_path(path).iter();
    rows.copied().find(|route| route.method == method)
}

/// The methods of a path, comma-separated, as the `Allow` header wants them.
pub fn methods(path: &str) -> String {
    let methods: Vec<_> = on_path(path).iter().map(|route| route.method).collect();
    methods.join(", ")
}
