//! A real Prometheus: a cluster registered with it answers through Fleetscope as directly, sample
//! for sample.

use std::time::Duration;

use fleetscope_client::MetricScope;
use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_testkit::real::fetch;
use fleetscope_testkit::{NodeExporter, Prometheus, TestApp};
use jiff::Timestamp;
use serde_json::Value;

const QUERIES: [&str; 6] = [
    "up",
    "rate(prometheus_http_requests_total[2s])",
    "sum by (mode) (node_cpu_seconds_total)",
    "process_resident_memory_bytes",
    "histogram_quantile(0.9, sum by (le) (prometheus_http_request_duration_seconds_bucket))",
    "node_load1 / 0",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_range_query_gives_the_samples_that_prometheus_itself_gives() {
    let app = TestApp::one().await;
    let exporter = NodeExporter::start().await;
    let targets = [("node", exporter.address), ("fleetscope", app.roles.admin)];
    let prometheus = Prometheus::start(&targets).await;
    all_up(&prometheus).await;
    let url = prometheus.base.to_string();
    let new = NewCluster {
        name: "real".to_owned(),
        endpoints: Endpoints {
            prometheus: Some(Endpoint {
                url,
                ..Endpoint::default()
            }),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    };
    app.admin.create_cluster(&new).await.unwrap();
    let (start, end) = span(&prometheus).await;
    for query in QUERIES {
        let directly = directly(&prometheus, query, start, end).await;
        assert!(!directly.is_empty(), "{query} gives nothing to compare");
        assert_eq!(through(&app, query, start, end).await, directly, "{query}");
    }
    app.stop().await;
}

/// Series as sorted text: labels, then pairs of milliseconds and value bits.
type Comparable = Vec<(String, Vec<(i64, u64)>)>;

fn value(text: &str) -> u64 {
    let value: f64 = text.parse().unwrap();
    // One NaN is as good as another.
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

async fn through(app: &TestApp, query: &str, start: i64, end: i64) -> Comparable {
    let at = |ms| Some(Timestamp::from_millisecond(ms).unwrap());
    let scope = MetricScope {
        clusters: Vec::new(),
        start: at(start),
        end: at(end),
        step: Some("0.25".to_owned()),
        ..MetricScope::default()
    };
    let answer = app.viewer.query_range(query, &scope).await.unwrap();
    assert_eq!(answer.gaps, []);
    let mut series: Comparable = answer
        .series
        .into_iter()
        .map(|mut series| {
            assert_eq!(series.labels.remove("cluster").as_deref(), Some("real"));
            let samples = series.samples.iter();
            let samples = samples
                .map(|pair| ((pair.0 * 1000.0).round() as i64, value(&pair.1)))
                .collect();
            (format!("{:?}", series.labels), samples)
        })
        .collect();
    series.sort();
    series
}

async fn directly(prometheus: &Prometheus, query: &str, start: i64, end: i64) -> Comparable {
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let mut url = prometheus.base.join("api/v1/query_range").unwrap();
    url.query_pairs_mut()
        .append_pair("query", query)
        .append_pair("start", &seconds(start))
        .append_pair("end", &seconds(end))
        .append_pair("step", "0.25");
    let answer: Value = serde_json::from_str(&fetch(&url).await.unwrap()).unwrap();
    let mut series: Comparable = Vec::new();
    for item in answer["data"]["result"].as_array().unwrap() {
        let labels: std::collections::BTreeMap<String, String> =
            serde_json::from_value(item["metric"].clone()).unwrap();
        let samples = item["values"].as_array().unwrap().iter().map(|pair| {
            let at = (pair[0].as_f64().unwrap() * 1000.0).round() as i64;
            (at, value(pair[1].as_str().unwrap()))
        });
        series.push((format!("{labels:?}"), samples.collect()));
    }
    series.sort();
    series
}

/// Waits until all three targets have been scraped a few times.
async fn all_up(prometheus: &Prometheus) {
    let mut url = prometheus.base.join("api/v1/query").unwrap();
    url.query_pairs_mut()
        .append_pair("query", "count(count_over_time(up[1m]) > 20)");
    for _ in 0..600 {
        let text = fetch(&url).await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        if answer["data"]["result"][0]["value"][1] == "3" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the three targets were not scraped within a minute");
}

/// Two seconds that are over, in milliseconds, by Prometheus' own clock.
async fn span(prometheus: &Prometheus) -> (i64, i64) {
    let mut url = prometheus.base.join("api/v1/query").unwrap();
    url.query_pairs_mut().append_pair("query", "time()");
    let answer: Value = serde_json::from_str(&fetch(&url).await.unwrap()).unwrap();
    let now: f64 = answer["data"]["result"][1]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let end = (now * 1000.0) as i64 - 500;
    (end - 2000, end)
}
