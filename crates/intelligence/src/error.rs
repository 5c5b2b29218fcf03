//! What can go wrong in a use case.

use fleetscope_model::{AccessRole, ErrorKind, Fault, InvestigationId, ReportId};

/// The one error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's role is not enough.
    #[error("the caller lacks the role {}", needed.as_str())]
    Forbidden {
        /// The least role that would do.
        needed: AccessRole,
    },
    /// The caller may see the cluster, but not have it investigated.
    #[error("the caller may not investigate the cluster {cluster}")]
    NotInvestigable {
        /// Its name.
        cluster: String,
    },
    /// The request itself is wrong.
    #[error("invalid {pointer}: {message}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// JSON pointer of the offending member.
        pointer: &'static str,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// A report was asked for before there is anything to report.
    #[error("investigation {0} has no findings yet")]
    NoFindings(InvestigationId),
    /// What an investigation looked at is not kept, or not of its newest findings.
    #[error("no replay bundle of the findings of investigation {0}")]
    NoReplay(InvestigationId),
    /// The caller sees a part of the investigation only, and a bundle can't be had in part.
    #[error("the caller may not see everything that investigation {0} looked at")]
    NotWhole(InvestigationId),
    /// The text of a report is gone or was changed behind our back.
    #[error("the text of report {id} does not match its record: {detail}")]
    DamagedReport {
        /// Which report.
        id: ReportId,
        /// What was found, for the log.
        detail: String,
    },
    /// The calculation itself broke down; a defect of ours.
    #[error("the engine broke down: {0}")]
    Engine(String),
    /// A port says no.
    #[error(transparent)]
    Port(#[from] fleetscope_ports::Error),
}

impl Error {
    /// An invalid request.
    pub(crate) fn invalid(
        code: &'static str,
        pointer: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self::Invalid {
            code,
            pointer,
            message: message.into(),
        }
    }

    /// Whether trying again later may succeed without anything being changed.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::TooManyRequests
        )
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden { .. } | Self::NotInvestigable { .. } | Self::NotWhole(_) => {
                ErrorKind::Forbidden
            }
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::NoFindings(_) | Self::NoReplay(_) => ErrorKind::Conflict,
            Self::DamagedReport { .. } | Self::Engine(_) => ErrorKind::Internal,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "forbidden",
            Self::NotInvestigable { .. } => "cluster_forbidden",
            Self::Invalid { code, .. } => code,
            Self::NoFindings(_) => "investigation_unfinished",
            Self::NoReplay(_) => "replay_not_kept",
            Self::NotWhole(_) => "replay_forbidden",
            Self::DamagedReport { .. } => "report_damaged",
            Self::Engine(_) => "internal",
            Self::Port(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotInvestigable { cluster } => format!(
                "you may see the cluster {cluster}, but not investigate it: ask for the verb \
                 investigate on it"
            ),
            Self::Forbidden { needed } => format!(
                "this needs the role {}: ask an administrator for a token with it",
                needed.as_str()
            ),
            Self::Invalid { message, .. } => message.clone(),
            Self::NoFindings(id) => format!(
                "investigation '{id}' has no findings to report yet: wait until its status is \
                 complete, then ask again"
            ),
            Self::NoReplay(id) => format!(
                "what investigation '{id}' looked at is not kept: it was too large, or the object \
                 store did not take it; start a new investigation of the same window"
            ),
            Self::NotWhole(id) => format!(
                "a bundle holds everything that investigation '{id}' looked at, and you may see a \
                 part of that: ask somebody who sees all of its clusters"
            ),
            Self::DamagedReport { id, .. } => format!(
                "the text of report '{id}' is missing or damaged: delete the report and write it \
                 again"
            ),
            Self::Engine(_) => "the calculation broke down; this is a defect of Fleetscope, and \
                                the log tells more"
                .to_owned(),
            Self::Port(error) => error.message(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Invalid { pointer, .. } => Some(pointer),
            Self::Port(error) => error.pointer(),
            _ => None,
        }
    }
}
