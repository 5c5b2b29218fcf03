//! Workloads: cAdvisor and kube-state-metrics, per workload.

use fleetscope_model::{EntityKind, Resource, SignalRole};

use super::{Draft, about, by_owner, workload};

pub(super) fn watches() -> Vec<Draft> {
    vec![
        memory_share(),
        memory_without_limit(),
        cpu(),
        throttling(),
        restarts(),
        out_of_memory(),
        unavailable(),
    ]
}

/// Containers, without the pause container and the sums over pods.
const CONTAINERS: &str = r#"container!="",container!="POD""#;

/// A restarted container has two series for a while (the label `id` differs), so it is made unique
/// before anything is joined to it.
fn memory() -> String {
    format!(
        "max by (namespace, pod, container) (container_memory_working_set_bytes{{{CONTAINERS}}})"
    )
}

const MEMORY_LIMIT: &str = "max by (namespace, pod, container) \
                            (kube_pod_container_resource_limits{resource=\"memory\"})";

fn memory_share() -> Draft {
    let share = format!(
        "max by (namespace, pod) ({} / on (namespace, pod, container) {MEMORY_LIMIT})",
        memory()
    );
    let query = format!("max by (namespace, workload) ({})", by_owner(&share));
    Draft::new(
        "workload-memory-share",
        "memory as share of the limit",
        query,
    )
    .about(workload())
    .of(Resource::Memory)
    .role(SignalRole::Saturation)
    // The usual alert stands at nine tenths of the limit: a tenth is all that is left then.
    .matters_from(0.1)
}

fn memory_without_limit() -> Draft {
    let free = format!(
        "sum by (namespace, pod) ({} unless on (namespace, pod, container) {MEMORY_LIMIT})",
        memory()
    );
    let query = format!("max by (namespace, workload) ({})", by_owner(&free));
    Draft::new("workload-memory-unlimited", "memory without a limit", query)
        .unit("bytes")
        .about(workload())
        .of(Resource::Memory)
        // The kubelet begins to evict pods with 100 MiB left on the node (`memory.available`).
        .matters_from(104_857_600.0)
}

fn cpu() -> Draft {
    let used = format!(
        "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{{{CONTAINERS}}}[5m]))"
    );
    let query = format!("sum by (namespace, workload) ({})", by_owner(&used));
    Draft::new("workload-cpu", "CPU usage", query)
        .unit("cores")
        .about(workload())
        .of(Resource::Cpu)
        // A quarter of a core: the smallest machine that runs a workload has one or two.
        .matters_from(0.25)
}

fn throttling() -> Draft {
    let ratio = format!(
        "sum by (namespace, pod) \
         (rate(container_cpu_cfs_throttled_periods_total{{{CONTAINERS}}}[5m])) \
         / (sum by (namespace, pod) \
         (rate(container_cpu_cfs_periods_total{{{CONTAINERS}}}[5m])) > 0)"
    );
    let query = format!("max by (namespace, workload) ({})", by_owner(&ratio));
    Draft::new(
        "workload-cpu-throttling",
        "share of throttled CPU periods",
        query,
    )
    .about(workload())
    .of(Resource::Cpu)
    .role(SignalRole::Saturation)
    // kubernetes-mixin alerts from a quarter of the periods on (`CPUThrottlingHigh`).
    .matters_from(0.25)
}

fn restarts() -> Draft {
    let restarts =
        "sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[10m]))";
    let query = format!("sum by (namespace, workload) ({})", by_owner(restarts));
    Draft::new(
        "workload-restarts",
        "container restarts in ten minutes",
        query,
    )
    .unit("restarts")
    .about(workload())
    .role(SignalRole::Availability)
    // One restart; `increase` extrapolates and gives a little more or less than a whole one.
    .matters_from(0.5)
}

/// A container that is killed for its memory drops what it was doing, whoever was waiting for it:
/// a symptom. Told apart from other restarts as awesome-prometheus-alerts does
/// (`KubernetesContainerOomKiller`); where nothing was killed the count is 0.
fn out_of_memory() -> Draft {
    let restarts = "sum by (namespace, pod, container) \
                    (increase(kube_pod_container_status_restarts_total[10m]))";
    let killed = "max by (namespace, pod, container) \
                  (kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}) == 1";
    let kills = format!(
        "sum by (namespace, pod) \
         (({restarts} and on (namespace, pod, container) ({killed})) or 0 * {restarts})"
    );
    let query = format!("sum by (namespace, workload) ({})", by_owner(&kills));
    Draft::new(
        "workload-out-of-memory",
        "containers killed for their memory in ten minutes",
        query,
    )
    .unit("kills")
    .about(workload())
    .role(SignalRole::Availability)
    // One; `increase` extrapolates and gives a little more or less than a whole one.
    .matters_from(0.5)
    .symptom()
}

/// The least of three minutes: every rollout and restart has a replica missing for a minute or two,
/// as planned (kubernetes-mixin waits for fifteen, `KubeDeploymentReplicasMismatch`).
fn unavailable() -> Draft {
    let query = "max by (namespace, workload) (\
        label_replace(min_over_time(kube_deployment_status_replicas_unavailable[3m]), \
        \"workload\", \"$1\", \"deployment\", \"(.+)\") \
        or label_replace(min_over_time(kube_daemonset_status_number_unavailable[3m]), \
        \"workload\", \"$1\", \"daemonset\", \"(.+)\") \
        or label_replace(min_over_time((kube_statefulset_replicas \
        - kube_statefulset_status_replicas_ready)[3m:30s]), \
        \"workload\", \"$1\", \"statefulset\", \"(.+)\"))";
    Draft::new(
        "workload-unavailable-replicas",
        "unavailable replicas",
        query,
    )
    .unit("replicas")
    .about(about(
        EntityKind::Workload,
        Some("namespace"),
        &["workload"],
    ))
    .role(SignalRole::Availability)
    // One replica.
    .matters_from(0.5)
}
