//! Which roles may be a process, and what each shape needs.

use crate::{load, problem};

const KEY: (&str, &str) = (
    "FLEETSCOPE_SERVICES__KEY",
    "0123456789abcdef0123456789abcdef",
);
const INNER: (&str, &str) = ("FLEETSCOPE_SERVER__INNER_LISTEN", "127.0.0.1:8081");
const INNER_ROLES: (&str, &str) = (
    "FLEETSCOPE_SERVER__ROLES",
    "registry,collector,streaming,intelligence",
);
const GATEWAY: (&str, &str) = ("FLEETSCOPE_SERVER__ROLES", "gateway");
const URLS: &str = "
    services.registry.url = 'http://127.0.0.1:8081'
    services.collector.url = 'http://127.0.0.1:8081'
    services.streaming.url = 'http://127.0.0.1:8081'
    services.intelligence.url = 'http://127.0.0.1:8081'
";

#[test]
fn a_gateway_and_all_other_roles_may_be_two_processes_of_one_file() {
    load(URLS, &[GATEWAY, KEY]).unwrap();
    load(URLS, &[INNER_ROLES, INNER, KEY]).unwrap();
    load(URLS, &[INNER, KEY]).unwrap();
}

#[test]
fn roles_that_share_the_database_can_not_be_spread() {
    for roles in [
        "registry",
        "gateway,registry,collector",
        "streaming,intelligence,collector",
    ] {
        let text = problem(load(
            URLS,
            &[("FLEETSCOPE_SERVER__ROLES", roles), INNER, KEY],
        ));
        assert!(
            text.contains("FLEETSCOPE_SERVER__ROLES: server.roles"),
            "{text}"
        );
        assert!(text.contains("one SQLite database"), "{text}");
    }
    let text = problem(load(
        "",
        &[(
            "FLEETSCOPE_SERVER__ROLES",
            "gateway,registry,collector,streaming",
        )],
    ));
    assert!(
        text.contains("leaves out intelligence") && text.contains("all five roles"),
        "{text}"
    );
}

#[test]
fn a_lone_gateway_needs_every_other_role_s_address_and_the_key() {
    let error = load("", &[GATEWAY]).unwrap_err();
    let keys: Vec<&str> = error
        .problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    let services = ["registry", "collector", "intelligence", "streaming"];
    let mut wanted: Vec<String> = services.map(|role| format!("services.{role}.url")).to_vec();
    wanted.push("services.key".to_owned());
    assert_eq!(keys, wanted);

    let text = problem(load(URLS, &[GATEWAY, KEY, INNER]));
    assert!(
        text.contains("server.inner_listen") && text.contains("leave it out"),
        "{text}"
    );
}

#[test]
fn roles_without_a_gateway_need_an_inner_address_and_the_key() {
    let text = problem(load("", &[INNER_ROLES, KEY]));
    assert!(
        text.contains("server.inner_listen") && text.contains("127.0.0.1:8081"),
        "{text}"
    );
    let text = problem(load("", &[INNER_ROLES, INNER]));
    assert!(
        text.contains("services.key") && text.contains("openssl rand"),
        "{text}"
    );
}

#[test]
fn no_role_and_a_role_named_twice_are_refused() {
    let text = problem(load("server.roles = []", &[]));
    assert!(text.contains("at least one role"), "{text}");
    let roles = ("FLEETSCOPE_SERVER__ROLES", "gateway,gateway");
    let text = problem(load(URLS, &[roles, KEY]));
    assert!(text.contains("names gateway twice"), "{text}");
}
