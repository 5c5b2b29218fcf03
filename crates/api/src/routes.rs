//! Which handler serves which route.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use fleetscope_model::Role;
use fleetscope_ports::HealthSource;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{self, SignIn};
use crate::contract::keep_contract;
use crate::health::detailed;
use crate::services::Services;
use crate::v1::analysis::{anomaly, rca};
use crate::v1::{
    alerts, audit, changes, clusters, events, keys, logs, metrics, reports, tasks, tokens,
    topology, traces,
};

/// The routes of a role with their full paths. Requests must carry a `Caller` in their extensions,
/// and are held to the OpenAPI document before a handler sees them. The gateway has none of its
/// own.
pub fn router(role: Role, services: &Services) -> Router {
    let routes: Router = documented(role).with_state(services.clone()).into();
    if routes.has_routes() {
        return routes.route_layer(from_fn(keep_contract));
    }
    routes
}

/// The gateway's own route: how the platform fares, by what `source` says.
pub fn health_router(source: Arc<dyn HealthSource>) -> Router {
    let routes: Router = health_documented().with_state(source).into();
    routes.route_layer(from_fn(keep_contract))
}

pub(crate) fn health_documented() -> OpenApiRouter<Arc<dyn HealthSource>> {
    OpenApiRouter::new().routes(routes!(detailed::detailed))
}

/// The gateway's own routes about callers. Requests must carry a `Caller` and a `Known` in their
/// extensions.
pub fn auth_router(sign_in: SignIn) -> Router {
    let routes: Router = auth_documented().with_state(sign_in).into();
    routes.route_layer(from_fn(keep_contract))
}

/// The gateway's own routes by which browsers log in and out. They answer anybody, and are not held
/// to the document: what a login server sends a browser back with is its own affair.
pub fn login_router(sign_in: SignIn) -> Router {
    login_documented().with_state(sign_in).into()
}

pub(crate) fn auth_documented() -> OpenApiRouter<SignIn> {
    OpenApiRouter::new()
        .routes(routes!(auth::validate::validate))
        .routes(routes!(auth::me::me))
}

pub(crate) fn login_documented() -> OpenApiRouter<SignIn> {
    OpenApiRouter::new()
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::callback::callback))
        .routes(routes!(auth::logout::logout))
}

/// The same routes, with their documentation.
pub(crate) fn documented(role: Role) -> OpenApiRouter<Services> {
    match role {
        Role::Gateway => OpenApiRouter::new(),
        Role::Registry => OpenApiRouter::new()
            .routes(routes!(clusters::list::list, clusters::create::create))
            .routes(routes!(
                clusters::get::get,
                clusters::update::update,
                clusters::delete::delete
            ))
            .routes(routes!(clusters::validate::validate))
            .routes(routes!(clusters::validation::validation))
            .routes(routes!(clusters::capabilities::capabilities))
            .routes(routes!(clusters::import::import))
            .routes(routes!(clusters::credentials::list::list))
            .routes(routes!(
                clusters::credentials::put::put,
                clusters::credentials::delete::delete
            ))
            .routes(routes!(keys::list::list))
            .routes(routes!(
                keys::rotation::start::start,
                keys::rotation::stop::stop
            ))
            .routes(routes!(tokens::list::list, tokens::create::create))
            .routes(routes!(tokens::revoke::revoke))
            .routes(routes!(audit::list::list)),
        Role::Collector => OpenApiRouter::new()
            .routes(routes!(metrics::query::query))
            .routes(routes!(metrics::query_range::query_range))
            .routes(routes!(metrics::series::series))
            .routes(routes!(metrics::labels::labels))
            .routes(routes!(metrics::label::values::values))
            .routes(routes!(metrics::metadata::metadata))
            .routes(routes!(metrics::rules::rules))
            .routes(routes!(metrics::alerts::alerts))
            .routes(routes!(metrics::targets::targets))
            .merge(crate::prometheus::documented())
            .routes(routes!(logs::query::query))
            .routes(routes!(logs::labels::labels))
            .routes(routes!(logs::label::values::values))
            .routes(routes!(logs::series::series))
            .routes(routes!(logs::volume::volume))
            .routes(routes!(logs::stats::stats))
            .routes(routes!(logs::fields::fields))
            .routes(routes!(logs::tail::tail))
            .routes(routes!(topology::list::list))
            .routes(routes!(changes::list::list))
            .routes(routes!(traces::search::search))
            .routes(routes!(traces::services::services))
            .routes(routes!(traces::dependencies::dependencies))
            .routes(routes!(traces::get::get))
            .routes(routes!(alerts::list::list))
            .routes(routes!(alerts::groups::groups))
            .routes(routes!(
                alerts::silences::list::list,
                alerts::silences::create::create
            ))
            .routes(routes!(alerts::silences::expire::expire)),
        Role::Streaming => OpenApiRouter::new()
            .routes(routes!(events::list::list))
            .routes(routes!(events::stream::stream)),
        Role::Intelligence => OpenApiRouter::new()
            .routes(routes!(anomaly::list::list, anomaly::create::create))
            .routes(routes!(anomaly::get::get))
            .routes(routes!(rca::list::list, rca::create::create))
            .routes(routes!(rca::get::get))
            .routes(routes!(rca::replay::replay))
            .routes(routes!(logs::patterns::patterns))
            .routes(routes!(reports::list::list, reports::create::create))
            .routes(routes!(reports::get::get, reports::delete::delete))
            .routes(routes!(reports::download::download))
            .routes(routes!(tasks::tasks))
            .routes(routes!(alerts::webhook::webhook)),
    }
}
