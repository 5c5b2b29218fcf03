//! What happens in a tick. The world only says it; Kubernetes objects, events and log lines are
//! made of it by those who keep them.

use super::pods::PodId;

/// Something that happened, in the order it did.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Happening {
    /// A pod was created and scheduled. `replaces` one that was evicted: then its controller did
    /// not have to be scaled for it.
    PodCreated { pod: PodId, replaces: bool },
    /// A pod's container became ready.
    PodReady { pod: PodId },
    /// A pod's container stopped being ready without dying.
    PodUnready { pod: PodId, reason: String },
    /// A container died.
    ContainerDied { pod: PodId, death: Death },
    /// A container that had died runs again.
    ContainerRestarted { pod: PodId },
    /// A pod is gone; it is no longer in the world.
    PodDeleted { pod: PodId, why: Removal },
    /// A workload has a new revision.
    Rollout { workload: usize, revision: u32 },
    /// The number of wanted replicas changed.
    Scaled {
        workload: usize,
        from: u32,
        to: u32,
        by_autoscaler: bool,
    },
    /// Pods of a workload came, went or changed readiness.
    WorkloadChanged { workload: usize },
    /// A node was cordoned or uncordoned.
    NodeCordoned { node: usize, cordoned: bool },
    /// A configuration was edited without a rollout.
    ConfigChanged { workload: usize },
    /// A cron job began.
    JobStarted { job: usize },
    /// A cron job ended.
    JobFinished { job: usize },
    /// A line in a node's journal.
    NodeLog {
        node: usize,
        unit: &'static str,
        level: Level,
        line: String,
    },
    /// A line of a pod, beyond what its traffic makes it say.
    PodLog {
        pod: PodId,
        level: Level,
        line: String,
    },
}

/// How a container ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Death {
    OutOfMemory,
    Error,
}

/// Why a pod went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Removal {
    ScaledDown,
    Replaced,
    Evicted,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

impl Death {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::OutOfMemory => "OOMKilled",
            Self::Error => "Error",
        }
    }

    pub(crate) const fn exit_code(self) -> i64 {
        match self {
            Self::OutOfMemory => 137,
            Self::Error => 1,
        }
    }
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}
