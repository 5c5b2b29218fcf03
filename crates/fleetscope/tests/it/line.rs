//! The line, from a fault to a report: in a fleet that is watched, and in one where nothing is
//! wrong.

use std::time::Duration;

use fleetscope_client::Paging;
use fleetscope_client::wire::{Investigation, NewReport, ReportFormat, Verdict};
use fleetscope_sim::Fault;
use fleetscope_testkit::{Fleet, TestApp};

/// Moves the clock by minutes and evaluates the watches each time, until `done`.
async fn live(
    app: &TestApp,
    minutes: u32,
    done: impl Fn(&[Investigation]) -> bool,
) -> Vec<Investigation> {
    let mut found = Vec::new();
    for _ in 0..minutes {
        app.clock.advance(Duration::from_mins(1));
        app.roles.activate("watches").await.unwrap();
        found = app
            .viewer
            .investigations(&Paging::default())
            .await
            .unwrap()
            .items;
        if done(&found) {
            break;
        }
    }
    found
}

/// Injects the fault, and holds what is found, told and written against the truth.
async fn find(fault: Fault, seed: u64) {
    let app = TestApp::one().await;
    let fleet = Fleet::start(seed, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    live(&app, 3, |_| false).await;
    let truth = fleet.simulation().inject(fault).unwrap();
    let found = live(&app, 30, |found| found.iter().any(|item| !item.open)).await;
    let found = found.first().unwrap();

    assert_eq!(found.verdict, Some(Verdict::Cause), "{:?}", found.narrative);
    let cause = &found.causes[0];
    assert_eq!(cause.entity.name, truth.entity.name);
    assert_eq!(found.clusters[&cause.entity.cluster], truth.cluster);
    // Every claim cites evidence that is there.
    for reason in found.causes.iter().flat_map(|cause| &cause.reasons) {
        assert!(!reason.evidence.is_empty(), "{}", reason.text);
        for id in &reason.evidence {
            assert!(
                found.evidence.iter().any(|item| item.id == *id),
                "{id}: {}",
                reason.text
            );
        }
    }
    let new = NewReport {
        investigation: found.id,
        title: None,
        format: ReportFormat::Markdown,
    };
    let report = app.operator.create_report(&new).await.unwrap();
    let text = app.viewer.report_text(report.id).await.unwrap();
    assert!(text.contains(&truth.entity.name), "{text}");

    let kinds: Vec<_> = app.viewer.events(0, 500).await.unwrap().items;
    let at = |kind: &str| kinds.iter().position(|event| event.kind == kind);
    assert!(at("anomaly.detected").unwrap() < at("investigation.opened").unwrap());
    assert!(at("investigation.opened").unwrap() < at("investigation.closed").unwrap());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_gpu_is_found_explained_and_reported() {
    find(Fault::GpuThrottle, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_release_is_found_though_a_container_of_another_service_restarted_before() {
    find(Fault::BadRelease, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_fleet_with_its_rollouts_and_restarts_raises_no_investigation() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let found = live(&app, 20, |found| !found.is_empty()).await;
    let found: Vec<_> = found.iter().map(|item| &item.narrative).collect();
    assert!(found.is_empty(), "{found:?}");
    app.stop().await;
}

/// Lives through a fault of a fresh fleet of these clusters until it is settled, and reads what was
/// found.
async fn live_through(app: &TestApp, fleet: &Fleet, fault: Fault) -> Investigation {
    live(app, 3, |_| false).await;
    let known = app.viewer.investigations(&Paging::default()).await.unwrap();
    fleet.simulation().inject(fault).unwrap();
    let found = live(app, 40, |found| {
        found.len() > known.items.len() && found.iter().all(|item| !item.open)
    });
    let newest = found.await[0].id;
    assert!(
        known.items.iter().all(|item| item.id != newest),
        "{fault:?}"
    );
    app.viewer.investigation(newest).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_comes_again_names_the_time_before_and_another_failure_does_not() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(100, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    let first = live_through(&app, &fleet, Fault::GpuThrottle).await;
    assert_eq!(first.verdict, Some(Verdict::Cause));
    assert_eq!(first.recurrence, []);

    // It was mended, and a day later comes again.
    app.clock.advance(Duration::from_hours(24));
    let fleet = Fleet::start(100, app.clock.clone()).await;
    fleet.take_over(&app.admin, &clusters).await;
    let second = live_through(&app, &fleet, Fault::GpuThrottle).await;
    let before: Vec<_> = second
        .recurrence
        .iter()
        .map(|one| one.investigation)
        .collect();
    assert_eq!(before, [first.id]);
    let seen = &second.recurrence[0];
    assert!(seen.similarity >= 0.8, "{}", seen.similarity);
    assert_eq!(seen.cause.as_ref(), Some(&first.causes[0].entity));
    assert_eq!(seen.created_at, first.created_at);
    let last = second.narrative.last().unwrap();
    assert!(last.starts_with("Seen before, 1 d"), "{last}");

    app.clock.advance(Duration::from_hours(24));
    let fleet = Fleet::start(100, app.clock.clone()).await;
    fleet.take_over(&app.admin, &clusters).await;
    let other = live_through(&app, &fleet, Fault::BadRelease).await;
    assert_eq!(other.recurrence, [], "{:?}", other.narrative);
    app.stop().await;
}
