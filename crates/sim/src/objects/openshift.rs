//! What makes a cluster an OpenShift one: its version, its operators, and the ways to its
//! monitoring, logs and traces from outside.

use serde_json::{Value, json};

use crate::kubernetes::{ResourceSpec, catalogue};
use crate::world::World;
use crate::world::topology::ClusterSpec;

const MONITORING: &str = "openshift-monitoring";
const LOGGING: &str = "openshift-logging";
const TRACING: &str = "openshift-tempo-operator";

/// An operator as its catalogue offers it.
struct Operator {
    package: &'static str,
    /// The beginning of the names of its `ClusterServiceVersion`s, which need not be the package.
    name: &'static str,
    display: &'static str,
    version: &'static str,
    channel: &'static str,
    namespace: &'static str,
}

const fn operator(
    names: [&'static str; 3],
    (version, channel): (&'static str, &'static str),
    namespace: &'static str,
) -> Operator {
    let [package, name, display] = names;
    Operator {
        package,
        name,
        display,
        version,
        channel,
        namespace,
    }
}

/// On every cluster.
const COMMON: [Operator; 3] = [
    operator(
        [
            "cluster-logging",
            "cluster-logging",
            "Red Hat OpenShift Logging",
        ],
        ("6.1.0", "stable-6.1"),
        LOGGING,
    ),
    operator(
        ["loki-operator", "loki-operator", "Loki Operator"],
        ("6.1.0", "stable-6.1"),
        "openshift-operators-redhat",
    ),
    operator(
        ["tempo-product", "tempo-operator", "Tempo Operator"],
        ("0.15.3-2", "stable"),
        TRACING,
    ),
];

/// Where there are neither GPUs nor radios: what keeps the shop's volumes.
const STORAGE: [Operator; 1] = [operator(
    ["odf-operator", "odf-operator", "OpenShift Data Foundation"],
    ("4.18.0", "stable-4.18"),
    "openshift-storage",
)];

/// Where there are GPUs.
const ACCELERATED: [Operator; 2] = [
    operator(
        [
            "gpu-operator-certified",
            "gpu-operator-certified",
            "NVIDIA GPU Operator",
        ],
        ("24.9.1", "v24.9"),
        "nvidia-gpu-operator",
    ),
    operator(
        ["nfd", "nfd", "Node Feature Discovery Operator"],
        ("4.18.0-202501230001", "stable"),
        "openshift-nfd",
    ),
];

/// Where there are radios.
const TELCO: [Operator; 2] = [
    operator(
        ["ptp-operator", "ptp-operator", "PTP Operator"],
        ("4.17.0-202411251634", "stable"),
        "openshift-ptp",
    ),
    operator(
        [
            "sriov-network-operator",
            "sriov-network-operator",
            "SR-IOV Network Operator",
        ],
        ("4.17.0-202411251634", "stable"),
        "openshift-sriov-network-operator",
    ),
];

/// The resources that every OpenShift cluster of the fleet serves.
pub(super) fn resources() -> impl Iterator<Item = ResourceSpec> {
    let all = [
        catalogue::openshift(),
        catalogue::olm(),
        catalogue::routes(),
        catalogue::stacks(),
    ];
    all.into_iter().flatten()
}

/// The namespaces that the objects stand in.
pub(super) fn namespaces(world: &World) -> impl Iterator<Item = &'static str> {
    let own = operators(world).map(|operator| operator.namespace);
    own.chain([MONITORING, LOGGING, TRACING])
}

/// All of them.
pub(super) fn objects(spec: &ClusterSpec, world: &World) -> Vec<Value> {
    let mut objects = vec![cluster_version(spec, world)];
    for operator in operators(world) {
        objects.push(subscription(operator));
        objects.push(installed(operator));
    }
    let monitoring = [
        ("thanos-querier", 9091),
        ("prometheus-k8s", 9091),
        ("alertmanager-main", 9094),
    ];
    for (name, port) in monitoring {
        objects.push(service(MONITORING, name, "web", port));
        objects.push(route(spec, MONITORING, name, name, "web"));
    }
    let gateway = "logging-loki-gateway-http";
    objects.push(loki_stack());
    objects.push(service(LOGGING, gateway, "public", 8080));
    objects.push(route(spec, LOGGING, "logging-loki", gateway, "public"));
    // Its gateway has no route unless one is asked for; radio sites are not asked from outside.
    let outside = world.clocks.is_empty();
    let gateway = "tempo-platform-gateway";
    objects.push(tempo_stack(outside));
    objects.push(service(TRACING, gateway, "public", 8080));
    if outside {
        objects.push(route(spec, TRACING, gateway, gateway, "public"));
    }
    objects
}

fn operators(world: &World) -> impl Iterator<Item = &'static Operator> {
    let accelerated = (!world.gpus.is_empty()).then_some(&ACCELERATED);
    let telco = (!world.clocks.is_empty()).then_some(&TELCO);
    let plain = accelerated.is_none() && telco.is_none();
    let storage = plain.then_some(&STORAGE);
    COMMON
        .iter()
        .chain(storage.into_iter().flatten())
        .chain(accelerated.into_iter().flatten())
        .chain(telco.into_iter().flatten())
}

/// `Red Hat Enterprise Linux CoreOS 418.94.…` is part of OpenShift 4.18.
fn version(spec: &ClusterSpec) -> String {
    let build = spec.os_image.rsplit(' ').next().unwrap_or_default();
    let release = build.split('.').next().unwrap_or_default();
    let (major, minor) = release.split_at_checked(1).unwrap_or(("4", "18"));
    format!("{major}.{minor}.3")
}

fn cluster_version(spec: &ClusterSpec, world: &World) -> Value {
    let version = version(spec);
    let (major_minor, _) = version.rsplit_once('.').unwrap_or((&version, ""));
    let id = world.dice.part("cluster id").at(0).bits();
    let (high, low) = (id >> 32, id & 0xffff_ffff);
    let image = format!("quay.io/openshift-release-dev/ocp-release:{version}-x86_64");
    let condition = |kind: &str, status: &str, message: String| json!({ "type": kind, "status": status, "message": message });
    json!({
        "apiVersion": "config.openshift.io/v1",
        "kind": "ClusterVersion",
        "metadata": { "name": "version" },
        "spec": {
            "channel": format!("stable-{major_minor}"),
            "clusterID": format!("{high:08x}-{:04x}-4{:03x}-8{:03x}-{id:012x}",
                low >> 16, low & 0xfff, high & 0xfff, id = id & 0xffff_ffff_ffff),
        },
        "status": {
            "desired": { "version": version, "image": image },
            "history": [{ "state": "Completed", "version": version, "image": image, "verified": true }],
            "conditions": [
                condition("Available", "True", format!("Done applying {version}")),
                condition("Progressing", "False", format!("Cluster version is {version}")),
                condition("Failing", "False", String::new()),
            ],
            "observedGeneration": 1,
        },
    })
}

fn subscription(operator: &Operator) -> Value {
    let csv = csv_name(operator);
    json!({
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": { "name": operator.package, "namespace": operator.namespace },
        "spec": {
            "name": operator.package,
            "channel": operator.channel,
            "source": "redhat-operators",
            "sourceNamespace": "openshift-marketplace",
            "installPlanApproval": "Automatic",
        },
        "status": { "state": "AtLatestKnown", "installedCSV": csv, "currentCSV": csv },
    })
}

fn installed(operator: &Operator) -> Value {
    json!({
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": { "name": csv_name(operator), "namespace": operator.namespace },
        "spec": { "displayName": operator.display, "version": operator.version },
        "status": { "phase": "Succeeded", "reason": "InstallSucceeded" },
    })
}

fn csv_name(operator: &Operator) -> String {
    format!("{}.v{}", operator.name, operator.version)
}

fn loki_stack() -> Value {
    json!({
        "apiVersion": "loki.grafana.com/v1",
        "kind": "LokiStack",
        "metadata": { "name": "logging-loki", "namespace": LOGGING },
        "spec": {
            "managementState": "Managed",
            "size": "1x.small",
            "storageClassName": "gp3-csi",
            "tenants": { "mode": "openshift-logging" },
        },
        "status": { "conditions": [{ "type": "Ready", "status": "True", "reason": "ReadyComponents" }] },
    })
}

fn tempo_stack(outside: bool) -> Value {
    let ingress = if outside {
        json!({ "type": "route" })
    } else {
        json!({})
    };
    json!({
        "apiVersion": "tempo.grafana.com/v1alpha1",
        "kind": "TempoStack",
        "metadata": { "name": "platform", "namespace": TRACING },
        "spec": {
            "managementState": "Managed",
            "template": { "gateway": { "enabled": true, "ingress": ingress } },
            "tenants": {
                "mode": "openshift",
                "authentication": [{ "tenantName": "platform", "tenantId": "platform" }],
            },
        },
        "status": {
            "tempoVersion": "2.7.1",
            "conditions": [{ "type": "Ready", "status": "True", "reason": "Ready" }],
        },
    })
}

fn service(namespace: &str, name: &str, port: &str, number: u16) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "type": "ClusterIP",
            "selector": { "app.kubernetes.io/name": name },
            "ports": [{ "name": port, "port": number, "targetPort": port, "protocol": "TCP" }],
        },
    })
}

fn route(spec: &ClusterSpec, namespace: &str, name: &str, service: &str, port: &str) -> Value {
    let host = format!("{name}-{namespace}.apps.{}.example.com", spec.name);
    let router = format!("router-default.apps.{}.example.com", spec.name);
    json!({
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "host": host,
            "to": { "kind": "Service", "name": service, "weight": 100 },
            "port": { "targetPort": port },
            "tls": { "termination": "reencrypt", "insecureEdgeTerminationPolicy": "Redirect" },
            "wildcardPolicy": "None",
        },
        "status": { "ingress": [{
            "host": host,
            "routerName": "default",
            "routerCanonicalHostname": router,
            "conditions": [{ "type": "Admitted", "status": "True" }],
            "wildcardPolicy": "None",
        }] },
    })
}
