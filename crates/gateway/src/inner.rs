//! The inner door: what a process serves to the gateway of another one.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use fleetscope_api::{ApiError, Touched, authorise};
use fleetscope_identity::{Authenticator, Known};
use fleetscope_model::{AuditEntry, Caller, Permission};
use fleetscope_ports::{AuditSink, Clock};

use crate::edge::entrance::Entrance;
use crate::edge::observe::AskedBy;
use crate::edge::within::Within;
use crate::wire::{self, AUDIT, AUTHENTICATE, GATEWAY, HEALTH, Question, READY, TOUCHED};
use crate::{Edge, HealthBoard, Trust};

/// The router of the inner door: `roles` (as `fleetscope_api::router` makes them, with at least
/// one route each), and what a gateway asks for itself: whose token something is
/// (`POST /internal/v1/authenticate`, answered by `authenticator`), whether this process is there
/// (`GET /internal/v1/ready`), how it fares (`GET /internal/v1/health`), and that something be
/// written down (`POST /internal/v1/audit`, kept by `audit`). Whatever does not come from whom
/// `trust` knows, for exactly this method and path, is 401, also where nothing would be there.
pub fn inner_router(
    edge: &Edge,
    trust: impl Into<Trust>,
    (authenticator, audit): (Arc<dyn Authenticator>, Arc<dyn AuditSink>),
    roles: Vec<Router>,
    health: HealthBoard,
) -> Router {
    let mut routes = roles.into_iter().fold(Router::new(), Router::merge);
    if routes.has_routes() {
        // The gateway has asked the table too; a role trusts nothing but what it is shown.
        routes = routes.route_layer(from_fn(authorise));
    }
    if routes.has_routes() {
        routes = routes.route_layer(from_fn(tell_touched));
    }
    let own = Router::new()
        .route(AUTHENTICATE, post(whose))
        .with_state(authenticator)
        .route(AUDIT, post(write_down).with_state(audit))
        .route(READY, get(async || StatusCode::NO_CONTENT))
        .route(HEALTH, get(async move || Json(health.roles().await)));
    let verifier = Verifier {
        trust: trust.into(),
        clock: edge.clock.clone(),
    };
    // The door counts bodies itself.
    let routes = routes.merge(own).layer(DefaultBodyLimit::disable());
    edge.wrap(Entrance::Inner(Box::new(verifier)), routes)
}

/// Checks by the clock who asks.
#[derive(Debug)]
pub(crate) struct Verifier {
    trust: Trust,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Lets pass what comes from a gateway, as the caller whom it names.
    pub(crate) async fn verify(&self, mut request: Request, within: Within) -> Response {
        request.extensions_mut().remove::<Caller>();
        let now = self.clock.now();
        match self.trust.caller(&mut request, now).await {
            Ok(caller) => run_as(caller, request, within).await,
            Err(error) => {
                tracing::warn!(%error, "a request at the inner door is refused");
                ApiError::from(error).into_response()
            }
        }
    }
}

/// Runs the request as `caller`'s.
async fn run_as(caller: Caller, mut request: Request, within: Within) -> Response {
    request.extensions_mut().insert(caller.clone());
    let mut response = within.run(request).await;
    response.extensions_mut().insert(AskedBy(caller));
    response
}

/// `POST /internal/v1/audit`: what happened at the gateway's door.
async fn write_down(
    State(audit): State<Arc<dyn AuditSink>>,
    Extension(caller): Extension<Caller>,
    Json(entries): Json<Vec<AuditEntry>>,
) -> Result<StatusCode, ApiError> {
    only_gateways(&caller)?;
    audit.append(&entries).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the gateway which clusters a request was about, for its audit log.
async fn tell_touched(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let touched = response.extensions_mut().remove::<Touched>();
    if let Some(value) = touched.as_ref().and_then(wire::touched) {
        response.headers_mut().insert(TOUCHED, value);
    }
    response
}

fn only_gateways(caller: &Caller) -> Result<(), ApiError> {
    if *caller == Caller::system(GATEWAY) {
        return Ok(());
    }
    let least = Permission::Administer.least_role();
    Err(fleetscope_ports::Error::forbidden(least).into())
}

/// `POST /internal/v1/authenticate`.
async fn whose(
    State(authenticator): State<Arc<dyn Authenticator>>,
    Extension(caller): Extension<Caller>,
    Json(question): Json<Question>,
) -> Result<Json<Known>, ApiError> {
    only_gateways(&caller)?;
    let known = authenticator.authenticate(&question.token, None).await?;
    Ok(Json(known))
}
