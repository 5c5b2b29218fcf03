//! A simulated fleet with a clock that a test moves by hand, asked through its router.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use fleetscope_sim::{Options, Simulation};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

/// A working day at eleven in the morning.
pub(crate) const START: i64 = 1_795_604_400;

pub(crate) struct Fleet {
    pub(crate) simulation: Simulation,
    seconds: Arc<AtomicI64>,
}

impl Fleet {
    pub(crate) fn new(seed: u64, history: Duration) -> Self {
        Self::at(START, seed, history)
    }

    pub(crate) fn at(start: i64, seed: u64, history: Duration) -> Self {
        let seconds = Arc::new(AtomicI64::new(start));
        let clock = seconds.clone();
        let now = Arc::new(move || {
            Timestamp::from_second(clock.load(Ordering::SeqCst)).expect("in the calendar")
        });
        let start = Timestamp::from_second(start).expect("in the calendar");
        let options = Options {
            seed,
            start,
            history,
            now,
        };
        Self {
            simulation: Simulation::new(options).expect("a fleet"),
            seconds,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.seconds.load(Ordering::SeqCst)
    }

    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.let_pass(minutes);
        self.simulation.sync();
    }

    /// Time passes, and nothing is asked.
    pub(crate) fn let_pass(&self, minutes: i64) {
        self.seconds.fetch_add(minutes * 60, Ordering::SeqCst);
    }

    /// The body of an answer that goes on.
    pub(crate) async fn stream(&self, path: &str) -> Body {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = self.simulation.router().oneshot(request).await;
        response.expect("an answer").into_body()
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    pub(crate) async fn post(&self, path: &str, json: &str) -> (StatusCode, String) {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(
            request
                .body(Body::from(json.to_owned()))
                .expect("a request"),
        )
        .await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self
            .simulation
            .router()
            .oneshot(request)
            .await
            .expect("an answer");
        let status = response.status();
        let bytes = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// An instant query `minutes` ago: labels and value of each series.
    pub(crate) async fn query_ago(
        &self,
        cluster: &str,
        query: &str,
        minutes: i64,
    ) -> Vec<(Value, f64)> {
        let query = encode(query);
        let time = self.now() - minutes * 60;
        let path = format!("/{cluster}/prometheus/api/v1/query?query={query}&time={time}");
        let answer = self.json(&path).await;
        let result = answer["data"]["result"]
            .as_array()
            .expect("a vector")
            .clone();
        result
            .into_iter()
            .map(|item| {
                let value = item["value"][1]
                    .as_str()
                    .expect("a value")
                    .parse()
                    .expect("a number");
                (item["metric"].clone(), value)
            })
            .collect()
    }

    pub(crate) async fn query(&self, cluster: &str, query: &str) -> Vec<(Value, f64)> {
        self.query_ago(cluster, query, 0).await
    }

    /// The only value of a query; NaN where it has none.
    pub(crate) async fn value(&self, cluster: &str, query: &str) -> f64 {
        self.value_ago(cluster, query, 0).await
    }

    pub(crate) async fn value_ago(&self, cluster: &str, query: &str, minutes: i64) -> f64 {
        self.query_ago(cluster, query, minutes)
            .await
            .first()
            .map_or(f64::NAN, |item| item.1)
    }
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

pub(crate) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
