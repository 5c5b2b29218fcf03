//! What a door does to a request inside of what it observes. One function and not a stack of
//! layers: each layer of a router costs every request a boxed call and a copy of all below it.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::CorsLayer;

use super::entrance::Entrance;
use super::origin::Origins;
use super::streams::Streams;
use super::within::Within;
use super::{Limits, bounds, panics, protect};
use crate::Error;

/// What is known of a door and its surroundings.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) entrance: Entrance,
    pub(crate) origins: Origins,
    pub(crate) cors: Option<CorsLayer>,
    pub(crate) tls: bool,
    pub(crate) limits: Limits,
    pub(crate) streams: Streams,
}

impl Guard {
    /// Refuses what a foreign page wants changed, bounds the request, catches a panic, holds an
    /// event stream, and protects the answer.
    pub(crate) async fn run(&self, request: Request, within: Within) -> Response {
        let mut response = if self.origins.allow(&request) {
            let bounded = AssertUnwindSafe(bounds::bound(self.limits, request, |request| {
                self.enter(request, within)
            }));
            let answered = bounded.catch_unwind().await;
            self.streams.hold(answered.unwrap_or_else(panics::answer))
        } else {
            Error::ForeignOrigin.into_response()
        };
        protect::protect(response.headers_mut(), self.tls);
        response
    }

    /// Lets the request in, telling browsers whose pages may read the answer.
    async fn enter(&self, request: Request, within: Within) -> Response {
        let Some(cors) = &self.cors else {
            return self.entrance.run(request, within).await;
        };
        let told = cors.layer(service_fn(|request| {
            let within = within.clone();
            async move { Ok::<_, Infallible>(self.entrance.run(request, within).await) }
        }));
        // In a box of its own: most doors need none of its room.
        let Ok(response) = Box::pin(told.oneshot(request)).await;
        response
    }
}
