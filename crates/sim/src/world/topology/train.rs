//! `train`: three nodes with four GPUs each and one without; a training job and inference.

use super::{
    CallSpec, ClusterSpec, EntrySpec, Kind, NodeSpec, OperationSpec, Resources, Role, Usage,
    WorkloadSpec,
};
use crate::world::load::Shape;

const GPU_NODES: &[&str] = &["gpu-0", "gpu-1", "gpu-2"];
const INFERENCE: &str = "inference";

pub(crate) fn spec() -> ClusterSpec {
    ClusterSpec {
        name: "train",
        environment: "production",
        provider: "on-premises",
        region: "dc-2",
        labels: &[("team", "ml-platform"), ("accelerator", "nvidia")],
        kubelet_version: "v1.31.4",
        os_image: "Red Hat Enterprise Linux CoreOS 418.94.202501221327-0",
        nodes: vec![
            gpu_node("gpu-0"),
            gpu_node("gpu-1"),
            gpu_node("gpu-2"),
            cpu_node("cpu-0"),
        ],
        workloads: vec![
            gateway(),
            vllm(),
            features(),
            models(),
            platform_db(),
            pretraining(),
            WorkloadSpec::daemon(
                "nvidia-gpu-operator",
                "nvidia-dcgm-exporter",
                "nvcr.io/nvidia/k8s/dcgm-exporter",
                GPU_NODES,
            )
            .version(4, 1, 1),
            WorkloadSpec::job(INFERENCE, "hourly-rollup", Role::Rollup, 0.8).on(&["cpu-0"]),
            WorkloadSpec::job(INFERENCE, "database-backup", Role::Backup, 0.25).on(&["cpu-0"]),
        ],
        entries: vec![
            EntrySpec {
                service: "inference-gateway",
                operation: "POST /v1/chat/completions",
                peak_rps: 7.0,
                shape: Shape::Office,
            },
            EntrySpec {
                service: "inference-gateway",
                operation: "GET /v1/models",
                peak_rps: 12.0,
                shape: Shape::Office,
            },
        ],
    }
}

const fn gpu_node(name: &'static str) -> NodeSpec {
    NodeSpec {
        name,
        instance_type: "dgx-h100-4",
        cores: 4,
        memory_gib: 256,
        gpus: 4,
        ptp: None,
    }
}

const fn cpu_node(name: &'static str) -> NodeSpec {
    NodeSpec {
        name,
        instance_type: "r650",
        cores: 4,
        memory_gib: 32,
        gpus: 0,
        ptp: None,
    }
}

fn gateway() -> WorkloadSpec {
    WorkloadSpec::service(
        INFERENCE,
        "inference-gateway",
        "quay.io/ml/inference-gateway",
    )
    .version(0, 31, 0)
    .serves(
        OperationSpec::new("POST /v1/chat/completions", 12.0, 14.0)
            .fails(0.001)
            .calls(CallSpec::new("feature-store", "GET /features", 1000.0).retried())
            .calls(CallSpec::new(
                "vllm-llama",
                "POST /v1/completions",
                30_000.0,
            )),
    )
    .serves(
        OperationSpec::new("GET /v1/models", 4.0, 3.0)
            .fails(0.0005)
            .calls(CallSpec::new("model-registry", "GET /models", 1000.0).retried()),
    )
}

fn vllm() -> WorkloadSpec {
    let mut vllm = WorkloadSpec::service(INFERENCE, "vllm-llama", "docker.io/vllm/vllm-openai")
        .version(0, 11, 2)
        .replicas(3)
        .cpu(2.0, 4.0)
        .memory(9000.0, 16_000.0)
        .on(&["gpu-2"])
        .role(Role::Vllm)
        .idle(0.15)
        .serves(OperationSpec::new("POST /v1/completions", 1400.0, 30.0).fails(0.0008));
    vllm.gpus = 1;
    vllm
}

fn features() -> WorkloadSpec {
    WorkloadSpec::service(INFERENCE, "feature-store", "quay.io/ml/feature-store")
        .version(1, 22, 1)
        .memory(340.0, 768.0)
        .serves(
            OperationSpec::new("GET /features", 7.0, 8.0)
                .fails(0.0005)
                .calls(CallSpec::new("platform-db", "SELECT features", 500.0)),
        )
}

fn models() -> WorkloadSpec {
    WorkloadSpec::service(INFERENCE, "model-registry", "quay.io/ml/model-registry")
        .version(2, 3, 0)
        .serves(
            OperationSpec::new("GET /models", 6.0, 6.0)
                .fails(0.0005)
                .calls(CallSpec::new("platform-db", "SELECT models", 500.0)),
        )
}

fn platform_db() -> WorkloadSpec {
    WorkloadSpec::database(
        INFERENCE,
        "platform-db",
        "registry.redhat.io/rhel9/postgresql-16",
    )
    .on(&["cpu-0"])
    .serves(OperationSpec::new("SELECT features", 2.4, 2.0))
    .serves(OperationSpec::new("SELECT models", 3.0, 2.0))
}

fn pretraining() -> WorkloadSpec {
    let mut job = WorkloadSpec::service("training", "llm-pretrain", "quay.io/ml/pretrain")
        .version(0, 9, 0)
        .on(&["gpu-0", "gpu-1"])
        .role(Role::Training);
    job.kind = Kind::StatefulSet;
    job.gpus = 4;
    job.resources = Resources {
        cpu_request: 1.6,
        cpu_limit: 0.0,
        memory_request_mib: 120_000.0,
        memory_limit_mib: 200_000.0,
    };
    job.usage = Usage {
        idle_cores: 1.5,
        memory_mib: 98_000.0,
        memory_mib_per_rps: 0.0,
    };
    job
}
