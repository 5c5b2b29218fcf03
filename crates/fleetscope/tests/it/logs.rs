//! Logs through the API: following in both shapes, going on after a break, and patterns.

use std::time::Duration;

use fleetscope_client::wire::{LogQuery, TailLine};
use fleetscope_client::{Error, LogsAbout, TailEvent, TailOf};
use fleetscope_testkit::{Fleet, Shape, TestApp, app};
use futures::{Stream, StreamExt as _};
use reqwest::{Method, StatusCode};

/// The lines that come until there are so many; a machine that is busy may take its time.
async fn lines(
    events: &mut (impl Stream<Item = Result<TailEvent, Error>> + Unpin),
    count: usize,
) -> Vec<(TailLine, Option<String>)> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let event = tokio::time::timeout(Duration::from_mins(1), events.next()).await;
        match event.unwrap().unwrap().unwrap() {
            TailEvent::Line(line, place) => lines.push((line, place)),
            TailEvent::Gap(gap) => panic!("{gap:?}"),
        }
    }
    lines
}

fn shop() -> TailOf {
    TailOf {
        about: LogsAbout {
            labels: vec!["app=~.+".to_owned()],
            limit: Some(20),
            ..LogsAbout::default()
        },
        ..TailOf::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_followed_in_both_shapes_and_gone_on_with_after_a_break() {
    for shape in Shape::ALL {
        let app = TestApp::start(shape, app::a_time()).await;
        let fleet = Fleet::start(6, app.clock.clone()).await;
        fleet.register(&app.admin).await;
        let mut events = app.viewer.tail_logs(&shop()).await.unwrap();
        let past = lines(&mut events, 60).await;
        assert!(past.windows(2).all(|pair| pair[0].0.at <= pair[1].0.at));
        let mut clusters: Vec<_> = past
            .iter()
            .map(|(line, _)| &line.labels["cluster"])
            .collect();
        clusters.sort_unstable();
        clusters.dedup();
        assert_eq!(clusters, ["edge", "shop", "train"]);
        assert!(past.iter().all(|(line, _)| line.severity.is_some()));

        app.clock.advance(Duration::from_mins(1));
        fleet.simulation().sync();
        let live = lines(&mut events, 30).await;
        let before = past.last().unwrap().0.at;
        assert!(live.iter().all(|(line, _)| line.late || line.at > before));
        drop(events);

        // Whoever lost the connection in the middle misses nothing, and sees nothing twice.
        let seen = live.iter().take(10).filter(|(_, place)| place.is_some());
        let of = TailOf {
            after: seen.clone().next_back().unwrap().1.clone(),
            ..shop()
        };
        let mut events = app.viewer.tail_logs(&of).await.unwrap();
        let again = lines(&mut events, 20).await;
        let text = |lines: &[(TailLine, Option<String>)]| -> Vec<(String, String)> {
            let told = lines
                .iter()
                .map(|(line, _)| (line.at.to_string(), line.line.clone()));
            told.collect()
        };
        assert_eq!(text(&again)[..10], text(&live)[10..20]);
        drop(events);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_is_shown_to_no_other_site_and_refused_for_what_is_no_logql() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(6, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let path = "/api/v1/logs/tail?label=app%3Dcart";
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
    ] {
        // A browser hands a page of another site nothing that does not say it may.
        let request = app.viewer.raw(Method::GET, path).unwrap();
        let answer = request.header("origin", origin).send().await.unwrap();
        assert!(
            !answer.headers().contains_key("access-control-allow-origin"),
            "{origin}"
        );
        let request = app.viewer.raw(Method::POST, "/api/v1/logs/query").unwrap();
        let request = request.header("origin", origin).json(&LogQuery::default());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    let nobody = fleetscope_client::Client::new(&app.base, None).unwrap();
    let token = format!("{path}&access_token={}", app.token);
    for path in [path, &token] {
        let answer = nobody.raw(Method::GET, path).unwrap().send().await.unwrap();
        assert_eq!(
            answer.status(),
            StatusCode::UNAUTHORIZED,
            "a token in a URL is none"
        );
    }
    let mut of = shop();
    of.about.labels.clear();
    of.about.query = Some("{app=\"cart\"".to_owned());
    let Err(Error::Refused(problem)) = app.viewer.tail_logs(&of).await.map(drop) else {
        panic!("no refusal")
    };
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (422, "invalid_logql")
    );
    assert!(problem.detail.contains("line 1, col "), "{problem:?}");
    of.after = Some("yesterday".to_owned());
    let Err(Error::Refused(problem)) = app.viewer.tail_logs(&of).await.map(drop) else {
        panic!("no refusal")
    };
    assert_eq!(problem.errors[0].pointer, "Last-Event-ID");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_have_ids_that_stay_and_count_what_was_written() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(6, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let about = LogsAbout {
        labels: vec!["app=cart".to_owned()],
        start: Some(app::a_time() - jiff::SignedDuration::from_mins(30)),
        end: Some(app::a_time()),
        ..LogsAbout::default()
    };
    let found = app.viewer.log_patterns(&about, &[], "5m").await.unwrap();
    assert!(!found.items.is_empty() && found.complete, "{found:?}");
    let counted: u64 = found.items.iter().map(|pattern| pattern.count).sum();
    assert_eq!(counted + found.unmatched, found.lines);
    for pattern in &found.items {
        let windows: u64 = pattern.counts.iter().map(|window| window.count).sum();
        assert_eq!(windows, pattern.count);
        assert_eq!(pattern.clusters.values().sum::<u64>(), pattern.count);
    }
    let most = &found.items[0];
    let later = LogsAbout {
        start: Some(app::a_time() - jiff::SignedDuration::from_mins(10)),
        ..about.clone()
    };
    let later = app.viewer.log_patterns(&later, &[], "1m").await.unwrap();
    let same = later.items.iter().find(|pattern| pattern.id == most.id);
    assert_eq!(same.map(|pattern| &pattern.template), Some(&most.template));

    let series = LogsAbout {
        labels: Vec::new(),
        query: Some("rate({app=\"cart\"}[5m])".to_owned()),
        ..about
    };
    let refused = app
        .viewer
        .log_patterns(&series, &[], "5m")
        .await
        .unwrap_err();
    assert_eq!(refused.status(), Some(422));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_kept_and_may_be_raised() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(6, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    let shop = clusters.iter().find(|cluster| cluster.name == "shop");
    let mut asked = LogQuery {
        clusters: Some(vec![shop.unwrap().id]),
        query: Some("{app=\"cart\"}".to_owned()),
        max_bytes: Some(1),
        ..LogQuery::default()
    };
    let Error::Refused(problem) = app.viewer.query_logs(&asked).await.unwrap_err() else {
        panic!("no refusal")
    };
    assert_eq!(problem.code, "query_too_expensive");
    assert!(
        problem.detail.contains("add labels to its selector"),
        "{problem:?}"
    );
    asked.max_bytes = Some(1_000_000_000);
    let answer = app.viewer.query_logs(&asked).await.unwrap();
    assert!(!answer.lines.is_empty());
    app.stop().await;
}
