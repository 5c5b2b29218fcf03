//! How things hang together, and what was changed.

use std::time::Duration;

use fleetscope_client::PlaceScope;
use fleetscope_client::wire::{Change, ChangeAnswer, TopologyAnswer};
use fleetscope_sim::Fault;
use fleetscope_testkit::{Fleet, TestApp};
use reqwest::Method;

async fn changes(app: &TestApp, scope: &PlaceScope) -> ChangeAnswer {
    app.viewer.changes(scope).await.unwrap()
}

async fn topology(app: &TestApp, scope: &PlaceScope) -> TopologyAnswer {
    app.viewer.topology(scope).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_in_the_list_of_changes_whichever_way_it_is_read() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(11, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    app.clock.advance(Duration::from_mins(1));
    let truth = fleet.simulation().inject(Fault::BadRelease).unwrap();
    app.clock.advance(Duration::from_mins(5));

    let whole = changes(&app, &PlaceScope::default()).await;
    assert_eq!(whole.gaps, []);
    let is_it = |one: &&Change| one.kind == "rollout" && one.entity.name == truth.entity.name;
    let rollout = whole.changes.iter().find(is_it);
    let rollout = rollout.unwrap_or_else(|| panic!("{whole:?}"));
    assert!(rollout.summary.contains("image"), "{}", rollout.summary);
    // What Argo CD has brought is told with what it changed.
    let brought = |commit: &&Change| {
        let mut changes = whole.changes.iter().filter(|one| one.kind != "commit");
        changes.any(|one| (&one.entity, one.at) == (&commit.entity, commit.at))
    };
    let commits = whole.changes.iter().filter(|one| one.kind == "commit");
    let commits: Vec<&Change> = commits.filter(brought).collect();
    assert!(!commits.is_empty(), "{whole:?}");
    for commit in commits {
        assert_eq!(commit.revision.as_ref().map(String::len), Some(40));
    }
    assert!(
        whole.changes.is_sorted_by(|a, b| a.at >= b.at),
        "newest first"
    );

    // Page by page it is the same, though time goes on.
    let mut scope = PlaceScope {
        limit: Some(1),
        ..PlaceScope::default()
    };
    let mut paged = Vec::new();
    loop {
        let part = changes(&app, &scope).await;
        paged.extend(part.changes);
        app.clock.advance(Duration::from_secs(7));
        scope.cursor = part.next_cursor;
        if scope.cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole.changes);

    // Only what is asked for.
    let elsewhere = PlaceScope {
        namespaces: vec!["nowhere".to_owned()],
        ..PlaceScope::default()
    };
    assert_eq!(changes(&app, &elsewhere).await.changes, []);
    let before = PlaceScope {
        end: Some(rollout.at - jiff::SignedDuration::from_secs(1)),
        ..PlaceScope::default()
    };
    let before = changes(&app, &before).await;
    assert!(!before.changes.contains(rollout));
    let other = clusters.iter().find(|one| one.name != truth.cluster);
    let other = PlaceScope {
        clusters: vec![other.unwrap().id],
        ..PlaceScope::default()
    };
    assert!(!changes(&app, &other).await.changes.contains(rollout));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structure_is_shown_by_kind_and_page_by_page() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(11, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let whole = topology(&app, &PlaceScope::default()).await;
    assert_eq!((whole.gaps, whole.next_cursor), (Vec::new(), None));
    for kind in ["calls", "runs_on", "owns", "uses", "part_of"] {
        let of_kind = PlaceScope {
            kinds: vec![kind.to_owned()],
            ..PlaceScope::default()
        };
        let of_kind = topology(&app, &of_kind).await.edges;
        assert!(!of_kind.is_empty(), "{kind}");
        assert!(of_kind.iter().all(|edge| edge.kind == kind));
        let mut expected = whole.edges.clone();
        expected.retain(|edge| edge.kind == kind);
        assert_eq!(of_kind, expected);
    }
    let mut scope = PlaceScope {
        limit: Some(50),
        ..PlaceScope::default()
    };
    let mut paged = Vec::new();
    loop {
        let part = topology(&app, &scope).await;
        paged.extend(part.edges);
        scope.cursor = part.next_cursor;
        if scope.cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole.edges);
    let wrong = [
        "limit=0",
        "limit=10001",
        "cursor=x",
        "colour=red",
        "start=noon",
    ];
    for wrong in wrong {
        let path = format!("/api/v1/topology?{wrong}");
        let answer = app.viewer.raw(Method::GET, &path).unwrap().send().await;
        assert_eq!(answer.unwrap().status(), 422, "{wrong}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_away_is_a_gap_and_the_command_says_so() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(11, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let away = fleetscope_client::wire::NewCluster {
        name: "away".to_owned(),
        endpoints: serde_json::from_str(r#"{"kubernetes":{"url":"http://127.0.0.1:1"}}"#).unwrap(),
        ..Default::default()
    };
    app.admin.create_cluster(&away).await.unwrap();
    let run = |command: &'static str| {
        let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_fleetscope"));
        process
            .args([command, "--server", app.base.as_str(), "--until"])
            .arg(fleetscope_testkit::app::a_time().to_string())
            .env("FLEETSCOPE_TOKEN", &app.token)
            .output()
    };
    for (command, shown) in [("topology", "runs on"), ("changes", "rollout")] {
        let output = run(command).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}{error}");
        assert!(text.contains("gap: kubernetes on away"), "{text}");
        assert!(text.to_lowercase().contains(shown), "{text}");
    }
    app.stop().await;
}
