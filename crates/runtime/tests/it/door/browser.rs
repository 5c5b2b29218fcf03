//! A browser logs in at OpenShift's OAuth server, works, and logs out.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::http::StatusCode;
use fleetscope_config::Config;
use fleetscope_sim::hub::Hub;
use url::Url;

use super::{House, OURS, Said, Shape, ask};

const SESSION: &str = "__Host-fleetscope-session";
const LOGIN: &str = "__Host-fleetscope-login";

/// A browser, as far as it matters here: it keeps cookies by host and sends them back.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<(SocketAddr, String), String>,
}

impl Browser {
    async fn send(
        &mut self,
        at: SocketAddr,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Said {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .filter(|((host, _), _)| *host == at)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = more.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let said = ask(at, method, path, &headers, body).await;
        for set in said.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let key = (at, name.to_owned());
            if set.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
        said
    }

    async fn get(&mut self, at: SocketAddr, path: &str) -> Said {
        self.send(at, "GET", path, &[], "").await
    }

    fn cookie(&self, at: SocketAddr, name: &str) -> Option<&str> {
        self.cookies.get(&(at, name.to_owned())).map(String::as_str)
    }

    fn set(&mut self, at: SocketAddr, name: &str, value: &str) {
        self.cookies.insert((at, name.to_owned()), value.to_owned());
    }

    /// From `/auth/login` to the callback's URL, with alice's password.
    async fn walk_to_callback(&mut self, house: &House, hub: SocketAddr) -> String {
        self.walk_to_callback_for("/clusters%3Flimit%3D5", house, hub)
            .await
    }

    async fn walk_to_callback_for(
        &mut self,
        target: &str,
        house: &House,
        hub: SocketAddr,
    ) -> String {
        let path = format!("/auth/login?return_to={target}");
        let said = self.get(house.at, &path).await;
        assert_eq!(said.status, StatusCode::SEE_OTHER, "{said:?}");
        let authorize = path_of(said.header("location"));
        let said = self.get(hub, &authorize).await;
        let login = said.header("location").to_owned();
        let page = self.get(hub, &login).await;
        let csrf = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("then", &authorize)
            .append_pair("csrf", csrf)
            .append_pair("username", "alice")
            .append_pair("password", "secret")
            .finish();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let said = self.send(hub, "POST", "/login", &[kind], &form).await;
        let said = self.get(hub, said.header("location")).await;
        let back = said.header("location").to_owned();
        assert!(
            back.starts_with("https://fleetscope.example.com/auth/callback?"),
            "{back}"
        );
        path_of(&back)
    }

    async fn log_in(&mut self, house: &House, hub: SocketAddr) {
        let callback = self.walk_to_callback(house, hub).await;
        let said = self.get(house.at, &callback).await;
        assert_eq!(said.status, StatusCode::SEE_OTHER, "{said:?}");
        assert_eq!(said.header("location"), "/clusters?limit=5");
    }

    async fn csrf(&mut self, house: &House) -> String {
        let me = self.get(house.at, "/auth/me").await.json();
        me["csrf_token"].as_str().unwrap().to_owned()
    }
}

fn path_of(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

async fn house(shape: Shape) -> (House, SocketAddr) {
    let house = House::with(shape, |config, _| logging_in(config)).await;
    let hub = house.served.address;
    (house, hub)
}

fn logging_in(config: &mut Config) {
    let login = &mut config.identity.login;
    login.public_url = Some(Url::parse("https://fleetscope.example.com").unwrap());
    login.client_id = Some(OURS.to_owned());
    login.client_secret_file.clone_from(&config.hub.token_file);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_works_and_logs_out_in_both_shapes() {
    for shape in super::BOTH {
        let (house, hub) = house(shape).await;
        let mut browser = Browser::default();
        browser.log_in(&house, hub).await;
        assert_eq!(browser.cookie(house.at, LOGIN), None);
        let me = browser.get(house.at, "/auth/me").await.json();
        assert_eq!(me["name"], "alice");
        let scopes = &me["extra"]["scopes.authorization.openshift.io"];
        assert_eq!(
            scopes,
            &serde_json::json!(["user:info", "user:check-access"])
        );
        assert_eq!(browser.get(house.at, "/api/v1/clusters").await.code(), "ok");

        let session = browser.cookie(house.at, SESSION).unwrap().to_owned();
        let csrf = browser.csrf(&house).await;
        let said = browser
            .send(
                house.at,
                "POST",
                "/auth/logout",
                &[("x-csrf-token", &csrf)],
                "",
            )
            .await;
        assert_eq!(said.status, StatusCode::NO_CONTENT, "{said:?}");
        assert_eq!(browser.cookie(house.at, SESSION), None);
        let said = browser.get(house.at, "/auth/me").await;
        assert_eq!(said.code(), "unauthenticated");
        // Whoever has kept the cookie has nothing: the token in it is revoked.
        browser.set(house.at, SESSION, &session);
        let said = browser.get(house.at, "/auth/me").await;
        assert_eq!(said.code(), "token_invalid");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_cookie_is_out_of_reach_and_says_nothing() {
    let (house, hub) = house(Shape::One).await;
    let mut browser = Browser::default();
    let callback = browser.walk_to_callback(&house, hub).await;
    let said = browser.get(house.at, &callback).await;
    let set: Vec<_> = said.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2, "{set:?}");
    for cookie in set {
        let text = cookie.to_str().unwrap();
        assert!(
            text.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"),
            "{text}"
        );
    }
    let session = browser.cookie(house.at, SESSION).unwrap();
    assert!(!session.contains("sha256"), "{session}");
    assert_eq!(said.header("cache-control"), "no-store");
    assert_eq!(said.header("referrer-policy"), "no-referrer");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_in_a_session_needs_more_than_the_cookie() {
    let (house, hub) = house(Shape::One).await;
    let mut browser = Browser::default();
    browser.log_in(&house, hub).await;
    let csrf = browser.csrf(&house).await;
    let json = ("content-type", "application/json");
    let body = r#"{"token":"nobody"}"#;
    let mut other = csrf.clone();
    other.replace_range(0..1, if csrf.starts_with('A') { "B" } else { "A" });
    for headers in [
        &[json][..],
        &[json, ("x-csrf-token", "")],
        &[json, ("x-csrf-token", "forged")],
        &[json, ("x-csrf-token", &other)],
        &[json, ("csrf-token", &csrf)],
    ] {
        let said = browser
            .send(house.at, "POST", "/auth/validate", headers, body)
            .await;
        assert_eq!(said.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(said.code(), "csrf_token_missing");
        let said = browser
            .send(house.at, "POST", "/auth/logout", headers, "")
            .await;
        assert_eq!(said.code(), "csrf_token_missing", "{headers:?}");
    }
    let headers = [json, ("x-csrf-token", csrf.as_str())];
    let said = browser
        .send(house.at, "POST", "/auth/validate", &headers, body)
        .await;
    assert_eq!(said.status, StatusCode::OK, "{said:?}");
    // Another's CSRF token is none.
    let mut second = Browser::default();
    second.log_in(&house, hub).await;
    let theirs = second.csrf(&house).await;
    let headers = [json, ("x-csrf-token", theirs.as_str())];
    let said = browser
        .send(house.at, "POST", "/auth/validate", &headers, body)
        .await;
    assert_eq!(said.code(), "csrf_token_missing");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_only_in_the_browser_in_which_it_began() {
    let (house, hub) = house(Shape::One).await;
    let (mut alice, mut mallory) = (Browser::default(), Browser::default());
    let callback = alice.walk_to_callback(&house, hub).await;
    let refused = |said: &Said| {
        assert_eq!(said.status, StatusCode::UNAUTHORIZED, "{said:?}");
        assert_eq!(said.code(), "login_refused");
        assert!(said.headers.get("set-cookie").is_none());
    };
    // A link that logs somebody in as somebody else.
    refused(&mallory.get(house.at, &callback).await);
    mallory.get(house.at, "/auth/login").await;
    refused(&mallory.get(house.at, &callback).await);
    // Changed, incomplete and late.
    let changed = callback.replace("state=", "state=x");
    refused(&alice.get(house.at, &changed).await);
    refused(&alice.get(house.at, "/auth/callback?code=a").await);
    refused(
        &alice
            .get(house.at, "/auth/callback?error=access_denied&state=a")
            .await,
    );
    let wrong_code = callback.replace("code=", "code=x");
    refused(&alice.get(house.at, &wrong_code).await);
    house.advance(600);
    refused(&alice.get(house.at, &callback).await);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_serves_once() {
    let (house, hub) = house(Shape::One).await;
    let mut browser = Browser::default();
    let callback = browser.walk_to_callback(&house, hub).await;
    let underway = browser.cookie(house.at, LOGIN).unwrap().to_owned();
    assert_eq!(
        browser.get(house.at, &callback).await.status,
        StatusCode::SEE_OTHER
    );
    browser.set(house.at, LOGIN, &underway);
    assert_eq!(
        browser.get(house.at, &callback).await.code(),
        "login_refused"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_time_and_with_its_token() {
    let (house, hub) = house(Shape::One).await;
    let mut browser = Browser::default();
    browser.log_in(&house, hub).await;
    house.advance(8 * 3600 - 1);
    assert_eq!(
        browser.get(house.at, "/auth/me").await.status,
        StatusCode::OK
    );
    house.advance(1);
    assert_eq!(
        browser.get(house.at, "/auth/me").await.code(),
        "unauthenticated"
    );

    let mut browser = Browser::default();
    browser.log_in(&house, hub).await;
    house.hub.remove_user("alice");
    house.advance(60);
    assert_eq!(
        browser.get(house.at, "/auth/me").await.code(),
        "token_invalid"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_or_borrowed_cookie_is_no_session() {
    let (house, hub) = house(Shape::One).await;
    let mut browser = Browser::default();
    browser.walk_to_callback(&house, hub).await;
    let underway = browser.cookie(house.at, LOGIN).unwrap().to_owned();
    for cookie in ["", "forged", &underway, &house.for_us()] {
        browser.set(house.at, SESSION, cookie);
        assert_eq!(
            browser.get(house.at, "/auth/me").await.code(),
            "unauthenticated"
        );
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_at_no_other_site() {
    let (house, hub) = house(Shape::One).await;
    for target in [
        "https://evil.example.com",
        "//evil.example.com",
        "/%5Cevil.example.com",
    ] {
        let mut browser = Browser::default();
        let callback = browser.walk_to_callback_for(target, &house, hub).await;
        let said = browser.get(house.at, &callback).await;
        assert_eq!(said.header("location"), "/", "{target}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_an_oauth_server_says_what_to_do() {
    let (house, _) = house(Shape::One).await;
    house.hub.behave(|hub| hub.openshift = false);
    let said = ask(house.at, "GET", "/auth/login", &[], "").await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert_eq!(said.code(), "oauth_server_missing");
    let detail = said.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("/.well-known/oauth-authorization-server"),
        "{detail}"
    );
    assert!(detail.contains("identity.oidc"), "{detail}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_browsers_cannot_log_in() {
    let house = House::open(Shape::One).await;
    for path in ["/auth/login", "/auth/callback?code=a&state=b"] {
        let said = ask(house.at, "GET", path, &[], "").await;
        assert_eq!(said.code(), "login_not_configured");
    }
    let said = ask(house.at, "POST", "/auth/logout", &[], "").await;
    assert_eq!(said.status, StatusCode::NO_CONTENT);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_with_one_key_share_their_sessions() {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "k".repeat(32)).unwrap();
    let path = key.path().to_owned();
    let with_key = |config: &mut Config, _: &Hub| {
        logging_in(config);
        config.identity.login.session_key_file = Some(path.clone());
    };
    let (one, two) = (
        House::with(Shape::One, with_key).await,
        House::with(Shape::One, with_key).await,
    );
    let mut browser = Browser::default();
    browser.log_in(&one, one.served.address).await;
    let session = browser.cookie(one.at, SESSION).unwrap().to_owned();
    browser.set(two.at, SESSION, &session);
    // It opens there too, and what is in it is a token, which only the first one's hub knows.
    assert_eq!(
        browser.get(two.at, "/auth/me").await.code(),
        "token_invalid"
    );
    let (other, _) = house(Shape::One).await;
    browser.set(other.at, SESSION, &session);
    assert_eq!(
        browser.get(other.at, "/auth/me").await.code(),
        "unauthenticated"
    );
    other.close().await;
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_the_replacement_of_its_key_and_not_its_removal() {
    let folder = tempfile::tempdir().unwrap();
    let (current, previous) = (folder.path().join("key"), folder.path().join("previous"));
    let key = |letter: &str| letter.repeat(32);
    std::fs::write(&current, key("a")).unwrap();
    std::fs::write(&previous, key("z")).unwrap();
    let house = House::with(Shape::One, |config, _| {
        logging_in(config);
        config.identity.login.session_key_file = Some(current.clone());
        config.identity.login.previous_session_key_files = vec![previous.clone()];
    })
    .await;
    let hub = house.served.address;
    let reload = async || {
        let task = house.running[0].activate("session_keys").await.unwrap();
        task.last_error.or(task.last_summary).unwrap()
    };
    let mut old = Browser::default();
    old.log_in(&house, hub).await;
    let knows = async |browser: &mut Browser| {
        browser.get(house.at, "/auth/me").await.status == StatusCode::OK
    };
    assert!(knows(&mut old).await);
    assert_eq!(reload().await, "the keys are the same");

    // Half of a replacement changes nothing.
    std::fs::write(&current, "short").unwrap();
    assert!(
        reload().await.contains("holds 5 bytes"),
        "{}",
        reload().await
    );
    assert!(knows(&mut old).await);

    std::fs::write(&previous, key("a")).unwrap();
    std::fs::write(&current, key("b")).unwrap();
    assert_eq!(reload().await, "sessions are sealed under other keys now");
    assert!(
        knows(&mut old).await,
        "what it was sealed under opens still"
    );
    let mut new = Browser::default();
    new.log_in(&house, hub).await;
    assert!(knows(&mut new).await);

    std::fs::write(&previous, key("z")).unwrap();
    reload().await;
    assert!(!knows(&mut old).await, "its key is gone");
    assert!(knows(&mut new).await);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_begins_so_many_logins_and_more_after_a_while() {
    let (house, _) = house(Shape::One).await;
    let begin = async || ask(house.at, "GET", "/auth/login", &[], "").await;
    for _ in 0..60 {
        assert_eq!(begin().await.status, StatusCode::SEE_OTHER);
    }
    let refused = begin().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.code(), "too_many_logins");
    assert_eq!(refused.header("retry-after"), "1");
    house.advance(1);
    assert_eq!(begin().await.status, StatusCode::SEE_OTHER);
    house.close().await;
}
