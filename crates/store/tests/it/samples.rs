//! Things to store, each different and all following from a seed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use fleetscope_model::{
    AccessRole, AnalysisId, Anomaly, AnomalyAnalysis, AnomalyEvent, ApiToken, Band, Caller,
    Cluster, ClusterDraft, ClusterId, Endpoint, Endpoints, Entity, EntityKind, EventKind, Evidence,
    EvidenceId, EvidenceKind, Gap, GapKind, Investigation, InvestigationId, NewEvent, Origin,
    Report, ReportFormat, ReportId, Sensitivity, Severity, SignalRole, Source, Status, Tie,
    TimeRange, TokenId, WatchId,
};
use fleetscope_ports::{IdSource, SeededIds};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Makes things. Each is made a second after the one before.
#[derive(Debug)]
pub(crate) struct Samples {
    ids: SeededIds,
    seconds: AtomicI64,
}

impl Samples {
    pub(crate) fn new(seed: u64) -> Self {
        // Some day in 2026, later for a larger seed.
        let start = 1_780_000_000 + i64::try_from(seed % 1_000_000).unwrap() * 1000;
        Self {
            ids: SeededIds::new(seed),
            seconds: AtomicI64::new(start),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.fetch_add(1, Ordering::Relaxed)).unwrap()
    }

    fn id(&self) -> (Uuid, Timestamp) {
        let now = self.now();
        (self.ids.next(now), now)
    }

    pub(crate) fn event(&self, kind: EventKind, subject: &dyn ToString) -> NewEvent {
        NewEvent {
            at: self.now(),
            kind,
            subject: subject.to_string(),
            actor: "token:ada".to_owned(),
            summary: format!("{} — said by ada", kind.as_str()),
            places: Vec::new(),
        }
    }

    pub(crate) fn cluster(&self, name: &str) -> Cluster {
        let (id, now) = self.id();
        Cluster {
            id: ClusterId::new(id),
            draft: ClusterDraft {
                name: name.to_owned(),
                environment: Some("production".to_owned()),
                provider: None,
                labels: BTreeMap::from([("region".to_owned(), "eu-1 \"quoted\"".to_owned())]),
                endpoints: Endpoints {
                    prometheus: Some(Endpoint::at("http://127.0.0.1:9090")),
                    ..Endpoints::default()
                },
            },
            generation: 1,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn token(&self, name: &str) -> (ApiToken, [u8; 32]) {
        let (id, now) = self.id();
        let mut digest = [0xa5; 32];
        digest[..16].copy_from_slice(id.as_bytes());
        let token = ApiToken {
            id: TokenId::new(id),
            name: name.to_owned(),
            role: AccessRole::Operator,
            created_at: now,
            expires_at: None,
        };
        (token, digest)
    }

    fn anomaly(&self) -> Anomaly {
        let (id, now) = self.id();
        Anomaly {
            entity: Entity::new(ClusterId::new(id), EntityKind::Workload, "cart")
                .in_namespace("shop"),
            signal: "request latency p95".to_owned(),
            role: SignalRole::Latency,
            unit: "seconds".to_owned(),
            labels: BTreeMap::from([("service".to_owned(), "cart".to_owned())]),
            start: now,
            end: now,
            ongoing: true,
            peak_at: now,
            peak: 0.1 + 0.2,
            expected: Band {
                low: 1e-320,
                center: 1.0 / 3.0,
                high: f64::MAX,
            },
            score: 7.000_000_000_000_001,
            severity: Severity::High,
            detectors: vec!["robust".to_owned()],
            probability: Some(0.1 + 0.7),
            why: "five times the usual".to_owned(),
            evidence: EvidenceId("ev-0123456789abcdef".to_owned()),
        }
    }

    fn event_of(anomaly: &Anomaly) -> AnomalyEvent {
        AnomalyEvent {
            start: anomaly.start,
            end: anomaly.end,
            ongoing: true,
            peak_at: anomaly.peak_at,
            severity: anomaly.severity,
            probability: Some(1.0 - f64::EPSILON),
            entities: vec![anomaly.entity.clone()],
            clusters: vec![anomaly.entity.cluster],
            members: vec![0],
            ties: vec![Tie {
                from: anomaly.entity.clone(),
                to: anomaly.entity.clone(),
                kind: None,
                correlation: Some(-0.1 - 0.2),
            }],
            why: anomaly.why.clone(),
        }
    }

    pub(crate) fn evidence(&self, extract: String) -> Evidence {
        let (id, now) = self.id();
        Evidence {
            id: EvidenceId(format!("ev-{}", &id.simple().to_string()[..16])),
            cluster: ClusterId::new(id),
            kind: EvidenceKind::Metric,
            query: "up".to_owned(),
            window: TimeRange::ending(now, SignedDuration::from_hours(1)),
            hash: "0".repeat(64),
            extract,
        }
    }

    pub(crate) fn analysis(&self, origin: Origin, status: Status) -> AnomalyAnalysis {
        let anomaly = self.anomaly();
        let (id, now) = self.id();
        AnomalyAnalysis {
            id: AnalysisId::new(id),
            origin,
            requested_by: "token:ada".to_owned(),
            asker: Some(Caller::local("token:ada", AccessRole::Operator)),
            created_at: now,
            status,
            clusters: vec![anomaly.entity.cluster],
            query: Some("rate(x[5m])".to_owned()),
            watches: vec![WatchId("latency".to_owned())],
            window: TimeRange::ending(now, SignedDuration::from_hours(6)),
            step: SignedDuration::from_secs(30),
            sensitivity: Sensitivity::Medium,
            events: vec![Self::event_of(&anomaly)],
            anomalies: vec![anomaly],
            evidence: vec![self.evidence("0 0 0 7".to_owned())],
            gaps: Vec::new(),
            failure: None,
        }
    }

    pub(crate) fn investigation(&self, status: Status) -> Investigation {
        let alarm = self.anomaly();
        let (id, now) = self.id();
        Investigation {
            id: InvestigationId::new(id),
            origin: Origin::Watch,
            requested_by: "system:watches".to_owned(),
            asker: None,
            created_at: now,
            updated_at: now,
            revision: 1,
            status,
            open: true,
            clusters: BTreeMap::from([(alarm.entity.cluster, "shop".to_owned())]),
            window: TimeRange::ending(now, SignedDuration::from_hours(2)),
            gaps: vec![Gap {
                cluster: alarm.entity.cluster,
                cluster_name: "shop".to_owned(),
                source: Source::Loki,
                kind: GapKind::Timeout,
                detail: "no answer in 10 s".to_owned(),
            }],
            alarms: vec![alarm],
            findings: None,
            narrative: vec!["Zeile für Zeile".to_owned()],
            evidence: Vec::new(),
            failure: None,
            ended: None,
            fingerprint: None,
            recurrence: Vec::new(),
        }
    }

    pub(crate) fn report(&self, bytes: u64) -> Report {
        let investigation = InvestigationId::new(self.id().0);
        let (id, now) = self.id();
        Report {
            id: ReportId::new(id),
            title: "cart is slow".to_owned(),
            investigation,
            investigation_revision: 3,
            format: ReportFormat::Markdown,
            object: format!("reports/{id}.md"),
            bytes,
            sha256: "0".repeat(64),
            requested_by: "token:ada".to_owned(),
            created_at: now,
            places: Vec::new(),
        }
    }
}

/// The same cluster, one change later.
pub(crate) fn changed(cluster: &Cluster) -> Cluster {
    Cluster {
        generation: cluster.generation + 1,
        ..cluster.clone()
    }
}
