//! A few failing traces of services whose requests fail.

use std::collections::BTreeMap;

use fleetscope_engine::TraceSample;
use fleetscope_model::{
    Anomaly, Entity, EntityKind, Evidence, EvidenceId, EvidenceKind, Gap, Selection, SignalRole,
    TimeRange, TraceQuery, TraceSummary,
};
use jiff::Timestamp;

use super::evidence::Read;
use super::failures::Failures;
use super::{Scope, Structure};
use crate::{Intelligence, Result};

/// Services that are asked about, the worst first.
const MOST_SERVICES: usize = 5;

/// Traces of one service; Tempo's own default.
const MOST_TRACES: u32 = 20;

/// What traces told.
#[derive(Debug, Default)]
pub(super) struct Traces {
    pub(super) samples: Vec<TraceSample>,
    pub(super) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(super) gaps: Vec<Gap>,
}

impl Intelligence {
    /// Failing traces of the services whose requests fail, since they do.
    pub(super) async fn trace_samples(
        &self,
        scope: &Scope,
        window: TimeRange,
        found: &[Anomaly],
        structure: &Structure,
    ) -> Result<Traces> {
        let mut traces = Traces::default();
        for (entity, since) in failing(found) {
            let Some(range) = TimeRange::new(since.max(window.start), window.end) else {
                continue;
            };
            let query = TraceQuery {
                clusters: Selection::Only(vec![entity.cluster]),
                service: entity.name.clone(),
                errors_only: true,
                longer_than: None,
                range,
                limit: MOST_TRACES,
            };
            let answer = self.telemetry.traces(&scope.caller, &query).await?;
            traces.gaps.extend(answer.gaps);
            if answer.items.is_empty() {
                continue;
            }
            let said = self.failures(scope, (&entity, range), structure).await;
            traces.cite(entity, range, &answer.items, said);
        }
        Ok(traces)
    }
}

impl Traces {
    fn cite(&mut self, entity: Entity, window: TimeRange, found: &[TraceSummary], said: Failures) {
        let Some(first) = found.iter().min_by_key(|trace| trace.started_at) else {
            return;
        };
        let query = format!(
            "{{ resource.service.name = {:?} && status = error }}",
            entity.name
        );
        let ids: Vec<&str> = found.iter().map(|trace| trace.trace_id.as_str()).collect();
        let mut extract = format!(
            "{} failing traces, the first {} ({} {}, {:.0} ms) at {}",
            found.len(),
            first.trace_id,
            first.root_service,
            first.root_name,
            first.duration_ms,
            first.started_at
        );
        if let Some(detail) = &said.detail {
            extract = format!("{extract}, which say: {detail}");
        }
        let evidence = Read {
            cluster: entity.cluster,
            kind: EvidenceKind::Traces,
            query: &query,
            window,
        }
        .text(&ids.join("\n"), &extract);
        self.samples.push(TraceSample {
            entity,
            failing: u32::try_from(found.len()).unwrap_or(u32::MAX),
            example: first.trace_id.clone(),
            first_at: first.started_at,
            detail: said.detail,
            peer: said.peer,
            evidence: evidence.id.clone(),
        });
        self.evidence.insert(evidence.id.clone(), evidence);
    }
}

/// The services with more failures than usual, the worst first, and since when.
fn failing(found: &[Anomaly]) -> Vec<(Entity, Timestamp)> {
    let mut failing: Vec<(Entity, Timestamp)> = Vec::new();
    for anomaly in found {
        let is_service = matches!(
            anomaly.entity.kind,
            EntityKind::Service | EntityKind::Workload
        );
        if anomaly.role != SignalRole::Errors || !is_service {
            continue;
        }
        if let Some((_, since)) = failing.iter_mut().find(|known| known.0 == anomaly.entity) {
            *since = (*since).min(anomaly.start);
        } else if failing.len() < MOST_SERVICES {
            failing.push((anomaly.entity.clone(), anomaly.start));
        }
    }
    failing
}
