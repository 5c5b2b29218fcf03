//! Who may do what, as it is written down.

use fleetscope_config::{AuthenticatorKind, Config, InsideClusters};

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

fn problems(change: impl FnOnce(&mut Config)) -> Vec<String> {
    let invalid = with(change).validate().unwrap_err();
    invalid.problems.into_iter().map(|p| p.key).collect()
}

#[test]
fn the_inside_of_clusters_is_trusted_only_where_nobody_could_be_asked_about() {
    assert_eq!(Config::default().inside_clusters(), InsideClusters::Trusted);
    for kind in [
        AuthenticatorKind::Kubernetes,
        AuthenticatorKind::Openshift,
        AuthenticatorKind::Oidc,
    ] {
        let more = |config: &mut Config| config.identity.authenticators.push(kind);
        let config = with(more);
        assert_eq!(
            config.inside_clusters(),
            InsideClusters::Reviewed,
            "{kind:?}"
        );
        let alone = |config: &mut Config| config.identity.authenticators = vec![kind];
        assert_eq!(with(alone).inside_clusters(), InsideClusters::Reviewed);
        let said = with(|config| {
            more(config);
            config.access.inside_clusters = Some(InsideClusters::Trusted);
        });
        assert_eq!(said.inside_clusters(), InsideClusters::Trusted);
        assert!(said.remarks()[0].contains("access.inside_clusters says so"));
    }
}

#[test]
fn what_whoever_runs_it_should_know_is_remarked() {
    let local = Config::default().remarks();
    assert_eq!(local.len(), 1);
    assert!(local[0].contains("sees all telemetry"), "{local:?}");
    let oidc = with(|config| config.identity.authenticators = vec![AuthenticatorKind::Oidc]);
    let told = oidc.remarks().join("\n");
    assert!(told.contains("no hub to ask which"), "{told}");
    assert!(told.contains("has a role: give some in [access]"), "{told}");
}

#[test]
fn a_name_that_is_none_and_a_group_of_everybody_are_refused() {
    let blank = problems(|config| config.access.viewer_users = vec![" alice".to_owned()]);
    assert_eq!(blank, ["access.viewer_users"]);
    let all = vec!["system:authenticated".to_owned()];
    let everybody = problems(|config| {
        config.access.admin_groups.clone_from(&all);
        config.access.operator_groups.clone_from(&all);
        config.access.viewer_groups = all;
    });
    assert_eq!(everybody, ["access.admin_groups", "access.operator_groups"]);
    let unasked = problems(|config| config.access.roles_from_hub = true);
    assert_eq!(unasked, ["access.roles_from_hub"]);
}

#[test]
fn an_audit_log_that_keeps_nothing_is_refused() {
    let nothing = problems(|config| {
        config.audit.keep = std::time::Duration::from_secs(60);
        config.audit.most_entries = 10;
    });
    assert_eq!(nothing, ["audit.keep", "audit.most_entries"]);
}
