//! Series and gaps.

use std::collections::BTreeMap;

use fleetscope_client::wire;
use fleetscope_model as model;
use fleetscope_model::{
    Cluster, ClusterId, ClusterSeries, Collection, Evaluated, Gap, Labels, Series,
};

use super::name;

/// Series of clusters; `cluster` becomes a label on each.
pub fn of_clusters(all: Vec<ClusterSeries>, clusters: &[Cluster]) -> Vec<wire::MetricSeries> {
    let names: BTreeMap<ClusterId, &str> = clusters
        .iter()
        .map(|cluster| (cluster.id, cluster.name()))
        .collect();
    let named = all.into_iter().map(|item| {
        let cluster = names.get(&item.cluster).copied().unwrap_or_default();
        let mut series = item.series;
        let label = "cluster".to_owned();
        series.labels.insert(label, cluster.to_owned());
        self::shown(series, Vec::new())
    });
    named.collect()
}

fn shown(series: Series, missing: Vec<(i64, i64)>) -> wire::MetricSeries {
    let samples = series.samples.iter();
    let samples = samples
        .map(|sample| wire::SamplePair(seconds(sample.at_ms), value(sample.value)))
        .collect();
    wire::MetricSeries {
        labels: series.labels,
        samples,
        missing: missing
            .into_iter()
            .map(|(before, after)| [seconds(before), seconds(after)])
            .collect(),
    }
}

/// What a federated query gave.
pub fn answer(found: Evaluated) -> wire::MetricAnswer {
    let mut missing = found.missing.into_iter();
    let series = found.series.into_iter();
    let series = series.map(|series| shown(series, missing.next().unwrap_or_default()));
    wire::MetricAnswer {
        series: series.collect(),
        gaps: gaps(found.gaps),
        step: found.step_ms.map(seconds),
        notes: found.notes,
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn gaps(gaps: Vec<Gap>) -> Vec<wire::Gap> {
    gaps.into_iter().map(gap).collect()
}

/// The labels of series.
pub fn series(found: Collection<Labels>) -> wire::SeriesList {
    wire::SeriesList {
        series: found.items,
        gaps: gaps(found.gaps),
    }
}

/// Names or values of labels.
pub fn labels(found: Collection<String>) -> wire::MetricLabelList {
    wire::MetricLabelList {
        values: found.items,
        gaps: gaps(found.gaps),
    }
}

/// What metrics are.
pub fn metadata(found: Collection<model::MetricMeta>) -> wire::MetadataList {
    let metrics = found.items.into_iter().map(|meta| wire::MetricMetadata {
        metric: meta.metric,
        kind: meta.kind,
        help: meta.help,
        unit: meta.unit,
    });
    wire::MetadataList {
        metrics: metrics.collect(),
        gaps: gaps(found.gaps),
    }
}

/// Rules.
pub fn rules(found: Collection<model::RuleGroup>) -> wire::RuleList {
    wire::RuleList {
        groups: found.items.into_iter().map(group).collect(),
        gaps: gaps(found.gaps),
    }
}

/// A group of rules.
pub fn group(group: model::RuleGroup) -> wire::RuleGroup {
    wire::RuleGroup {
        cluster: Some(group.cluster),
        name: group.name,
        file: group.file,
        interval: group.interval,
        limit: group.limit,
        rules: group.rules.into_iter().map(rule).collect(),
    }
}

fn rule(rule: model::Rule) -> wire::Rule {
    let kind = match rule.alerting {
        Some(_) => "alerting",
        None => "recording",
    };
    let mut shown = wire::Rule {
        kind: kind.to_owned(),
        name: rule.name,
        query: rule.query,
        labels: rule.labels,
        health: rule.health,
        last_error: rule.last_error,
        last_evaluation: rule.last_evaluation,
        evaluation_time: rule.evaluation_time,
        state: None,
        duration: None,
        keep_firing_for: None,
        annotations: None,
        alerts: None,
    };
    if let Some(alerting) = rule.alerting {
        shown.state = Some(alerting.state);
        shown.duration = Some(alerting.duration);
        shown.keep_firing_for = Some(alerting.keep_firing_for);
        shown.annotations = Some(alerting.annotations);
        shown.alerts = Some(alerting.alerts.into_iter().map(alert).collect());
    }
    shown
}

/// An alert that a rule has raised.
pub fn alert(alert: model::RuleAlert) -> wire::RuleAlert {
    wire::RuleAlert {
        labels: alert.labels,
        annotations: alert.annotations,
        state: alert.state,
        active_at: alert.active_at,
        value: alert.value,
    }
}

/// Alerts that rules have raised.
pub fn alerts(found: Collection<model::RuleAlert>) -> wire::RuleAlertList {
    wire::RuleAlertList {
        alerts: found.items.into_iter().map(alert).collect(),
        gaps: gaps(found.gaps),
    }
}

/// What is scraped.
pub fn targets(found: Collection<model::Target>) -> wire::TargetList {
    let targets = found.items.into_iter().map(|target| {
        let mut labels = target.labels.clone();
        labels.insert("cluster".to_owned(), target.cluster.clone());
        self::target(target, labels)
    });
    wire::TargetList {
        targets: targets.collect(),
        gaps: gaps(found.gaps),
    }
}

/// A target with these labels.
pub fn target(target: model::Target, labels: Labels) -> wire::Target {
    wire::Target {
        labels,
        discovered_labels: target.discovered_labels,
        scrape_pool: target.scrape_pool,
        scrape_url: target.scrape_url,
        health: target.health,
        last_error: target.last_error,
        last_scrape: target.last_scrape,
        last_scrape_duration: target.last_scrape_duration,
    }
}

/// A value as Prometheus writes the special ones, else the shortest text that reads back the same.
pub fn value(value: f64) -> String {
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
