//! What may be said of an endpoint.

use std::collections::BTreeMap;

use fleetscope_model::Endpoint;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::{Host, Url};

use super::{InvalidDraft, wrong};

/// What browsers and proxies pass on without trouble.
const LONGEST_URL: usize = 2048;
/// Loki's own limit on tenant ids.
const LONGEST_TENANT: usize = 150;
/// Enough for every tenancy header that is known, and small beside any request.
const MOST_HEADERS: usize = 8;
const LONGEST_HEADER: (usize, usize) = (64, 256);
/// The longest bundle, in bytes: some forty certificates. A store of the whole public web (220 kB)
/// has no place at an endpoint.
const LONGEST_BUNDLE: usize = 64 * 1024;
/// The longest name of a host, RFC 1035.
const LONGEST_NAME: usize = 253;

/// Headers that carry an identity, steer a connection, or are said by us: none of them says whose
/// data is meant, and the first kind would be shown to every reader of the cluster.
const REFUSED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-api-key",
    "x-auth-token",
    "x-scope-orgid",
];
/// Whole families of such headers.
const REFUSED_FAMILIES: &[&str] = &[
    "impersonate-",
    "x-remote-",
    "x-forwarded-",
    "sec-",
    "proxy-",
];

/// Brings an endpoint into its normal form, or says the first thing wrong with it.
pub(super) fn check(pointer: &str, endpoint: &mut Endpoint) -> Result<(), InvalidDraft> {
    endpoint.url = base(&format!("{pointer}/url"), &endpoint.url)?;
    if let Some(tenant) = &endpoint.tenant {
        check_tenant(pointer, tenant)?;
    }
    endpoint.headers = headers(pointer, &endpoint.headers)?;
    if let Some(bundle) = &endpoint.ca_bundle {
        check_bundle(&format!("{pointer}/ca_bundle"), bundle)?;
    }
    if let Some(name) = &endpoint.server_name {
        check_server_name(&format!("{pointer}/server_name"), name)?;
    }
    if let Some(proxy) = &endpoint.proxy_url {
        endpoint.proxy_url = Some(base(&format!("{pointer}/proxy_url"), proxy)?);
    }
    agree(pointer, endpoint)
}

/// What only goes together, or does not.
fn agree(pointer: &str, endpoint: &Endpoint) -> Result<(), InvalidDraft> {
    let plain = endpoint.url.starts_with("http://");
    for (field, said) in [
        ("ca_bundle", endpoint.ca_bundle.is_some()),
        ("server_name", endpoint.server_name.is_some()),
    ] {
        if said && plain {
            return Err(wrong(
                format!("{pointer}/{field}"),
                format!("a {field} has no meaning for an http:// URL: leave it out, or use https"),
            ));
        }
    }
    if endpoint.proxy_url.is_some() && endpoint.server_name.is_some() {
        return Err(wrong(
            format!("{pointer}/server_name"),
            "a proxy finds the server by its name: write that name into the URL instead of \
             server_name",
        ));
    }
    Ok(())
}

/// A base URL in its normal form.
fn base(at: &str, text: &str) -> Result<String, InvalidDraft> {
    if text.chars().count() > LONGEST_URL {
        return Err(wrong(at, format!("longer than {LONGEST_URL} characters")));
    }
    let url = Url::parse(text).map_err(|error| {
        wrong(
            at,
            format!("not an absolute URL ({error}): write one such as https://host:port/path"),
        )
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong(
            at,
            "the URL begins with https:// (or http:// on loopback)",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            at,
            "no user name or password in the URL: it would be shown to readers; write a credential",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            at,
            "a base URL has no query and no fragment: leave off from ? or #",
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn check_tenant(pointer: &str, tenant: &str) -> Result<(), InvalidDraft> {
    let fits = (1..=LONGEST_TENANT).contains(&tenant.len())
        && tenant
            .chars()
            .all(|c| c.is_ascii_graphic() && c != '/' && c != '\\');
    if fits {
        return Ok(());
    }
    Err(wrong(
        format!("{pointer}/tenant"),
        "a tenant is 1 to 150 printable ASCII characters without slashes",
    ))
}

/// Header names in lower case.
fn headers(
    pointer: &str,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, InvalidDraft> {
    let at = format!("{pointer}/headers");
    if given.len() > MOST_HEADERS {
        return Err(wrong(
            at,
            format!("more than {MOST_HEADERS} headers: leave some out"),
        ));
    }
    let mut headers = BTreeMap::new();
    for (name, value) in given {
        let name = name.to_ascii_lowercase();
        check_header(&format!("{at}/{name}"), &name, value)?;
        if headers.insert(name.clone(), value.clone()).is_some() {
            return Err(wrong(at, format!("the header {name} stands here twice")));
        }
    }
    Ok(headers)
}

fn check_header(at: &str, name: &str, value: &str) -> Result<(), InvalidDraft> {
    let (longest_name, longest_value) = LONGEST_HEADER;
    let named = (1..=longest_name).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let valued = (1..=longest_value).contains(&value.len())
        && value.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if !named || !valued {
        return Err(wrong(
            at,
            "a header's name is 1 to 64 letters, digits and hyphens, its value 1 to 256 printable \
             ASCII characters",
        ));
    }
    let refused = REFUSED.contains(&name)
        || REFUSED_FAMILIES
            .iter()
            .any(|family| name.starts_with(family));
    if refused {
        return Err(wrong(
            at,
            format!(
                "{name} is not a header that says whose data is meant: write what authenticates as \
                 a credential, and the tenant of X-Scope-OrgID as tenant"
            ),
        ));
    }
    Ok(())
}

/// Certificates that can be trusted, and nothing else: a private key in a field that every reader
/// sees is refused before it is kept.
fn check_bundle(at: &str, bundle: &str) -> Result<(), InvalidDraft> {
    if bundle.len() > LONGEST_BUNDLE {
        return Err(wrong(at, format!("longer than {LONGEST_BUNDLE} bytes")));
    }
    if bundle.contains("PRIVATE KEY") {
        return Err(wrong(
            at,
            "there is a private key in it, and readers see this field: give certificates only, and \
             replace that key",
        ));
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        let certificate = certificate.map_err(|_| no_certificates(at))?;
        roots.add(certificate).map_err(|_| {
            wrong(
                at,
                "a certificate in it can't be read: export it again as PEM",
            )
        })?;
    }
    if roots.is_empty() {
        return Err(no_certificates(at));
    }
    Ok(())
}

fn no_certificates(at: &str) -> InvalidDraft {
    wrong(
        at,
        "certificates in PEM are expected: lines from -----BEGIN CERTIFICATE----- to -----END \
         CERTIFICATE-----",
    )
}

fn check_server_name(at: &str, name: &str) -> Result<(), InvalidDraft> {
    let domain = matches!(Host::parse(name), Ok(Host::Domain(parsed)) if parsed == name);
    if domain && (1..=LONGEST_NAME).contains(&name.len()) && !name.contains('_') {
        return Ok(());
    }
    Err(wrong(
        at,
        "a server name is the DNS name in the server's certificate, such as kubernetes.default.svc",
    ))
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: impl FnOnce(&mut Endpoint)) -> Result<Endpoint, InvalidDraft> {
        let mut endpoint = Endpoint::at("https://prometheus.example.com/x/");
        change(&mut endpoint);
        check("/endpoints/prometheus", &mut endpoint).map(|()| endpoint)
    }

    fn header(name: &str, value: &str) -> Result<Endpoint, InvalidDraft> {
        told(|endpoint| {
            endpoint.headers.insert(name.to_owned(), value.to_owned());
        })
    }

    #[test]
    fn tenancy_headers_are_kept_in_lower_case() {
        let kept = header("THANOS-TENANT", "shop").unwrap();
        assert_eq!(kept.headers["thanos-tenant"], "shop");
    }

    #[test]
    fn headers_that_authenticate_or_steer_are_refused_in_any_spelling() {
        for name in [
            "Authorization",
            "COOKIE",
            "Host",
            "Impersonate-User",
            "X-Remote-Group",
            "x-forwarded-access-token",
            "Proxy-Authorization",
            "Transfer-Encoding",
            "X-Scope-OrgID",
            "x scope",
            "",
        ] {
            let error = header(name, "canary").unwrap_err();
            assert!(error.pointer.starts_with("/endpoints/prometheus/headers/"));
            assert!(!error.detail.contains("canary"), "{name}");
        }
        assert!(header("thanos-tenant", "a\r\nauthorization: b").is_err());
    }

    #[test]
    fn a_bundle_is_certificates_and_never_a_key() {
        let made = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
        let certificate = made.cert.pem();
        assert!(told(|e| e.ca_bundle = Some(certificate.clone())).is_ok());
        let with_key = format!("{certificate}{}", made.signing_key.serialize_pem());
        let broken = certificate.replacen("MII", "AAA", 1);
        for bundle in [with_key, broken, "canary".to_owned(), String::new()] {
            let error = told(|e| e.ca_bundle = Some(bundle.clone())).unwrap_err();
            assert_eq!(error.pointer, "/endpoints/prometheus/ca_bundle");
            assert!(!error.detail.contains("canary"));
        }
    }

    #[test]
    fn names_and_proxies_that_mislead_are_refused() {
        for name in ["", "10.0.0.1", "a b", "Shop.example.com", "a_b", "[::1]"] {
            let error = told(|e| e.server_name = Some(name.to_owned())).unwrap_err();
            assert_eq!(error.pointer, "/endpoints/prometheus/server_name", "{name}");
        }
        for proxy in ["http://user:canary@proxy:3128", "socks5://proxy", "proxy"] {
            let error = told(|e| e.proxy_url = Some(proxy.to_owned())).unwrap_err();
            assert_eq!(error.pointer, "/endpoints/prometheus/proxy_url", "{proxy}");
            assert!(!error.detail.contains("canary"), "{proxy}");
        }
        let both = told(|e| {
            e.server_name = Some("kubernetes".to_owned());
            e.proxy_url = Some("http://proxy:3128".to_owned());
        });
        assert!(both.is_err());
        let kept = told(|e| e.server_name = Some("kubernetes.default.svc".to_owned())).unwrap();
        assert_eq!(kept.server_name.as_deref(), Some("kubernetes.default.svc"));
    }

    #[test]
    fn what_tls_needs_has_no_place_at_an_unencrypted_url() {
        let refused = told(|e| {
            e.url = "http://127.0.0.1:9090".to_owned();
            e.server_name = Some("prometheus".to_owned());
        });
        assert!(refused.is_err());
    }
}
