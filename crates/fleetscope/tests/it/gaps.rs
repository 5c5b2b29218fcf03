//! Upstreams that fail: an answer with a gap, within the limit, never an error of the whole.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use fleetscope_client::MetricScope;
use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_testkit::{Fleet, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An upstream that answers every connection with the same bytes and then, if `hang`, waits.
async fn upstream(answer: Vec<u8>, hang: bool) -> (SocketAddr, impl Future<Output = ()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let mut kept = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            // The other side hangs up when it has had enough: no error of this test.
            let _ = socket.write_all(&answer).await;
            if hang {
                kept.push(socket);
            }
        }
    };
    (address, serve)
}

fn http(status: &str, kind: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn one_broken_cluster_is_a_gap_and_the_others_answer() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(5, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let html = b"<html>Bad gateway</html>";
    let cases: [(&str, Vec<u8>, bool, &str); 5] = [
        ("hangs", Vec::new(), true, "timeout"),
        (
            "fails",
            http("500 Internal Server Error", "text/plain", 4, b"oops"),
            false,
            "bad_answer",
        ),
        (
            "html",
            http("200 OK", "text/html", html.len(), html),
            false,
            "bad_answer",
        ),
        (
            "breaks-off",
            http("200 OK", "application/json", 500, b"{\"status\":"),
            false,
            "truncated",
        ),
        (
            "floods",
            http(
                "200 OK",
                "application/json",
                200 << 20,
                &vec![b' '; 40 << 20],
            ),
            true,
            "truncated",
        ),
    ];
    for (name, answer, hang, kind) in cases {
        let (address, serve) = upstream(answer, hang).await;
        let query = async {
            register(&app, name, address).await;
            let begun = Instant::now();
            let answer = app
                .viewer
                .query("up", &MetricScope::default())
                .await
                .unwrap();
            assert!(begun.elapsed() < Duration::from_secs(20), "{name}");
            let clusters = |name: &str| {
                answer
                    .series
                    .iter()
                    .filter(|series| series.labels["cluster"] == name)
                    .count()
            };
            assert!(clusters("shop") > 0, "{name}");
            assert_eq!(clusters(name), 0);
            let gaps: Vec<_> = answer
                .gaps
                .iter()
                .map(|gap| {
                    (
                        gap.cluster_name.as_str(),
                        gap.source.as_str(),
                        gap.kind.as_str(),
                    )
                })
                .collect();
            assert_eq!(gaps, [(name, "prometheus", kind)], "{:?}", answer.gaps);
        };
        tokio::select! {
            () = serve => panic!("the upstream ended"),
            () = query => {}
        }
        remove(&app, name).await;
    }
    app.stop().await;
}

async fn register(app: &TestApp, name: &str, address: SocketAddr) {
    let url = format!("http://{address}");
    let new = NewCluster {
        name: name.to_owned(),
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
}

async fn remove(app: &TestApp, name: &str) {
    let page = app
        .admin
        .clusters(&fleetscope_client::Paging::default())
        .await
        .unwrap();
    let cluster = page
        .items
        .iter()
        .find(|cluster| cluster.name == name)
        .unwrap();
    app.admin.delete_cluster(cluster.id).await.unwrap();
}
