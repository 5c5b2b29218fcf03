//! Whom a cause affects.

use fleetscope_client::wire;
use fleetscope_model::{BlastRadius, Felt, Hop, Impact};

use crate::convert::analysis::entity;

/// A blast radius.
pub(super) fn blast(blast: BlastRadius) -> wire::BlastRadius {
    wire::BlastRadius {
        affected: blast.affected.into_iter().map(impact).collect(),
        at_risk: blast.at_risk.into_iter().map(impact).collect(),
        more_affected: blast.more_affected,
        more_at_risk: blast.more_at_risk,
    }
}

fn impact(impact: Impact) -> wire::Impact {
    let distance = impact.distance();
    wire::Impact {
        entity: entity(impact.entity),
        distance: distance.and_then(|hops| u32::try_from(hops).ok()),
        path: impact.path.into_iter().map(hop).collect(),
        signals: impact.signals.into_iter().map(felt).collect(),
    }
}

fn hop(hop: Hop) -> wire::Hop {
    wire::Hop {
        entity: entity(hop.entity),
        via: Some(hop.via).filter(|via| !via.is_empty()),
    }
}

fn felt(felt: Felt) -> wire::FeltSignal {
    wire::FeltSignal {
        signal: felt.signal,
        since: felt.since,
        ongoing: felt.ongoing,
        evidence: felt.evidence.0,
    }
}
