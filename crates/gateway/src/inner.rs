//! The inner door: what a process serves to the gateway of another one.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use fleetscope_api::{ApiError, authorise};
use fleetscope_identity::{Authenticator, Known};
use fleetscope_model::{Caller, Permission};
use fleetscope_ports::Clock;

use crate::authenticate::run_as;
use crate::edge::observe::Door;
use crate::wire::{AUTHENTICATE, GATEWAY, HEALTH, Question, READY};
use crate::{Edge, HealthBoard, Trust};

/// The router of the inner door: `roles` (as `fleetscope_api::router` makes them, with at least
/// one route each), and what a gateway asks for itself: whose token something is
/// (`POST /internal/v1/authenticate`, answered by `authenticator`), whether this process is there
/// (`GET /internal/v1/ready`) and how it fares (`GET /internal/v1/health`). Whatever does not come
/// from whom `trust` knows, for exactly this method and path, is 401, also where nothing would be
/// there.
pub fn inner_router(
    edge: &Edge,
    trust: impl Into<Trust>,
    authenticator: Arc<dyn Authenticator>,
    roles: Vec<Router>,
    health: HealthBoard,
) -> Router {
    let mut routes = roles.into_iter().fold(Router::new(), Router::merge);
    if routes.has_routes() {
        // The gateway has asked the table too; a role trusts nothing but what it is shown.
        routes = routes.route_layer(from_fn(authorise));
    }
    let own = Router::new()
        .route(AUTHENTICATE, post(whose))
        .with_state(authenticator)
        .route(READY, get(async || StatusCode::NO_CONTENT))
        .route(HEALTH, get(async move || Json(health.roles().await)));
    let verifier = Verifier {
        trust: trust.into(),
        clock: edge.clock.clone(),
    };
    edge.wrap_signed(Door::Inner, routes.merge(own), verifier)
}

/// Checks by the clock who asks.
#[derive(Clone)]
pub(crate) struct Verifier {
    trust: Trust,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Lets pass what comes from a gateway, as the caller whom it names.
    pub(crate) async fn verify(
        State(verifier): State<Self>,
        mut request: Request,
        next: Next,
    ) -> Response {
        request.extensions_mut().remove::<Caller>();
        let now = verifier.clock.now();
        match verifier.trust.caller(&mut request, now).await {
            Ok(caller) => run_as(caller, request, next).await,
            Err(error) => {
                tracing::warn!(%error, "a request at the inner door is refused");
                ApiError::from(error).into_response()
            }
        }
    }
}

/// `POST /internal/v1/authenticate`.
async fn whose(
    State(authenticator): State<Arc<dyn Authenticator>>,
    Extension(caller): Extension<Caller>,
    Json(question): Json<Question>,
) -> Result<Json<Known>, ApiError> {
    if caller != Caller::system(GATEWAY) {
        let least = Permission::Administer.least_role();
        return Err(fleetscope_ports::Error::forbidden(least).into());
    }
    let known = authenticator.authenticate(&question.token, None).await?;
    Ok(Json(known))
}
