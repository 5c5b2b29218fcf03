//! Traces.

pub mod graph;
pub mod search;
pub mod tree;

use std::collections::BTreeMap;

use fleetscope_client::wire;
use fleetscope_model::{
    AttributeValue, Attributes, Cluster, ClusterId, Collection, SpanStatus, TracedService,
};
use jiff::Timestamp;

use super::metrics::gap;

/// The names of clusters.
pub struct Names<'a>(BTreeMap<ClusterId, &'a str>);

impl<'a> Names<'a> {
    /// Of these clusters.
    pub fn of(clusters: &'a [Cluster]) -> Self {
        Self(clusters.iter().map(|c| (c.id, c.name())).collect())
    }

    /// The name of one; empty if it was removed meanwhile.
    pub fn name(&self, cluster: ClusterId) -> String {
        self.0.get(&cluster).copied().unwrap_or_default().to_owned()
    }
}

/// Services.
pub fn services(found: Collection<TracedService>, clusters: &[Cluster]) -> wire::TracedServices {
    let names = Names::of(clusters);
    let service = |one: TracedService| wire::TracedService {
        cluster: names.name(one.cluster),
        service: one.service,
        operations: one.operations,
        sampled: one.sampled,
    };
    wire::TracedServices {
        services: found.items.into_iter().map(service).collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

fn attributes(attributes: &Attributes) -> BTreeMap<String, wire::AttributeValue> {
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => wire::AttributeValue::Text(text.clone()),
        AttributeValue::Integer(number) => wire::AttributeValue::Integer(*number),
        AttributeValue::Number(number) => wire::AttributeValue::Number(*number),
        AttributeValue::Truth(truth) => wire::AttributeValue::Truth(*truth),
    };
    attributes
        .iter()
        .map(|(name, it)| (name.clone(), value(it)))
        .collect()
}

const fn status(status: SpanStatus) -> wire::SpanStatus {
    match status {
        SpanStatus::Unset => wire::SpanStatus::Unset,
        SpanStatus::Ok => wire::SpanStatus::Ok,
        SpanStatus::Error => wire::SpanStatus::Error,
    }
}

/// Whatever 64 bits of nanoseconds hold is a time that can be written.
fn at(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn milliseconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e6
}
