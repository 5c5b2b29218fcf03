//! The roles of the one binary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of the work that a process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The public door.
    Gateway,
    /// Clusters, tokens, and what belongs to them.
    Registry,
    /// Reads telemetry from clusters.
    Collector,
    /// Streams the event log.
    Streaming,
    /// Watches, analyses, investigations, reports.
    Intelligence,
}

impl Role {
    /// Every role, in the order in which they start.
    pub const ALL: [Self; 5] = [
        Self::Registry,
        Self::Collector,
        Self::Intelligence,
        Self::Streaming,
        Self::Gateway,
    ];

    /// The name in flags, configuration, logs and health reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Registry => "registry",
            Self::Collector => "collector",
            Self::Streaming => "streaming",
            Self::Intelligence => "intelligence",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no role '{0}': write gateway, registry, collector, streaming or intelligence")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
