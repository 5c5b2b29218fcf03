//! A simulated fleet that speaks the real protocols.
//!
//! Three clusters (`shop`, a micro-service shop; `train`, a GPU cluster; `edge`, a telco edge)
//! answer as a Kubernetes API server, Prometheus, Loki, Tempo and Alertmanager would. All the
//! answers agree with each other because they are derived from one world that is stepped at the
//! scrape interval: load causes latency, latency causes errors, both are seen in every signal.
//!
//! **Must not know**: any other crate of the workspace, the wall clock, any randomness but its
//! own seed. The same seed and the same times give the same bytes.
//!
//! Beside the fleet, [`hub`] is the identity side of an API server: token reviews and OpenShift's
//! OAuth server; [`issuer`] is an OpenID Connect issuer.
//!
//! Start reading at [`Simulation`], then `cluster` for how everything is derived from a tick,
//! `world` for what happens in one, and `faults` for what can go wrong in it.

use std::sync::Arc;

mod alertmanager;
mod alerts;
mod cluster;
mod control;
mod door;
mod duration;
mod error;
mod faults;
mod history;
pub mod hub;
pub mod issuer;
pub mod kubernetes;
mod loki;
mod metrics;
mod objects;
pub mod prometheus;
pub mod promql;
mod simulation;
mod tempo;
mod traces;
pub mod tsdb;
mod world;

pub use error::Error;
pub use faults::{EntityName, Fault, Truth};
pub use simulation::{ClusterInfo, Endpoints, Options, Simulation};

/// Where the simulation reads the time from. Tests pass a clock they move by hand.
pub type Now = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
