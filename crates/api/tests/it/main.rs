//! The OpenAPI document and the table of routes agree.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod contract;

use std::collections::BTreeSet;

use fleetscope_api::TABLE;

fn documented() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(fleetscope_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in paths {
        for method in item.as_object().unwrap().keys() {
            routes.insert((method.to_uppercase(), path.clone()));
        }
    }
    routes
}

#[test]
fn every_documented_route_stands_in_the_table_and_the_other_way_round() {
    let table: BTreeSet<_> = TABLE
        .iter()
        .filter(|route| route.path != "/api/v1/openapi.json")
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(documented(), table);
}

#[test]
fn only_the_openapi_document_and_the_login_answer_without_a_token() {
    let anonymous: Vec<_> = TABLE
        .iter()
        .filter(|route| route.permission.is_none())
        .map(|route| route.path)
        .collect();
    assert_eq!(
        anonymous,
        [
            "/api/v1/openapi.json",
            "/auth/login",
            "/auth/callback",
            "/auth/logout"
        ]
    );
}

#[test]
fn the_document_on_disk_is_the_one_the_types_give() {
    let stored = include_str!("../../../../docs/openapi.json");
    let made = fleetscope_api::openapi().to_pretty_json().unwrap();
    assert!(
        stored.trim_end() == made.trim_end(),
        "docs/openapi.json is not what the types give: run `cargo xtask generate`, and look at \
         what changed before committing it"
    );
}

#[test]
fn the_page_about_rights_on_disk_is_the_one_the_table_gives() {
    let stored = include_str!("../../../../docs/authorisation.md");
    assert!(
        stored == fleetscope_api::authorisation(),
        "docs/authorisation.md is not what the table gives: run `cargo xtask generate`, and look at \
         what changed before committing it"
    );
}

#[test]
fn every_operation_says_how_it_refuses_and_who_may_call_it() {
    let document = serde_json::to_value(fleetscope_api::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["400", "401", "403", "500"] {
                assert!(
                    responses.contains_key(status),
                    "{method} {path} lacks {status}"
                );
            }
            let route = TABLE
                .iter()
                .find(|route| route.path == path && route.method.eq_ignore_ascii_case(method));
            if route.unwrap().permission.is_none() {
                assert_eq!(operation["security"], serde_json::json!(null), "{path}");
                continue;
            }
            assert_eq!(
                operation["security"][0]["bearer"],
                serde_json::json!([]),
                "{method} {path}"
            );
            let description = operation["description"].as_str().unwrap_or_default();
            assert!(description.contains("Needs the role"), "{method} {path}");
        }
    }
}
