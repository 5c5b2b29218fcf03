//! Who calls whom.

use fleetscope_client::wire;
use fleetscope_model::{Cluster, Collection, Dependencies, Dependency, Sampling};

use super::{Names, gap};

/// The graphs of the clusters.
pub fn graph(found: Collection<Dependencies>, clusters: &[Cluster]) -> wire::DependencyGraph {
    let names = Names::of(clusters);
    wire::DependencyGraph {
        clusters: found
            .items
            .into_iter()
            .map(|one| of_cluster(one, &names))
            .collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

fn of_cluster(found: Dependencies, names: &Names<'_>) -> wire::ClusterDependencies {
    let (source, sampled_traces, sample_is_partial) = match found.sampling {
        Sampling::ServiceGraph => (wire::DependencySource::ServiceGraph, None, false),
        Sampling::Traces { read, more } => (wire::DependencySource::Traces, Some(read), more),
    };
    wire::ClusterDependencies {
        cluster: names.name(found.cluster),
        source,
        sampled_traces,
        sample_is_partial,
        edges: found.edges.into_iter().map(edge).collect(),
    }
}

fn edge(edge: Dependency) -> wire::DependencyEdge {
    let [p50_ms, p95_ms, p99_ms] = edge.quantiles.map(|it| it.map(|seconds| seconds * 1e3));
    wire::DependencyEdge {
        client: edge.client,
        server: edge.server,
        connection_type: edge.connection,
        requests_per_second: edge.per_second,
        sampled_calls: edge.calls,
        error_ratio: edge.error_ratio,
        p50_ms,
        p95_ms,
        p99_ms,
    }
}
