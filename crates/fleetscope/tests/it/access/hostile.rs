//! Queries that try to see more than their caller may: what comes back is what a Prometheus gives
//! that holds nothing but the caller's namespace.

use std::fmt::Write as _;

use fleetscope_client::Client;
use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_testkit::Prometheus;
use reqwest::Method;
use serde_json::Value;

use super::inside::Scene;
use super::stage::{bind, view};
use crate::union::{Dice, post};

/// The one namespace that may be seen.
const OWN: &str = "inference";

/// When everything is asked.
const AT: i64 = 1_767_268_800;

/// Series of the own namespace, and of others where they are asked for.
fn samples(others: bool) -> String {
    let mut namespaces = vec![Some(OWN)];
    if others {
        namespaces.extend([
            Some("bank"),
            Some("inference-2"),
            Some("xinference"),
            Some(""),
            None,
        ]);
    }
    let mut text = String::new();
    for metric in ["wage", "calls_total", "up"] {
        let _ = writeln!(text, "# TYPE {metric} unknown");
        for (place, namespace) in namespaces.iter().enumerate() {
            for pod in ["a", "b"] {
                for step in 0..40 {
                    let value = (place + 1) * 1000 + step * 7 + usize::from(pod == "b") * 3;
                    let at = AT - 600 + step as i64 * 15;
                    let named = namespace.map(|name| format!(",namespace=\"{name}\""));
                    let named = named.unwrap_or_default();
                    let labels = format!("pod=\"{pod}\",job=\"j\"{named}");
                    let _ = writeln!(text, "{metric}{{{labels}}} {value} {at}");
                }
            }
        }
    }
    text + "# EOF\n"
}

/// Expressions by people who want more.
const HOSTILE: &[&str] = &[
    "wage",
    "{__name__=~\".+\"}",
    "{__name__!=\"\"}",
    "{namespace!=\"\"}",
    "{namespace=\"\",pod=\"a\"}",
    "wage{namespace!=\"inference\"}",
    "wage{namespace=~\".*\"}",
    "wage{namespace=~\"bank|inference\"}",
    "wage{namespace=~\"inference|\"}",
    "wage{namespace!~\"inference\"}",
    "wage{namespace=~\".+\",namespace!=\"inference\"}",
    "wage{namespace=~\"(?i)BANK\"}",
    "wage{namespace=~\"inference.*\"}",
    "wage{pod=\"a\" or namespace=\"bank\"}",
    "wage{namespace=~\"inference\" or pod=~\".*\"}",
    "wage or up",
    "wage or on (pod) up",
    "wage unless wage{namespace=\"inference\"}",
    "wage and up{namespace=~\".*\"}",
    "wage * on (pod) group_left (namespace) up",
    "sum(wage)",
    "count({__name__=~\".+\"})",
    "sum by (namespace) (wage)",
    "sum without (namespace) (wage)",
    "max(max_over_time(wage[10m]))",
    "max_over_time(sum(wage)[5m:30s])",
    "max_over_time((wage or up)[5m:1m] offset 1m)",
    "sum_over_time(wage{namespace!=\"x\"}[5m] @ 1767268800)",
    "wage @ 1767268700",
    "wage @ end()",
    "wage @ start() offset 1m",
    "wage offset -1m",
    "topk(10, wage)",
    "bottomk(10, {__name__=~\"wage|up\"})",
    "quantile(1, wage)",
    "topk(scalar(max(wage)), up)",
    "count_values(\"namespace\", wage)",
    "count_values by (namespace) (\"v\", wage)",
    "label_replace(wage, \"namespace\", \"bank\", \"pod\", \".*\")",
    "label_replace(wage, \"was\", \"$1\", \"namespace\", \"(.*)\")",
    "label_join(wage, \"all\", \"/\", \"namespace\", \"pod\")",
    "sum(label_replace(wage, \"namespace\", \"inference\", \"\", \"\"))",
    "absent(wage{namespace=~\"b.*\"})",
    "absent(wage)",
    "absent_over_time(wage{namespace!=\"inference\"}[5m])",
    "scalar(max(wage))",
    "vector(scalar(sum(wage)))",
    "wage > bool scalar(max(wage))",
    "wage == on () group_left () max(wage)",
    "rate(calls_total[5m])",
    "sum(rate({__name__=~\"calls.*\"}[5m])) by (namespace)",
    "histogram_quantile(0.9, wage)",
    "-wage",
    "-(wage + up)",
    "wage ^ 2 ^ 0.5",
    "wage # {namespace=\"inference\"}",
    "wage{ # namespace=\"inference\"}\n pod=\"a\" }",
    "sum( # })\n wage )",
    "wage{pod=\"a\\\"} or up{pod=\\\"\"}",
    "wage{pod='a\\'} or up{'}",
    "wage{pod=`a\"} or {namespace=\"bank`}",
    "wage{pod=~\"a\\\\}|b\"}",
    "wage{pod=\"}\"} or up",
    "wage{}",
    "wage{,}",
    "wage{pod=\"a\",}",
    "{__name__=\"wage\",__name__=~\"w.*\"}",
    "{\"wage\"}",
    "{\"wage\",\"namespace\"=\"bank\"}",
    "{\"w\u{e4}ge\"}",
    "wage{\"namespace\"=~\".*\"}",
    "wage{\"dotted.name\"!=\"\"}",
    "wage[5m]",
    "{namespace=~\".*\",pod=\"a\"}[1m]",
    "wage[5m] offset 1m",
    "(wage)",
    "((((wage))))",
    "avg(avg_over_time((max by (pod) (wage))[3m:15s]))",
    "sort_desc(sum by (pod, namespace) (wage))",
    "changes(wage[5m]) or resets(up[5m])",
    "group(wage) by (namespace)",
    "stddev(wage) + stdvar(up)",
    "time() - timestamp(wage)",
    "wage{namespace=\"bank\"}",
    "wage{namespace=\"bank\"} or vector(1)",
    "sum(wage{namespace=\"inference\"}) + sum(up{namespace=\"bank\"})",
    "1 + 1",
    "\u{feff}wage",
    "wage\u{a0}",
    "sum(wage) by (namespace) > 0 or sum(up) by (namespace)",
];

/// Pieces that are put together at random.
fn drawn(dice: &mut Dice, depth: usize) -> String {
    let matchers = [
        "",
        "{}",
        "{namespace=~\".*\"}",
        "{namespace!=\"inference\"}",
        "{namespace=\"inference\"}",
        "{pod=\"a\",namespace!~\"x\"}",
        "{namespace=~\"b.*|i.*\"}",
        "{job=\"}\"}",
        "{job=~`j|\"`}",
        "{namespace!=\"bank\",pod=~\".+\"}",
    ];
    let leaf = |dice: &mut Dice| {
        let metric = dice.one_of(&["wage", "up", "calls_total"]);
        let matchers = dice.one_of(&matchers);
        let time = dice.one_of(&["", " offset 1m", " @ end()", " @ 1767268700 offset 30s"]);
        if dice.chance(0.5) {
            return format!("{metric}{matchers}{time}");
        }
        let function = dice.one_of(&["rate", "max_over_time", "last_over_time", "count_over_time"]);
        format!("{function}({metric}{matchers}[5m]{time})")
    };
    if depth == 0 {
        return leaf(dice);
    }
    match dice.below(9) {
        0 => leaf(dice),
        1 => format!("sum by (namespace) ({})", drawn(dice, depth - 1)),
        2 => format!("max without (pod) ({})", drawn(dice, depth - 1)),
        3 => format!("count({})", drawn(dice, depth - 1)),
        4 => format!(
            "({}) or ({})",
            drawn(dice, depth - 1),
            drawn(dice, depth - 1)
        ),
        5 => format!(
            "({}) unless on (pod) ({})",
            drawn(dice, depth - 1),
            drawn(dice, depth - 1)
        ),
        6 => format!("max_over_time(({})[5m:1m])", drawn(dice, depth - 1)),
        7 => format!(
            "label_replace({}, \"namespace\", \"bank\", \"pod\", \"(.*)\")",
            drawn(dice, depth - 1)
        ),
        _ => format!("-({}) # {{namespace=\"bank\"}}", drawn(dice, depth - 1)) + "\n",
    }
}

async fn ask(client: &Client, path: &str, form: &[(&str, String)]) -> (u16, Value) {
    let path = format!("/prometheus/held/api/v1/{path}");
    let request = client.raw(Method::POST, &path).unwrap().form(form);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// The data of an answer, whatever the order of its lists.
fn sorted(answer: &Value) -> Value {
    fn order(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(order).collect();
                items.sort_by_key(ToString::to_string);
                Value::Array(items)
            }
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), order(value)))
                .collect(),
            other => other.clone(),
        }
    }
    order(&answer["data"])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_shows_more_than_a_server_that_holds_nothing_else() {
    let scene = Scene::set().await;
    let all = Prometheus::over(&samples(true), None).await;
    let own = Prometheus::over(&samples(false), None).await;
    let train = scene
        .clusters
        .iter()
        .find(|cluster| cluster.name == "train")
        .unwrap();
    let new = NewCluster {
        name: "held".to_owned(),
        endpoints: Endpoints {
            kubernetes: train.endpoints.kubernetes.clone(),
            prometheus: Some(Endpoint {
                url: all.base.to_string(),
                ..Endpoint::default()
            }),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    };
    let held = scene.stage.app.admin.create_cluster(&new).await.unwrap();
    let alice = scene.stage.person("alice", &["viewers"]);
    scene.stage.let_use("alice", &held, &["get", "query"]);
    bind(&scene.access(), OWN, ("view", "alice"), &view());

    let mut dice = Dice::new(7);
    let drawn = (0..300).map(|_| drawn(&mut dice, 3));
    let mut queries: Vec<String> = HOSTILE.iter().map(|&query| query.to_owned()).collect();
    queries.extend(drawn);
    let (mut same, mut refused, mut shown) = (0, Vec::new(), 0);
    for query in queries {
        let form = [("query", query.clone()), ("time", AT.to_string())];
        let (status, ours) = ask(&alice, "query", &form).await;
        let (expected, theirs) = post(&own.base.join("api/v1/query").unwrap(), &form).await;
        if status != 200 {
            // Naming a namespace that is not hers, and what is no PromQL or none of this server's.
            assert!(matches!(status, 400 | 403 | 422 | 503), "{query}: {ours}");
            assert!(ours.get("data").is_none(), "{query}: {ours}");
            if expected == 200 {
                refused.push(query);
            }
            continue;
        }
        if expected != 200 {
            // Names in quotes are put so that an older server understands them.
            let quoted = ["{\"", ",\"", ", \""];
            assert!(
                quoted.iter().any(|name| query.contains(name)),
                "{query}: {theirs}"
            );
            let series = ours["data"]["result"].as_array().unwrap();
            for one in series {
                assert_eq!(one["metric"]["namespace"], OWN, "{query}: {ours}");
            }
            continue;
        }
        let (mut ours, theirs) = (sorted(&ours), theirs);
        if query.contains("absent") {
            // What is absent is absent from the own namespace, and says so.
            let text = ours
                .to_string()
                .replace("{\"namespace\":\"inference\"}", "{}");
            ours = serde_json::from_str(&text).unwrap();
        }
        assert_eq!(ours, sorted(&theirs), "{query}");
        same += 1;
        let result = theirs["data"]["result"].as_array();
        shown += usize::from(result.is_some_and(|result| !result.is_empty()));
    }
    println!("{same} the same, {shown} with series, refused: {refused:#?}");
    assert!(same > 320, "only {same} were answered");
    assert!(shown > 200, "only {shown} show anything");
    assert!(refused.len() < 20, "{refused:#?}");

    lists_show_no_more(&alice, &own).await;
    scene.stage.app.stop().await;
}

/// What is listed of series is that of the own ones.
async fn lists_show_no_more(alice: &Client, own: &Prometheus) {
    for (path, matches) in [
        ("series", "{__name__=~\".+\"}"),
        ("series", "wage{namespace=~\".*\"}"),
        ("series", "{namespace!=\"inference\",pod!=\"\"}"),
        ("labels", "wage"),
        ("labels", ""),
    ] {
        let mut form = vec![("start", (AT - 600).to_string()), ("end", AT.to_string())];
        if !matches.is_empty() {
            form.push(("match[]", matches.to_owned()));
        }
        let (status, ours) = ask(alice, path, &form).await;
        let (_, theirs) = post(&own.base.join(&format!("api/v1/{path}")).unwrap(), &form).await;
        assert_eq!(status, 200, "{path} {matches}: {ours}");
        assert_eq!(sorted(&ours), sorted(&theirs), "{path} {matches}");
    }
    for label in ["namespace", "pod", "__name__"] {
        let path = format!("/prometheus/held/api/v1/label/{label}/values");
        let request = alice.raw(Method::GET, &path).unwrap();
        let ours: Value = request.send().await.unwrap().json().await.unwrap();
        let expected: &[&str] = match label {
            "namespace" => &[OWN],
            "pod" => &["a", "b"],
            _ => &["calls_total", "up", "wage"],
        };
        assert_eq!(ours["data"], serde_json::json!(expected), "{label}");
    }
}
