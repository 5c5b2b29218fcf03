//! A secret is read and never shown.

use fleetscope_config::{Overrides, Secret, Sources};

use crate::{File, load, problem};

const CANARY: &str = "canary-0123456789-canary-0123456789";

#[test]
fn a_key_is_redacted_in_every_view_of_the_configuration() {
    for config in [
        load(&format!("services.key = '{CANARY}'"), &[]).unwrap(),
        load("", &[("FLEETSCOPE_SERVICES__KEY", CANARY)]).unwrap(),
    ] {
        let shown = config.redacted_toml();
        assert!(shown.contains("key = \"<redacted>\""), "{shown}");
        for view in [shown, format!("{config:?}"), format!("{config:#?}")] {
            assert!(!view.contains("canary"), "{view}");
        }
    }
}

#[test]
fn the_sources_do_not_show_the_environment() {
    let environment = [("FLEETSCOPE_SERVICES__KEY".to_owned(), CANARY.to_owned())];
    let sources = Sources::new(None, environment, Overrides::default());
    assert!(!format!("{sources:?}").contains("canary"));
}

#[test]
fn no_mistake_in_a_secret_quotes_it() {
    let bad = [
        "services.key = 'canary'".to_owned(),
        "services.key = ['canary']".to_owned(),
        "services.key = 765432198765432198".to_owned(),
        format!("services.key = '{CANARY}"),
        format!("services.key = {CANARY}"),
        format!("services.key = '{CANARY}' = 1"),
        format!("services.key = '{CANARY}'\nserver.max_streams = 0"),
    ];
    for file in bad {
        let error = load(&file, &[]).unwrap_err();
        for view in [error.to_string(), format!("{error:?}")] {
            assert!(
                !view.contains("canary") && !view.contains("765432198"),
                "{view}"
            );
        }
    }
    let text = problem(load("", &[("FLEETSCOPE_SERVICES__KEY", "canary")]));
    assert!(text.contains("has 6 bytes and needs at least 32"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn a_key_may_be_kept_in_its_own_file() {
    let file = File::new(&format!("\n{CANARY}\n"));
    let path = file.path.display();
    let config = load(&format!("services.key_file = '{path}'"), &[]).unwrap();
    assert_eq!(
        config.services.key.as_ref().map(Secret::length),
        Some(CANARY.len())
    );
    assert!(!config.redacted_toml().contains("canary"));

    let text = problem(load(
        &format!("services.key_file = '{path}'"),
        &[("FLEETSCOPE_SERVICES__KEY", CANARY)],
    ));
    assert!(text.contains("keep one of the two"), "{text}");
    let text = problem(load("services.key_file = '/nonexistent/key'", &[]));
    assert!(text.contains("/nonexistent/key can't be read"), "{text}");
}

#[test]
fn what_config_show_prints_can_be_read_again_but_for_the_secret() {
    let config = load("", &[("FLEETSCOPE_SERVICES__KEY", CANARY)]).unwrap();
    let text = problem(load(&config.redacted_toml(), &[]));
    assert!(
        text.contains("services.key: the key has 10 bytes"),
        "{text}"
    );
}
