//! Logs.

mod asked;
mod patterns;
mod tail;

use std::collections::BTreeMap;

use fleetscope_client::wire;
use fleetscope_model::{
    Cluster, ClusterId, Collection, Fault, Labels, LogAnswer, LogLine, LogList, LogPlace,
    LogResult, LogSeverity, LogStream, LogVolume, Substitute,
};

pub(crate) use asked::{USUAL_BYTES, parsed_place};
pub use asked::{expression, question, tenant};
pub use patterns::patterns;
pub use tail::{followed, tail_gap, tail_line};

use super::{metrics, name};
use crate::cursor;
use crate::error::ApiError;

/// The label that says of which cluster a stream is. What the upstream has by that name is kept as
/// Prometheus keeps what its own labels hide.
const CLUSTER: &str = "cluster";
const HIDDEN: &str = "exported_cluster";

/// Names by id.
struct Names<'a>(BTreeMap<ClusterId, &'a str>);

impl<'a> Names<'a> {
    fn of(clusters: &'a [Cluster]) -> Self {
        let names = clusters.iter().map(|cluster| (cluster.id, cluster.name()));
        Self(names.collect())
    }

    fn name(&self, id: ClusterId) -> &'a str {
        self.0.get(&id).copied().unwrap_or_default()
    }

    fn mark(&self, labels: &mut Labels, id: ClusterId) {
        mark(labels, self.name(id));
    }
}

/// Adds the label of the cluster.
pub(crate) fn mark(labels: &mut Labels, cluster: &str) {
    let own = labels.insert(CLUSTER.to_owned(), cluster.to_owned());
    if let Some(own) = own.filter(|own| own != cluster) {
        labels.insert(HIDDEN.to_owned(), own);
    }
}

/// An error that blames what was asked for, where it is wrong in itself.
pub fn blamed(error: fleetscope_ports::Error, query: &str) -> ApiError {
    let pointer = match error.code() {
        "invalid_logql" | "invalid_query" | "query_too_expensive" => Some(query),
        _ => None,
    };
    let api = ApiError::from(error);
    match pointer {
        Some(pointer) => api.blaming(pointer),
        None => api,
    }
}

/// The answer to a query.
pub fn answer(answer: LogAnswer, clusters: &[Cluster]) -> wire::LogAnswer {
    let names = Names::of(clusters);
    let series = metrics::of_clusters(answer.series, clusters);
    let gaps = answer.gaps.into_iter().map(metrics::gap).collect();
    wire::LogAnswer {
        result: match answer.result {
            LogResult::Streams => wire::LogResultKind::Streams,
            LogResult::Matrix => wire::LogResultKind::Matrix,
            LogResult::Vector => wire::LogResultKind::Vector,
        },
        lines: answer
            .lines
            .into_iter()
            .map(|line| entry(line, &names))
            .collect(),
        series,
        gaps,
        substitutes: substitutes(answer.substitutes),
        next_cursor: answer.next.map(place),
    }
}

fn substitutes(told: Vec<Substitute>) -> Vec<wire::LogSubstitute> {
    let shown = |one: Substitute| wire::LogSubstitute {
        cluster: one.cluster.uuid(),
        cluster_name: one.cluster_name,
        source: name(&one.source),
        detail: one.detail,
    };
    told.into_iter().map(shown).collect()
}

fn entry(line: LogLine, names: &Names<'_>) -> wire::LogEntry {
    let mut labels = line.labels;
    let severity = severity(&labels, &line.line);
    names.mark(&mut labels, line.cluster);
    wire::LogEntry {
        at: line.at,
        labels,
        severity,
        line: line.line,
    }
}

/// How bad a line is, as it is shown.
pub(crate) fn severity(labels: &Labels, line: &str) -> Option<String> {
    LogSeverity::of(labels, line).map(|severity| severity.as_str().to_owned())
}

fn place(place: LogPlace) -> String {
    cursor::encode(&place_text(place))
}

/// A place among lines as text.
pub(crate) fn place_text(place: LogPlace) -> String {
    format!("{}.{}", place.at.as_nanosecond(), place.skip)
}

/// Names or values.
pub fn names(told: LogList<String>) -> wire::LabelList {
    wire::LabelList {
        items: told.items,
        substitutes: substitutes(told.substitutes),
        gaps: told.gaps.into_iter().map(metrics::gap).collect(),
    }
}

/// Streams.
pub fn streams(told: LogList<LogStream>, clusters: &[Cluster]) -> wire::LogStreams {
    let names = Names::of(clusters);
    let stream = |stream: LogStream| {
        let mut labels = stream.labels;
        names.mark(&mut labels, stream.cluster);
        wire::LogStream { labels }
    };
    wire::LogStreams {
        items: told.items.into_iter().map(stream).collect(),
        substitutes: substitutes(told.substitutes),
        gaps: told.gaps.into_iter().map(metrics::gap).collect(),
    }
}

/// Volumes.
pub fn volumes(told: Collection<LogVolume>, clusters: &[Cluster]) -> wire::LogVolumes {
    let names = Names::of(clusters);
    let volume = |volume: LogVolume| {
        let mut labels = volume.labels;
        names.mark(&mut labels, volume.cluster);
        wire::LogVolume {
            labels,
            bytes: volume.bytes,
        }
    };
    wire::LogVolumes {
        items: told.items.into_iter().map(volume).collect(),
        gaps: told.gaps.into_iter().map(metrics::gap).collect(),
    }
}

/// What queries would have to read.
pub fn stats(
    told: Collection<fleetscope_model::LogStats>,
    clusters: &[Cluster],
) -> wire::LogStatsAnswer {
    let names = Names::of(clusters);
    let stats = |stats: fleetscope_model::LogStats| wire::LogStats {
        cluster: stats.cluster.uuid(),
        cluster_name: names.name(stats.cluster).to_owned(),
        streams: stats.streams,
        chunks: stats.chunks,
        entries: stats.entries,
        bytes: stats.bytes,
    };
    wire::LogStatsAnswer {
        items: told.items.into_iter().map(stats).collect(),
        gaps: told.gaps.into_iter().map(metrics::gap).collect(),
    }
}

/// Fields of all clusters: one that is the same in several stands there once, with the most values
/// that it has in one of them.
pub fn fields(
    told: LogList<fleetscope_model::DetectedField>,
    clusters: &[Cluster],
) -> wire::DetectedFields {
    let names = Names::of(clusters);
    let mut all: BTreeMap<(String, String), wire::DetectedField> = BTreeMap::new();
    for field in told.items {
        let cluster = names.name(field.cluster).to_owned();
        let known = all
            .entry((field.name.clone(), field.kind.clone()))
            .or_insert_with(|| wire::DetectedField {
                name: field.name,
                kind: field.kind,
                cardinality: 0,
                parsers: Vec::new(),
                clusters: Vec::new(),
            });
        known.cardinality = known.cardinality.max(field.cardinality);
        known.clusters.push(cluster);
        for parser in field.parsers {
            if !known.parsers.contains(&parser) {
                known.parsers.push(parser);
            }
        }
    }
    wire::DetectedFields {
        items: all.into_values().collect(),
        substitutes: substitutes(told.substitutes),
        gaps: told.gaps.into_iter().map(metrics::gap).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstreams_own_cluster_is_kept_beside_ours() {
        let with = |value: &str| Labels::from([("cluster".to_owned(), value.to_owned())]);
        let mut labels = with("prod-eu-1");
        mark(&mut labels, "shop");
        assert_eq!(labels["cluster"], "shop");
        assert_eq!(labels["exported_cluster"], "prod-eu-1");
        let mut same = with("shop");
        mark(&mut same, "shop");
        assert_eq!(same, with("shop"));
    }
}
