//! Registered clusters and where their telemetry is read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capability::CapabilityKind;
use crate::collection::Source;
use crate::ids::ClusterId;
use crate::series::Labels;
use crate::validation::{ClusterHealth, Observed};

/// One place to read from, and how it is reached. Nothing in it is secret: what authenticates is
/// kept apart, as a credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Base URL with any path prefix, no trailing slash; text, because address rules belong to
    /// `outbound`.
    pub url: String,
    /// Value of the `X-Scope-OrgID` header for multi-tenant Loki, Tempo and Mimir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Further headers that say whose data is meant, such as `THANOS-TENANT`; lower-case names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Certificates in PEM that are trusted here instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<String>,
    /// The name that the server's certificate has to be for, and that is named in the handshake,
    /// where it is not the host of the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// An HTTP proxy on the way: `http://host:port`, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<String>,
    /// Which of the cluster's credentials is shown here.
    #[serde(default, skip_serializing_if = "CredentialUse::is_default")]
    pub credential: CredentialUse,
}

impl Endpoint {
    /// A URL and nothing else.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Whom a request to this endpoint reaches: scheme, host and port of its URL, and of the proxy
    /// before it. What is shown to the endpoint is given for this and for nothing else; a path, or
    /// another name on the certificate, leads to nobody else.
    pub fn reach(&self) -> String {
        let url = origin(&self.url);
        match &self.proxy_url {
            Some(proxy) => format!("{url} through {}", origin(proxy)),
            None => url.to_owned(),
        }
    }
}

/// The beginning of a URL in its normal form, up to its path.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find(['/', '?', '#', '\\']);
    &url[..end.map_or(url.len(), |end| host + end)]
}

/// Which credential of its cluster an endpoint is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialUse {
    /// The endpoint's own if there is one, else the shared one if there is one.
    #[default]
    Own,
    /// The shared one, even if there is one of its own.
    Shared,
    /// None: it is read by nobody in particular.
    None,
}

impl CredentialUse {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Shared => "shared",
            Self::None => "none",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a cluster's telemetry is read; each is optional and its absence is a gap, not an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoints {
    /// Kubernetes API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Endpoint>,
    /// Prometheus, Thanos Query or anything that speaks the Prometheus HTTP API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Endpoint>,
    /// Loki.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loki: Option<Endpoint>,
    /// Tempo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<Endpoint>,
    /// Alertmanager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<Endpoint>,
}

impl Endpoints {
    /// The endpoint of a source.
    pub const fn of(&self, source: Source) -> Option<&Endpoint> {
        match source {
            Source::Kubernetes => self.kubernetes.as_ref(),
            Source::Prometheus => self.prometheus.as_ref(),
            Source::Loki => self.loki.as_ref(),
            Source::Tempo => self.tempo.as_ref(),
            Source::Alertmanager => self.alertmanager.as_ref(),
        }
    }
}

/// What a person says about a cluster; everything else is ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDraft {
    /// DNS label, unique in the fleet: the value of the `cluster` label.
    pub name: String,
    /// For example `production`, `staging`.
    pub environment: Option<String>,
    /// For example `openshift`, `eks`, `kubeadm`.
    pub provider: Option<String>,
    /// Free labels to select by.
    pub labels: Labels,
    /// Where its telemetry is read.
    pub endpoints: Endpoints,
}

/// A registered cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Identity, kept for life.
    pub id: ClusterId,
    /// What a person said about it.
    #[serde(flatten)]
    pub draft: ClusterDraft,
    /// Grows by one with every change; the value of the `ETag`.
    pub generation: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Cluster {
    /// The unique name.
    pub fn name(&self) -> &str {
        &self.draft.name
    }
}

/// Which clusters of a list are wanted; all where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFilter {
    /// Of this environment.
    pub environment: Option<String>,
    /// With all these labels.
    pub labels: Vec<(String, String)>,
    /// That fare so.
    pub health: Option<ClusterHealth>,
    /// That are known to be or to be able to do this.
    pub capability: Option<CapabilityKind>,
}

impl ClusterFilter {
    /// Whether every cluster is wanted.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a cluster is wanted.
    pub fn wants(&self, cluster: &Cluster, observed: &Observed) -> bool {
        let draft = &cluster.draft;
        let is = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        is(&self.environment, &draft.environment)
            && self
                .labels
                .iter()
                .all(|(key, value)| draft.labels.get(key) == Some(value))
            && self
                .health
                .is_none_or(|wanted| observed.health(cluster.generation) == wanted)
            && self
                .capability
                .is_none_or(|wanted| observed.capabilities.contains(&wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_port_and_proxy_say_whom_a_request_reaches() {
        for (url, reach) in [
            ("https://a.example.com", "https://a.example.com"),
            ("https://a.example.com/x/y", "https://a.example.com"),
            ("https://a.example.com:8443/x", "https://a.example.com:8443"),
            ("http://[::1]:9090", "http://[::1]:9090"),
            ("https://a?b://c", "https://a"),
        ] {
            assert_eq!(Endpoint::at(url).reach(), reach);
        }
        let behind = Endpoint {
            proxy_url: Some("http://proxy:3128".to_owned()),
            ..Endpoint::at("https://a/x")
        };
        assert_eq!(behind.reach(), "https://a through http://proxy:3128");
    }
}
