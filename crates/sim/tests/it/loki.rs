//! Loki of the simulated fleet, held to recorded answers of a real one.

use fleetscope_sim::Fault;
use http::Request;
use serde_json::Value;

use crate::fleet::{Fleet, START, encode, hours};
use crate::shape;

const RECORDED: &str = include_str!("loki/recorded.json");

#[tokio::test]
async fn refusals_are_those_of_a_real_server() {
    let fleet = Fleet::new(1, hours(1));
    shape::refusals(&fleet, "/shop/loki", RECORDED, &[]).await;
    let request = Request::delete("/shop/loki/loki/api/v1/labels").body(axum::body::Body::empty());
    let (status, body) = fleet.send(request.expect("a request")).await;
    assert_eq!(
        (status.as_u16(), body.as_str()),
        (404, "404 page not found\n")
    );
}

#[tokio::test]
async fn answers_have_the_recorded_form() {
    let fleet = Fleet::new(1, hours(2));
    let end = START * 1_000_000_000;
    let start = end - 3_600_000_000_000;
    let range = |query: &str| {
        let query = encode(query);
        format!("/shop/loki/loki/api/v1/query_range?query={query}&start={start}&end={end}&step=300")
    };
    let cases = [
        (
            "query_range, streams, whole answer with stats",
            range("{app=\"payment\"}"),
        ),
        (
            "query_range, matrix: rate",
            range("sum by (app, detected_level) (rate({namespace=\"shop\"}[1m]))"),
        ),
        (
            "query_range, nothing found: result is []",
            range("{app=\"absent\"}"),
        ),
        (
            "query_range, matrix, nothing found: result is []",
            range("sum(rate({app=\"absent\"}[1m]))"),
        ),
        (
            "query (instant), vector",
            format!(
                "/shop/loki/loki/api/v1/query?query={}",
                encode("sum by (app) (count_over_time({namespace=\"shop\"}[30m]))")
            ),
        ),
        ("labels", "/shop/loki/loki/api/v1/labels".to_owned()),
        (
            "labels, nothing in range: data is absent",
            "/shop/loki/loki/api/v1/labels?start=1&end=2".to_owned(),
        ),
        (
            "label values, unknown label: data is absent",
            "/shop/loki/loki/api/v1/label/nope/values".to_owned(),
        ),
        (
            "series, none",
            format!(
                "/shop/loki/loki/api/v1/series?match%5B%5D={}",
                encode("{app=\"absent\"}")
            ),
        ),
    ];
    same(&fleet, &cases).await;
}

/// Whether each answer has the form of the recorded one.
async fn same(fleet: &Fleet, cases: &[(&str, String)]) {
    for (name, path) in cases {
        let real = shape::recorded(RECORDED, name);
        let ours = fleet.json(path).await;
        shape::same(&real["response"]["body"], &ours, &["stream", "metric"]);
    }
}

#[tokio::test]
async fn what_is_told_about_lines_has_the_recorded_form() {
    let fleet = Fleet::new(1, hours(2));
    let cases = [
        (
            "index/stats: zeros, the chunks are still in memory",
            format!(
                "/shop/loki/loki/api/v1/index/stats?query={}",
                encode("{app=\"payment\"}")
            ),
        ),
        (
            "index/volume",
            format!(
                "/shop/loki/loki/api/v1/index/volume?query={}",
                encode("{namespace=\"shop\"}")
            ),
        ),
        (
            "index/volume, targetLabels",
            format!(
                "/shop/loki/loki/api/v1/index/volume?query={}&targetLabels=service_name&limit=5",
                encode("{namespace=\"shop\"}")
            ),
        ),
        (
            "index/volume, aggregateBy=labels",
            format!(
                "/shop/loki/loki/api/v1/index/volume?query={}&aggregateBy=labels",
                encode("{namespace=\"shop\"}")
            ),
        ),
        (
            "detected_fields",
            format!(
                "/shop/loki/loki/api/v1/detected_fields?query={}",
                encode("{app=\"cart\"}")
            ),
        ),
        (
            "detected_fields, nothing found: {} without fields",
            format!(
                "/shop/loki/loki/api/v1/detected_fields?query={}",
                encode("{app=\"absent\"}")
            ),
        ),
    ];
    same(&fleet, &cases).await;
}

#[tokio::test]
async fn metadata_is_merged_into_the_stream_or_stands_apart_as_asked() {
    let fleet = Fleet::new(2, hours(1));
    let path = format!(
        "/shop/loki/loki/api/v1/query_range?query={}&limit=5",
        encode("{app=\"cart\"} | json")
    );
    let merged = fleet.json(&path).await;
    let stream = &merged["data"]["result"][0]["stream"];
    assert_eq!(stream["detected_level"], "info", "{stream}");
    assert_eq!(stream["service_name"], "cart");
    assert!(stream["duration_ms"].is_string(), "{stream}");
    let request = Request::get(&path)
        .header("X-Loki-Response-Encoding-Flags", "categorize-labels")
        .body(axum::body::Body::empty());
    let (_, apart) = fleet.send(request.expect("a request")).await;
    let apart: Value = serde_json::from_str(&apart).expect("JSON");
    assert_eq!(apart["data"]["encodingFlags"][0], "categorize-labels");
    let first = &apart["data"]["result"][0];
    assert!(first["stream"].get("detected_level").is_none());
    assert_eq!(
        first["values"][0][2]["structuredMetadata"]["detected_level"],
        "info"
    );
    assert!(first["values"][0][2]["parsed"]["duration_ms"].is_string());
}

#[tokio::test]
async fn the_same_lines_come_again_and_in_both_directions() {
    let fleet = Fleet::new(3, hours(2));
    let query = "{namespace=\"shop\"}";
    let first = lines(&fleet, "shop", query, "limit=5000").await;
    assert_eq!(first, lines(&fleet, "shop", query, "limit=5000").await);
    let (end, start) = (START * 1_000_000_000, (START - 300) * 1_000_000_000);
    let some = format!("limit=5000&start={start}&end={end}");
    let mut backward = lines(&fleet, "shop", query, &some).await;
    let mut forward = lines(&fleet, "shop", query, &format!("{some}&direction=forward")).await;
    assert!(backward.len() > 100);
    backward.sort();
    forward.sort();
    assert_eq!(backward, forward);
    assert!(backward.iter().all(|(at, _)| (start..end).contains(at)));
}

#[tokio::test]
async fn counts_agree_with_the_lines() {
    let fleet = Fleet::new(4, hours(2));
    let all = lines(
        &fleet,
        "train",
        "{namespace=\"inference\"} |= \"request served\"",
        "limit=5000&since=10m",
    )
    .await;
    let count = format!(
        "/train/loki/loki/api/v1/query?query={}",
        encode("sum(count_over_time({namespace=\"inference\"} |= \"request served\" [10m]))")
    );
    let count = fleet.json(&count).await;
    assert_eq!(
        count["data"]["result"][0]["value"][1],
        all.len().to_string()
    );
}

#[tokio::test]
async fn filters_and_label_filters_select() {
    let fleet = Fleet::new(5, hours(2));
    let slow = lines(
        &fleet,
        "shop",
        "{app=\"frontend\"} | json | duration_ms > 100",
        "limit=200",
    )
    .await;
    assert!(!slow.is_empty());
    for (_, line) in &slow {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert!(line["duration_ms"].as_i64().expect("a number") > 100);
    }
    let without = lines(
        &fleet,
        "shop",
        "{app=\"frontend\"} != \"checkout\" !~ `cart|product`",
        "limit=50",
    )
    .await;
    assert!(
        without.iter().all(|(_, line)| !line.contains("GET /cart")),
        "{without:?}"
    );
    let logfmt = lines(
        &fleet,
        "train",
        "{app=\"feature-store\"} | logfmt | status=200 and route=\"GET /features\"",
        "limit=5",
    )
    .await;
    assert_eq!(logfmt.len(), 5);
}

#[tokio::test]
async fn an_error_of_a_kept_trace_carries_its_id() {
    let fleet = Fleet::new(6, hours(2));
    let truth = fleet
        .simulation
        .inject(Fault::BadRelease)
        .expect("a target");
    fleet.pass_minutes(10);
    let query = format!("{{app=\"{}\"}} | trace_id=~\".+\"", truth.entity.name);
    let path = format!(
        "/{}/loki/loki/api/v1/query_range?query={}&limit=5",
        truth.cluster,
        encode(&query)
    );
    let found = fleet.json(&path).await;
    let stream = &found["data"]["result"][0]["stream"];
    let id = stream["trace_id"].as_str().expect("a trace");
    let trace = fleet
        .json(&format!("/{}/tempo/api/traces/{id}", truth.cluster))
        .await;
    let text = trace.to_string();
    assert!(
        text.contains("STATUS_CODE_ERROR") && text.contains(stream["pod"].as_str().expect("pod"))
    );
}

#[tokio::test]
async fn the_daemons_write_as_linuxptp_does() {
    let fleet = Fleet::new(7, hours(1));
    let query = "{app=\"linuxptp-daemon\"} |~ `^ptp4l\\[\\d+\\.\\d+\\]: \\[ptp4l\\.0\\.config\\] rms +\\d+ max +\\d+ freq +[-+]\\d+ \\+/- +\\d+ delay +\\d+ \\+/- +\\d+$`";
    assert!(lines(&fleet, "edge", query, "limit=10").await.len() == 10);
    let grandmaster = "{app=\"linuxptp-daemon\"} |= \"ts2phc[\" |= \" s2 freq \"";
    assert!(lines(&fleet, "edge", grandmaster, "limit=10").await.len() == 10);
}

#[tokio::test]
async fn a_form_is_read_as_the_query_is() {
    let fleet = Fleet::new(8, hours(1));
    let request = Request::post("/shop/loki/loki/api/v1/query_range")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("query={}&limit=2", encode("{app=\"cart\"}")).into());
    let (status, body) = fleet.send(request.expect("a request")).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("request served"), "{body}");
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let fleet = Fleet::new(9, hours(1));
    for query in [
        "{app=\"cart\"} | line_format \"{{.x}}\"",
        "quantile_over_time(0.9, {app=\"cart\"} | unwrap duration_ms [5m])",
        "sum(rate({app=\"cart\"}[5m])) / 2",
    ] {
        let path = format!("/shop/loki/loki/api/v1/query_range?query={}", encode(query));
        let (status, body) = fleet.get(&path).await;
        assert_eq!(status, 400, "{query}: {body}");
        assert!(body.starts_with("parse error at line 1, col "), "{body}");
    }
}

async fn lines(fleet: &Fleet, cluster: &str, query: &str, more: &str) -> Vec<(i64, String)> {
    let path = format!(
        "/{cluster}/loki/loki/api/v1/query_range?query={}&{more}",
        encode(query)
    );
    let found = fleet.json(&path).await;
    let streams = found["data"]["result"].as_array().expect("streams");
    streams
        .iter()
        .flat_map(|stream| stream["values"].as_array().expect("values"))
        .map(|value| {
            let at = value[0].as_str().expect("text").parse().expect("a number");
            (at, value[1].as_str().expect("a line").to_owned())
        })
        .collect()
}

#[tokio::test]
async fn volumes_are_the_sizes_of_the_lines_and_fields_have_types() {
    let fleet = Fleet::new(10, hours(1));
    let query = encode("{app=\"cart\"}");
    let end = START * 1_000_000_000;
    let range = format!("start={}&end={end}", end - 600_000_000_000);
    let path = format!("/shop/loki/loki/api/v1/index/volume?query={query}&{range}");
    let volume = fleet.json(&path).await;
    let all = lines(
        &fleet,
        "shop",
        "{app=\"cart\"}",
        &format!("limit=5000&{range}"),
    )
    .await;
    let size: usize = all.iter().map(|(_, line)| line.len()).sum();
    let told = &volume["data"]["result"][0];
    assert_eq!(told["metric"], serde_json::json!({ "app": "cart" }));
    assert_eq!(told["value"][1], size.to_string());
    let path = format!("/shop/loki/loki/api/v1/detected_fields?query={query}");
    let fields = fleet.json(&path).await;
    let find = |name: &str| {
        let mut all = fields["fields"].as_array().expect("fields").iter();
        all.find(|field| field["label"] == name)
            .cloned()
            .expect(name)
    };
    assert_eq!(find("duration_ms")["type"], "int");
    assert_eq!(find("duration_ms")["parsers"][0], "json");
    assert!(find("detected_level")["parsers"].is_null());
}
