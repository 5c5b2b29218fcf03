//! Which layer wins.

use std::path::Path;
use std::time::Duration;

use fleetscope_config::{ByteSize, Config, LogFormat, Overrides, PlainHttp, Sources};
use fleetscope_model::Role;

use crate::{File, load, load_path, problem};

#[test]
fn nothing_but_defaults_is_a_valid_configuration() {
    let config = load_path(None, &[], Overrides::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.admin_listen.to_string(), "127.0.0.1:9091");
    assert_eq!(config.server.roles, Role::ALL);
    assert_eq!(config.server.shutdown_grace, Duration::from_secs(23));
    assert_eq!(config.outbound.max_response, ByteSize::mebibytes(32));
    assert_eq!(
        config.storage.data_dir,
        Path::new("/home/ada/.local/share/fleetscope")
    );
    assert!(config.watches.enabled);
}

#[test]
fn a_file_is_stronger_than_a_default_a_variable_than_a_file_and_a_flag_than_both() {
    let file = File::new(
        "[server]\nlisten = '127.0.0.1:1'\nadmin_listen = '127.0.0.1:2'\nmax_streams = 3\n",
    );
    let variables = [
        ("FLEETSCOPE_SERVER__LISTEN", "127.0.0.1:11"),
        ("FLEETSCOPE_SERVER__ADMIN_LISTEN", "127.0.0.1:12"),
    ];
    let overrides = Overrides {
        listen: Some("127.0.0.1:21".parse().unwrap()),
        ..Overrides::default()
    };
    let config = load_path(Some(&file.path), &variables, overrides).unwrap();
    assert_eq!(config.server.listen.port(), 21);
    assert_eq!(config.server.admin_listen.port(), 12);
    assert_eq!(config.server.max_streams, 3);
    assert_eq!(config.server.shutdown_grace, Duration::from_secs(23));
}

#[test]
fn every_kind_of_value_can_be_written_in_a_variable() {
    let config = load(
        "",
        &[
            (
                "FLEETSCOPE_SERVER__ROLES",
                "gateway, registry,collector,streaming,intelligence",
            ),
            ("FLEETSCOPE_SERVER__SHUTDOWN_GRACE", "1m30s"),
            ("FLEETSCOPE_SERVER__MAX_BODY", "2MiB"),
            ("FLEETSCOPE_SERVER__MAX_STREAMS", "7"),
            ("FLEETSCOPE_WATCHES__ENABLED", "false"),
            ("FLEETSCOPE_OUTBOUND__PLAIN_HTTP", "anywhere"),
            ("FLEETSCOPE_OUTBOUND__DENY", "10.0.0.0/8,fd00::/8"),
            (
                "FLEETSCOPE_SERVICES__REGISTRY__URL",
                "http://127.0.0.1:8081",
            ),
            ("FLEETSCOPE_LOG__FORMAT", "json"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.roles.len(), 5);
    assert_eq!(config.server.shutdown_grace, Duration::from_secs(90));
    assert_eq!(config.server.max_body, ByteSize::mebibytes(2));
    assert_eq!(config.server.max_streams, 7);
    assert!(!config.watches.enabled);
    assert_eq!(config.outbound.plain_http, PlainHttp::Anywhere);
    assert_eq!(config.outbound.deny.len(), 2);
    assert_eq!(
        config.services.url(Role::Registry).unwrap().port(),
        Some(8081)
    );
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn every_flag_reaches_its_key() {
    let overrides = Overrides {
        listen: Some("127.0.0.1:0".parse().unwrap()),
        admin_listen: Some("127.0.0.1:0".parse().unwrap()),
        inner_listen: Some("127.0.0.1:0".parse().unwrap()),
        roles: Some(Role::ALL[..4].to_vec()),
        data_dir: Some("/srv/fleetscope".into()),
        log: Some("debug".to_owned()),
        log_format: Some(LogFormat::Json),
    };
    let key = [(
        "FLEETSCOPE_SERVICES__KEY",
        "0123456789abcdef0123456789abcdef",
    )];
    let config = load_path(None, &key, overrides).unwrap();
    assert_eq!(config.server.listen.port(), 0);
    assert_eq!(config.server.admin_listen.port(), 0);
    assert!(config.server.inner_listen.is_some());
    assert!(!config.server.has(Role::Gateway));
    assert_eq!(config.storage.data_dir, Path::new("/srv/fleetscope"));
    assert_eq!(config.log.filter, "debug");
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn the_data_folder_follows_xdg_unless_it_is_given() {
    let xdg = ("XDG_DATA_HOME", "/data");
    let dir = |file: &str| load(file, &[xdg]).unwrap().storage.data_dir;
    assert_eq!(dir(""), Path::new("/data/fleetscope"));
    assert_eq!(dir("storage.data_dir = '~/x'"), Path::new("/home/ada/x"));
    assert_eq!(dir("storage.data_dir = '/x/~'"), Path::new("/x/~"));
}

#[test]
fn without_a_home_folder_the_data_folder_has_to_be_given() {
    let sources = Sources::new(None, [], Overrides::default());
    let text = problem(Config::load(&sources));
    assert!(
        text.contains("storage.data_dir") && text.contains("set HOME"),
        "{text}"
    );
}

#[test]
fn the_file_may_be_named_by_a_variable_and_a_flag_is_stronger() {
    let (by_variable, by_flag) = (
        File::new("log.filter = 'warn'"),
        File::new("log.filter = 'trace'"),
    );
    let variable = [("FLEETSCOPE_CONFIG", by_variable.path.to_str().unwrap())];
    let filter = |file| {
        load_path(file, &variable, Overrides::default())
            .unwrap()
            .log
            .filter
    };
    assert_eq!(filter(None), "warn");
    assert_eq!(filter(Some(by_flag.path.as_path())), "trace");
}

#[test]
fn variables_that_kubernetes_makes_for_a_service_are_not_ours_to_judge() {
    let variables = [
        ("FLEETSCOPE_SERVICE_HOST", "10.0.0.1"),
        ("FLEETSCOPE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
    ];
    load("", &variables).unwrap();
}
