//! Why a query has no answer.

use thiserror::Error;

/// Why a query has no answer; the message is for the one who wrote the query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The query is not PromQL, or is outside the subset: Prometheus answers 400, `bad_data`.
    #[error("{0}")]
    BadData(String),
    /// The query is sound but fails on this data: Prometheus answers 422, `execution`.
    #[error("{0}")]
    Execution(String),
}

impl Error {
    /// A construct that a newer Prometheus, or the real 2.42, would take.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::BadData(format!(
            "{what} is not supported by this simulated Prometheus"
        ))
    }

    /// The error for two elements of a vector with the same labels.
    pub(super) fn same_labelset() -> Self {
        let message = "vector cannot contain metrics with the same labelset";
        Self::Execution(message.to_owned())
    }
}
