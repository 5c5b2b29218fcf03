//! A real Prometheus behind a proxy that lets in whoever bears a token: what it logs, and that
//! whoever is let in is answered as the Prometheus answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use fleetscope_client::MetricScope;
use fleetscope_client::wire::{Cluster, CredentialField, NewCredential};
use fleetscope_testkit::{Prometheus, TestApp};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use crate::union::described;

const SAMPLES: &str = "\
# TYPE up gauge
up{job=\"a\",namespace=\"shop\"} 1 1767268800
up{job=\"b\",namespace=\"till\"} 0 1767268800
# EOF
";

const PATHS: [&str; 8] = [
    "query?query=up&time=1767268800",
    "query_range?query=up&start=1767268800&end=1767268860&step=15",
    "series?match[]=up",
    "labels",
    "label/job/values",
    "metadata",
    "rules",
    "alerts",
];

/// What was borne, and the status of the answer.
type Line = (Option<String>, u16);

/// The proxy: which token it demands, and what it logs: the bearer and the status.
#[derive(Clone)]
struct Guard {
    behind: Url,
    token: Arc<Mutex<String>>,
    log: Arc<Mutex<Vec<Line>>>,
    client: Client,
}

async fn guarded(State(guard): State<Guard>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let shown = head.headers.get("authorization");
    let shown = shown.map(|value| value.to_str().unwrap().to_owned());
    let wanted = format!("Bearer {}", guard.token.lock().unwrap());
    let refused = shown.as_ref() != Some(&wanted);
    let mut answer = Response::builder();
    let mut text = Body::from("who are you?");
    if refused {
        answer = answer.status(401);
    } else {
        let target = head.uri.path_and_query().unwrap().as_str();
        let mut asked = guard
            .client
            .request(head.method, guard.behind.join(target).unwrap());
        if let Some(kind) = head.headers.get("content-type") {
            asked = asked.header("content-type", kind);
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let theirs = asked.body(body).send().await.unwrap();
        answer = answer
            .status(theirs.status())
            .header("content-type", "application/json");
        text = Body::from(theirs.bytes().await.unwrap());
    }
    let answer = answer.body(text).unwrap();
    let line = (shown, answer.status().as_u16());
    guard.log.lock().unwrap().push(line);
    answer
}

impl Guard {
    #[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
    async fn before(prometheus: &Prometheus, tasks: &mut JoinSet<()>) -> (Self, Url) {
        let guard = Self {
            behind: prometheus.base.clone(),
            token: Arc::new(Mutex::new("first".to_owned())),
            log: Arc::default(),
            client: Client::new(),
        };
        let router = Router::new().fallback(guarded).with_state(guard.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (guard, base)
    }

    /// What was logged since the last look.
    fn logged(&self) -> Vec<Line> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    fn demands(&self, token: &str) {
        token.clone_into(&mut self.token.lock().unwrap());
    }
}

async fn kinds(app: &TestApp) -> Vec<String> {
    let answer = app.viewer.query("up", &MetricScope::default()).await;
    let gaps = answer.unwrap().gaps.into_iter();
    gaps.map(|gap| gap.kind).collect()
}

async fn put(app: &TestApp, cluster: &Cluster, token: &str) {
    let new = NewCredential::token(token);
    let field = CredentialField::Prometheus;
    app.admin
        .put_credential(cluster.id, field, &new)
        .await
        .unwrap();
}

/// Asks until there is no gap: the event that tells of a change is on its way for a moment.
async fn let_in(app: &TestApp) {
    for _ in 0..200 {
        if kinds(app).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the new token is not used");
}

fn bearer(token: &str, status: u16) -> Line {
    (Some(format!("Bearer {token}")), status)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_a_wrong_a_right_and_a_rotated_one_are_seen_at_the_door_of_a_real_prometheus() {
    let app = TestApp::one().await;
    let prometheus = Prometheus::over(SAMPLES, None).await;
    let mut tasks = JoinSet::new();
    let (guard, base) = Guard::before(&prometheus, &mut tasks).await;
    let mut new = described("one", &prometheus);
    new.endpoints.prometheus.as_mut().unwrap().url = base.to_string();
    let cluster = app.admin.create_cluster(&new).await.unwrap();
    // The registry looks at a new endpoint by itself.
    app.admin.validate_cluster(cluster.id).await.unwrap();
    guard.logged();

    assert_eq!(kinds(&app).await, ["unauthenticated"]);
    assert!(guard.logged().iter().all(|line| *line == (None, 401)));

    put(&app, &cluster, "wrong").await;
    app.admin.validate_cluster(cluster.id).await.unwrap();
    guard.logged();
    assert_eq!(kinds(&app).await, ["unauthenticated"]);
    // Where the event of it has not come yet, the refusal has it fetched.
    assert_eq!(guard.logged().last(), Some(&bearer("wrong", 401)));

    put(&app, &cluster, "first").await;
    let_in(&app).await;
    guard.logged();
    for path in PATHS {
        let url = prometheus.base.join(&format!("api/v1/{path}")).unwrap();
        let direct: Value = guard
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let path = format!("/prometheus/one/api/v1/{path}");
        let response = app
            .viewer
            .raw(Method::GET, &path)
            .unwrap()
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["data"],
            direct["data"],
            "{path}"
        );
    }
    let seen = guard.logged();
    assert!(seen.len() >= PATHS.len(), "{seen:?}");
    assert!(
        seen.iter().all(|line| *line == bearer("first", 200)),
        "{seen:?}"
    );

    // It expires: one refusal, one more try with what is kept, and then a gap.
    guard.demands("second");
    assert_eq!(kinds(&app).await, ["unauthenticated"]);
    assert!(
        guard
            .logged()
            .iter()
            .all(|line| *line == bearer("first", 401))
    );
    // It is rotated.
    put(&app, &cluster, "second").await;
    let_in(&app).await;
    assert_eq!(guard.logged().last(), Some(&bearer("second", 200)));
    app.stop().await;
}
