//! The HTTP routes of every role, and the OpenAPI document made from them.
//!
//! Handlers extract, call one use case, and convert; what they show are the wire types of
//! `fleetscope-client`, never the model's. This crate must not know how callers are authenticated
//! (it expects a `Caller` in the request's extensions), nor SQL, nor Kubernetes.
//!
//! Start reading at [`table::TABLE`] (every route), then [`router`], then `v1/`, where each file is
//! found by its URL.

pub mod auth;
pub mod authorisation;
pub mod authorise;
pub mod board;
pub mod contract;
pub mod convert;
pub mod cursor;
pub mod error;
pub mod etag;
pub mod extract;
pub mod health;
pub mod openapi;
pub mod parts;
pub mod prometheus;
pub mod refusals;
pub mod routes;
pub mod services;
pub mod table;
pub mod touched;
pub mod v1;

pub use auth::SignIn;
pub use authorisation::authorisation;
pub use authorise::{authorise, may_pass, needs_caller};
pub use board::TaskBoard;
pub use contract::keep_contract;
pub use error::ApiError;
pub use openapi::{anonymous_router, openapi};
pub use routes::{auth_router, health_router, login_router, router};
pub use services::Services;
pub use table::{Route, TABLE, lookup};
pub use touched::Touched;
