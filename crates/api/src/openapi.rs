//! The OpenAPI 3.1 document: made from the handlers, completed from the table of routes.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use fleetscope_client::wire::{CredentialField, Problem};
use fleetscope_model::Role;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::prometheus::{MOUNT, Refusal};
use crate::refusals::problem;
use crate::routes::{auth_documented, documented, health_documented, login_documented};
use crate::table;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi().to_json().unwrap_or_default());

/// The whole document.
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Fleetscope")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Watches a fleet of Kubernetes clusters, finds what is unusual and why, and shows the \
             evidence. Errors are RFC 9457 problem details with a stable `code`. Lists are paged \
             by cursor.",
        ))
        .build();
    let base = OpenApiBuilder::new().info(info).build();
    let mut router = OpenApiRouter::with_openapi(base);
    for role in Role::ALL {
        router = router.merge(documented(role));
    }
    let mut document = router.into_openapi();
    document.merge(health_documented().into_openapi());
    document.merge(auth_documented().into_openapi());
    document.merge(login_documented().into_openapi());
    let components = document.components.get_or_insert_default();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components
        .security_schemes
        .insert("bearer".to_owned(), RefOr::T(scheme));
    let mut schemas = vec![
        (Problem::name().into_owned(), Problem::schema()),
        (Refusal::name().into_owned(), Refusal::schema()),
        // Is in no body, only in paths.
        (
            CredentialField::name().into_owned(),
            CredentialField::schema(),
        ),
    ];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(operation, method, path);
        }
    }
    document
}

/// Serves what answers without a token: the document.
pub fn anonymous_router() -> Router {
    let document = || async {
        (
            [(header::CONTENT_TYPE, "application/json")],
            DOCUMENT.as_str(),
        )
    };
    Router::new().route("/api/v1/openapi.json", get(document))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("DELETE", &mut item.delete),
    ];
    all.into_iter()
        .filter_map(|(name, operation)| Some((name, operation.as_mut()?)))
}

/// Adds what every operation has: who may call it, and how every route may say no. What only some
/// routes say (404, 409, 412) stands at each of them.
fn complete(operation: &mut Operation, method: &str, path: &str) {
    let route = table::lookup(method, path);
    let needed = route.and_then(|route| Some((route, route.permission?)));
    if let Some((route, permission)) = needed {
        let role = permission.least_role().as_str();
        let needs = format!("Needs the role `{role}`.");
        operation.description = Some(match operation.description.take() {
            Some(text) => format!("{text}\n\n{needs}"),
            None => needs,
        });
        // One extension, its fields by name: several would come in another order each time.
        let mut needed = serde_json::Map::new();
        if let Some(verb) = route.on_clusters() {
            needed.insert("cluster_verb".to_owned(), verb.as_str().into());
        }
        needed.insert("permission".to_owned(), permission.as_str().into());
        needed.insert("role".to_owned(), role.into());
        let extensions = ExtensionsBuilder::new().add("x-needs", needed);
        operation.extensions = Some(extensions.build());
        operation.security = Some(vec![SecurityRequirement::new(
            "bearer",
            Vec::<String>::new(),
        )]);
    }
    let heads = [
        (414, "The URL is longer than a head may be (64 KiB)."),
        (431, "The head of the request is longer than 64 KiB."),
    ];
    for (status, description) in heads {
        // Said before anything is read, without a body.
        let response = ResponseBuilder::new().description(description).build();
        let responses = &mut operation.responses.responses;
        responses.insert(status.to_string(), RefOr::T(response));
    }
    let body = operation.request_body.is_some();
    let refusals = [
        (
            400,
            true,
            "It is not a request that can be judged: no JSON, an ambiguous path.",
        ),
        (401, true, "No valid token."),
        (
            403,
            true,
            "The caller's role, or its rights on a cluster, are not enough.",
        ),
        (
            404,
            path.starts_with(MOUNT),
            "There is no such cluster, or it has no Prometheus.",
        ),
        (408, body, "The body did not arrive in time."),
        (413, body, "The body is too large."),
        (415, body, "The body is not JSON."),
        (
            422,
            true,
            "The request is wrong; `errors` lists every place.",
        ),
        (429, true, "Too much at once."),
        (500, true, "Our fault."),
        (503, true, "Something this depends on does not answer."),
        (504, true, "It took longer than it may."),
    ];
    for (status, applies, description) in refusals {
        if applies {
            let mut response = problem(description);
            if path.starts_with(MOUNT) {
                let schema = Ref::from_schema_name(Refusal::name());
                let content = ContentBuilder::new().schema(Some(schema)).build();
                let kind = "application/json".to_owned();
                response.content.insert(kind, RefOr::T(content));
            }
            let responses = &mut operation.responses.responses;
            responses.insert(status.to_string(), RefOr::T(response));
        }
    }
}
