use super::*;

fn file(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: shop\ncontexts:\n- name: shop\n  context: \
         {{cluster: c, user: u, namespace: x}}\nclusters:\n- name: c\n  cluster: {{server: \
         'https://shop:6443', {cluster}}}\nusers:\n- name: u\n  user: {{{user}}}\n"
    )
}

fn taken(user: &str) -> Result<Opened, InvalidCredential> {
    let text = file("", user);
    let parsed = Kubeconfig::parse(&text)?;
    parsed.context(None)?.into_credential()
}

#[test]
fn tokens_certificates_and_passwords_are_taken() {
    assert!(
        matches!(taken("token: canary"), Ok(Opened::Token(token)) if token.expose() == "canary")
    );
    assert!(matches!(
        taken("username: ada, password: canary"),
        Ok(Opened::Basic { .. })
    ));
    let made = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
    let user = format!(
        "client-certificate-data: {}, client-key-data: {}",
        STANDARD.encode(made.cert.pem()),
        STANDARD.encode(made.signing_key.serialize_pem())
    );
    assert!(matches!(taken(&user), Ok(Opened::ClientCertificate { .. })));
}

#[test]
fn programs_and_other_files_are_refused_with_what_to_do_instead() {
    for (user, told) in [
        (
            "exec: {command: canary, apiVersion: v1}",
            "fleetscope rbac generate",
        ),
        ("auth-provider: {name: gcp}", "fleetscope rbac generate"),
        (
            "exec: {command: x}, token: canary",
            "fleetscope rbac generate",
        ),
        ("tokenFile: /etc/canary", "--flatten"),
        (
            "client-certificate: /etc/canary, client-key: /x",
            "--flatten",
        ),
        ("token: canary, as: root", "ServiceAccount"),
        ("", "fleetscope rbac generate"),
    ] {
        let error = taken(user).err().unwrap();
        assert!(error.detail.contains(told), "{user}: {error}");
        assert!(!error.detail.contains("canary"), "{user}: {error}");
    }
}

#[test]
fn a_server_is_taken_with_its_certificates_and_never_without_a_check() {
    let endpoint = |cluster: &str| {
        let text = file(cluster, "token: x");
        Kubeconfig::parse(&text)?.context(None)?.endpoint()
    };
    let taken = endpoint("certificate-authority-data: cGVt, tls-server-name: kubernetes").unwrap();
    assert_eq!(taken.url, "https://shop:6443");
    assert_eq!(taken.ca_bundle.as_deref(), Some("pem"));
    assert_eq!(taken.server_name.as_deref(), Some("kubernetes"));
    for (cluster, told) in [
        ("insecure-skip-tls-verify: true", "insecure-skip-tls-verify"),
        ("certificate-authority: /etc/ca.crt", "--flatten"),
        ("certificate-authority-data: '*'", "base64"),
    ] {
        let error = endpoint(cluster).err().unwrap();
        assert!(error.detail.contains(told), "{error}");
    }
}

#[test]
fn what_is_no_kubeconfig_is_refused_without_repeating_it() {
    for text in [
        "",
        "canary",
        "{canary",
        "contexts: canary",
        "contexts: []",
        "- canary",
    ] {
        let error = Kubeconfig::parse(text).err().unwrap();
        assert!(!error.detail.contains("canary"), "{error}");
    }
    let text = file("", "token: canary");
    let parsed = Kubeconfig::parse(&text).unwrap();
    let error = parsed.context(Some("other")).err().unwrap();
    assert!(error.detail.contains("'other'"));
}
