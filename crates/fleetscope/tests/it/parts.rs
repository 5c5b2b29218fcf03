//! Answers that come cluster by cluster: what one gives is there while another is still waited for.

use std::time::Duration;

use fleetscope_client::wire::{ClusterPart, Endpoint, Endpoints, LogQuery, NewCluster, PartsEnd};
use fleetscope_client::{Error, MetricScope, PartEvent};
use fleetscope_testkit::{Shape, TestApp, app};
use futures::{Stream, StreamExt as _};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

const METRICS: &str = r#"{"status":"success","data":{"resultType":"vector",
    "result":[{"metric":{"job":"a"},"value":[1767268800,"1"]}]}}"#;
const LOGS: &str = r#"{"status":"success","data":{"resultType":"streams",
    "result":[{"stream":{"app":"a"},"values":[["1767268790000000000","hello"]]}]}}"#;
const STATS: &str = r#"{"streams":1,"chunks":1,"bytes":10,"entries":1}"#;

/// A server of metrics and logs that answers when its gate is open.
struct Gated {
    url: String,
    gate: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Gated {
    async fn start(open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (gate, waiting) = watch::channel(open);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(answer(stream, waiting.clone()));
            }
        });
        Self {
            url,
            gate,
            _tasks: tasks,
        }
    }

    fn named(&self, name: &str) -> NewCluster {
        let at = Endpoint {
            url: self.url.clone(),
            ..Endpoint::default()
        };
        NewCluster {
            name: name.to_owned(),
            endpoints: Endpoints {
                prometheus: Some(at.clone()),
                loki: Some(at),
                ..Endpoints::default()
            },
            ..NewCluster::default()
        }
    }
}

/// Reads one request and answers it when the gate opens.
async fn answer(mut stream: TcpStream, mut gate: watch::Receiver<bool>) {
    let mut heard = vec![0; 64 * 1024];
    let Ok(count) = stream.read(&mut heard).await else {
        return;
    };
    let head = String::from_utf8_lossy(&heard[..count]).into_owned();
    let line = head.lines().next().unwrap_or_default();
    let body = match line {
        line if line.contains("index/stats") => STATS,
        line if line.contains("/loki/") => LOGS,
        _ => METRICS,
    };
    let _ = gate.wait_for(|open| *open).await;
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn next<T>(
    events: &mut (impl Stream<Item = Result<PartEvent<T>, Error>> + Unpin),
) -> PartEvent<T> {
    let event = tokio::time::timeout(Duration::from_mins(1), events.next()).await;
    event.expect("no event in time").expect("no event").unwrap()
}

fn part<T>(event: PartEvent<T>) -> ClusterPart<T> {
    match event {
        PartEvent::Part(part) => part,
        PartEvent::End(end) => panic!("ended too soon: {end:?}"),
    }
}

fn end<T: std::fmt::Debug>(event: PartEvent<T>) -> PartsEnd {
    match event {
        PartEvent::End(end) => end,
        PartEvent::Part(part) => panic!("no end, but {part:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_quick_cluster_gives_does_not_wait_for_a_slow_one() {
    for shape in Shape::ALL {
        let app = TestApp::start_with(shape, app::a_time(), |config| {
            config.outbound.timeout = Duration::from_secs(50);
            config.server.request_timeout = Duration::from_secs(60);
        })
        .await;
        let (slow, quick) = (Gated::start(false).await, Gated::start(true).await);
        for new in [slow.named("a-slow"), quick.named("b-quick")] {
            app.admin.create_cluster(&new).await.unwrap();
        }
        let everywhere = MetricScope::default();
        let mut events = app.viewer.query_parts("up", &everywhere).await.unwrap();
        let first = part(next(&mut events).await);
        assert_eq!(first.cluster_name, "b-quick");
        assert_eq!(first.answer.series[0].labels["cluster"], "b-quick");
        assert_eq!(first.answer.gaps, []);
        slow.gate.send_replace(true);
        let second = part(next(&mut events).await);
        assert_eq!(second.cluster_name, "a-slow");
        let expected = PartsEnd {
            clusters: 2,
            gaps: vec![],
        };
        assert_eq!(end(next(&mut events).await), expected);
        assert!(events.next().await.is_none());

        slow.gate.send_replace(false);
        let question = LogQuery {
            query: Some("{app=\"a\"}".to_owned()),
            ..LogQuery::default()
        };
        let mut events = app.viewer.query_logs_parts(&question).await.unwrap();
        let first = part(next(&mut events).await);
        assert_eq!(first.cluster_name, "b-quick");
        assert_eq!(first.answer.lines[0].line, "hello");
        assert_eq!(first.answer.lines[0].labels["cluster"], "b-quick");
        slow.gate.send_replace(true);
        assert_eq!(part(next(&mut events).await).cluster_name, "a-slow");
        assert_eq!(end(next(&mut events).await), expected);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cluster_can_not_give_is_a_gap_in_its_part_and_at_the_end() {
    let app = TestApp::one().await;
    let (one, quick) = (Gated::start(true).await, Gated::start(true).await);
    let mut dead = one.named("a-dead");
    drop(one);
    dead.endpoints.loki = None;
    for new in [dead, quick.named("b-quick")] {
        app.admin.create_cluster(&new).await.unwrap();
    }
    let scope = MetricScope {
        start: Some(app::a_time() - Duration::from_secs(600)),
        end: Some(app::a_time()),
        step: Some("60s".to_owned()),
        ..MetricScope::default()
    };
    let mut events = app.viewer.query_range_parts("up", &scope).await.unwrap();
    let mut gaps = Vec::new();
    for _ in 0..2 {
        gaps.extend(part(next(&mut events).await).answer.gaps);
    }
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (gaps[0].cluster_name.as_str(), gaps[0].kind.as_str()),
        ("a-dead", "unreachable")
    );
    let end = end(next(&mut events).await);
    assert_eq!((end.clusters, end.gaps), (2, gaps));

    // What is wrong in itself, and what is one answer of all, is refused before it begins.
    let combined = MetricScope {
        combine: true,
        ..MetricScope::default()
    };
    for (query, scope, code) in [
        ("up +", &MetricScope::default(), "invalid_query"),
        ("sum(up)", &combined, "across_clusters"),
    ] {
        let refused = app.viewer.query_parts(query, scope).await.map(drop);
        let Err(Error::Refused(problem)) = refused else {
            panic!("no refusal of {query}");
        };
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY.as_u16());
        assert_eq!(problem.code, code);
    }
    app.stop().await;
}
