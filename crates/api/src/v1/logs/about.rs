//! What questions about logs have in common that ask for no line.

use fleetscope_client::wire::LogTenant;
use fleetscope_model::{LogScope, LogsAbout};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{logs, selection, time};
use crate::error::ApiError;

/// Items of each cluster where the caller does not say.
const USUAL: u32 = 1_000;

/// Where, when, and about which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct About {
    /// Only about lines that this LogQL selects.
    #[param(max_length = 16384)]
    pub query: Option<String>,
    /// Only about streams with this label, as `namespace=shop`, `app=~cart.*`, `app!=till` or
    /// `app!~t.*`; repeated, instead of `query`.
    #[serde(default)]
    #[param(max_items = 32)]
    pub label: Vec<String>,
    /// First instant: RFC 3339 or Unix seconds; an hour before `end` where absent.
    pub start: Option<String>,
    /// Last instant; now where absent.
    pub end: Option<String>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub cluster: Vec<Uuid>,
    /// Which tenant of LokiStacks; the registered one where absent.
    pub tenant: Option<LogTenant>,
    /// At most this many items of each cluster; 1,000 where absent.
    #[param(minimum = 1, maximum = 5000)]
    pub limit: Option<u32>,
}

impl About {
    /// The question as the use case takes it.
    pub(super) fn question(self, now: Timestamp) -> Result<LogsAbout, ApiError> {
        let start = self.start.as_deref();
        let range = time::range(start, self.end.as_deref(), now)?;
        Ok(LogsAbout {
            scope: LogScope {
                clusters: selection((!self.cluster.is_empty()).then_some(self.cluster))?,
                tenant: self.tenant.map(logs::tenant),
                range,
            },
            expression: logs::expression(self.query, &self.label)?,
            limit: self.limit.unwrap_or(USUAL),
        })
    }
}
