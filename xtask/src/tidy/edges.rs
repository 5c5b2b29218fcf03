//! Dependencies run strictly downward, and each library that shapes an architecture has its place.

use super::sources::Crate;

/// What each crate may depend on, of our own. A crate that is not listed may not exist.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("client", &[]),
    ("report", &[]),
    ("sim", &[]),
    ("ports", &["model"]),
    ("engine", &["model"]),
    // Public data beside the engine, apart from what runs: the engine knows no corpus.
    ("eval", &["model", "engine"]),
    ("config", &["model"]),
    // What endpoints are shown is a port: whoever keeps credentials is unknown here.
    ("outbound", &["model", "ports"]),
    ("store", &["model", "ports"]),
    ("streaming", &["model", "ports"]),
    ("kubernetes", &["model", "outbound"]),
    // Validation and discovery ask the clusters themselves, through the connector that reads them.
    ("registry", &["model", "ports", "outbound", "kubernetes"]),
    // Whose a token is, is asked of API servers and issuers.
    ("identity", &["model", "ports", "outbound", "kubernetes"]),
    ("collector", &["model", "ports", "outbound", "kubernetes"]),
    ("intelligence", &["model", "ports", "engine", "report"]),
    (
        "api",
        &[
            "model",
            "ports",
            "client",
            "identity",
            "registry",
            "intelligence",
            "streaming",
        ],
    ),
    ("gateway", &["model", "ports", "client", "identity", "api"]),
    (
        "runtime",
        &[
            "model",
            "ports",
            "client",
            "config",
            "store",
            "outbound",
            "kubernetes",
            "identity",
            "registry",
            "collector",
            "intelligence",
            "streaming",
            "api",
            "gateway",
        ],
    ),
    (
        "fleetscope",
        &[
            // `replay` is the engine on a file: no server, no port.
            "model", "ports", "client", "config", "engine", "runtime", "sim", "eval",
        ],
    ),
    (
        "testkit",
        &["model", "ports", "client", "config", "runtime", "sim"],
    ),
];

/// What tests may depend on beside that: the kit from outside the crates it is made of, and the
/// real store where a use case is tested over it.
const TEST_EDGES: &[(&str, &[&str])] = &[
    ("fleetscope", &["testkit"]),
    ("intelligence", &["store"]),
    (
        "gateway",
        &["registry", "intelligence", "streaming", "store"],
    ),
    ("identity", &["store", "sim"]),
    ("collector", &["sim"]),
    ("registry", &["store", "sim"]),
    ("runtime", &["sim"]),
];

/// Libraries that only these crates may name, also in tests unless said otherwise.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("kube", &["kubernetes"]),
    ("k8s-openapi", &["kubernetes"]),
    ("sqlx", &["store"]),
    ("object_store", &["store"]),
    (
        "axum",
        &["api", "gateway", "runtime", "sim", "testkit", "fleetscope"],
    ),
    // Frames of exec, and of a Loki's tail; the connection below them is opened by `outbound`.
    ("tokio-tungstenite", &["kubernetes", "collector"]),
    ("utoipa", &["api", "client"]),
    ("jsonschema", &["api"]),
    ("governor", &["gateway"]),
    ("opentelemetry", &["gateway", "outbound", "runtime"]),
    ("opentelemetry-otlp", &["runtime"]),
    ("tracing-opentelemetry", &["gateway", "outbound", "runtime"]),
    ("tracing-subscriber", &["runtime"]),
    ("reqwest", &["outbound", "client", "testkit", "fleetscope"]),
    ("jsonwebtoken", &["identity"]),
    ("clap", &["fleetscope"]),
    ("fearless_simd", &["engine"]),
    ("promql-parser", &["collector", "sim", "intelligence"]),
];

/// Libraries that a pure crate may not name: they do I/O, read clocks or run tasks.
const IMPURE: &[&str] = &[
    "tokio", "futures", "reqwest", "axum", "rand", "tracing", "uuid",
];
/// The pure crates.
const PURE: &[&str] = &["engine", "report"];

pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    crates.iter().flat_map(faults).collect()
}

fn faults(crate_: &Crate) -> Vec<String> {
    let name = crate_.name.as_str();
    let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "crates/{name}: not in the table of edges in xtask/src/tidy/edges.rs"
        )];
    };
    let in_tests = TEST_EDGES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(&[] as &[&str], |(_, more)| more);
    let mut faults = Vec::new();
    for dependency in &crate_.dependencies {
        if let Some(ours) = dependency.strip_prefix("fleetscope-")
            && !allowed.contains(&ours)
        {
            faults.push(format!("crates/{name}: may not depend on {dependency}"));
        }
        if PURE.contains(&name) && IMPURE.contains(&dependency.as_str()) {
            faults.push(format!(
                "crates/{name}: is pure and may not name {dependency}"
            ));
        }
        let places = LIBRARIES.iter().find(|(library, _)| *library == dependency);
        if places.is_some_and(|(_, places)| !places.contains(&name)) {
            faults.push(format!(
                "crates/{name}: {dependency} has its place in another crate"
            ));
        }
    }
    for dependency in &crate_.dev_dependencies {
        if let Some(ours) = dependency.strip_prefix("fleetscope-")
            && !allowed.contains(&ours)
            && !in_tests.contains(&ours)
        {
            faults.push(format!(
                "crates/{name}: its tests may not depend on {dependency}"
            ));
        }
    }
    faults
}
