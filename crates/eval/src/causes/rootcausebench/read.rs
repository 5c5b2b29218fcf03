//! A case as the engine's input.

use std::collections::BTreeMap;
use std::path::Path;

use fleetscope_engine::{Input, Signal};
use fleetscope_model::{
    Anomaly, Band, ClusterId, Entity, EntityKind, EvidenceId, Labels, Sample, Sensitivity, Series,
    Severity, TimeRange, Topology,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{files, happened, meaning, said};
use crate::Error;

/// What comes before the window is what the engine learns from: a few samples more than it needs,
/// and more where the file is long.
const LEARNT_SAMPLES: usize = 17;
const LEARNT_SHARE: f64 = 0.1;

/// Numbers the readings of one case.
pub(super) struct Readings(u32);

impl Readings {
    /// The next one.
    pub(super) fn next(&mut self) -> EvidenceId {
        self.0 += 1;
        EvidenceId(format!("ev-{:016x}", self.0))
    }
}

/// The one cluster that a case is about.
pub(super) fn cluster() -> ClusterId {
    ClusterId::new(uuid::Uuid::from_u128(1))
}

/// A service of it.
pub(super) fn service(name: &str) -> Entity {
    Entity::new(cluster(), EntityKind::Service, name)
}

/// A machine of it.
pub(super) fn node(name: &str) -> Entity {
    Entity::new(cluster(), EntityKind::Node, name)
}

#[derive(Deserialize)]
struct Row {
    timestamp: Timestamp,
    service: String,
    metric: String,
    value: f64,
}

#[derive(Deserialize)]
struct Alert {
    service: String,
    metric: String,
    threshold: f64,
    observed: f64,
    fired_at: Timestamp,
    #[serde(default)]
    summary: String,
}

/// Reads the `data` folder of a case, and nothing else.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn input(data: &Path) -> Result<Input, Error> {
    let mut readings = Readings(0);
    let series = series(&data.join("metrics.csv"))?;
    let alert: Alert = files::json(&data.join("alert.json"))?;
    let window = window(&series, alert.fired_at);
    let alarm = alarm(&alert, readings.next());
    let signals = series
        .into_iter()
        .map(|(key, samples)| signal(key, samples, readings.next()))
        .collect();
    let said = said::said(data, &mut readings)?;
    Ok(Input {
        reference_time: window.end,
        window,
        clusters: BTreeMap::from([(cluster(), "production".to_owned())]),
        alarms: vec![alarm],
        signals,
        topology: Topology { edges: said.edges },
        changes: happened::changes(data, &mut readings)?,
        events: happened::events(data, said.events, &mut readings)?,
        logs: said.logs,
        traces: said.traces,
        alerts: Vec::new(),
        conduct: Vec::new(),
        gaps: Vec::new(),
    })
}

type Measured = BTreeMap<(String, String), Vec<Sample>>;

fn series(path: &Path) -> Result<Measured, Error> {
    let file = std::fs::File::open(path).map_err(Error::unreadable(path))?;
    let mut all = Measured::new();
    for row in csv::Reader::from_reader(file).deserialize() {
        let row: Row = row.map_err(|e| Error::malformed(path, e))?;
        all.entry((row.service, row.metric))
            .or_default()
            .push(Sample {
                at_ms: row.timestamp.as_millisecond(),
                value: row.value,
            });
    }
    for samples in all.values_mut() {
        samples.sort_by_key(|sample| sample.at_ms);
    }
    Ok(all)
}

/// From behind what is learnt from to the end of the data.
fn window(series: &Measured, fired_at: Timestamp) -> TimeRange {
    let mut times: Vec<i64> = series.values().flatten().map(|s| s.at_ms).collect();
    times.push(fired_at.as_millisecond());
    times.sort_unstable();
    times.dedup();
    let learnt = LEARNT_SAMPLES.max((times.len() as f64 * LEARNT_SHARE) as usize);
    let at = |index: usize| {
        let millis = times[index.min(times.len() - 1)];
        Timestamp::from_millisecond(millis).unwrap_or(fired_at)
    };
    let (start, end) = (at(learnt), at(times.len()));
    TimeRange::new(start, end)
        .unwrap_or_else(|| TimeRange::ending(end, SignedDuration::from_mins(30)))
}

fn entity(service_name: &str, metric: &str) -> Entity {
    if metric.starts_with("node_") {
        node(service_name)
    } else {
        service(service_name)
    }
}

fn signal((of, metric): (String, String), samples: Vec<Sample>, evidence: EvidenceId) -> Signal {
    let meaning = meaning::meaning(&metric, &samples);
    let usual = samples.iter().map(|s| s.value.abs()).sum::<f64>() / samples.len().max(1) as f64;
    Signal {
        entity: entity(&of, &metric),
        role: meaning.role,
        resource: meaning.resource,
        unit: meaning.unit.to_owned(),
        direction: meaning.direction,
        // A hundredth in a share, else a twentieth of what is usual, is felt by nobody.
        least_deviation: if meaning.unit == "ratio" {
            0.01
        } else {
            usual / 20.0
        },
        symptom: meaning.symptom,
        sensitivity: Sensitivity::Medium,
        series: Series {
            labels: Labels::new(),
            samples,
        },
        name: metric,
        evidence,
    }
}

fn alarm(alert: &Alert, evidence: EvidenceId) -> Anomaly {
    let meaning = meaning::meaning(&alert.metric, &[]);
    Anomaly {
        entity: entity(&alert.service, &alert.metric),
        signal: alert.metric.clone(),
        role: meaning.role,
        unit: meaning.unit.to_owned(),
        labels: Labels::new(),
        start: alert.fired_at,
        end: alert.fired_at,
        ongoing: true,
        peak_at: alert.fired_at,
        peak: alert.observed,
        expected: Band {
            low: 0.0,
            center: alert.threshold,
            high: alert.threshold,
        },
        score: 10.0,
        severity: Severity::High,
        detectors: vec!["rule".to_owned()],
        probability: None,
        why: alert.summary.clone(),
        evidence,
    }
}
