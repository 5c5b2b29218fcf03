//! `[hub]`: the cluster that knows who people are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Problem;

/// Where every pod finds its API server.
const IN_CLUSTER_URL: &str = "https://kubernetes.default.svc";

/// Where every pod finds its token and the certificates of its API server.
const IN_CLUSTER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The cluster whose API server says who bears a token and what he may do. Needed for the
/// authenticators kubernetes and openshift.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hub {
    /// Whether this process runs in a pod of that cluster: what is not given below is then what
    /// every pod is given.
    pub in_cluster: bool,
    /// The API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = "https://api.hub.example.com:6443")]
    pub url: Option<Url>,
    /// A file with the token under which the API server is asked. It is read again while it is in
    /// use, as such tokens are replaced. Its service account needs the cluster role
    /// system:auth-delegator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/var/run/secrets/fleetscope/hub-token")]
    pub token_file: Option<PathBuf>,
    /// A file with the certificates, in PEM, that the API server's is checked against; without it
    /// the system's are used. It is read again while it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/hub-ca.crt")]
    pub ca_file: Option<PathBuf>,
    /// How long one question may take.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub timeout: Duration,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            in_cluster: false,
            url: None,
            token_file: None,
            ca_file: None,
            timeout: Duration::from_secs(5),
        }
    }
}

impl Hub {
    /// Where the API server is, if there is one.
    pub fn address(&self) -> Option<String> {
        let given = self.url.as_ref().map(Url::to_string);
        given.or_else(|| self.in_cluster.then(|| IN_CLUSTER_URL.to_owned()))
    }

    /// Where the token is, if there is one.
    pub fn token_path(&self) -> Option<PathBuf> {
        self.of_pod(self.token_file.as_deref(), "token")
    }

    /// Where the certificates are, if not the system's are to be used.
    pub fn ca_path(&self) -> Option<PathBuf> {
        self.of_pod(self.ca_file.as_deref(), "ca.crt")
    }

    fn of_pod(&self, given: Option<&Path>, name: &str) -> Option<PathBuf> {
        let of_pod = || self.in_cluster.then(|| Path::new(IN_CLUSTER).join(name));
        given.map(Path::to_owned).or_else(of_pod)
    }

    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(what) = self.url.as_ref().and_then(refusal) {
            problems.push(Problem::of("hub.url", what));
        }
        let range = Duration::from_millis(100)..=Duration::from_secs(30);
        if !range.contains(&self.timeout) {
            let what = "is out of range: write a length from 100ms to 30s";
            problems.push(Problem::of("hub.timeout", what));
        }
    }
}

/// Why an address can't be used, if it can't. Plain HTTP is for tests on this machine: tokens
/// travel on this connection.
fn refusal(url: &Url) -> Option<&'static str> {
    const WRITE: &str = "is not an https address: write it as in https://api.hub.example.com:6443";
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Some(WRITE);
    }
    let more = !url.username().is_empty() || url.password().is_some();
    if more || url.query().is_some() || url.fragment().is_some() {
        return Some("has more than host, port and path: leave the rest out");
    }
    None
}
