//! `/prometheus/{cluster}/api/v1`: what tools that speak Prometheus get is what a real Prometheus
//! gives, in its shapes, statuses and errors.

use fleetscope_testkit::{Prometheus, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::union::{Fleet, described, post};

const SAMPLES: &str = "\
# TYPE up gauge
# HELP up Whether it is there.
up{job=\"a\",namespace=\"shop\"} 1 1767268800
up{job=\"b\",namespace=\"till\"} 0 1767268800
# TYPE left unknown
left{x=\"1\",side=\"l\"} 1 1767268800
left{x=\"1\",side=\"r\"} 2 1767268800
# EOF
";

const RULES: &str = "\
groups:
- name: some
  rules:
  - record: up:sum
    expr: sum(up)
  - alert: Always
    expr: vector(1)
    labels:
      namespace: shop
    annotations:
      summary: it is so
";

async fn get(app: &TestApp, path: &str) -> (StatusCode, Value) {
    let request = app.viewer.raw(Method::GET, path).unwrap();
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap())
}

#[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
async fn direct(prometheus: &Prometheus, path: &str) -> (u16, Value) {
    let url = prometheus.base.join(path).unwrap();
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// An answer without what changes from one evaluation to the next.
fn settled(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            for name in ["lastEvaluation", "evaluationTime", "activeAt"] {
                fields.remove(name);
            }
            fields
                .values_mut()
                .for_each(|value| *value = settled(value.take()));
        }
        Value::Number(number) => answer = json!(number.as_f64()),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = settled(item.take())),
        _ => {}
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn one_clusters_endpoints_answer_as_its_prometheus_answers() {
    let app = TestApp::one().await;
    let prometheus = Prometheus::over(SAMPLES, Some(RULES)).await;
    app.admin
        .create_cluster(&described("one", &prometheus))
        .await
        .unwrap();
    for _ in 0..200 {
        if direct(&prometheus, "api/v1/alerts").await.1["data"]["alerts"] != json!([]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let at = "time=1767268800";
    for path in [
        &format!("query?query=up&{at}"),
        &format!("query?query=sum(up)&{at}"),
        &format!("query?query=up[5m]&{at}"),
        &format!("query?query=1%2B1&{at}"),
        "query_range?query=up&start=1767268800&end=1767268860&step=15",
        "query_range?query=up&start=1767268800&end=1767268860&step=1m",
        "series?match[]=up",
        "series?match[]=up&match[]=left&start=1767268000&end=1767269000",
        "labels",
        "labels?match[]=up",
        "label/job/values",
        "label/__name__/values?match[]={namespace=\"shop\"}",
        "query_exemplars?query=up&start=1767268800&end=1767268860",
        "metadata",
        "rules",
        "rules?type=alert",
        "alerts",
    ] {
        let (expected, theirs) = direct(&prometheus, &format!("api/v1/{path}")).await;
        let (status, ours) = get(&app, &format!("/prometheus/one/api/v1/{path}")).await;
        assert_eq!(expected, 200, "{path}: {theirs}");
        assert_eq!(status, StatusCode::OK, "{path}: {ours}");
        assert_eq!(settled(ours), settled(theirs), "{path}");
    }
    let (_, alerts) = get(&app, "/prometheus/one/api/v1/alerts").await;
    assert_eq!(alerts["data"]["alerts"][0]["labels"]["alertname"], "Always");
    let (_, build) = get(&app, "/prometheus/one/api/v1/status/buildinfo").await;
    assert_eq!(build["data"]["version"], "2.42.0");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_prometheus_refuses_is_refused_with_its_status_and_kind() {
    let app = TestApp::one().await;
    let prometheus = Prometheus::over(SAMPLES, None).await;
    app.admin
        .create_cluster(&described("one", &prometheus))
        .await
        .unwrap();
    for (path, parameters) in [
        ("query", vec![("query", "sum("), ("time", "1")]),
        ("query", vec![("query", "up +"), ("time", "1")]),
        ("query", vec![("time", "1")]),
        ("query", vec![("query", "up"), ("time", "noon")]),
        (
            "query",
            vec![("query", "no_such_function(up)"), ("time", "1")],
        ),
        // Many-to-many: only its evaluation shows that.
        (
            "query",
            vec![("query", "left * on (x) left"), ("time", "1767268800")],
        ),
        (
            "query_range",
            vec![("query", "up"), ("start", "2"), ("end", "1"), ("step", "1")],
        ),
        (
            "query_range",
            vec![("query", "up"), ("start", "1"), ("end", "2"), ("step", "0")],
        ),
        (
            "query_range",
            vec![("query", "up"), ("start", "1"), ("end", "2")],
        ),
        (
            "query_range",
            vec![
                ("query", "up"),
                ("start", "1"),
                ("end", "99999999"),
                ("step", "1"),
            ],
        ),
        ("series", vec![]),
        ("series", vec![("match[]", "up{")]),
        ("labels", vec![("match[]", "sum(up)")]),
    ] {
        let form: Vec<_> = parameters
            .into_iter()
            .map(|(n, v)| (n, v.to_owned()))
            .collect();
        let url = prometheus.base.join(&format!("api/v1/{path}")).unwrap();
        let (expected, theirs) = post(&url, &form).await;
        let mount = format!("/prometheus/one/api/v1/{path}");
        let request = app.viewer.raw(Method::POST, &mount).unwrap().form(&form);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let ours: Value = response.json().await.unwrap();
        let what = format!("{path} {form:?}: {ours} beside {theirs}");
        assert!(expected >= 400, "{what}");
        assert_eq!(status, expected, "{what}");
        assert_eq!(ours["status"], "error", "{what}");
        assert_eq!(ours["errorType"], theirs["errorType"], "{what}");
        assert!(!ours["error"].as_str().unwrap().is_empty(), "{what}");
    }
    let (status, ours) = get(&app, "/prometheus/nowhere/api/v1/query?query=up").await;
    assert_eq!(
        (status, &ours["errorType"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    drop(prometheus);
    let (status, ours) = get(&app, "/prometheus/one/api/v1/query?query=up").await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"));
    assert_eq!((status, &ours["errorType"]), expected, "{ours}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_answers_as_one_and_names_what_is_missing_in_warnings() {
    let fleet = Fleet::start().await;
    let gone = Prometheus::over(SAMPLES, None).await;
    let described = described("gone", &gone);
    drop(gone);
    fleet.app.admin.create_cluster(&described).await.unwrap();
    let at = ("time", "1767268800".to_owned());
    let query = |text: &str| [("query", text.to_owned()), at.clone()];
    let (status, ours) = fleet.ask("query", &query("count(work_total)")).await;
    assert_eq!(status, 200);
    assert_eq!(ours["data"]["result"][0]["metric"], json!({}));
    let count: f64 = ours["data"]["result"][0]["value"][1]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((20.0..=24.0).contains(&count), "{ours}");
    let warnings = ours["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].as_str().unwrap().starts_with("gone: "),
        "{ours}"
    );

    // What only one cluster can have is asked of no other.
    let (_, ours) = fleet
        .ask("query", &query("work_total{cluster=\"east\"}"))
        .await;
    assert_eq!(ours.get("warnings"), None, "{ours}");
    assert_eq!(ours["data"]["result"].as_array().unwrap().len(), 9);

    let (_, names) = fleet.ask("labels", &[]).await;
    assert!(
        names["data"]
            .as_array()
            .unwrap()
            .contains(&json!("cluster")),
        "{names}"
    );
    let (_, values) = get(
        &fleet.app,
        "/prometheus/fleet/api/v1/label/cluster/values?match[]=temp{job=\"db\"}",
    )
    .await;
    assert_eq!(values["data"], json!(["east", "north"]));
    let (_, series) = get(
        &fleet.app,
        "/prometheus/fleet/api/v1/series?match[]=temp{pod=\"db-0\"}",
    )
    .await;
    let clusters = series["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["cluster"]);
    assert_eq!(clusters.collect::<Vec<_>>(), ["east", "north"]);

    let (status, ours) = fleet.ask("query", &query("quantile(0.9, temp)")).await;
    assert_eq!(
        (status, &ours["errorType"]),
        (422, &json!("execution")),
        "{ours}"
    );
    assert!(
        ours["error"].as_str().unwrap().contains("by (cluster"),
        "{ours}"
    );
    let (status, ours) = fleet.ask("query", &query("sum(load) / count(load)")).await;
    assert_eq!(status, 200);
    let infos = ours["infos"][0].as_str().unwrap();
    assert!(
        infos.contains("sum by (cluster) (load) / count by (cluster) (load)"),
        "{ours}"
    );
    fleet.app.stop().await;
}

/// What a Prometheus answers and Fleetscope does not: what would change it, tell how it is set up,
/// or show series past the rewriting of queries.
const UNSERVED: &[(Method, &str)] = &[
    (Method::GET, "api/v1/status/config"),
    (Method::GET, "api/v1/status/flags"),
    (Method::GET, "api/v1/status/tsdb"),
    (Method::GET, "api/v1/alertmanagers"),
    (Method::GET, "api/v1/targets/metadata"),
    (Method::POST, "api/v1/admin/tsdb/snapshot"),
    (Method::POST, "api/v1/admin/tsdb/delete_series"),
    (Method::POST, "api/v1/read"),
    (Method::POST, "api/v1/write"),
    (Method::GET, "api/v1/query/"),
    (Method::GET, "api/v1/parse_query"),
    (Method::GET, "api/v1/no-such-endpoint"),
    (Method::GET, "api/v2/query"),
    (Method::GET, "federate"),
    (Method::GET, "metrics"),
    (Method::GET, "-/healthy"),
    (Method::POST, "-/reload"),
    (Method::POST, "-/quit"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_not_served_is_not_found_and_reaches_no_prometheus() {
    let app = TestApp::one().await;
    let prometheus = Prometheus::over(SAMPLES, None).await;
    app.admin
        .create_cluster(&described("one", &prometheus))
        .await
        .unwrap();
    // What it counts of itself begins with this very request.
    let before = requests(&prometheus).await;
    let mut found = Vec::new();
    for cluster in ["one", "fleet"] {
        for (method, path) in UNSERVED {
            let path = format!("/prometheus/{cluster}/{path}?query=up&match[]=up");
            let request = app.admin.raw(method.clone(), &path).unwrap();
            let status = request.send().await.unwrap().status();
            if status != StatusCode::NOT_FOUND {
                found.push((method, path, status));
            }
        }
    }
    assert_eq!(found, []);
    let after = requests(&prometheus).await;
    assert!((after - before).abs() < 0.5, "{after} instead of {before}");
    let (status, _) = get(&app, "/prometheus/one/api/v1/labels").await;
    assert_eq!(status, StatusCode::OK);
    assert!(requests(&prometheus).await > before);
    app.stop().await;
}

/// How many requests a server has answered, but for those of this very question.
#[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
async fn requests(prometheus: &Prometheus) -> f64 {
    let url = prometheus.base.join("metrics").unwrap();
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let of_others = |line: &&str| {
        line.starts_with("prometheus_http_requests_total{") && !line.contains("\"/metrics\"")
    };
    let counts = text.lines().filter(of_others);
    let count = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    counts.map(count).sum()
}
