//! What can go wrong with a simulation itself.

use crate::faults::Fault;

/// An error of the simulation, in words for who started it.
#[derive(thiserror::Error, Debug)]
pub enum Error {
    /// An option has a value with which no world can be made.
    #[error("the option `{name}` {problem}")]
    Options {
        /// The field of [`Options`](crate::Options).
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The thread that fills in a cluster's history ended early.
    #[error("filling in the history of a cluster failed; this is a defect of the simulation")]
    History,
    /// A key of the simulated issuer can't be made or can't sign.
    #[error("the simulated issuer can't sign; this is a defect of the system's cryptography")]
    Signing,
    /// No such fault.
    #[error("there is no fault `{name}`; write one of {}", names())]
    UnknownFault {
        /// What was asked for.
        name: String,
    },
    /// No cluster has a target for the fault.
    #[error("no cluster has a target left for the fault `{fault}`")]
    NoTarget {
        /// The fault.
        fault: Fault,
    },
}

impl Error {
    pub(crate) const fn options(name: &'static str, problem: &'static str) -> Self {
        Self::Options { name, problem }
    }
}

fn names() -> String {
    Fault::ALL.map(Fault::name).join(", ")
}
