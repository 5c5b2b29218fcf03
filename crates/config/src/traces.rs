//! `[traces]`: where spans of requests and of what they cause are sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Problem;

/// Where spans of requests and of what they cause are sent, by OpenTelemetry's protocol (OTLP).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// Address of an OTLP receiver; nothing is sent where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = "http://127.0.0.1:4317")]
    pub endpoint: Option<Url>,
    /// What the receiver speaks there: grpc (most often port 4317) or http (4318).
    pub protocol: TraceProtocol,
    /// Of the traces that begin here, how many in a hundred are kept. A trace that a caller has
    /// begun is kept where the caller keeps it.
    #[schemars(range(min = 0, max = 100))]
    pub percent: u32,
}

/// How spans are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TraceProtocol {
    /// OTLP over gRPC.
    #[default]
    Grpc,
    /// OTLP over HTTP, binary; `/v1/traces` is added to an address without a path.
    Http,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            protocol: TraceProtocol::Grpc,
            percent: 10,
        }
    }
}

impl Traces {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(endpoint) = &self.endpoint {
            let what = if !matches!(endpoint.scheme(), "http" | "https") || !endpoint.has_host() {
                Some("is not an HTTP address: write it as in http://127.0.0.1:4317")
            } else if !endpoint.username().is_empty() || endpoint.password().is_some() {
                Some("holds a user name or password, which would be shown to readers: leave it out")
            } else {
                None
            };
            problems.extend(what.map(|what| Problem::of("traces.endpoint", what)));
        }
        if self.percent > 100 {
            let what = format!("{} is out of range: write 0 to 100", self.percent);
            problems.push(Problem::of("traces.percent", what));
        }
    }
}
