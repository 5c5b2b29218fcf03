//! The world as its Prometheus and its API server tell of it.

use std::time::Instant;

use crate::fleet::{Fleet, hours};

#[tokio::test]
async fn probe() {
    let begin = Instant::now();
    let fleet = Fleet::new(7, hours(26));
    println!("{:?}", begin.elapsed());
    for cluster in ["shop", "train", "edge"] {
        println!(
            "{cluster} {}",
            fleet.value(cluster, "count({__name__=~\".+\"})").await
        );
        for (l, v) in fleet
            .query(
                cluster,
                "topk(12, count by (__name__) ({__name__=~\".+\"}))",
            )
            .await
        {
            println!("   {} {v}", l["__name__"]);
        }
        for q in [
            "sum by (client,server)(rate(traces_service_graph_request_total[2m]))",
            "sum by (client,server)(rate(traces_service_graph_request_failed_total[30m])) / sum by (client,server)(rate(traces_service_graph_request_total[30m]))",
            "histogram_quantile(0.95, sum by (service,span_name,le)(rate(traces_spanmetrics_latency_bucket[5m])))",
            "sum by (instance)(rate(node_cpu_seconds_total{mode!=\"idle\"}[5m]))",
            "max_over_time(sum by (instance)(rate(node_cpu_seconds_total{mode!=\"idle\"}[5m]))[24h:5m])",
            "rate(node_pressure_cpu_waiting_seconds_total[5m])",
            "count by (namespace, workload)(namespace_workload_pod:kube_pod_owner:relabel)",
            "DCGM_FI_DEV_SM_CLOCK",
            "DCGM_FI_DEV_GPU_TEMP",
            "DCGM_FI_DEV_GPU_UTIL",
            "DCGM_FI_DEV_POWER_USAGE",
            "openshift_ptp_offset_ns",
            "pg_stat_activity_count",
            "vllm:num_requests_running",
            "sum by (pod)(rate(container_cpu_usage_seconds_total[5m]))",
            "sum by (pod)(rate(container_cpu_cfs_throttled_periods_total[5m])/rate(container_cpu_cfs_periods_total[5m]))",
            "container_memory_working_set_bytes/1e6",
        ] {
            println!("  -- {q}");
            for (l, v) in fleet.query(cluster, q).await {
                let mut l = l;
                if let Some(m) = l.as_object_mut() {
                    for k in [
                        "__name__",
                        "UUID",
                        "job",
                        "instance_",
                        "pci_bus_id",
                        "modelName",
                        "Hostname",
                        "image",
                        "metrics_path",
                        "id",
                    ] {
                        m.remove(k);
                    }
                }
                println!("     {v:.4} {l}");
            }
        }
    }
}
