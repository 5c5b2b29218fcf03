//! The public door.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use fleetscope_api::{
    ApiError, SignIn, TABLE, anonymous_router, auth_router, health_router, login_router,
};
use fleetscope_identity::{Authenticator, Login};
use fleetscope_model::Caller;
use fleetscope_ports::HealthSource;

use crate::admission::Admission;
use crate::audit::Audit;
use crate::edge::entrance::Entrance;
use crate::edge::headers;
use crate::edge::rates::Rates;
use crate::{Edge, Remote};

/// Builds the public router. Every role is either mounted (its routes run in this process and
/// nothing crosses a socket) or forwarded to; a caller cannot tell which.
#[derive(Debug)]
pub struct Gateway {
    edge: Edge,
    routes: Router,
    audit: Option<Audit>,
    login: Option<Login>,
}

impl Gateway {
    /// A gateway without roles: it answers the anonymous routes and nothing else.
    pub fn new(edge: Edge) -> Self {
        Self {
            edge,
            routes: Router::new(),
            audit: None,
            login: None,
        }
    }

    /// Writes down who did what.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Lets browsers log in.
    #[must_use]
    pub fn login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// Adds the routes of a role of this process, as `fleetscope_api::router` makes them.
    #[must_use]
    pub fn mount(mut self, role_routes: Router) -> Self {
        if role_routes.has_routes() {
            let role_routes = role_routes
                // The door counts bodies itself.
                .layer(DefaultBodyLimit::disable())
                .route_layer(from_fn(as_if_forwarded));
            self.routes = self.routes.merge(role_routes);
        }
        self
    }

    /// Adds the routes that the table gives to a role of another process.
    #[must_use]
    pub fn forward(mut self, remote: Remote) -> Self {
        let remote = Arc::new(remote);
        for route in TABLE.iter().filter(|route| route.role == remote.role()) {
            let Some(filter) = method_filter(route.method) else {
                continue;
            };
            let remote = remote.clone();
            let handler = async move |request: Request| forward(&remote, request).await;
            self.routes = self.routes.route(route.path, on(filter, handler));
        }
        self
    }

    /// Adds the gateway's own route, `GET /health/detailed`.
    #[must_use]
    pub fn health(mut self, source: Arc<dyn HealthSource>) -> Self {
        self.routes = self.routes.merge(health_router(source));
        self
    }

    /// The finished router. Routes ask for a token that `people` know, except for the anonymous
    /// ones of the table.
    pub fn into_router(self, people: Arc<dyn Authenticator>) -> Router {
        let sign_in = SignIn {
            people,
            login: self.login,
        };
        let admission = Admission {
            audit: self.audit,
            sign_in: sign_in.clone(),
            rates: Rates::new(&self.edge.rates, self.edge.clock.clone()),
        };
        let routes = self.routes.merge(auth_router(sign_in.clone()));
        let routes = routes
            .merge(anonymous_router())
            .merge(login_router(sign_in));
        self.edge
            .wrap(Entrance::Public(Box::new(admission)), routes)
    }
}

/// A role sees and says the same whether it is mounted or forwarded to.
async fn as_if_forwarded(mut request: Request, next: Next) -> Response {
    headers::keep_request_for_role(request.headers_mut());
    let mut response = next.run(request).await;
    headers::keep_response(response.headers_mut());
    response
}

/// Only a known caller is forwarded: the table has no anonymous route of another role.
async fn forward(remote: &Remote, mut request: Request) -> Response {
    let Some(caller) = request.extensions_mut().remove::<Caller>() else {
        return ApiError::unauthenticated().into_response();
    };
    remote.forward(&caller, request).await.into_response()
}

fn method_filter(method: &str) -> Option<MethodFilter> {
    let method = axum::http::Method::from_bytes(method.as_bytes()).ok()?;
    MethodFilter::try_from(method).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_model::Role;

    #[test]
    fn every_method_of_the_table_can_be_forwarded() {
        for route in TABLE {
            assert!(method_filter(route.method).is_some(), "{route:?}");
        }
    }

    #[test]
    fn what_answers_without_a_token_is_this_list() {
        let anonymous: Vec<_> = TABLE
            .iter()
            .filter(|route| route.permission.is_none())
            .map(|route| (route.method, route.path, route.role))
            .collect();
        let own = |method, path| (method, path, Role::Gateway);
        assert_eq!(
            anonymous,
            [
                own("GET", "/api/v1/openapi.json"),
                own("GET", "/auth/login"),
                own("GET", "/auth/callback"),
                own("POST", "/auth/logout"),
            ]
        );
    }
}
