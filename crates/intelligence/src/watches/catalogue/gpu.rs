//! GPUs (dcgm-exporter's default counters) and the inference servers on them (vLLM).

use fleetscope_model::{Direction, EntityKind, SignalRole, Subject};

use super::{Draft, about, by_owner, workload};

pub(super) fn watches() -> Vec<Draft> {
    vec![
        clock(),
        temperature(),
        power(),
        utilisation(),
        xid(),
        remapped_rows(),
        inference_latency(),
        inference_queue(),
    ]
}

/// `<node>/gpu<index>`, as the queries below make the label `gpu`.
fn gpu() -> Subject {
    about(EntityKind::Gpu, None, &["Hostname", "gpu"])
}

/// An expression by `Hostname` and `gpu`, with `gpu` made the last part of the GPU's name.
fn named(expression: &str) -> String {
    format!("label_replace({expression}, \"gpu\", \"gpu$1\", \"gpu\", \"(.+)\")")
}

fn each(metric: &str) -> String {
    format!("max by (Hostname, gpu) ({metric})")
}

/// Only while the GPU works: an idle GPU lowers its clock, as it should. Whoever waits for the work
/// of a busy GPU feels its clock directly, so this is a symptom.
fn clock() -> Draft {
    let query = named(&format!(
        "{} and {} > 10",
        each("DCGM_FI_DEV_SM_CLOCK"),
        each("DCGM_FI_DEV_GPU_UTIL")
    ));
    Draft::new("gpu-clock", "SM clock under load", query)
        .unit("MHz")
        .about(gpu())
        .role(SignalRole::Gpu)
        .direction(Direction::Down)
        // A twentieth of the boost clock of today's data-centre GPUs (H100: 1,980 MHz): less is
        // within the spread of step times.
        .matters_from(100.0)
        .symptom()
}

fn temperature() -> Draft {
    Draft::new(
        "gpu-temperature",
        "GPU temperature",
        named(&each("DCGM_FI_DEV_GPU_TEMP")),
    )
    .unit("celsius")
    .about(gpu())
    .role(SignalRole::Gpu)
    // Data-centre GPUs work at 60 to 75 degrees and slow down from about 85 on
    // (`nvidia-smi -q -d TEMPERATURE`): the distance that is left at full load.
    .matters_from(10.0)
}

fn power() -> Draft {
    Draft::new(
        "gpu-power",
        "GPU power",
        named(&each("DCGM_FI_DEV_POWER_USAGE")),
    )
    .unit("watts")
    .about(gpu())
    .role(SignalRole::Gpu)
    .direction(Direction::Both)
    // A tenth of the 700 W of an H100 SXM, the least that shows in the speed of work.
    .matters_from(70.0)
}

fn utilisation() -> Draft {
    Draft::new(
        "gpu-utilisation",
        "GPU utilisation",
        named(&each("DCGM_FI_DEV_GPU_UTIL")),
    )
    .unit("percent")
    .about(gpu())
    .role(SignalRole::Gpu)
    .direction(Direction::Both)
    // A fifth, as for the CPU of a node.
    .matters_from(20.0)
}

/// The gauge holds the *last* XID, so any change of it is a new error.
fn xid() -> Draft {
    Draft::new(
        "gpu-xid",
        "last XID error",
        named(&each("DCGM_FI_DEV_XID_ERRORS")),
    )
    .unit("code")
    .about(gpu())
    .role(SignalRole::Gpu)
    .direction(Direction::Both)
    // A code: any other than before.
    .matters_from(0.5)
}

fn remapped_rows() -> Draft {
    let query = named(&each("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS"));
    Draft::new(
        "gpu-remapped-rows",
        "memory rows remapped for uncorrectable errors",
        query,
    )
    .unit("rows")
    .about(gpu())
    .role(SignalRole::Gpu)
    // One row.
    .matters_from(0.5)
}

fn inference_latency() -> Draft {
    let rate = "sum by (namespace, pod, le) (rate(vllm:e2e_request_latency_seconds_bucket[5m]))";
    let query = format!(
        "histogram_quantile(0.95, sum by (namespace, workload, le) ({}))",
        by_owner(rate)
    );
    Draft::new(
        "inference-latency-p95",
        "inference request latency p95",
        query,
    )
    .unit("seconds")
    .about(workload())
    .role(SignalRole::Latency)
    // Beyond a second people feel that they wait (Miller 1968; Nielsen 1993).
    .matters_from(1.0)
    .symptom()
}

fn inference_queue() -> Draft {
    let waiting = "sum by (namespace, pod) (vllm:num_requests_waiting)";
    let query = format!("sum by (namespace, workload) ({})", by_owner(waiting));
    Draft::new("inference-queue", "inference requests waiting", query)
        .unit("requests")
        .about(workload())
        .role(SignalRole::Saturation)
        // A server that keeps up has none; a handful for a minute is more than a burst.
        .matters_from(5.0)
}
