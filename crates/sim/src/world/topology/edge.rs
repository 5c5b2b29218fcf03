//! `edge`: a telco edge site. Distributed units on nodes with disciplined clocks, the central
//! unit and a small core.

use super::{
    CallSpec, ClusterSpec, EntrySpec, NodeSpec, OperationSpec, PtpSpec, Resources, Role, Usage,
    WorkloadSpec,
};
use crate::world::load::Shape;

const RAN: &str = "ran";
const CORE: &str = "core5g";
/// Nodes with a PTP clock.
const CELL_SITES: &[&str] = &["edge-0", "edge-1", "edge-2"];
const CORE_NODES: &[&str] = &["edge-3", "edge-4"];

pub(crate) fn spec() -> ClusterSpec {
    ClusterSpec {
        name: "edge",
        environment: "production",
        provider: "on-premises",
        region: "site-17",
        labels: &[("team", "ran"), ("site", "17")],
        kubelet_version: "v1.30.7",
        os_image: "Red Hat Enterprise Linux CoreOS 417.94.202411261619-0",
        nodes: vec![
            site("edge-0", None),
            site("edge-1", Some("edge-0")),
            site("edge-2", None),
            core("edge-3"),
            core("edge-4"),
        ],
        workloads: vec![
            central_unit(),
            distributed_unit("du-site-a", &["edge-0"]),
            distributed_unit("du-site-b", &["edge-1"]),
            distributed_unit("du-site-c", &["edge-2"]),
            amf(),
            smf(),
            udm(),
            upf(),
            udr_db(),
            WorkloadSpec::daemon(
                "openshift-ptp",
                "linuxptp-daemon",
                "quay.io/openshift/origin-ptp",
                CELL_SITES,
            )
            .version(4, 17, 0),
            WorkloadSpec::job(CORE, "hourly-rollup", Role::Rollup, 0.8).on(CORE_NODES),
            WorkloadSpec::job(CORE, "database-backup", Role::Backup, 0.25).on(CORE_NODES),
        ],
        entries: vec![
            EntrySpec {
                service: "cu-cp",
                operation: "InitialUEMessage",
                peak_rps: 46.0,
                shape: Shape::Subscribers,
            },
            EntrySpec {
                service: "amf",
                operation: "Namf_PeriodicRegistration",
                peak_rps: 14.0,
                shape: Shape::Subscribers,
            },
        ],
    }
}

const fn site(name: &'static str, upstream: Option<&'static str>) -> NodeSpec {
    NodeSpec {
        name,
        instance_type: "xr8620t",
        cores: 4,
        memory_gib: 64,
        gpus: 0,
        ptp: Some(PtpSpec {
            iface: "ens5f0",
            upstream,
        }),
    }
}

const fn core(name: &'static str) -> NodeSpec {
    NodeSpec {
        name,
        instance_type: "xr8620t",
        cores: 4,
        memory_gib: 64,
        gpus: 0,
        ptp: None,
    }
}

fn distributed_unit(name: &'static str, node: &'static [&'static str]) -> WorkloadSpec {
    let mut unit = WorkloadSpec::service(RAN, name, "registry.example.net/ran/du")
        .version(24, 3, 1)
        .replicas(1)
        .on(node)
        .role(Role::DistributedUnit);
    unit.vfs = 2;
    unit.resources = Resources {
        cpu_request: 1.5,
        cpu_limit: 0.0,
        memory_request_mib: 8192.0,
        memory_limit_mib: 12_288.0,
    };
    unit.usage = Usage {
        idle_cores: 1.3,
        memory_mib: 6900.0,
        memory_mib_per_rps: 0.0,
    };
    unit
}

fn central_unit() -> WorkloadSpec {
    WorkloadSpec::service(RAN, "cu-cp", "registry.example.net/ran/cu-cp")
        .version(24, 3, 1)
        .memory(620.0, 1536.0)
        .on(CORE_NODES)
        .role(Role::CentralUnit)
        .serves(
            OperationSpec::new("InitialUEMessage", 6.0, 7.0)
                .fails(0.001)
                .calls(CallSpec::new("amf", "Namf_Communication", 2000.0).retried()),
        )
}

fn amf() -> WorkloadSpec {
    WorkloadSpec::service(CORE, "amf", "registry.example.net/core/amf")
        .version(5, 8, 2)
        .memory(380.0, 1024.0)
        .on(CORE_NODES)
        .serves(
            OperationSpec::new("Namf_Communication", 7.0, 8.0)
                .fails(0.0006)
                .calls(CallSpec::new("udm", "Nudm_UEAuthentication", 1500.0).retried())
                .calls(CallSpec::new("smf", "Nsmf_PDUSession", 2000.0).times(0.6)),
        )
        .serves(
            OperationSpec::new("Namf_PeriodicRegistration", 5.0, 6.0)
                .fails(0.0006)
                .calls(CallSpec::new("udr-db", "UPDATE ue_context", 1000.0)),
        )
}

fn smf() -> WorkloadSpec {
    WorkloadSpec::service(CORE, "smf", "registry.example.net/core/smf")
        .version(5, 8, 0)
        .memory(340.0, 1024.0)
        .on(CORE_NODES)
        .serves(
            OperationSpec::new("Nsmf_PDUSession", 8.0, 8.0)
                .fails(0.0006)
                .calls(CallSpec::new("udr-db", "SELECT sessions", 1000.0))
                .calls(CallSpec::new("upf", "PFCP SessionEstablishment", 1000.0)),
        )
}

fn udm() -> WorkloadSpec {
    WorkloadSpec::service(CORE, "udm", "registry.example.net/core/udm")
        .version(5, 7, 4)
        .memory(290.0, 768.0)
        .on(CORE_NODES)
        .serves(
            OperationSpec::new("Nudm_UEAuthentication", 6.0, 6.0)
                .fails(0.0005)
                .calls(CallSpec::new("udr-db", "SELECT subscribers", 1000.0)),
        )
}

fn upf() -> WorkloadSpec {
    let mut upf = WorkloadSpec::service(CORE, "upf", "registry.example.net/core/upf")
        .version(5, 8, 1)
        .replicas(1)
        .on(CORE_NODES)
        .memory(2100.0, 6144.0)
        .cpu(1.0, 2.0)
        .idle(0.6)
        .serves(OperationSpec::new("PFCP SessionEstablishment", 3.0, 2.0).fails(0.0003));
    upf.vfs = 2;
    upf
}

fn udr_db() -> WorkloadSpec {
    WorkloadSpec::database(CORE, "udr-db", "registry.redhat.io/rhel9/postgresql-16")
        .on(CORE_NODES)
        .serves(OperationSpec::new("SELECT subscribers", 2.4, 1.8))
        .serves(OperationSpec::new("SELECT sessions", 2.8, 1.8))
        .serves(OperationSpec::new("UPDATE ue_context", 4.4, 2.2))
}
