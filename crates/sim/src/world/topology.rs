//! What the clusters are made of before anything happens: nodes, workloads, the service graph and
//! the devices. Only data; the world gives it life.

pub(crate) mod edge;
pub(crate) mod shop;
pub(crate) mod train;

use super::load::Shape;

/// One cluster.
#[derive(Clone, Debug)]
pub(crate) struct ClusterSpec {
    pub(crate) name: &'static str,
    pub(crate) environment: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) region: &'static str,
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) kubelet_version: &'static str,
    pub(crate) os_image: &'static str,
    pub(crate) nodes: Vec<NodeSpec>,
    pub(crate) workloads: Vec<WorkloadSpec>,
    pub(crate) entries: Vec<EntrySpec>,
}

#[derive(Clone, Debug)]
pub(crate) struct NodeSpec {
    pub(crate) name: &'static str,
    pub(crate) instance_type: &'static str,
    pub(crate) cores: u32,
    pub(crate) memory_gib: u32,
    pub(crate) gpus: u32,
    pub(crate) ptp: Option<PtpSpec>,
}

/// The clock of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PtpSpec {
    pub(crate) iface: &'static str,
    /// The node whose clock this one follows; `None` for a grandmaster with its own GNSS receiver.
    pub(crate) upstream: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    /// The runs of a cron job, one at a time: no pod between them.
    Job,
}

#[derive(Clone, Debug)]
pub(crate) struct WorkloadSpec {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) kind: Kind,
    pub(crate) replicas: u32,
    /// The highest number of replicas the autoscaler may ask for; `None` without autoscaler.
    pub(crate) scale_to: Option<u32>,
    pub(crate) image: &'static str,
    pub(crate) version: (u32, u32, u32),
    pub(crate) resources: Resources,
    pub(crate) usage: Usage,
    /// Nodes its pods may stand on; all when empty.
    pub(crate) nodes: &'static [&'static str],
    pub(crate) role: Role,
    /// Devices each pod holds.
    pub(crate) gpus: u32,
    pub(crate) vfs: u32,
    /// The operations it serves; none for a workload outside the service graph.
    pub(crate) operations: Vec<OperationSpec>,
}

/// Requests and limits of the only container; 0 is unset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resources {
    pub(crate) cpu_request: f64,
    pub(crate) cpu_limit: f64,
    pub(crate) memory_request_mib: f64,
    pub(crate) memory_limit_mib: f64,
}

/// What a pod uses at rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) idle_cores: f64,
    pub(crate) memory_mib: f64,
    /// Further memory for each request a second.
    pub(crate) memory_mib_per_rps: f64,
}

/// What a workload is to the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// An instrumented service.
    Service,
    /// PostgreSQL: seen by its clients' spans and by its exporter.
    Postgres,
    /// A cache: seen by its clients' spans only.
    Cache,
    /// One rank set of a distributed training job.
    Training,
    /// A vLLM server: a service whose speed is its GPU's.
    Vllm,
    /// A distributed unit, which needs the time of its node.
    DistributedUnit,
    /// The control plane of the central unit, which the distributed units call.
    CentralUnit,
    /// A daemon of the platform, outside the service graph.
    Daemon,
    /// A batch job that computes for some minutes every hour.
    Rollup,
    /// A batch job that reads a whole database every night.
    Backup,
}

/// An operation, which is also a span name.
#[derive(Clone, Debug)]
pub(crate) struct OperationSpec {
    pub(crate) name: &'static str,
    /// Mean time in the service itself, without what it calls.
    pub(crate) own_ms: f64,
    /// CPU time of one request.
    pub(crate) cpu_ms: f64,
    /// Share of requests that fail by themselves in good times.
    pub(crate) base_error: f64,
    pub(crate) calls: Vec<CallSpec>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSpec {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    /// Calls for each request.
    pub(crate) times: f64,
    pub(crate) timeout_ms: f64,
    pub(crate) retry: bool,
    /// Whether a failed call fails the request. Otherwise the caller answers without it.
    pub(crate) critical: bool,
}

/// Requests from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntrySpec {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) peak_rps: f64,
    pub(crate) shape: Shape,
}

impl WorkloadSpec {
    /// A deployment of a service, two pods wide, with resources of a usual small service.
    fn service(namespace: &'static str, name: &'static str, image: &'static str) -> Self {
        Self {
            name,
            namespace,
            kind: Kind::Deployment,
            replicas: 2,
            scale_to: None,
            image,
            version: (1, 4, 0),
            resources: Resources {
                cpu_request: 0.2,
                cpu_limit: 1.0,
                memory_request_mib: 256.0,
                memory_limit_mib: 512.0,
            },
            usage: Usage {
                idle_cores: 0.01,
                memory_mib: 180.0,
                memory_mib_per_rps: 0.5,
            },
            nodes: &[],
            role: Role::Service,
            gpus: 0,
            vfs: 0,
            operations: Vec::new(),
        }
    }

    /// A database or cache with one pod.
    fn database(namespace: &'static str, name: &'static str, image: &'static str) -> Self {
        Self {
            kind: Kind::StatefulSet,
            replicas: 1,
            version: (16, 4, 0),
            resources: Resources {
                cpu_request: 0.5,
                cpu_limit: 2.0,
                memory_request_mib: 1024.0,
                memory_limit_mib: 2048.0,
            },
            usage: Usage {
                idle_cores: 0.03,
                memory_mib: 900.0,
                memory_mib_per_rps: 0.2,
            },
            role: Role::Postgres,
            ..Self::service(namespace, name, image)
        }
    }

    /// A daemon on every one of its nodes, without limits on the CPU.
    fn daemon(
        namespace: &'static str,
        name: &'static str,
        image: &'static str,
        nodes: &'static [&'static str],
    ) -> Self {
        Self {
            kind: Kind::DaemonSet,
            replicas: nodes.len() as u32,
            resources: Resources {
                cpu_request: 0.1,
                cpu_limit: 0.0,
                memory_request_mib: 128.0,
                memory_limit_mib: 0.0,
            },
            usage: Usage {
                idle_cores: 0.02,
                memory_mib: 90.0,
                memory_mib_per_rps: 0.0,
            },
            nodes,
            role: Role::Daemon,
            ..Self::service(namespace, name, image)
        }
    }

    /// The runs of a cron job that uses about so many cores.
    fn job(namespace: &'static str, name: &'static str, role: Role, cores: f64) -> Self {
        Self {
            kind: Kind::Job,
            replicas: 0,
            version: (1, 2, 0),
            resources: Resources {
                cpu_request: 0.25,
                cpu_limit: 0.0,
                memory_request_mib: 256.0,
                memory_limit_mib: 1024.0,
            },
            usage: Usage {
                idle_cores: cores,
                memory_mib: 240.0,
                memory_mib_per_rps: 0.0,
            },
            role,
            ..Self::service(namespace, name, "quay.io/platform/jobs")
        }
    }

    fn replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    fn scaled_to(mut self, most: u32) -> Self {
        self.scale_to = Some(most);
        self
    }

    fn version(mut self, major: u32, minor: u32, patch: u32) -> Self {
        self.version = (major, minor, patch);
        self
    }

    fn memory(mut self, usual: f64, limit: f64) -> Self {
        self.usage.memory_mib = usual;
        self.resources.memory_request_mib = (usual * 1.2).round();
        self.resources.memory_limit_mib = limit;
        self
    }

    fn cpu(mut self, request: f64, limit: f64) -> Self {
        self.resources.cpu_request = request;
        self.resources.cpu_limit = limit;
        self
    }

    fn on(mut self, nodes: &'static [&'static str]) -> Self {
        self.nodes = nodes;
        self
    }

    fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    fn idle(mut self, cores: f64) -> Self {
        self.usage.idle_cores = cores;
        self
    }

    fn serves(mut self, operation: OperationSpec) -> Self {
        self.operations.push(operation);
        self
    }
}

impl OperationSpec {
    const fn new(name: &'static str, own_ms: f64, cpu_ms: f64) -> Self {
        Self {
            name,
            own_ms,
            cpu_ms,
            base_error: 0.0,
            calls: Vec::new(),
        }
    }

    fn fails(mut self, share: f64) -> Self {
        self.base_error = share;
        self
    }

    fn calls(mut self, call: CallSpec) -> Self {
        self.calls.push(call);
        self
    }
}

impl CallSpec {
    /// One critical call without retry, given up after so long.
    const fn new(service: &'static str, operation: &'static str, timeout_ms: f64) -> Self {
        Self {
            service,
            operation,
            times: 1.0,
            timeout_ms,
            retry: false,
            critical: true,
        }
    }

    const fn times(mut self, times: f64) -> Self {
        self.times = times;
        self
    }

    const fn retried(mut self) -> Self {
        self.retry = true;
        self
    }

    const fn optional(mut self) -> Self {
        self.critical = false;
        self
    }
}
