//! Imports.

use fleetscope_client::wire;
use fleetscope_ports::Plain;
use fleetscope_registry::credentials::{ImportOutcome, ImportResult, Imported};

use super::{cluster, credential};
use crate::error::ApiError;

/// Where clusters are imported from.
pub enum Source {
    /// A kubeconfig, and which of its contexts.
    Kubeconfig(Plain, Vec<String>),
    /// A list.
    Clusters(Vec<Imported>),
    /// The hub.
    Managed,
}

/// The one source that a request names.
pub fn source(request: wire::ImportRequest) -> Result<Source, ApiError> {
    let wire::ImportRequest {
        kubeconfig,
        contexts,
        clusters,
        managed_clusters,
    } = request;
    let managed = managed_clusters.unwrap_or(false);
    match (kubeconfig, clusters, managed) {
        (Some(text), None, false) => {
            let text = Plain::new(text.into_text());
            Ok(Source::Kubeconfig(text, contexts.unwrap_or_default()))
        }
        _ if contexts.is_some() => Err(ApiError::invalid(
            "/contexts",
            "contexts are those of a kubeconfig: give that, or leave them out",
        )),
        (None, Some(clusters), false) => {
            let clusters = clusters.into_iter().map(imported);
            Ok(Source::Clusters(clusters.collect::<Result<_, _>>()?))
        }
        (None, None, true) => Ok(Source::Managed),
        _ => Err(ApiError::invalid(
            "",
            "give exactly one of kubeconfig, clusters and managed_clusters",
        )),
    }
}

fn imported(imported: wire::ImportedCluster) -> Result<Imported, ApiError> {
    let mut credentials = Vec::new();
    for (field, new) in imported.credentials {
        let field = field
            .parse()
            .map_err(|error: fleetscope_model::InvalidField| {
                ApiError::invalid("/clusters/credentials", error.to_string())
            })?;
        credentials.push((field, credential::new(new)?));
    }
    Ok(Imported {
        draft: cluster::draft(imported.cluster),
        credentials,
    })
}

/// What came of it.
pub fn report(results: Vec<ImportResult>) -> wire::ImportReport {
    let items = results.into_iter().map(|result| wire::ImportResult {
        name: result.name,
        id: result.id.map(fleetscope_model::ClusterId::uuid),
        outcome: match result.outcome {
            ImportOutcome::Created => wire::ImportOutcome::Created,
            ImportOutcome::Updated => wire::ImportOutcome::Updated,
            ImportOutcome::Unchanged => wire::ImportOutcome::Unchanged,
            ImportOutcome::Refused => wire::ImportOutcome::Refused,
        },
        detail: result.detail,
    });
    wire::ImportReport {
        items: items.collect(),
    }
}
