//! What every door does to every request, and in which order.

pub(crate) mod bounds;
pub(crate) mod entrance;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod named;
pub(crate) mod observe;
pub(crate) mod origin;
pub(crate) mod panics;
pub(crate) mod path;
pub(crate) mod protect;
pub(crate) mod rates;
pub(crate) mod streams;
pub(crate) mod trace;
pub(crate) mod within;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::MatchedPath;
use fleetscope_api::ApiError;
use fleetscope_api::table::methods;
use fleetscope_ports::{Clock, IdSource};
use tokio::sync::watch;

use crate::EdgeMetrics;
use entrance::Entrance;
use observe::Observer;
use origin::Origins;
use rates::RateLimits;
use within::Observing;

/// How much a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest body, in bytes; a longer one is 413.
    pub max_body: usize,
    /// How long a request may take until its answer begins (408 where its body is what is
    /// missing, else 504). A stream may go on for ever once it has begun.
    pub request_timeout: Duration,
    /// How many event streams may be open at once through one door; the next one is 429.
    pub max_streams: usize,
}

/// What the doors of one process share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The clock of request ids and signatures.
    pub clock: Arc<dyn Clock>,
    /// Where request ids come from.
    pub ids: Arc<dyn IdSource>,
    /// How much a request may take.
    pub limits: Limits,
    /// How often one caller may ask, at the public door.
    pub rates: RateLimits,
    /// Whose web pages may ask, beside our own.
    pub origins: Origins,
    /// Whether the public door speaks TLS itself.
    pub tls: bool,
    /// Of the traces that begin at a door, how many in a hundred are recorded; none where the process
    /// records none.
    pub traces: Option<u32>,
    /// Whether the log wants a span of each request, also where its trace is not recorded; else its
    /// lines are told [`RequestNames`](crate::RequestNames).
    pub request_spans: bool,
    /// What is counted.
    pub metrics: EdgeMetrics,
    /// Turns true when the process stops: open event streams then end, so that their clients go
    /// elsewhere and the connections drain.
    pub stopping: watch::Receiver<bool>,
}

impl Edge {
    /// Adds the fallbacks and what every door does, observing outermost: a panic is caught inside
    /// of it, so that it is logged and counted like any other answer. Who may come in is asked
    /// innermost, and of the fallbacks too.
    pub(crate) fn wrap(&self, entrance: Entrance, routes: Router) -> Router {
        let observed = Observing(Arc::new(Observer::new(self, entrance)));
        // There is no state to give, but a router that has got it builds no route anew for each
        // request.
        with_fallbacks(routes).layer(observed).with_state(())
    }
}

fn with_fallbacks(routes: Router) -> Router {
    routes
        .fallback(async || ApiError::no_such_path())
        .method_not_allowed_fallback(wrong_method)
}

async fn wrong_method(path: Option<MatchedPath>) -> ApiError {
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let methods = methods(path);
    if methods.is_empty() {
        // Only the inner door has routes outside of the table, and they are all POST or GET.
        return ApiError::no_such_path();
    }
    ApiError::method_not_allowed(&methods)
}
