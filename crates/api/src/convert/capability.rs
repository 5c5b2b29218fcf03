//! Capabilities.

use fleetscope_client::wire;
use fleetscope_model::{Capability, CapabilityKind, Discovery, ObjectRef, Presence, Proposal};

use super::validation::right;

/// What is known of a cluster.
pub fn capabilities(discovery: Discovery) -> wire::Capabilities {
    let Discovery {
        at,
        generation,
        capabilities,
        proposed,
    } = discovery;
    wire::Capabilities {
        at,
        generation,
        capabilities: capabilities.into_iter().map(capability).collect(),
        proposed: proposed.into_iter().map(proposal).collect(),
    }
}

fn capability(capability: Capability) -> wire::Capability {
    let Capability {
        kind,
        presence,
        summary,
        facts,
        evidence,
        needs,
        problem,
        at,
    } = capability;
    wire::Capability {
        kind: shown(kind),
        presence: match presence {
            Presence::Yes => wire::Presence::Yes,
            Presence::No => wire::Presence::No,
            Presence::Unknown => wire::Presence::Unknown,
        },
        summary,
        facts,
        evidence: evidence.into_iter().map(object).collect(),
        needs: needs.into_iter().map(right).collect(),
        problem,
        at,
    }
}

fn proposal(proposal: Proposal) -> wire::ProposedEndpoint {
    wire::ProposedEndpoint {
        endpoint: proposal.source.as_str().to_owned(),
        url: proposal.url,
        from: object(proposal.from),
    }
}

fn object(object: ObjectRef) -> wire::ObjectRef {
    let ObjectRef {
        api_version,
        kind,
        namespace,
        name,
        by,
    } = object;
    wire::ObjectRef {
        api_version,
        kind,
        namespace,
        name,
        by,
    }
}

/// The kind on the wire.
pub const fn shown(kind: CapabilityKind) -> wire::CapabilityKind {
    match kind {
        CapabilityKind::Kubernetes => wire::CapabilityKind::Kubernetes,
        CapabilityKind::Nodes => wire::CapabilityKind::Nodes,
        CapabilityKind::Openshift => wire::CapabilityKind::Openshift,
        CapabilityKind::Gpu => wire::CapabilityKind::Gpu,
        CapabilityKind::Sriov => wire::CapabilityKind::Sriov,
        CapabilityKind::Ptp => wire::CapabilityKind::Ptp,
        CapabilityKind::Dpdk => wire::CapabilityKind::Dpdk,
        CapabilityKind::Hugepages => wire::CapabilityKind::Hugepages,
        CapabilityKind::Cnf => wire::CapabilityKind::Cnf,
        CapabilityKind::Operators => wire::CapabilityKind::Operators,
        CapabilityKind::Monitoring => wire::CapabilityKind::Monitoring,
        CapabilityKind::Logging => wire::CapabilityKind::Logging,
        CapabilityKind::Tracing => wire::CapabilityKind::Tracing,
    }
}

/// The kind that a caller filters by.
pub const fn wanted(kind: wire::CapabilityKind) -> CapabilityKind {
    match kind {
        wire::CapabilityKind::Kubernetes => CapabilityKind::Kubernetes,
        wire::CapabilityKind::Nodes => CapabilityKind::Nodes,
        wire::CapabilityKind::Openshift => CapabilityKind::Openshift,
        wire::CapabilityKind::Gpu => CapabilityKind::Gpu,
        wire::CapabilityKind::Sriov => CapabilityKind::Sriov,
        wire::CapabilityKind::Ptp => CapabilityKind::Ptp,
        wire::CapabilityKind::Dpdk => CapabilityKind::Dpdk,
        wire::CapabilityKind::Hugepages => CapabilityKind::Hugepages,
        wire::CapabilityKind::Cnf => CapabilityKind::Cnf,
        wire::CapabilityKind::Operators => CapabilityKind::Operators,
        wire::CapabilityKind::Monitoring => CapabilityKind::Monitoring,
        wire::CapabilityKind::Logging => CapabilityKind::Logging,
        wire::CapabilityKind::Tracing => CapabilityKind::Tracing,
    }
}
