//! Secrets that are planted in every field, and looked for wherever something comes out.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fleetscope_client::Client;
use fleetscope_client::wire::{CredentialField, NewCredential, NewCredentialKind, SecretText};
use fleetscope_testkit::{Fleet, Shape, TestApp, a_time};
use reqwest::Method;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that the process tells of itself at its most talkative, events and spans, while the
/// test that looks at it runs.
static ALL: Mutex<Option<String>> = Mutex::new(None);

struct Listener;

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

fn told(name: &str, record: impl FnOnce(&mut Fields<'_>)) {
    if let Some(all) = ALL.lock().unwrap().as_mut() {
        all.push_str(name);
        record(&mut Fields(all));
        all.push('\n');
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        ALL.lock().unwrap().is_some()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        told(span.metadata().name(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        told("", |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        told(event.metadata().target(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A text in all the ways in which it could come out.
pub(super) fn spellings(canary: &str) -> Vec<String> {
    let bytes = canary.as_bytes();
    let (mut hex, mut percent) = (String::new(), String::new());
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
        let _ = write!(percent, "%{byte:02X}");
    }
    let mut all = vec![canary.to_owned(), hex.to_uppercase(), hex, percent];
    // In base64 a text looks different at each of the three places it can begin at.
    for before in 0..3 {
        let shifted = [&vec![b'x'; before], bytes].concat();
        for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            let sure = (before * 8).div_ceil(6)..encoded.trim_end_matches('=').len() - 2;
            all.push(encoded[sure].to_owned());
        }
    }
    all
}

pub(super) struct Canaries(pub(super) Vec<(String, Vec<String>)>);

impl Canaries {
    pub(super) fn new(names: &[&str]) -> Self {
        let all = names.iter().map(|name| {
            let canary = format!("canary-{name}-7f3a9c51e2");
            let spellings = spellings(&canary);
            (canary, spellings)
        });
        Self(all.collect())
    }

    pub(super) fn of(&self, name: &str) -> String {
        let found = self.0.iter().find(|(canary, _)| canary.contains(name));
        found.unwrap().0.clone()
    }

    #[track_caller]
    pub(super) fn look_in(&self, place: &str, bytes: &[u8]) {
        if let Some((canary, spelling, at)) = self.places_in(bytes).first() {
            let around = &bytes[at.saturating_sub(80)..(at + 80).min(bytes.len())];
            let around = String::from_utf8_lossy(around);
            panic!("{canary} is in {place} as {spelling}: {around}");
        }
    }

    /// Every place at which a canary stands, with its spelling. One pass, however long it is: a
    /// place is looked at where its first two bytes begin some spelling.
    pub(super) fn places_in(&self, bytes: &[u8]) -> Vec<(&str, &str, usize)> {
        let mut begun = vec![Vec::new(); 1 << 16];
        for (canary, spellings) in &self.0 {
            for spelling in spellings {
                let first = spelling.as_bytes();
                let two = usize::from(first[0]) << 8 | usize::from(first[1]);
                begun[two].push((canary.as_str(), spelling.as_str()));
            }
        }
        let mut found = Vec::new();
        let mut two = 0;
        for (at, byte) in bytes.iter().enumerate() {
            two = (two << 8 | usize::from(*byte)) & 0xffff;
            for (canary, spelling) in &begun[two] {
                let begin = at.saturating_sub(1);
                if bytes[begin..].starts_with(spelling.as_bytes()) {
                    found.push((*canary, *spelling, begin));
                }
            }
        }
        found
    }
}

pub(super) fn text(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

pub(super) fn basic(user: &str, password: &str) -> NewCredential {
    NewCredential {
        username: Some(text(user)),
        password: Some(text(password)),
        ..NewCredential::of(NewCredentialKind::Basic)
    }
}

pub(super) fn certificate(canary: &str) -> (NewCredential, String) {
    let made = rcgen::generate_simple_self_signed(["shop".to_owned()]).unwrap();
    let key = made.signing_key.serialize_pem();
    // A line before the block is no part of the PEM, and is kept as it is.
    let certificate = NewCredential {
        certificate: Some(text(&made.cert.pem())),
        key: Some(text(&format!("{canary}\n{key}"))),
        ..NewCredential::of(NewCredentialKind::ClientCertificate)
    };
    let body = key.lines().nth(1).unwrap().to_owned();
    (certificate, body)
}

pub(super) fn files(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, look);
        } else if !path.ends_with("credentials.key") {
            look(&path, &std::fs::read(&path).unwrap());
        }
    }
}

const NAMES: [&str; 8] = [
    "token", "user", "password", "key", "config", "bad", "field", "wrong",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_in_every_field_is_found_nowhere() {
    *ALL.lock().unwrap() = Some(String::new());
    // Other tests of this binary are told of too meanwhile, which adds to what is searched.
    tracing::subscriber::set_global_default(Listener).unwrap();
    let mut canaries = Canaries::new(&NAMES);
    let app = TestApp::start(Shape::One, a_time()).await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    for cluster in &clusters {
        // It repeats whatever it is shown: in its body, in a header's value and a header's name.
        fleet
            .simulation()
            .demand(&cluster.name, Some("Bearer nobody knows"));
    }
    let shop = clusters[0].id;
    let (pair, body) = certificate(&canaries.of("key"));
    canaries.0.push((body.clone(), spellings(&body)));
    let kubeconfig = NewCredential {
        kubeconfig: Some(text(&format!(
            "contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, \
             cluster: {{server: 'https://x'}}}}]\nusers: [{{name: u, user: {{token: {}}}}}]\n",
            canaries.of("config")
        ))),
        ..NewCredential::of(NewCredentialKind::Kubeconfig)
    };
    let user = canaries.of("user");
    for (field, new) in [
        (
            CredentialField::Shared,
            NewCredential::token(canaries.of("token")),
        ),
        (
            CredentialField::Prometheus,
            basic(&user, &canaries.of("password")),
        ),
        (CredentialField::Loki, pair),
        (CredentialField::Tempo, kubeconfig),
    ] {
        let put = app.admin.put_credential(shop, field, &new).await;
        put.unwrap();
    }
    let mut answers = wrong_ways(&app.admin, shop, &canaries).await;
    for client in [&app.viewer, &app.operator, &app.admin] {
        answers.extend(every_route(client, shop).await);
    }
    assert!(answers.len() > 60, "{} answers", answers.len());
    assert!(
        answers
            .iter()
            .any(|(_, text)| text.contains("unauthenticated"))
    );
    for (place, text) in &answers {
        canaries.look_in(place, text.as_bytes());
    }
    let metrics = fleetscope_testkit::real::fetch(&app.admin_base.join("metrics").unwrap()).await;
    canaries.look_in("the metrics", metrics.unwrap().as_bytes());
    let data = app.data().to_owned();
    let mut seen = 0;
    files(&data, &mut |path, bytes| {
        canaries.look_in(&path.display().to_string(), bytes);
        seen += bytes.len();
    });
    assert!(seen > 100_000, "{seen} bytes of files");
    canaries.look_in(
        "an answer's Debug",
        format!("{:?}", basic(&user, &user)).as_bytes(),
    );
    app.stop().await;
    let logged = ALL.lock().unwrap().take().unwrap();
    for told in ["outside read", "credentials.put", "credentials.shown"] {
        assert!(logged.contains(told), "{told}");
    }
    canaries.look_in("the log", logged.as_bytes());
}

/// Bodies that are wrong, with secrets where they do not belong.
async fn wrong_ways(
    admin: &Client,
    cluster: uuid::Uuid,
    canaries: &Canaries,
) -> Vec<(String, String)> {
    let (bad, field, wrong) = (
        canaries.of("bad"),
        canaries.of("field"),
        canaries.of("wrong"),
    );
    let bodies = [
        format!("{{\"kind\":\"token\",\"token\":\"Bearer {bad}\"}}"),
        format!("{{\"kind\":\"token\",\"tokens\":\"{bad}\"}}"),
        format!("{{\"kind\":\"token\",\"token\":{{\"x\":\"{bad}\"}}}}"),
        format!("{{\"kind\":\"basic\",\"username\":\"{bad}\"}}"),
        format!("{{\"kind\":\"basic\",\"token\":\"{bad}\",\"username\":\"x\",\"password\":\"x\"}}"),
        format!("{{\"kind\":\"client_certificate\",\"certificate\":\"{bad}\",\"key\":\"{bad}\"}}"),
        format!("{{\"kind\":\"kubeconfig\",\"kubeconfig\":\"{bad}: [{bad}\"}}"),
        format!(
            "{{\"kind\":\"kubeconfig\",\"kubeconfig\":\"users: [{{user: {{token: {bad}}}}}]\"}}"
        ),
        format!("{{\"kind\":\"token\",\"token\":\"{bad}"),
        bad.clone(),
    ];
    let path = format!("/api/v1/clusters/{cluster}/credentials/shared");
    let mut answers = Vec::new();
    for body in bodies {
        answers.push(send(admin, Method::PUT, &path, Some(body)).await);
    }
    let import = [
        format!("{{\"kubeconfig\":\"{wrong}\"}}"),
        format!("{{\"kubeconfig\":\"{wrong}\",\"clusters\":[]}}"),
        format!(
            "{{\"clusters\":[{{\"cluster\":{{\"name\":\"x\",\"endpoints\":{{\"loki\":{{\"url\":\
             \"https://user:{wrong}@loki\"}}}}}}}}]}}"
        ),
        format!(
            "{{\"clusters\":[{{\"cluster\":{{\"name\":\"x\",\"endpoints\":{{\"loki\":{{\"url\":\
             \"https://loki\",\"headers\":{{\"authorization\":\"{wrong}\"}}}}}}}}}}]}}"
        ),
        format!(
            "{{\"clusters\":[{{\"cluster\":{{\"name\":\"x\"}},\"credentials\":{{\"loki\":{{\"kind\":\
             \"token\",\"token\":\"a b {field}\"}}}}}}]}}"
        ),
    ];
    for body in import {
        answers.push(send(admin, Method::POST, "/api/v1/clusters/import", Some(body)).await);
    }
    answers
}

/// Every route that reads, of the document that the server shows.
async fn every_route(client: &Client, cluster: uuid::Uuid) -> Vec<(String, String)> {
    let request = client.raw(Method::GET, "/api/v1/openapi.json").unwrap();
    let document = request.send().await.unwrap().text().await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let mut answers = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{id}", &cluster.to_string())
            .replace("{field}", "shared")
            .replace("{cluster}", &cluster.to_string())
            .replace("{name}", "job")
            .replace("{trace_id}", "1");
        if path.ends_with("/stream") || path.starts_with("/auth/log") {
            continue;
        }
        let query = match path.as_str() {
            "/api/v1/metrics/query" => "?query=up",
            "/api/v1/metrics/query_range" => {
                "?query=up&start=2026-01-01T11:00:00Z&end=2026-01-01T12:00:00Z&step=60s"
            }
            "/api/v1/metrics/series" => "?match=up",
            path if path.starts_with("/prometheus/") => {
                "?query=up&match[]=up&start=1767265200&end=1767268800&step=60"
            }
            _ => "",
        };
        if operations.get("get").is_some() {
            let whole = format!("{path}{query}");
            answers.push(send(client, Method::GET, &whole, None).await);
        }
    }
    for (path, body) in [
        (format!("/api/v1/clusters/{cluster}/validate"), "{}"),
        (
            "/api/v1/analysis/rca".to_owned(),
            "{\"window\":{\"start\":\"2026-01-01T11:00:00Z\",\"end\":\"2026-01-01T12:00:00Z\"}}",
        ),
        ("/api/v1/traces/search".to_owned(), "{}"),
        ("/api/v1/keys/rotation".to_owned(), ""),
    ] {
        let body = Some(body.to_owned()).filter(|body| !body.is_empty());
        answers.push(send(client, Method::POST, &path, body).await);
    }
    answers
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<String>,
) -> (String, String) {
    let place = format!("the answer to {method} {path}");
    let mut request = client.raw(method, path).unwrap();
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body);
    }
    let response = request.send().await.unwrap();
    let headers = format!("{:?}", response.headers());
    (place, headers + &response.text().await.unwrap())
}
