//! What the narrator looks at, and how it names things.

use std::collections::BTreeMap;

use fleetscope_model::{
    Anomaly, Candidate, ClusterId, Entity, Findings, Reason, SignalRole, Stance,
};

use crate::phrase;

/// Findings and the names of clusters.
pub(crate) struct Scene<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) clusters: &'a BTreeMap<ClusterId, String>,
}

impl Scene<'_> {
    /// ` in cluster shop`, or nothing where the name is not known or says nothing because there is
    /// only one.
    pub(crate) fn place(&self, entity: &Entity) -> String {
        match self.clusters.get(&entity.cluster) {
            Some(name) => format!(" in cluster {name}"),
            None => String::new(),
        }
    }

    /// `workload shop/cart in cluster shop`.
    pub(crate) fn full_name(&self, entity: &Entity) -> String {
        format!("{entity}{}", self.place(entity))
    }

    /// What people feel of it: the worst anomaly of each of a few things, of what they wait for or see
    /// fail, or of anything where nothing is waited for.
    pub(crate) fn felt(&self, most: usize) -> Vec<&Anomaly> {
        let mut told: Vec<&Anomaly> = Vec::new();
        let all = &self.findings.anomalies;
        let any = all.iter().any(|anomaly| is_felt(anomaly.role));
        for anomaly in all.iter().filter(|anomaly| !any || is_felt(anomaly.role)) {
            if told.len() < most && told.iter().all(|other| other.entity != anomaly.entity) {
                told.push(anomaly);
            }
        }
        told
    }
}

const fn is_felt(role: SignalRole) -> bool {
    matches!(
        role,
        SignalRole::Latency | SignalRole::Errors | SignalRole::Availability
    )
}

/// `request latency p95 of workload shop/cart rose to 1.2 s, where 180 ms to 340 ms is usual [ev-…]`.
pub(crate) fn sight(anomaly: &Anomaly) -> String {
    let quantity = |value: f64| phrase::quantity(value, &anomaly.unit);
    let moved = if anomaly.peak >= anomaly.expected.center {
        "rose"
    } else {
        "fell"
    };
    let until = if anomaly.ongoing {
        String::new()
    } else {
        format!(" until {}", phrase::clock(anomaly.end))
    };
    format!(
        "{} of {} {moved} to {}{until}, where {} to {} is usual{}",
        anomaly.signal,
        anomaly.entity,
        quantity(anomaly.peak),
        quantity(anomaly.expected.low),
        quantity(anomaly.expected.high),
        phrase::citation(std::slice::from_ref(&anomaly.evidence)),
    )
}

/// The reasons of one stance as sentences with their evidence.
pub(crate) fn told(candidate: &Candidate, stance: Stance, most: usize) -> Vec<String> {
    let reasons = candidate
        .reasons
        .iter()
        .filter(|reason| reason.stance == stance);
    reasons.take(most).map(sentence).collect()
}

/// A reason with its evidence before the full stop.
pub(crate) fn sentence(reason: &Reason) -> String {
    let text = reason.text.trim_end().trim_end_matches('.');
    format!("{text}{}.", phrase::citation(&reason.evidence))
}

/// The sentence with a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `high (87 %)`.
pub(crate) fn confidence(candidate: &Candidate) -> String {
    let confidence = candidate.confidence;
    format!("{} ({:.0} %)", confidence.in_words(), confidence.0 * 100.0)
}
