//! The rules: names, expressions and waiting times of the Kubernetes, node-exporter and OpenShift
//! PTP rules where there are any, and a few usual ones for services, databases and GPUs.

use super::{Alerts, Labels};
use crate::world::World;
use crate::world::database::MAX_CONNECTIONS;
use crate::world::happening::Death;
use crate::world::ptp::Lock;
use crate::world::time::minutes;
use crate::world::topology::{Kind, Role};

/// A rule, and the model's way to see whether its expression holds.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(super) group: &'static str,
    pub(super) query: &'static str,
    pub(super) for_ticks: i64,
    pub(super) severity: &'static str,
    pub(super) summary: &'static str,
    pub(super) holds: fn(&World, &Alerts) -> Vec<(Labels, f64)>,
}

impl Definition {
    /// The labels of the element with the alert's own.
    pub(crate) fn all_labels(&self, labels: &Labels) -> Labels {
        let mut all = labels.clone();
        all.insert("alertname".to_owned(), self.name.to_owned());
        all.insert("severity".to_owned(), self.severity.to_owned());
        all
    }

    /// The summary, with the labels named.
    pub(crate) fn annotations(&self, labels: &Labels) -> Labels {
        let named: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let summary = if named.is_empty() {
            self.summary.to_owned()
        } else {
            format!("{} ({})", self.summary, named.join(", "))
        };
        Labels::from([("summary".to_owned(), summary)])
    }
}

pub(super) const ALL: [Definition; 13] = [
    Definition {
        name: "Watchdog",
        group: "general.rules",
        query: "vector(1)",
        for_ticks: 0,
        severity: "none",
        summary: "An alert that should always be firing to certify that Alertmanager is working properly.",
        holds: |_, _| vec![(Labels::new(), 1.0)],
    },
    Definition {
        name: "KubePodCrashLooping",
        group: "kubernetes-apps",
        query: "max_over_time(kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[5m]) >= 1",
        for_ticks: minutes(15),
        severity: "warning",
        summary: "Pod is crash looping.",
        holds: crash_looping,
    },
    Definition {
        name: "ContainerOomKilled",
        group: "kubernetes-apps",
        query: "(kube_pod_container_status_restarts_total - kube_pod_container_status_restarts_total offset 10m >= 1) and ignoring (reason) kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"} == 1",
        for_ticks: 0,
        severity: "warning",
        summary: "A container was killed because it used more memory than its limit.",
        holds: out_of_memory,
    },
    Definition {
        name: "KubeDeploymentReplicasMismatch",
        group: "kubernetes-apps",
        query: "kube_deployment_spec_replicas > kube_deployment_status_replicas_available",
        for_ticks: minutes(15),
        severity: "warning",
        summary: "Deployment has not matched the expected number of replicas.",
        holds: replicas_mismatch,
    },
    Definition {
        name: "CPUThrottlingHigh",
        group: "kubernetes-resources",
        query: "sum(increase(container_cpu_cfs_throttled_periods_total{container!=\"\"}[5m])) by (container, pod, namespace) / sum(increase(container_cpu_cfs_periods_total[5m])) by (container, pod, namespace) > (25 / 100)",
        for_ticks: minutes(15),
        severity: "info",
        summary: "Processes experience elevated CPU throttling.",
        holds: throttling,
    },
    Definition {
        name: "KubeNodeNotReady",
        group: "kubernetes-system-kubelet",
        query: "kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0",
        for_ticks: minutes(15),
        severity: "warning",
        summary: "Node is not ready.",
        // No node of these clusters ever fails: the rule is there because it always is.
        holds: |_, _| Vec::new(),
    },
    Definition {
        name: "NodeCPUHighUsage",
        group: "node-exporter",
        query: "sum without(mode) (avg without (cpu) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m]))) * 100 > 90",
        for_ticks: minutes(5),
        severity: "info",
        summary: "High CPU usage.",
        holds: node_busy,
    },
    Definition {
        name: "ServiceHighErrorRate",
        group: "services",
        query: "sum by (service) (rate(traces_spanmetrics_calls_total{span_kind=\"SPAN_KIND_SERVER\",status_code=\"STATUS_CODE_ERROR\"}[5m])) / sum by (service) (rate(traces_spanmetrics_calls_total{span_kind=\"SPAN_KIND_SERVER\"}[5m])) > 0.05",
        for_ticks: minutes(3),
        severity: "critical",
        summary: "More than 5 % of a service's requests fail.",
        holds: high_error_rate,
    },
    Definition {
        name: "ServiceHighLatency",
        group: "services",
        query: "histogram_quantile(0.95, sum by (service, le) (rate(traces_spanmetrics_latency_bucket{span_kind=\"SPAN_KIND_SERVER\",service!~\"vllm.*|inference-gateway\"}[5m]))) > 0.5",
        for_ticks: minutes(5),
        severity: "warning",
        summary: "The 95th percentile of a service's latency is above half a second.",
        holds: high_latency,
    },
    Definition {
        name: "PostgresqlTooManyConnections",
        group: "postgres",
        query: "sum by (namespace, service) (pg_stat_activity_count{state=\"active\"}) > 80",
        for_ticks: minutes(2),
        severity: "warning",
        summary: "More than 80 of 100 connections to PostgreSQL are active.",
        holds: connections,
    },
    Definition {
        name: "GpuTemperatureHigh",
        group: "dcgm",
        query: "DCGM_FI_DEV_GPU_TEMP > 85",
        for_ticks: minutes(2),
        severity: "warning",
        summary: "A GPU is above 85 °C.",
        holds: gpu_hot,
    },
    Definition {
        name: "NodeOutOfPtpSync",
        group: "ptp-rules",
        query: "openshift_ptp_clock_state != 1",
        for_ticks: minutes(2),
        severity: "warning",
        summary: "A node is out of PTP sync.",
        holds: out_of_sync,
    },
    Definition {
        name: "HighPtpSyncOffset",
        group: "ptp-rules",
        query: "openshift_ptp_offset_ns > 100 or openshift_ptp_offset_ns < -100",
        for_ticks: minutes(2),
        severity: "warning",
        summary: "The offset of a clock is beyond its threshold.",
        holds: high_offset,
    },
];

type Found = Vec<(Labels, f64)>;

fn labels(named: &[(&str, &str)]) -> Labels {
    named
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn of_pod(world: &World, pod: &crate::world::pods::Pod) -> Labels {
    let workload = &world.workloads[pod.workload];
    labels(&[
        ("namespace", workload.spec.namespace),
        ("pod", &pod.name),
        ("container", workload.container()),
    ])
}

fn crash_looping(world: &World, _: &Alerts) -> Found {
    let waiting = world.pods.iter().filter(|pod| pod.waits_in_back_off());
    waiting.map(|pod| (of_pod(world, pod), 1.0)).collect()
}

fn out_of_memory(world: &World, _: &Alerts) -> Found {
    let recent = |pod: &&crate::world::pods::Pod| {
        pod.restarts > 0
            && pod.last_death.is_some_and(|(tick, death)| {
                death == Death::OutOfMemory && world.tick.0 - tick.0 <= minutes(10)
            })
    };
    world
        .pods
        .iter()
        .filter(recent)
        .map(|pod| (of_pod(world, pod), 1.0))
        .collect()
}

fn replicas_mismatch(world: &World, _: &Alerts) -> Found {
    let mut found = Vec::new();
    for (index, workload) in world.workloads.iter().enumerate() {
        let ready = world
            .pods
            .iter()
            .filter(|pod| pod.workload == index && pod.is_ready())
            .count();
        let wanted = workload.desired as usize;
        if workload.spec.kind == Kind::Deployment && ready < wanted {
            let named = [
                ("namespace", workload.spec.namespace),
                ("deployment", workload.spec.name),
            ];
            found.push((labels(&named), wanted as f64));
        }
    }
    found
}

fn throttling(world: &World, alerts: &Alerts) -> Found {
    let pods = world
        .pods
        .iter()
        .map(|pod| (pod, alerts.throttled(pod.id.0)));
    pods.filter(|(_, share)| *share > 0.25)
        .map(|(pod, share)| (of_pod(world, pod), share))
        .collect()
}

fn node_busy(world: &World, alerts: &Alerts) -> Found {
    let nodes = world.nodes.iter().enumerate();
    nodes
        .map(|(index, node)| (node.spec.name, alerts.busy(index) * 100.0))
        .filter(|(_, percent)| *percent > 90.0)
        .map(|(name, percent)| (labels(&[("instance", name)]), percent))
        .collect()
}

fn high_error_rate(world: &World, alerts: &Alerts) -> Found {
    let mut found = Vec::new();
    for (index, service) in world.graph.services.iter().enumerate() {
        if world.graph.is_database(index) {
            continue;
        }
        let (mut requests, mut failures) = (0.0, 0.0);
        for (at, operation) in world.graph.operations.iter().enumerate() {
            if operation.service == index {
                let (more, failed) = alerts.operation(at);
                requests += more;
                failures += failed;
            }
        }
        if requests > 0.0 && failures / requests > 0.05 {
            found.push((labels(&[("service", service.name)]), failures / requests));
        }
    }
    found
}

fn high_latency(world: &World, _: &Alerts) -> Found {
    let mut found = Vec::new();
    for (index, service) in world.graph.services.iter().enumerate() {
        let patient = service.role == Role::Vllm || service.name == "inference-gateway";
        if world.graph.is_database(index) || patient {
            continue;
        }
        let mut mixture = crate::world::latency::Mixture::default();
        for operation in world
            .graph
            .operations
            .iter()
            .filter(|item| item.service == index)
        {
            mixture.add(operation.total, operation.rps);
        }
        // 1.645 is the normal deviate of the 95th percentile.
        let quantile = mixture.latency().distribution().at(1.645);
        if quantile > 0.5 {
            found.push((labels(&[("service", service.name)]), quantile));
        }
    }
    found
}

fn connections(world: &World, _: &Alerts) -> Found {
    let full = world
        .databases
        .iter()
        .filter(|item| item.usage.active > MAX_CONNECTIONS * 0.8);
    full.map(|database| {
        let workload = world.graph.services[database.service].workload;
        let namespace = world.workloads[workload].spec.namespace;
        (
            labels(&[("namespace", namespace), ("service", database.name)]),
            database.usage.active,
        )
    })
    .collect()
}

fn gpu_hot(world: &World, _: &Alerts) -> Found {
    let hot = world.gpus.iter().filter(|gpu| gpu.celsius.round() > 85.0);
    hot.map(|gpu| {
        let (node, index) = (world.nodes[gpu.node].spec.name, gpu.index.to_string());
        let named = [
            ("Hostname", node),
            ("gpu", index.as_str()),
            ("UUID", gpu.uuid.as_str()),
        ];
        (labels(&named), gpu.celsius.round())
    })
    .collect()
}

fn out_of_sync(world: &World, _: &Alerts) -> Found {
    let lost = world
        .clocks
        .iter()
        .filter(|clock| clock.state != Lock::Locked);
    lost.map(|clock| (of_clock(world, clock), f64::from(clock.state as u8)))
        .collect()
}

fn high_offset(world: &World, _: &Alerts) -> Found {
    let far = world
        .clocks
        .iter()
        .filter(|clock| clock.offset.abs() > 100.0);
    far.map(|clock| {
        let mut named = of_clock(world, clock);
        named.insert("from".to_owned(), "master".to_owned());
        (named, clock.offset.round())
    })
    .collect()
}

fn of_clock(world: &World, clock: &crate::world::ptp::Clock) -> Labels {
    labels(&[
        ("node", world.nodes[clock.node].spec.name),
        ("iface", clock.iface),
        ("process", clock.process()),
    ])
}
