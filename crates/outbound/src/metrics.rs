//! What the way out counts about itself.

use std::time::Duration;

use fleetscope_model::{GapKind, Source};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::breaker::Change;
use crate::failure::Cause;
use crate::limits::Lane;
use crate::{Answer, Failure};

/// Upper bounds in seconds, from a cached read on loopback to three times the default time limit.
const SECONDS: [f64; 11] = [
    0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0,
];

/// Counters and histograms of outside reads. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<Outcome, Counter>,
    duration: Family<From, Histogram>,
    bytes: Family<From, Counter>,
    repeats: Family<From, Counter>,
    turns: Family<Turn, Counter>,
    open: Gauge,
    spared: Family<Spared, Counter>,
    turned_away: Family<Away, Counter>,
    kept: Gauge,
    reading: Gauge,
    crowded_out: Family<From, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            bytes: Family::default(),
            repeats: Family::default(),
            turns: Family::default(),
            open: Gauge::default(),
            spared: Family::default(),
            turned_away: Family::default(),
            kept: Gauge::default(),
            reading: Gauge::default(),
            crowded_out: Family::default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    source: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct From {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Turn {
    source: &'static str,
    to: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Spared {
    source: &'static str,
    by: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Away {
    source: &'static str,
    lane: &'static str,
}

impl Metrics {
    /// Registers `outbound_requests_total{source,outcome}`,
    /// `outbound_request_duration_seconds{source}`, `outbound_response_bytes_total{source}`,
    /// `outbound_repeats_total{source}`, `outbound_breaker_turns_total{source,to}`,
    /// `outbound_breakers_open`, `outbound_spared_total{source,by}`,
    /// `outbound_turned_away_total{source,lane}`, `outbound_kept_bytes`, `outbound_reading_bytes` and
    /// `outbound_crowded_out_total{source}`, behind whatever prefix the registry has. An outcome is `answered`
    /// (with whatever status), `resting` where the endpoint was left alone, or the kind of the
    /// failure.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "outbound_requests",
            "Reads of cluster endpoints by what came of them",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "outbound_request_duration",
            "Time of reads of cluster endpoints, queueing included",
            Unit::Seconds,
            self.duration.clone(),
        );
        registry.register_with_unit(
            "outbound_response",
            "Bytes of bodies read from cluster endpoints, after decompression",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register(
            "outbound_repeats",
            "Reads repeated because nobody was there",
            self.repeats.clone(),
        );
        registry.register(
            "outbound_breaker_turns",
            "Endpoints that began (open) or ceased (closed) to be left alone",
            self.turns.clone(),
        );
        registry.register(
            "outbound_breakers_open",
            "Endpoints that are left alone now, as they do not answer",
            self.open.clone(),
        );
        registry.register(
            "outbound_spared",
            "Reads that were not made, as another one was under way (joined) or its answer kept",
            self.spared.clone(),
        );
        registry.register(
            "outbound_turned_away",
            "Reads that were not made, as a cluster was asked too much already",
            self.turned_away.clone(),
        );
        registry.register_with_unit(
            "outbound_kept",
            "Bytes of answers that are kept, as they can't change any more",
            Unit::Bytes,
            self.kept.clone(),
        );
        registry.register_with_unit(
            "outbound_reading",
            "Bytes of answers that are being read and made something of",
            Unit::Bytes,
            self.reading.clone(),
        );
        registry.register(
            "outbound_crowded_out",
            "Reads that ended as the answers of others took up all room",
            self.crowded_out.clone(),
        );
    }

    /// Bytes of answers that are being read.
    pub(crate) fn reading(&self) -> Gauge {
        self.reading.clone()
    }

    pub(crate) fn crowded_out(&self, source: Source) {
        let source = source.as_str();
        self.crowded_out.get_or_create(&From { source }).inc();
    }

    pub(crate) fn spared(&self, source: Source, by: &'static str) {
        let source = source.as_str();
        self.spared.get_or_create(&Spared { source, by }).inc();
    }

    pub(crate) fn turned_away(&self, source: Source, lane: Lane) {
        let (source, lane) = (source.as_str(), lane.as_str());
        self.turned_away.get_or_create(&Away { source, lane }).inc();
    }

    pub(crate) fn keeping(&self, bytes: u64) {
        self.kept.set(bytes as i64);
    }

    pub(crate) fn repeated(&self, source: Source) {
        let source = source.as_str();
        self.repeats.get_or_create(&From { source }).inc();
    }

    pub(crate) fn turned(&self, source: Source, change: Change, open: usize) {
        let turn = Turn {
            source: source.as_str(),
            to: match change {
                Change::Opened => "open",
                Change::Closed => "closed",
            },
        };
        self.turns.get_or_create(&turn).inc();
        self.open.set(open as i64);
    }

    pub(crate) fn record(
        &self,
        source: Source,
        result: &Result<Answer, Failure>,
        elapsed: Duration,
    ) {
        let source = source.as_str();
        let outcome = match result {
            Ok(_) => "answered",
            Err(Failure {
                cause: Some(Cause::Resting { .. }),
                ..
            }) => "resting",
            Err(failure) => kind_label(failure.kind),
        };
        self.requests
            .get_or_create(&Outcome { source, outcome })
            .inc();
        self.duration
            .get_or_create(&From { source })
            .observe(elapsed.as_secs_f64());
        if let Ok(answer) = result {
            self.bytes
                .get_or_create(&From { source })
                .inc_by(answer.body.len() as u64);
        }
    }
}

const fn kind_label(kind: GapKind) -> &'static str {
    match kind {
        GapKind::NotConfigured => "not_configured",
        GapKind::Unauthenticated => "unauthenticated",
        GapKind::Forbidden => "forbidden",
        GapKind::Unreachable => "unreachable",
        GapKind::Timeout => "timeout",
        GapKind::Truncated => "truncated",
        GapKind::BadAnswer => "bad_answer",
        GapKind::Refused => "refused",
        GapKind::Overloaded => "overloaded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_counted_under_its_kind() {
        let metrics = Metrics::default();
        let mut registry = Registry::with_prefix("fleetscope");
        metrics.register(&mut registry);
        let failure = Err(Failure::new(GapKind::Timeout, "late"));
        metrics.record(Source::Loki, &failure, Duration::from_millis(1));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let line = "fleetscope_outbound_requests_total{source=\"loki\",outcome=\"timeout\"} 1";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("fleetscope_outbound_request_duration_seconds_bucket"));
    }
}
