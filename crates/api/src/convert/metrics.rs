//! Series and gaps.

use std::collections::BTreeMap;

use fleetscope_client::wire;
use fleetscope_model::{Cluster, ClusterId, ClusterSeries, Collection, Gap};

use super::name;

/// What a federated query gave; `cluster` becomes a label on every series.
pub fn answer(collection: Collection<ClusterSeries>, clusters: &[Cluster]) -> wire::MetricAnswer {
    let names: BTreeMap<ClusterId, &str> = clusters
        .iter()
        .map(|cluster| (cluster.id, cluster.name()))
        .collect();
    let series = collection.items.into_iter().map(|item| {
        let cluster = names.get(&item.cluster).copied().unwrap_or_default();
        let mut labels = item.series.labels;
        labels.insert("cluster".to_owned(), cluster.to_owned());
        let samples = item
            .series
            .samples
            .iter()
            .map(|sample| wire::SamplePair(sample.at_ms as f64 / 1000.0, value(sample.value)))
            .collect();
        wire::MetricSeries { labels, samples }
    });
    wire::MetricAnswer {
        series: series.collect(),
        gaps: collection.gaps.into_iter().map(gap).collect(),
    }
}

/// A value as Prometheus writes the special ones, else the shortest text that reads back the same.
fn value(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 {
            "+Inf".to_owned()
        } else {
            "-Inf".to_owned()
        }
    } else {
        value.to_string()
    }
}

/// A gap.
pub fn gap(gap: Gap) -> wire::Gap {
    wire::Gap {
        cluster: gap.cluster.uuid(),
        cluster_name: gap.cluster_name,
        source: name(&gap.source),
        kind: name(&gap.kind),
        detail: gap.detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_values_are_written_as_prometheus_writes_them() {
        assert_eq!(value(f64::NAN), "NaN");
        assert_eq!(value(f64::INFINITY), "+Inf");
        assert_eq!(value(f64::NEG_INFINITY), "-Inf");
        let sum = 0.1 + 0.2;
        assert_eq!(
            value(sum).parse::<f64>().unwrap().to_bits(),
            f64::to_bits(sum)
        );
    }
}
