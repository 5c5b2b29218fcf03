//! Where endpoints may not lie is a gap before anything is sent.

use std::time::Duration;

use fleetscope_model::{Gap, GapKind, MetricQuery, Selection, Source};
use fleetscope_outbound::OutboundOptions;
use fleetscope_ports::Telemetry;

use crate::fleet::{Fleet, caller, hour, patient};
use crate::server::{Server, endpoint, json};

async fn refused(url: &str, options: OutboundOptions) -> Gap {
    let fleet = Fleet::of_one(Source::Prometheus, endpoint(url));
    let query = MetricQuery {
        clusters: Selection::All,
        query: "up".to_owned(),
        at: hour().end,
    };
    let answer = fleet.collector(options).instant(&caller(), &query).await;
    let gap = answer.unwrap().gaps.remove(0);
    assert_eq!(gap.kind, GapKind::Unreachable, "{gap:?}");
    gap
}

#[tokio::test]
async fn a_metadata_address_is_refused_however_it_is_written() {
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "0",
        "[::]",
        "224.0.0.1",
    ] {
        for scheme in ["http", "https"] {
            let gap = refused(&format!("{scheme}://{host}/latest"), patient()).await;
            assert!(gap.detail.contains("is never called"), "{}", gap.detail);
        }
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to() {
    let server = Server::start(|_| json(200, &serde_json::json!({}))).await;
    let options = OutboundOptions {
        loopback: false,
        ..patient()
    };
    let url = format!("http://localhost:{}", server.port());
    let gap = refused(&url, options).await;
    assert!(gap.detail.contains("this machine itself"), "{}", gap.detail);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn plain_http_to_elsewhere_is_refused_with_advice() {
    let gap = refused("http://10.1.2.3:9090", patient()).await;
    assert!(gap.detail.contains("use https"), "{}", gap.detail);
}

#[tokio::test]
async fn an_unknown_host_is_unreachable() {
    let options = OutboundOptions {
        timeout: Duration::from_mins(2),
        ..OutboundOptions::default()
    };
    let gap = refused("http://prometheus.invalid:9090", options).await;
    assert!(
        gap.detail.contains("prometheus.invalid:9090"),
        "{}",
        gap.detail
    );
}

#[tokio::test]
async fn a_url_with_a_password_is_refused_and_not_repeated() {
    for url in [
        "http://me:hunter2@127.0.0.1:1",
        "http://127.0.0.1:1?key=hunter2",
        "hunter2",
    ] {
        let gap = refused(url, patient()).await;
        assert!(!gap.detail.contains("hunter2"), "{}", gap.detail);
    }
}
