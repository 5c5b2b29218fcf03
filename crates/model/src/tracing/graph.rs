//! Services, and who calls whom.

use crate::ids::ClusterId;

/// A service that traces tell of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TracedService {
    /// Where.
    pub cluster: ClusterId,
    /// `service.name`.
    pub service: String,
    /// The names of its spans, as far as they were asked for.
    pub operations: Vec<String>,
    /// Whether it was seen in a sample only, in which others may be missing.
    pub sampled: bool,
}

/// Who calls whom in one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependencies {
    /// Where.
    pub cluster: ClusterId,
    /// How it was found out.
    pub sampling: Sampling,
    /// By client, server and kind of connection.
    pub edges: Vec<Dependency>,
}

/// How calls were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// By the metrics that a generator makes of every span it gets.
    ServiceGraph,
    /// In so many traces that a search found.
    Traces {
        /// How many.
        read: u32,
        /// Whether there are more of the kind: then their numbers say little of how many.
        more: bool,
    },
}

/// Calls of one service by another.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// Who calls; `user` is who has no instrumentation.
    pub client: String,
    /// Who is called.
    pub server: String,
    /// `database`, `messaging_system`, `virtual_node`; empty between services.
    pub connection: String,
    /// Calls a second. Unknown where only a part of them was looked at.
    pub per_second: Option<f64>,
    /// Calls that were looked at, in a sample.
    pub calls: Option<u64>,
    /// Failed calls as a share of all.
    pub error_ratio: f64,
    /// Lengths in seconds that half, 95 % and 99 % of the calls stay below.
    pub quantiles: [Option<f64>; 3],
}
