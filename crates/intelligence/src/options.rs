//! What of this crate's behaviour may be chosen.

use fleetscope_model::Watch;
use jiff::SignedDuration;

use crate::watches::catalogue;

/// Choices, each with its default and reason.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is evaluated on every cluster; the catalogue by default.
    pub watches: Vec<Watch>,
    /// How much of the end of the series a round of watches judges. Ten minutes: a round that is
    /// late or was missed through a restart is made good by the next.
    pub judged: SignedDuration,
    /// How long before the first alarm an investigation seeks the cause. One hour: a leak or a
    /// filling disk is at work long before users feel it.
    pub lead_in: SignedDuration,
    /// How much history before its window an investigation or analysis learns from. Two hours, as
    /// the watches: long enough for a robust spread, short enough that daily load is a slope.
    pub history: SignedDuration,
    /// Clusters that are read at the same time.
    pub clusters_at_once: usize,
    /// Reads that run on one cluster at the same time. Two of the six that `outbound` allows: a
    /// watch must never crowd out a person.
    pub reads_per_cluster: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            watches: catalogue(),
            judged: SignedDuration::from_mins(10),
            lead_in: SignedDuration::from_hours(1),
            history: SignedDuration::from_hours(2),
            clusters_at_once: 8,
            reads_per_cluster: 2,
        }
    }
}
