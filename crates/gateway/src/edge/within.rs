//! What lies behind a door: the layer that observes, and the routes within it. Written out, and not
//! made by axum's `from_fn`: that puts what is within into boxes of its own for each request.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use axum::routing::Route;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tower::{Layer, Service};

use super::observe::{Observer, observe};

/// The layer around every route of a door, its fallbacks too.
#[derive(Debug, Clone)]
pub(crate) struct Observing(pub(crate) Arc<Observer>);

impl Layer<Route> for Observing {
    type Service = Observed;

    fn layer(&self, route: Route) -> Observed {
        Observed {
            observer: self.0.clone(),
            route,
        }
    }
}

/// A route with the layer around it.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    observer: Arc<Observer>,
    route: Route,
}

impl Service<Request> for Observed {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let within = Within(self.route.clone());
        observe(self.observer.clone(), request, within)
            .map(Ok)
            .boxed()
    }
}

/// The route within, for a request that may go on.
#[derive(Debug, Clone)]
pub(crate) struct Within(Route);

impl Within {
    /// Answers the request.
    pub(crate) async fn run(mut self, request: Request) -> Response {
        let Ok(response) = self.0.call(request).await;
        response
    }
}
