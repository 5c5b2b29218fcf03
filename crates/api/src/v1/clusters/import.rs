//! `POST /api/v1/clusters/import`

use axum::extract::State;
use axum::{Extension, Json};
use fleetscope_client::wire::{ImportReport, ImportRequest};
use fleetscope_registry::Credentials;

use crate::convert::import::{self, Source};
use crate::error::ApiError;
use crate::extract::{Asker, Body};
use crate::touched::Touched;

/// Import clusters: of a kubeconfig, of a list, or of Open Cluster Management on the hub. Those that
/// are there already are found by their name, else by their API server; the same import twice
/// changes nothing the second time. That one is refused does not hold up the others.
#[utoipa::path(
    post,
    path = "/api/v1/clusters/import",
    tag = "clusters",
    request_body = ImportRequest,
    responses((status = 200, body = ImportReport)),
)]
pub async fn import(
    State(credentials): State<Credentials>,
    Asker(caller): Asker,
    Body(request): Body<ImportRequest>,
) -> Result<(Extension<Touched>, Json<ImportReport>), ApiError> {
    let results = match import::source(request)? {
        Source::Kubeconfig(text, contexts) => {
            let imported = credentials.import_kubeconfig(&caller, &text, &contexts);
            imported.await?
        }
        Source::Clusters(clusters) => credentials.import(&caller, clusters).await?,
        Source::Managed => credentials.import_managed(&caller).await?,
    };
    let touched = results.iter().filter_map(|result| result.id).collect();
    Ok((Extension(Touched(touched)), Json(import::report(results))))
}
