//! The refusals that only some routes know; each route names its own in its documentation. What
//! every route may say is added in [`crate::openapi`].

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// What is asked for is not there.
pub enum NotFound {}

/// What is asked for clashes with what is there.
pub enum Conflict {}

/// What was read before is not so any more.
pub enum Stale {}

impl IntoResponses for NotFound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        one(
            404,
            "There is no such thing, or none that the caller may see.",
        )
    }
}

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        one(409, "It clashes with what is there.")
    }
}

impl IntoResponses for Stale {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        one(412, "It is not as `If-Match` says it was read.")
    }
}

fn one(status: u16, description: &str) -> BTreeMap<String, RefOr<Response>> {
    BTreeMap::from([(status.to_string(), RefOr::T(problem(description)))])
}

/// A refusal as every one is: problem details.
pub(crate) fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}
