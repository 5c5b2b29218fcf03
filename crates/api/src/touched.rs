//! Which clusters a request was about, where its path does not tell: for the audit log.

use axum::http::StatusCode;
use axum::{Extension, Json};
use fleetscope_model::ClusterId;

/// The clusters that a request was about; a handler adds it to its answer's extensions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched(pub Vec<ClusterId>);

/// The answer to the making of something: its status, the clusters it is about, headers, itself.
pub type Made<H, T> = (StatusCode, Extension<Touched>, H, Json<T>);
