//! The doors of the platform: the public one, which authenticates, authorises, bounds and
//! observes every request before it reaches a role, and the inner one, through which a gateway in
//! another process reaches the roles of this one.
//!
//! This crate must not know what the roles do: it takes their routers as they are, or forwards by
//! the table of routes. It keeps no state, names no store, and binds no port.
//!
//! Start reading at [`Gateway`] (the public door), then [`inner_router`] (the inner one), then
//! [`Edge`] (what both do to every request, in which order).

mod admission;
pub mod audit;
mod authenticate;
pub mod edge;
pub mod error;
pub mod health;
pub mod inner;
pub mod metrics;
pub mod public;
mod recheck;
pub mod remote;
pub mod trust;
mod wire;

pub use audit::{Audit, AuditWriter};
pub use edge::named::RequestNames;
pub use edge::observe::ANSWERED;
pub use edge::origin::Origins;
pub use edge::rates::{Rate, RateLimits};
pub use edge::trace::UNRECORDED;
pub use edge::{Edge, Limits};
pub use error::Error;
pub use health::{Everywhere, HealthBoard, Probe};
pub use inner::inner_router;
pub use metrics::EdgeMetrics;
pub use public::Gateway;
pub use remote::{Peers, Remote};
pub use trust::Trust;

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;
