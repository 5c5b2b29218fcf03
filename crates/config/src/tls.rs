//! `[tls]`: TLS on the public address.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// TLS on the public address. Without it, put a proxy that ends TLS in front.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The certificate and its chain, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/tls/tls.crt")]
    pub cert_file: Option<PathBuf>,
    /// The private key of the certificate, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/tls/tls.key")]
    pub key_file: Option<PathBuf>,
    /// How often the two files are read again, so that a rotated certificate is served.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub reload: Duration,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            cert_file: None,
            key_file: None,
            reload: Duration::from_secs(30),
        }
    }
}

impl Tls {
    /// The two files, where TLS is spoken.
    pub fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.cert_file.as_ref().zip(self.key_file.as_ref())
    }

    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        let missing = match (&self.cert_file, &self.key_file) {
            (Some(_), None) => Some("tls.key_file"),
            (None, Some(_)) => Some("tls.cert_file"),
            _ => None,
        };
        if let Some(key) = missing {
            let what = "is not given, and the other of the two is: give both, or neither";
            problems.push(Problem::of(key, what));
        }
        if self.reload < Duration::from_secs(1) {
            let what = "is too often to read files: write at least 1s";
            problems.push(Problem::of("tls.reload", what));
        }
    }
}
