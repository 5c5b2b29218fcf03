//! `fleetscope traces dependencies`

use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;
use fleetscope_client::wire::{
    ClusterDependencies, DependencyEdge, DependencyGraph, DependencySource,
};

use super::{Scope, length};
use crate::cli::Output;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{gaps, plain, show, table};

#[derive(Debug, Args)]
pub(super) struct Dependencies {
    #[command(flatten)]
    scope: Scope,
}

impl Dependencies {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<ExitCode, Failure> {
        let scope = self.scope.read(client).await?;
        let graph = client.dependencies(&scope).await?;
        show(output, &graph, text)?;
        Ok(whole(&graph.gaps))
    }
}

fn text(graph: &DependencyGraph) -> String {
    let parts: Vec<String> = graph.clusters.iter().map(of_cluster).collect();
    let list = if parts.is_empty() {
        "No calls.".to_owned()
    } else {
        parts.join("\n\n")
    };
    list + &gaps(&graph.gaps)
}

fn of_cluster(cluster: &ClusterDependencies) -> String {
    let by = match (cluster.source, cluster.sampled_traces) {
        (DependencySource::ServiceGraph, _) => "every call, by Tempo's service graph".to_owned(),
        (DependencySource::Traces, read) => {
            let of = if cluster.sample_is_partial {
                "more"
            } else {
                "all there are"
            };
            format!("a sample: {} traces of {of}", read.unwrap_or(0))
        }
    };
    let head = format!("{} ({by})", cluster.cluster);
    if cluster.edges.is_empty() {
        return format!("{head}\nNo calls.");
    }
    let headings = [
        "CLIENT", "SERVER", "KIND", "CALLS", "FAILED", "P50", "P95", "P99",
    ];
    format!("{head}\n{}", table(headings, cluster.edges.iter().map(row)))
}

fn row(edge: &DependencyEdge) -> [String; 8] {
    let quantile = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), length);
    let calls = match (edge.requests_per_second, edge.sampled_calls) {
        (Some(rate), _) => format!("{rate:.2}/s"),
        (None, Some(count)) => format!("{count} seen"),
        (None, None) => "-".to_owned(),
    };
    [
        plain(&edge.client),
        plain(&edge.server),
        edge.connection_type.replace('_', " "),
        calls,
        format!("{:.1} %", edge.error_ratio * 100.0),
        quantile(edge.p50_ms),
        quantile(edge.p95_ms),
        quantile(edge.p99_ms),
    ]
}
