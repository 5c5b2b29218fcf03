//! Type and help of each metric family, as the exporters state them.

use crate::tsdb::{MetricKind, Tsdb};

use MetricKind::{Counter, Gauge, Histogram};

/// Tempo's series come by remote write, which carries no metadata: they are left out, as in a
/// real Prometheus.
const FAMILIES: &[(&str, MetricKind, &str)] = &[
    ("up", Gauge, "Whether the target could be scraped."),
    (
        "node_cpu_seconds_total",
        Counter,
        "Seconds the CPUs spent in each mode.",
    ),
    ("node_load1", Gauge, "1m load average."),
    (
        "node_memory_MemTotal_bytes",
        Gauge,
        "Memory information field MemTotal_bytes.",
    ),
    (
        "node_memory_MemAvailable_bytes",
        Gauge,
        "Memory information field MemAvailable_bytes.",
    ),
    (
        "node_pressure_cpu_waiting_seconds_total",
        Counter,
        "Total time in seconds that processes have waited for CPU time",
    ),
    (
        "node_pressure_memory_waiting_seconds_total",
        Counter,
        "Total time in seconds that processes have waited for memory",
    ),
    (
        "node_pressure_io_waiting_seconds_total",
        Counter,
        "Total time in seconds that processes have waited due to IO congestion",
    ),
    (
        "node_disk_io_time_seconds_total",
        Counter,
        "Total seconds spent doing I/Os.",
    ),
    (
        "node_network_receive_bytes_total",
        Counter,
        "Network device statistic receive_bytes.",
    ),
    (
        "node_network_transmit_bytes_total",
        Counter,
        "Network device statistic transmit_bytes.",
    ),
    (
        "node_filesystem_avail_bytes",
        Gauge,
        "Filesystem space available to non-root users in bytes.",
    ),
    (
        "node_filesystem_size_bytes",
        Gauge,
        "Filesystem size in bytes.",
    ),
    (
        "node_timex_offset_seconds",
        Gauge,
        "Time offset in between local system and reference clock.",
    ),
    (
        "node_timex_sync_status",
        Gauge,
        "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
    ),
    ("kube_node_info", Gauge, "Information about a cluster node."),
    (
        "kube_node_status_condition",
        Gauge,
        "The condition of a cluster node.",
    ),
    (
        "kube_node_status_capacity",
        Gauge,
        "The total amount of resources available for a node.",
    ),
    (
        "kube_node_spec_unschedulable",
        Gauge,
        "Whether a node can schedule new pods.",
    ),
    ("kube_pod_info", Gauge, "Information about pod."),
    (
        "kube_pod_owner",
        Gauge,
        "Information about the Pod's owner.",
    ),
    (
        "kube_pod_container_info",
        Gauge,
        "Information about a container in a pod.",
    ),
    ("kube_pod_status_phase", Gauge, "The pods current phase."),
    (
        "kube_pod_container_status_restarts_total",
        Counter,
        "The number of container restarts per container.",
    ),
    (
        "kube_pod_container_status_last_terminated_reason",
        Gauge,
        "Describes the last reason the container was in terminated state.",
    ),
    (
        "kube_pod_container_status_waiting_reason",
        Gauge,
        "Describes the reason the container is currently in waiting state.",
    ),
    (
        "kube_pod_container_resource_requests",
        Gauge,
        "The number of requested request resource by a container.",
    ),
    (
        "kube_pod_container_resource_limits",
        Gauge,
        "The number of requested limit resource by a container.",
    ),
    (
        "kube_deployment_spec_replicas",
        Gauge,
        "Number of desired pods for a deployment.",
    ),
    (
        "kube_deployment_status_replicas_available",
        Gauge,
        "The number of available replicas per deployment.",
    ),
    (
        "kube_deployment_status_replicas_unavailable",
        Gauge,
        "The number of unavailable replicas per deployment.",
    ),
    (
        "kube_deployment_status_observed_generation",
        Gauge,
        "The generation observed by the deployment controller.",
    ),
    (
        "kube_replicaset_owner",
        Gauge,
        "Information about the ReplicaSet's owner.",
    ),
    (
        "kube_statefulset_replicas",
        Gauge,
        "Number of desired pods for a StatefulSet.",
    ),
    (
        "kube_statefulset_status_replicas_ready",
        Gauge,
        "The number of ready replicas per StatefulSet.",
    ),
    (
        "kube_statefulset_status_observed_generation",
        Gauge,
        "The generation observed by the StatefulSet controller.",
    ),
    (
        "kube_daemonset_status_desired_number_scheduled",
        Gauge,
        "The number of nodes that should be running the daemon pod.",
    ),
    (
        "kube_daemonset_status_number_ready",
        Gauge,
        "The number of nodes that should be running the daemon pod and have it ready.",
    ),
    (
        "kube_daemonset_status_number_unavailable",
        Gauge,
        "The number of nodes that should be running the daemon pod and have none available.",
    ),
    (
        "kube_daemonset_status_observed_generation",
        Gauge,
        "The most recent generation observed by the daemon set controller.",
    ),
    (
        "container_cpu_usage_seconds_total",
        Counter,
        "Cumulative cpu time consumed in core-seconds",
    ),
    (
        "container_memory_working_set_bytes",
        Gauge,
        "Current working set of the container in bytes",
    ),
    (
        "container_cpu_cfs_periods_total",
        Counter,
        "Number of elapsed enforcement period intervals.",
    ),
    (
        "container_cpu_cfs_throttled_periods_total",
        Counter,
        "Number of throttled period intervals.",
    ),
    (
        "container_network_receive_bytes_total",
        Counter,
        "Cumulative count of bytes received",
    ),
    (
        "container_network_transmit_bytes_total",
        Counter,
        "Cumulative count of bytes transmitted",
    ),
    (
        "pg_up",
        Gauge,
        "Whether the last scrape of metrics from PostgreSQL was able to connect.",
    ),
    (
        "pg_stat_activity_count",
        Gauge,
        "number of connections in this state",
    ),
    ("pg_locks_count", Gauge, "Number of locks"),
    (
        "pg_stat_database_xact_commit",
        Counter,
        "Transactions in this database that have been committed",
    ),
    (
        "pg_stat_database_xact_rollback",
        Counter,
        "Transactions in this database that have been rolled back",
    ),
    (
        "pg_stat_database_blks_read",
        Counter,
        "Number of disk blocks read in this database",
    ),
    (
        "pg_stat_database_blks_hit",
        Counter,
        "Number of times disk blocks were found already in the buffer cache",
    ),
    ("DCGM_FI_DEV_GPU_UTIL", Gauge, "GPU utilization (in %)."),
    (
        "DCGM_FI_DEV_MEM_COPY_UTIL",
        Gauge,
        "Memory utilization (in %).",
    ),
    (
        "DCGM_FI_DEV_SM_CLOCK",
        Gauge,
        "SM clock frequency (in MHz).",
    ),
    (
        "DCGM_FI_DEV_MEM_CLOCK",
        Gauge,
        "Memory clock frequency (in MHz).",
    ),
    ("DCGM_FI_DEV_GPU_TEMP", Gauge, "GPU temperature (in C)."),
    (
        "DCGM_FI_DEV_MEMORY_TEMP",
        Gauge,
        "Memory temperature (in C).",
    ),
    ("DCGM_FI_DEV_POWER_USAGE", Gauge, "Power draw (in W)."),
    (
        "DCGM_FI_DEV_FB_USED",
        Gauge,
        "Framebuffer memory used (in MiB).",
    ),
    (
        "DCGM_FI_DEV_FB_FREE",
        Gauge,
        "Framebuffer memory free (in MiB).",
    ),
    (
        "DCGM_FI_DEV_XID_ERRORS",
        Gauge,
        "Value of the last XID error encountered.",
    ),
    (
        "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
        Gauge,
        "Current clock throttle reasons (bitmask).",
    ),
    (
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        Counter,
        "Total energy consumption since boot (in mJ).",
    ),
    (
        "DCGM_FI_DEV_THERMAL_VIOLATION",
        Counter,
        "Throttling duration due to thermal constraints (in us).",
    ),
    (
        "vllm:e2e_request_latency_seconds",
        Histogram,
        "Histogram of e2e request latency in seconds.",
    ),
    (
        "vllm:num_requests_running",
        Gauge,
        "Number of requests in model execution batches.",
    ),
    (
        "vllm:num_requests_waiting",
        Gauge,
        "Number of requests waiting to be processed.",
    ),
    (
        "vllm:gpu_cache_usage_perc",
        Gauge,
        "GPU KV-cache usage. 1 means 100 percent usage.",
    ),
    (
        "openshift_ptp_offset_ns",
        Gauge,
        "Offset from the source in nanoseconds.",
    ),
    (
        "openshift_ptp_max_offset_ns",
        Gauge,
        "Maximum offset from the source in nanoseconds.",
    ),
    (
        "openshift_ptp_frequency_adjustment_ns",
        Gauge,
        "Frequency adjustment in nanoseconds.",
    ),
    (
        "openshift_ptp_delay_ns",
        Gauge,
        "Path delay in nanoseconds.",
    ),
    (
        "openshift_ptp_clock_state",
        Gauge,
        "0 = FREERUN, 1 = LOCKED, 2 = HOLDOVER",
    ),
    (
        "openshift_ptp_clock_class",
        Gauge,
        "6 = Locked, 7 = PRC unlocked in-spec, 52/187 = PRC unlocked out-of-spec, 135 = T-BC holdover in-spec, 165 = T-BC holdover out-of-spec, 248 = Default, 255 = Slave Only Clock",
    ),
    (
        "openshift_ptp_interface_role",
        Gauge,
        "0 = PASSIVE, 1 = SLAVE, 2 = MASTER, 3 = FAULTY, 4 = UNKNOWN, 5 = LISTENING",
    ),
    ("openshift_ptp_process_status", Gauge, "0 = DOWN, 1 = UP"),
    (
        "openshift_ptp_process_restart_count",
        Counter,
        "Restarts of a process.",
    ),
    (
        "openshift_ptp_threshold",
        Gauge,
        "Thresholds of the profile.",
    ),
    (
        "openshift_ptp_gnss_status",
        Gauge,
        "0 = NOFIX, 1 = Dead Reckoning Only, 2 = 2D-FIX, 3 = 3D-FIX, 4 = GPS+dead reckoning fix, 5 = Time only fix",
    ),
    (
        "openshift_ptp_nmea_status",
        Gauge,
        "0 = UNAVAILABLE, 1 = AVAILABLE",
    ),
    (
        "sriov_vf_rx_bytes",
        Counter,
        "Received bytes per virtual function.",
    ),
    (
        "sriov_vf_tx_bytes",
        Counter,
        "Transmitted bytes per virtual function.",
    ),
    (
        "sriov_vf_rx_packets",
        Counter,
        "Received packets per virtual function.",
    ),
    (
        "sriov_vf_tx_packets",
        Counter,
        "Transmitted packets per virtual function.",
    ),
    (
        "sriov_vf_rx_dropped",
        Counter,
        "Dropped packets on receipt.",
    ),
    (
        "sriov_vf_tx_dropped",
        Counter,
        "Dropped packets on transmit.",
    ),
    (
        "sriov_kubepoddevice",
        Counter,
        "Virtual functions linked to active pods.",
    ),
];

pub(super) fn describe(db: &mut Tsdb) {
    for (name, kind, help) in FAMILIES {
        db.describe(name, *kind, help, "");
    }
}
