//! The wire types of Fleetscope's HTTP API and a typed client for it.
//!
//! Used by the API (the types), by the command line and by tests (the client). Publishable on its
//! own: it must not know any other crate of the workspace. Everything that HTTP shows is defined
//! here and nowhere else.
//!
//! Start reading at [`wire`] for the shapes and at [`Client`] for the calls.

pub mod http;
pub mod stream;
pub mod wire;

pub use http::{
    AlertScope, Client, Error, LogsAbout, MetricScope, Paging, PartEvent, PlaceScope, SeriesScope,
    TailEvent, TailOf, TraceScope,
};
