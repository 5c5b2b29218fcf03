//! Intelligence: the use cases round anomalies, investigations and reports, and the tasks that
//! carry them out.
//!
//! A request is only stored (`Pending`) and told of in the event log; [`Work`] carries it out,
//! so that nothing is lost when the process dies in between. [`Watches`] looks at every cluster on
//! a schedule, tells of what is unusual, opens investigations and follows them until they settle.
//! [`Sweep`] removes report texts that no report names.
//!
//! This crate must not know how telemetry is read, where things are kept, or how it is asked: it
//! speaks to `fleetscope-ports` only, decides nothing about causes itself (`fleetscope-engine`
//! does), and knows no cluster, service or fault by name.
//!
//! Start reading at [`Intelligence`]; then `watches/catalogue.rs` (what is looked at), `gather.rs`
//! (what an investigation reads) and `watches/` (how incidents are opened and followed).

mod alerts;
mod analyses;
mod error;
mod gather;
mod hash;
mod investigations;
mod log_patterns;
mod options;
mod replays;
mod reports;
mod service;
mod tasks;
mod visible;
mod watches;

pub use alerts::Notification;
pub use analyses::AnomalyRequest;
pub use error::Error;
pub use fleetscope_engine::patterns::Pattern;
pub use investigations::InvestigationRequest;
pub use log_patterns::{MinedLogs, PatternMiner, PatternRequest};
pub use options::Options;
pub use service::Intelligence;
pub use tasks::{Sweep, TaskReport, Watches, Work};
pub use watches::catalogue;

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;
