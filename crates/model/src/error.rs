//! The closed set of error kinds, and what every crate's error can say about itself.

use serde::{Deserialize, Serialize};

/// What went wrong, in the only terms that HTTP statuses, MCP errors and exit codes know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request itself is wrong; the same request will always be.
    Invalid,
    /// Nobody, or nobody known, is asking.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// It clashes with what is there: a duplicate name, a stale generation.
    Conflict,
    /// Too much at once; later is fine.
    TooManyRequests,
    /// Something this depends on does not answer; later may be fine.
    Unavailable,
    /// It took longer than it may.
    Timeout,
    /// Our fault.
    Internal,
}

/// What an error says outward. `Display` and `source` are the inward side: for logs only.
pub trait Fault: std::error::Error {
    /// Which kind it is.
    fn kind(&self) -> ErrorKind;

    /// A stable code in `snake_case`, for programs: `cluster_name_taken`.
    fn code(&self) -> &'static str;

    /// What happened, to what, and what to do about it, for the person who asked. Holds no secret
    /// and no inward detail.
    fn message(&self) -> String;

    /// JSON pointer or parameter name of the offending input, where one is to blame.
    fn pointer(&self) -> Option<&str> {
        None
    }
}
