//! An investigation that somebody asks for, on a fleet where something is wrong: what is kept, what
//! is told of it, and what each kind of signal adds.

use std::collections::BTreeSet;
use std::time::Duration;

use fleetscope_client::Paging;
use fleetscope_client::wire::{
    Cluster, Endpoints, Event, Investigation, InvestigationRequest, NewCluster, Verdict,
};
use fleetscope_ports::Clock as _;
use fleetscope_sim::Fault;
use fleetscope_testkit::{Fleet, TestApp};
use futures::StreamExt as _;

use crate::replaying::investigated;

fn kinds(found: &Investigation) -> BTreeSet<&str> {
    found.evidence.iter().map(|one| one.kind.as_str()).collect()
}

/// The sources that were not read in any cluster, for want of an address.
fn unread(found: &Investigation) -> BTreeSet<&str> {
    let missing = found.gaps.iter().filter(|gap| gap.kind == "not_configured");
    missing.map(|gap| gap.source.as_str()).collect()
}

/// What is taken away of a cluster's endpoints.
type Take = fn(&mut Endpoints);

/// Says of every cluster where it is read.
async fn read_at(app: &TestApp, clusters: &[Cluster], change: Take) {
    for cluster in clusters {
        let mut new = NewCluster {
            name: cluster.name.clone(),
            environment: cluster.environment.clone(),
            provider: cluster.provider.clone(),
            labels: cluster.labels.clone(),
            endpoints: cluster.endpoints.clone(),
        };
        change(&mut new.endpoints);
        let put = app.admin.update_cluster(cluster.id, &new, None);
        put.await.unwrap();
    }
}

/// A fleet with a bad release, ten minutes later.
async fn trouble() -> (TestApp, Fleet, Vec<Cluster>) {
    let app = TestApp::one().await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    let clusters = fleet.register(&app.admin).await;
    fleet.simulation().inject(Fault::BadRelease).unwrap();
    app.clock.advance(Duration::from_mins(10));
    (app, fleet, clusters)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_kept_and_every_step_is_an_event() {
    let (app, fleet, _) = trouble().await;
    let before = app.viewer.events(0, 500).await.unwrap().items;
    let last = before.last().map_or(0, |event| event.seq);
    let mut stream = app.viewer.event_stream(last).await.unwrap();
    let found = investigated(&app, &InvestigationRequest::default()).await;
    let truth = fleet.simulation().truth().unwrap();
    assert_eq!(found.verdict, Some(Verdict::Cause), "{:?}", found.narrative);
    assert_eq!(found.causes[0].entity.name, truth.entity.name);
    let attribution = found.attribution.as_ref().unwrap();
    let suspect = &attribution.suspects[0];
    assert_eq!(suspect.change.entity.name, truth.entity.name);
    assert_eq!(suspect.change.kind, "commit", "{attribution:#?}");
    let commit = suspect.commit.as_ref().unwrap();
    let story = found.narrative.join(" ");
    assert!(story.contains(&commit[..10]), "{story}");

    // Whoever listens hears of it, in order, beside what the watches find by themselves.
    let id = found.id.to_string();
    let is_told = |event: &Event| event.subject == id && event.kind == "investigation.updated";
    let mut heard: Vec<Event> = Vec::new();
    while !heard.iter().any(is_told) {
        let next = tokio::time::timeout(Duration::from_secs(30), stream.next());
        heard.push(next.await.unwrap().unwrap().unwrap());
    }
    let about: Vec<&Event> = heard.iter().filter(|event| event.subject == id).collect();
    let kinds: Vec<&str> = about.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["investigation.opened", "investigation.updated"]);
    let told = &about[1].summary;
    assert!(told.contains(&truth.entity.name), "{told}");
    let logged = app.viewer.events(last, 500).await.unwrap().items;
    assert_eq!(logged[..heard.len()], heard);

    // Later it is what it was, alone and in the list, however time goes on.
    app.clock.advance(Duration::from_hours(2));
    let kept = app.viewer.investigation(found.id).await.unwrap();
    assert_eq!(kept, found);
    let listed = app.viewer.investigations(&Paging::default()).await.unwrap();
    assert!(listed.items.iter().any(|one| one.id == found.id));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_signal_is_evidence_and_a_gap_where_it_is_missing() {
    let (app, fleet, clusters) = trouble().await;
    let request = InvestigationRequest {
        end: Some(app.clock.now()),
        ..InvestigationRequest::default()
    };
    let whole = investigated(&app, &request).await;
    assert_eq!(unread(&whole), BTreeSet::new(), "{:?}", whole.gaps);
    for kind in ["metric", "logs", "traces", "alert", "change"] {
        assert!(kinds(&whole).contains(kind), "{kind}: {:?}", kinds(&whole));
    }
    let away: [(&str, &str, Take); 5] = [
        ("prometheus", "metric", |e| e.prometheus = None),
        ("loki", "logs", |e| e.loki = None),
        ("tempo", "traces", |e| e.tempo = None),
        ("alertmanager", "alert", |e| e.alertmanager = None),
        ("kubernetes", "change", |e| e.kubernetes = None),
    ];
    for (source, kind, take) in away {
        read_at(&app, &clusters, take).await;
        let less = investigated(&app, &request).await;
        assert!(!kinds(&less).contains(kind), "{source}: {:?}", kinds(&less));
        assert!(unread(&less).contains(source), "{source}: {:?}", less.gaps);
        // An alert restates what the metrics say: it is cited, and tells nothing new.
        assert!(
            kind == "alert" || less.narrative != whole.narrative,
            "{source}"
        );
    }
    // With all of it again, it is what it was.
    read_at(&app, &clusters, |_| {}).await;
    let again = investigated(&app, &request).await;
    assert_eq!(again.narrative, whole.narrative);
    let ids = |found: &Investigation| -> BTreeSet<String> {
        found.evidence.iter().map(|one| one.id.clone()).collect()
    };
    assert_eq!(ids(&again), ids(&whole));
    drop(fleet);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_after_the_window_is_no_part_of_it() {
    let app = TestApp::one().await;
    let fleet = Fleet::start(3, app.clock.clone()).await;
    fleet.register(&app.admin).await;
    let end = app.clock.now();
    let request = InvestigationRequest {
        end: Some(end),
        ..InvestigationRequest::default()
    };
    let before = investigated(&app, &request).await;
    let truth = fleet.simulation().inject(Fault::BadRelease).unwrap();
    app.clock.advance(Duration::from_mins(10));

    let later = investigated(&app, &InvestigationRequest::default()).await;
    assert_eq!(later.verdict, Some(Verdict::Cause), "{:?}", later.narrative);
    let after = investigated(&app, &request).await;
    assert_eq!(after.verdict, before.verdict, "{:?}", after.narrative);
    assert_eq!(after.narrative, before.narrative);
    assert!(truth.started_at > end);
    let late = after.timeline.iter().find(|entry| entry.at > end);
    assert_eq!(late, None);
    let late = after.evidence.iter().find(|one| one.end > end);
    assert_eq!(late, None);
    app.stop().await;
}
