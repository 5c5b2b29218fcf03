//! Custom resources that real clusters get from operators, ready to be installed:
//! apply a specification's [`definition`](super::ResourceSpec::definition) to a store.
//!
//! Kinds, plurals and columns are those of the operators' own definitions.

use super::ResourceSpec;

/// What an OpenShift cluster has: `ClusterVersion`, `ClusterOperator`, `Infrastructure`.
pub fn openshift() -> Vec<ResourceSpec> {
    const CONFIG: &str = "config.openshift.io/v1";
    const COMPLETED: &str = ".status.history[?(@.state==\"Completed\")].version";
    const OPERATOR: &str = ".status.versions[?(@.name==\"operator\")].version";
    let progressing = |field| of_condition("Progressing", field);
    vec![
        ResourceSpec::cluster(CONFIG, "ClusterVersion", "clusterversions")
            .column("Version", "string", COMPLETED)
            .column("Available", "string", &of_condition("Available", "status"))
            .column("Progressing", "string", &progressing("status"))
            .column("Since", "date", &progressing("lastTransitionTime"))
            .column("Status", "string", &progressing("message")),
        ResourceSpec::cluster(CONFIG, "ClusterOperator", "clusteroperators")
            .short_name("co")
            .column("Version", "string", OPERATOR)
            .column("Available", "string", &of_condition("Available", "status"))
            .column("Progressing", "string", &progressing("status"))
            .column("Degraded", "string", &of_condition("Degraded", "status"))
            .column(
                "Since",
                "date",
                &of_condition("Available", "lastTransitionTime"),
            )
            .column("Message", "string", &of_condition("Degraded", "message")),
        ResourceSpec::cluster(CONFIG, "Infrastructure", "infrastructures"),
    ]
}

/// What the PTP operator brings: `PtpConfig`, `NodePtpDevice`, `PtpOperatorConfig`.
pub fn ptp() -> Vec<ResourceSpec> {
    const PTP: &str = "ptp.openshift.io/v1";
    vec![
        ResourceSpec::namespaced(PTP, "PtpConfig", "ptpconfigs"),
        ResourceSpec::namespaced(PTP, "NodePtpDevice", "nodeptpdevices"),
        ResourceSpec::namespaced(PTP, "PtpOperatorConfig", "ptpoperatorconfigs"),
    ]
}

/// What the SR-IOV network operator brings: node states, node policies, networks.
pub fn sriov() -> Vec<ResourceSpec> {
    const SRIOV: &str = "sriovnetwork.openshift.io/v1";
    const DESIRED: &str = ".metadata.annotations.sriovnetwork\\.openshift\\.io/desired-state";
    const CURRENT: &str = ".metadata.annotations.sriovnetwork\\.openshift\\.io/current-state";
    vec![
        ResourceSpec::namespaced(SRIOV, "SriovNetworkNodeState", "sriovnetworknodestates")
            .column("Sync Status", "string", ".status.syncStatus")
            .column("Desired Sync State", "string", DESIRED)
            .column("Current Sync State", "string", CURRENT)
            .column("Age", "date", ".metadata.creationTimestamp"),
        ResourceSpec::namespaced(SRIOV, "SriovNetworkNodePolicy", "sriovnetworknodepolicies"),
        ResourceSpec::namespaced(SRIOV, "SriovNetwork", "sriovnetworks"),
    ]
}

/// What the GPU operator brings: `ClusterPolicy`.
pub fn nvidia() -> Vec<ResourceSpec> {
    vec![
        ResourceSpec::cluster("nvidia.com/v1", "ClusterPolicy", "clusterpolicies")
            .column("Status", "string", ".status.state")
            .column("Age", "string", ".metadata.creationTimestamp"),
    ]
}

/// What the Operator Lifecycle Manager has: `Subscription`, `ClusterServiceVersion`.
pub fn olm() -> Vec<ResourceSpec> {
    const OLM: &str = "operators.coreos.com/v1alpha1";
    vec![
        ResourceSpec::namespaced(OLM, "Subscription", "subscriptions")
            .short_name("sub")
            .column("Package", "string", ".spec.name")
            .column("Source", "string", ".spec.source")
            .column("Channel", "string", ".spec.channel"),
        ResourceSpec::namespaced(OLM, "ClusterServiceVersion", "clusterserviceversions")
            .short_name("csv")
            .column("Display", "string", ".spec.displayName")
            .column("Version", "string", ".spec.version")
            .column("Replaces", "string", ".spec.replaces")
            .column("Phase", "string", ".status.phase"),
    ]
}

/// What Argo CD brings and is looked at: `Application`.
pub fn argo() -> Vec<ResourceSpec> {
    vec![
        ResourceSpec::namespaced("argoproj.io/v1alpha1", "Application", "applications")
            .short_name("app")
            .column("Sync Status", "string", ".status.sync.status")
            .column("Health Status", "string", ".status.health.status"),
    ]
}

/// What Flux brings and is looked at: `Kustomization`, `HelmRelease`.
pub fn flux() -> Vec<ResourceSpec> {
    let all = [
        (
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "kustomizations",
            "ks",
        ),
        (
            "helm.toolkit.fluxcd.io/v2",
            "HelmRelease",
            "helmreleases",
            "hr",
        ),
    ];
    let spec = |(api, kind, plural, short): (&str, &str, &str, &str)| {
        ResourceSpec::namespaced(api, kind, plural)
            .short_name(short)
            .column("Age", "date", ".metadata.creationTimestamp")
            .column("Ready", "string", &of_condition("Ready", "status"))
            .column("Status", "string", &of_condition("Ready", "message"))
    };
    all.into_iter().map(spec).collect()
}

/// OpenShift's `Route`, which its own aggregated API server serves.
pub fn routes() -> Vec<ResourceSpec> {
    const ROUTE: &str = "route.openshift.io/v1";
    const HOST: &str = ".status.ingress[0].host";
    vec![
        ResourceSpec::namespaced(ROUTE, "Route", "routes")
            .column("Host/Port", "string", HOST)
            .column("Path", "string", ".spec.path")
            .column("Services", "string", ".spec.to.name")
            .column("Port", "string", ".spec.port.targetPort"),
    ]
}

/// What keeps logs and traces: `LokiStack`, `TempoStack`.
pub fn stacks() -> Vec<ResourceSpec> {
    let status = of_condition("Ready", "reason");
    vec![
        ResourceSpec::namespaced("loki.grafana.com/v1", "LokiStack", "lokistacks"),
        ResourceSpec::namespaced("tempo.grafana.com/v1alpha1", "TempoStack", "tempostacks")
            .short_name("tempo")
            .column("Age", "date", ".metadata.creationTimestamp")
            .column("Tempo Version", "string", ".status.tempoVersion")
            .column("Management", "string", ".spec.managementState")
            .column("Status", "string", &status),
    ]
}

/// The JSON path of a field of one condition.
fn of_condition(kind: &str, field: &str) -> String {
    format!(".status.conditions[?(@.type==\"{kind}\")].{field}")
}
