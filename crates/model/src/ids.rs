//! Typed identifiers. Ids of stored things are version 7 UUIDs (they sort by creation); an
//! [`EvidenceId`] is derived from what was read, so that the same reading has the same id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {what} id: write a UUID such as 0192f0c1-2d3e-7abc-8def-0123456789ab")]
pub struct InvalidId {
    /// What was given.
    pub text: String,
    /// The kind of thing that was meant.
    pub what: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that an id source has made.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| InvalidId { text: text.chars().take(64).collect(), what: $what })
            }
        }
    };
}

uuid_id!(
    /// A registered cluster.
    ClusterId, "cluster"
);
uuid_id!(
    /// One anomaly analysis: a query, a window, and the anomalies found in it.
    AnalysisId, "anomaly analysis"
);
uuid_id!(
    /// One root-cause investigation.
    InvestigationId, "investigation"
);
uuid_id!(
    /// One written report.
    ReportId, "report"
);
uuid_id!(
    /// One API token (not the token itself).
    TokenId, "token"
);

/// The name of a watch: lower-case words joined by hyphens, unique in an installation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WatchId(pub String);

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One piece of evidence: `ev-` and 16 hexadecimal digits of a hash over cluster, query, window
/// and result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvidenceId(pub String);

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an event in the log: 1 for the first, then growing without reuse.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventSeq(pub u64);

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_uuid_is_refused_with_an_example() {
        let error = "shop".parse::<ClusterId>().unwrap_err();
        assert!(error.to_string().contains("'shop' is not a cluster id"));
    }

    #[test]
    fn an_id_survives_printing_and_parsing() {
        let id = ClusterId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<ClusterId>(), Ok(id));
    }
}
