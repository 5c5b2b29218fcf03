//! `GET /api/v1/clusters`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{CapabilityKind, Cluster, ClusterState, Page};
use fleetscope_model::ClusterFilter;
use fleetscope_registry::Registry;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::convert::{capability, cluster, validation};
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};

/// Which clusters, and where to go on in the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The `next_cursor` of the part before.
    pub cursor: Option<String>,
    /// At most this many items, 1 to 500; 50 where absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// Only clusters of this environment.
    #[param(max_length = 63)]
    pub environment: Option<String>,
    /// Only clusters with this label, as `key=value`; several have all to be there.
    #[param(max_items = 16)]
    pub label: Option<Vec<String>>,
    /// Only clusters that fare so by their latest validation.
    pub health: Option<ClusterState>,
    /// Only clusters that are known to be or to be able to do this.
    pub capability: Option<CapabilityKind>,
}

impl Wanted {
    fn filter(&self) -> Result<ClusterFilter, ApiError> {
        let labels = self.label.iter().flatten().map(|label| {
            let (key, value) = label
                .split_once('=')
                .ok_or_else(|| ApiError::invalid("label", "write a label as key=value"))?;
            Ok((key.to_owned(), value.to_owned()))
        });
        Ok(ClusterFilter {
            environment: self.environment.clone(),
            labels: labels.collect::<Result<_, ApiError>>()?,
            health: self.health.map(validation::wanted),
            capability: self.capability.map(capability::wanted),
        })
    }
}

/// List clusters by name.
#[utoipa::path(
    get,
    path = "/api/v1/clusters",
    tag = "clusters",
    params(Wanted),
    responses((status = 200, body = Page<Cluster>)),
)]
pub async fn list(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Page<Cluster>>, ApiError> {
    let filter = wanted.filter()?;
    let paging = Paging {
        cursor: wanted.cursor,
        limit: wanted.limit,
    };
    let page = registry.list(&caller, &paging.request()?, &filter).await?;
    Ok(Json(cursor::page(page, cluster::observed)))
}
