//! The generated files in `docs/config` say what the code does.

use std::path::Path;

use fleetscope_config::{Config, Overrides};

use crate::{load, load_path};

#[track_caller]
fn assert_is_current(name: &str, wanted: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config");
    let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/config/{name} is out of date: run `cargo xtask generate`\n{wanted}"
    );
}

#[test]
fn the_example_file_is_current() {
    assert_is_current("fleetscope.example.toml", &Config::example_toml());
}

#[test]
fn the_schema_file_is_current() {
    assert_is_current("fleetscope.schema.json", &Config::json_schema());
}

#[test]
fn the_example_file_says_the_defaults() {
    let from_example = load(&Config::example_toml(), &[]).unwrap();
    let from_nothing = load_path(None, &[], Overrides::default()).unwrap();
    assert_eq!(from_example.redacted_toml(), from_nothing.redacted_toml());
    assert!(from_example.services.key.is_none());
}

#[test]
fn a_line_that_is_commented_out_can_be_switched_on() {
    let example = Config::example_toml();
    let mut switched = 0;
    for line in example.lines().filter(|line| is_off(line)) {
        if line.starts_with("#key_file") || line.starts_with("#cert_file") {
            // Names a file that is not there, or half of a pair; `secrets.rs` reads one that is.
            continue;
        }
        let on = example.replace(line, &line[1..]);
        // What some lines need beside themselves.
        let needs = [
            (
                "FLEETSCOPE_SERVICES__KEY",
                "0123456789abcdef0123456789abcdef",
            ),
            ("FLEETSCOPE_HUB__IN_CLUSTER", "true"),
            ("FLEETSCOPE_IDENTITY__AUTHENTICATORS", "openshift,oidc"),
            (
                "FLEETSCOPE_IDENTITY__OIDC__ISSUER",
                "https://login.example.com",
            ),
            ("FLEETSCOPE_IDENTITY__LOGIN__CLIENT_ID", "fleetscope"),
        ];
        load(&on, &needs).unwrap_or_else(|error| panic!("{line}: {error}"));
        switched += 1;
    }
    assert_eq!(
        switched, 19,
        "inner_listen, key, a gateway's token, four addresses of roles, three keys of the hub, two \
         of the issuer, four of the login, one of access, one of credentials, one of traces"
    );
}

fn is_off(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn every_line_of_the_example_fits_a_terminal_and_every_key_is_described() {
    let example = Config::example_toml();
    let lines: Vec<&str> = example.lines().collect();
    for pair in lines.windows(2) {
        assert!(pair[1].chars().count() <= 100, "{}", pair[1]);
        if pair[1].contains(" = ") && !pair[1].starts_with("# ") {
            assert!(pair[0].starts_with("# "), "{} has no description", pair[1]);
        }
    }
}
