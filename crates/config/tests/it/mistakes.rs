//! Each mistake is answered with where it was written, which key, what is wrong, what to write.

use std::path::Path;

use fleetscope_config::{Config, Overrides};
use fleetscope_model::{ErrorKind, Fault};

use crate::{load, load_path, problem};

#[track_caller]
fn assert_says(result: Result<Config, fleetscope_config::Error>, parts: &[&str]) {
    let text = problem(result);
    for part in parts {
        assert!(text.contains(part), "'{part}' is missing in: {text}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_keys_that_there_are() {
    assert_says(
        load("[server]\nlisen = '127.0.0.1:1'", &[]),
        &[
            "file /",
            "server.lisen",
            "no such key",
            "listen, admin_listen, inner_listen",
        ],
    );
    assert_says(
        load("[services.registry]\naddress = 'x'", &[]),
        &[
            "services.registry.address",
            "section [services.registry] has url",
        ],
    );
    assert_says(
        load("", &[("FLEETSCOPE_SERVER__LISEN", "127.0.0.1:1")]),
        &[
            "environment variable FLEETSCOPE_SERVER__LISEN",
            "no such key",
            "listen, admin_listen",
        ],
    );
}

#[test]
fn an_unknown_section_is_refused_with_the_sections_that_there_are() {
    let sections = "there are server, storage, services, services.registry";
    assert_says(
        load("[sever]\nlisten = 'x'", &[]),
        &["sever", "no such section", sections],
    );
    assert_says(
        load("listen = 'x'", &[]),
        &["listen", "no such section", sections],
    );
    assert_says(
        load("", &[("FLEETSCOPE_SEVER__X", "1")]),
        &["no such section", sections],
    );
}

#[test]
fn an_address_of_a_role_that_can_not_be_used_is_refused_before_the_start() {
    for (url, said) in [
        ("https://10.0.0.1:8081", "plain HTTP only"),
        ("ftp://10.0.0.1", "not an HTTP address"),
        ("http://me:secret@10.0.0.1:8081", "user name or password"),
        ("http://10.0.0.1:8081/x", "more than scheme, host and port"),
    ] {
        let file = format!("services.registry.url = '{url}'");
        assert_says(load(&file, &[]), &["services.registry.url", said]);
    }
}

#[test]
fn a_section_that_is_no_table_is_refused() {
    assert_says(
        load("server = 1", &[]),
        &["server: is a section", "write [server]"],
    );
    assert_says(
        load("[[server]]\nlisten = 'x'", &[]),
        &["server: is a section"],
    );
}

#[test]
fn a_value_of_a_wrong_type_is_refused_with_an_example_in_every_key() {
    let example = Config::example_toml();
    let mut section = "";
    let mut seen = 0;
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        let line = line.strip_prefix('#').unwrap_or(line);
        let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' ')) else {
            continue;
        };
        // No key takes a table, so that this is wrong everywhere.
        let file = format!("[{section}]\n{key} = {{ x = 1 }}");
        assert_says(
            load(&file, &[]),
            &[
                &format!("{section}.{key}"),
                &format!("for example: {key} = "),
            ],
        );
        seen += 1;
    }
    assert!(seen > 20, "only {seen} keys were found");
}

#[test]
fn a_value_that_can_not_be_read_is_refused_with_an_example() {
    for (file, parts) in [
        (
            "server.listen = 'localhost'",
            ["server.listen", "socket address", "127.0.0.1:8080"],
        ),
        (
            "server.listen = 8080",
            ["server.listen", "invalid type", "127.0.0.1:8080"],
        ),
        (
            "server.shutdown_grace = 30",
            ["server.shutdown_grace", "invalid type", "30s"],
        ),
        (
            "server.shutdown_grace = '30'",
            ["server.shutdown_grace", "not a length of time", "30s"],
        ),
        (
            "server.max_body = '1 MIB'",
            ["server.max_body", "not a size", "32MiB"],
        ),
        (
            "server.max_streams = -1",
            ["server.max_streams", "invalid value", "max_streams = 1000"],
        ),
        (
            "server.max_streams = 'x'",
            ["server.max_streams", "invalid type", "max_streams = 1000"],
        ),
        (
            "server.roles = ['gatway']",
            ["server.roles", "unknown variant `gatway`", "gateway"],
        ),
        (
            "server.roles = 'gateway'",
            ["server.roles", "invalid type", "roles = ["],
        ),
        (
            "outbound.deny = ['10.0.0.0']",
            ["outbound.deny", "invalid", "192.0.2.0/24"],
        ),
        (
            "outbound.plain_http = 'yes'",
            ["outbound.plain_http", "unknown variant", "loopback"],
        ),
        (
            "services.registry.url = 'x'",
            ["services.registry.url", "relative URL", "http://127"],
        ),
        (
            "watches.enabled = 'yes'",
            ["watches.enabled", "invalid type", "enabled = true"],
        ),
        (
            "log.format = 'xml'",
            ["log.format", "unknown variant `xml`", "format = \"text\""],
        ),
    ] {
        assert_says(load(file, &[]), &parts);
    }
}

#[test]
fn a_wrong_variable_is_named() {
    assert_says(
        load("", &[("FLEETSCOPE_SERVER__MAX_STREAMS", "many")]),
        &[
            "environment variable FLEETSCOPE_SERVER__MAX_STREAMS: server.max_streams",
            "max_streams = 1000",
        ],
    );
    assert_says(
        load("", &[("FLEETSCOPE_WATCHES__ENABLED", "yes")]),
        &[
            "FLEETSCOPE_WATCHES__ENABLED",
            "expected a boolean",
            "enabled = true",
        ],
    );
    assert_says(
        load("", &[("FLEETSCOPE_SERVER_LISTEN", "127.0.0.1:1")]),
        &[
            "FLEETSCOPE_SERVER_LISTEN",
            "write FLEETSCOPE_SERVER__LISTEN",
        ],
    );
}

#[test]
fn a_wrong_value_is_refused_although_a_stronger_layer_replaces_it() {
    let variable = [("FLEETSCOPE_SERVER__MAX_STREAMS", "5")];
    assert_says(
        load("server.max_streams = 'x'", &variable),
        &["file /", "server.max_streams"],
    );
}

#[test]
fn a_value_out_of_range_is_refused_with_what_to_write() {
    for (file, parts) in [
        (
            "server.max_streams = 0",
            ["file /", "server.max_streams", "at least 1"],
        ),
        (
            "server.max_body = '10B'",
            ["file /", "server.max_body", "at least 1KiB"],
        ),
        (
            "server.request_timeout = '0s'\noutbound.timeout = '100ms'",
            ["file /", "request_timeout", "1s"],
        ),
        (
            "[server]\nworkers = 1\nbusy_poll = '2ms'",
            ["file /", "server.busy_poll", "200us"],
        ),
        (
            "[server]\nbusy_poll = '200us'",
            ["file /", "server.busy_poll", "server.workers = 1"],
        ),
        (
            "outbound.timeout = '1ms'",
            ["file /", "outbound.timeout", "at least 100ms"],
        ),
        (
            "outbound.timeout = '2m'",
            ["file /", "outbound.timeout", "server.request_timeout"],
        ),
        (
            "outbound.max_response = '1kB'",
            ["file /", "outbound.max_response", "64KiB"],
        ),
        (
            "outbound.max_reading = '31MiB'",
            ["file /", "outbound.max_reading", "at least 32MiB"],
        ),
        (
            "outbound.concurrency_per_cluster = 0",
            ["file /", "concurrency_per_cluster", "1 to 256"],
        ),
        (
            "watches.interval = '10ms'",
            ["file /", "watches.interval", "at least 1s"],
        ),
        ("log.filter = ' '", ["file /", "log.filter", "as in info"]),
        (
            "storage.data_dir = ''",
            ["file /", "storage.data_dir", "/var/lib/fleetscope"],
        ),
        (
            "server.admin_listen = '127.0.0.1:8080'",
            ["file /", "server.admin_listen", "same address"],
        ),
        (
            "services.registry.url = 'ftp://a'",
            ["file /", "services.registry.url", "http://"],
        ),
        (
            "services.registry.url = 'http://u:p@a'",
            ["file /", "registry.url", "leave them out"],
        ),
        (
            "services.registry.url = 'http://a/b?c=d'",
            ["file /", "registry.url", "host and port"],
        ),
    ] {
        if file.contains("request_timeout") {
            let error = load(file, &[]).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        } else {
            assert_says(load(file, &[]), &parts);
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let error = load(
        "[server]\nlisen = 1\nmax_streams = 0\n[log]\nformat = 'xml'",
        &[],
    )
    .unwrap_err();
    let keys: Vec<&str> = error
        .problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, ["log.format", "server.lisen", "server.max_streams"]);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.code(), "config_invalid");
    assert_eq!(error.to_string().lines().count(), 4);
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_the_line() {
    assert_says(
        load("[server]\n\nlisten = \n", &[]),
        &["file /", "line 3 is not TOML"],
    );
    assert_says(
        load("[server]\nmax_streams = 1\nmax_streams = 2", &[]),
        &["line 3", "duplicate key"],
    );
}

#[test]
fn a_file_that_can_not_be_read_is_refused_with_who_named_it() {
    let missing = Path::new("/nonexistent/fleetscope.toml");
    assert_says(
        load_path(Some(missing), &[], Overrides::default()),
        &[
            "flag --config",
            "/nonexistent/fleetscope.toml",
            "can't be read",
        ],
    );
    assert_says(
        load_path(
            None,
            &[("FLEETSCOPE_CONFIG", "/nonexistent")],
            Overrides::default(),
        ),
        &[
            "environment variable FLEETSCOPE_CONFIG",
            "/nonexistent",
            "can't be read",
        ],
    );
}

#[test]
fn a_configuration_made_by_hand_can_be_checked() {
    let mut config = load("", &[]).unwrap();
    config.validate().unwrap();
    config.server.max_streams = 0;
    assert_eq!(
        config.validate().unwrap_err().problems[0].key,
        "server.max_streams"
    );
}
