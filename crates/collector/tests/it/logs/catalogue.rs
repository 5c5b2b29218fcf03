//! Labels, values, streams, volumes, stats and fields, by recorded answers of a real Loki.

use fleetscope_model::{Fault, LogExpression, LogsAbout, Source};
use fleetscope_ports::Logs;
use serde_json::json;

use super::query::{scope, seeing};
use crate::fleet::{Fleet, caller, patient};
use crate::recording;
use crate::server::{self, Server};

fn about(query: Option<&str>) -> LogsAbout {
    LogsAbout {
        scope: scope(),
        expression: query.map(|query| LogExpression::Raw(query.to_owned())),
        limit: 100,
    }
}

async fn recorded(name: &'static str) -> (Server, fleetscope_collector::Collector) {
    let server = recording::server("loki", name).await;
    let collector = Fleet::of_one(Source::Loki, server.endpoint()).collector(patient());
    (server, collector)
}

#[tokio::test]
async fn names_of_labels_hold_that_of_the_cluster() {
    let (server, collector) = recorded("labels").await;
    let names = Logs::labels(&collector, &caller(), &about(None))
        .await
        .unwrap();
    assert!(names.items.contains(&"cluster".to_owned()), "{names:?}");
    assert!(names.items.contains(&"namespace".to_owned()));
    assert_eq!(server.seen()[0].field("query"), None);

    let (_server, collector) = recorded("labels, nothing in range").await;
    let names = Logs::labels(&collector, &caller(), &about(None))
        .await
        .unwrap();
    assert_eq!((names.items.len(), names.gaps.len()), (0, 0));
}

#[tokio::test]
async fn values_of_a_label_are_listed_and_clusters_by_their_own_names() {
    let (server, collector) = recorded("label values").await;
    let values = collector
        .label_values(
            &caller(),
            "service_name",
            &about(Some("{namespace=\"shop\"}")),
        )
        .await
        .unwrap();
    assert!(values.items.contains(&"cart".to_owned()));
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/loki/api/v1/label/service_name/values");
    assert_eq!(seen.field("query"), Some("{namespace=\"shop\"}"));
    let values = collector
        .label_values(&caller(), "cluster", &about(None))
        .await
        .unwrap();
    assert_eq!(values.items, ["shop"]);
    let odd = collector
        .label_values(&caller(), "../x", &about(None))
        .await;
    assert_eq!(odd.unwrap_err().code(), "invalid_label");
}

#[tokio::test]
async fn names_and_values_are_those_of_the_callers_namespaces_whatever_the_server_narrows() {
    let body = json!({ "status": "success", "data": [
        { "namespace": "shop", "app": "cart" },
        { "namespace": "bank", "app": "vault", "secret_project": "x" },
        { "app": "journal" },
    ] });
    let server = Server::start(move |_| server::json(200, &body)).await;
    let collector = seeing(Fleet::of_one(Source::Loki, server.endpoint()), &["shop"]);
    let names = Logs::labels(&collector, &caller(), &about(None))
        .await
        .unwrap();
    assert_eq!(names.items, ["app", "cluster", "namespace"]);
    let values = collector
        .label_values(&caller(), "app", &about(None))
        .await
        .unwrap();
    assert_eq!(values.items, ["cart"]);
    let streams = collector.streams(&caller(), &about(None)).await.unwrap();
    assert_eq!(streams.items.len(), 1);
    for seen in server.seen() {
        assert_eq!(seen.path, "/loki/api/v1/series");
        assert_eq!(seen.field("match[]"), Some("{namespace=~\"shop\"}"));
    }
}

#[tokio::test]
async fn volumes_come_by_labels_the_most_first() {
    let (server, collector) = recorded("index/volume, targetLabels").await;
    let by = ["service_name".to_owned()];
    let query = about(Some("{namespace=\"shop\"}"));
    let volume = collector.volume(&caller(), &query, &by).await.unwrap();
    assert_eq!(volume.items[0].labels["service_name"], "checkout-lf");
    assert_eq!(volume.items[0].bytes, 8575);
    assert!(
        volume
            .items
            .windows(2)
            .all(|pair| pair[0].bytes >= pair[1].bytes)
    );
    assert_eq!(server.seen()[0].field("targetLabels"), Some("service_name"));
    let odd = collector
        .volume(&caller(), &query, &["a,b".to_owned()])
        .await;
    assert_eq!(odd.unwrap_err().code(), "invalid_label");
}

#[tokio::test]
async fn volumes_stats_and_fields_are_asked_for_within_the_callers_namespaces() {
    let empty = json!({ "status": "success", "data": { "resultType": "vector", "result": [] } });
    let server = Server::start(move |_| server::json(200, &empty)).await;
    let collector = seeing(Fleet::of_one(Source::Loki, server.endpoint()), &["shop"]);
    let query = about(Some("{app=\"a\"} |= \"x\""));
    let volume = collector.volume(&caller(), &query, &[]).await.unwrap();
    assert_eq!(volume.gaps, []);
    collector.stats(&caller(), &query).await.unwrap();
    Logs::fields(&collector, &caller(), &query).await.unwrap();
    let held = r#"{app="a", namespace=~"shop"}"#;
    let queries: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.field("query").unwrap().to_owned())
        .collect();
    let whole = format!("{held} |= \"x\"");
    assert_eq!(queries, [whole.clone(), held.to_owned(), whole]);
    let nothing = collector
        .volume(&caller(), &about(None), &[])
        .await
        .unwrap();
    assert_eq!(nothing.gaps, []);
    let asked = server.seen().pop().unwrap();
    assert_eq!(asked.field("query"), Some("{namespace=~\"shop\"}"));
}

#[tokio::test]
async fn stats_and_fields_have_no_envelope() {
    let (_server, collector) = recorded("index/stats after the chunks were flushed").await;
    let query = about(Some("{namespace=\"shop\"}"));
    let stats = collector.stats(&caller(), &query).await.unwrap();
    assert_eq!(
        (stats.items[0].bytes, stats.items[0].entries),
        (43_008, 600)
    );

    let (_server, collector) = recorded("detected_fields").await;
    let fields = Logs::fields(&collector, &caller(), &query).await.unwrap();
    let level = fields
        .items
        .iter()
        .find(|field| field.name == "level_extracted");
    assert_eq!(level.unwrap().parsers, ["json"]);
    let metadata = fields.items.iter().find(|field| field.parsers.is_empty());
    assert!(metadata.is_some(), "{fields:?}");

    let (_server, collector) = recorded("detected_fields, nothing found").await;
    let fields = Logs::fields(&collector, &caller(), &query).await.unwrap();
    assert_eq!((fields.items.len(), fields.gaps.len()), (0, 0));
}

#[tokio::test]
async fn a_wrong_selector_is_refused_with_the_servers_words() {
    let (_server, collector) = recorded("parse error: 400 text").await;
    let query = about(Some("{service_name=\"payment\""));
    let error = collector.streams(&caller(), &query).await.unwrap_err();
    assert_eq!(error.code(), "invalid_logql");
    assert!(
        error.message().contains("line 1, col 24"),
        "{}",
        error.message()
    );
}
