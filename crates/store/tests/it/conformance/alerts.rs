//! What Alertmanagers told.

use fleetscope_model::{Cluster, EventKind, Firing, Labels, NewEvent, Received, ReceivedAlert};
use fleetscope_ports::Store;
use jiff::{SignedDuration, Timestamp};

use crate::conformance::{code, log};
use crate::samples::Samples;

/// When every alert here began.
const BEGUN: i64 = 1_780_000_000;

async fn insert(store: &Store, samples: &Samples) -> Cluster {
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    cluster
}

fn alert(n: usize, firing: Firing) -> ReceivedAlert {
    ReceivedAlert {
        fingerprint: format!("{n:016x}"),
        labels: Labels::new(),
        firing,
        starts_at: Timestamp::from_second(BEGUN).unwrap(),
    }
}

/// An event for all that changed, with its number in the minute.
fn tell(changed: &[&ReceivedAlert], before: u32) -> Vec<NewEvent> {
    vec![NewEvent {
        at: Timestamp::UNIX_EPOCH,
        kind: EventKind::AlertFiring,
        subject: String::new(),
        actor: String::new(),
        summary: format!("{} changed, event {before}", changed.len()),
        places: Vec::new(),
    }]
}

async fn receive(store: &Store, of: &Cluster, alerts: &[ReceivedAlert], second: i64) -> Received {
    let at = Timestamp::from_second(BEGUN + second).unwrap();
    store
        .alerts
        .receive(of.id, alerts, at, &tell)
        .await
        .unwrap()
}

async fn told(store: &Store) -> Vec<String> {
    let alerts = log(store).await.into_iter();
    let alerts = alerts.filter(|event| event.event.kind == EventKind::AlertFiring);
    alerts.map(|event| event.event.summary).collect()
}

pub(crate) async fn news_is_told_once_and_counted_in_its_minute(store: Store) {
    let cluster = insert(&store, &Samples::new(1)).await;
    let two = [alert(1, Firing::Firing), alert(2, Firing::Firing)];
    let first = receive(&store, &cluster, &two, 0).await;
    assert_eq!((first.firing, first.known, first.events), (2, 0, 1));
    let again = receive(&store, &cluster, &two, 1).await;
    assert_eq!((again.firing, again.known, again.events), (0, 2, 0));
    let ended = receive(&store, &cluster, &[alert(1, Firing::Resolved)], 2).await;
    assert_eq!((ended.resolved, ended.events), (1, 1));
    let ended = receive(&store, &cluster, &[alert(2, Firing::Resolved)], 70).await;
    assert_eq!(ended.events, 1);
    let expected = [
        "2 changed, event 0",
        "1 changed, event 1",
        "1 changed, event 0",
    ];
    assert_eq!(told(&store).await, expected);
}

pub(crate) async fn what_is_known_is_bounded_and_the_oldest_is_told_anew(store: Store) {
    let cluster = insert(&store, &Samples::new(2)).await;
    receive(&store, &cluster, &[alert(0, Firing::Firing)], 0).await;
    let many: Vec<_> = (1..=20_000).map(|n| alert(n, Firing::Firing)).collect();
    assert_eq!(receive(&store, &cluster, &many, 1).await.firing, 20_000);
    assert_eq!(
        receive(&store, &cluster, &[alert(7, Firing::Firing)], 2)
            .await
            .known,
        1
    );
    assert_eq!(
        receive(&store, &cluster, &[alert(0, Firing::Firing)], 3)
            .await
            .firing,
        1
    );
}

pub(crate) async fn what_has_ended_is_forgotten_after_a_week(store: Store) {
    let cluster = insert(&store, &Samples::new(3)).await;
    let (firing, ended) = (alert(1, Firing::Firing), alert(1, Firing::Resolved));
    receive(&store, &cluster, std::slice::from_ref(&firing), 0).await;
    receive(&store, &cluster, &[ended], 1).await;
    let week = SignedDuration::from_hours(7 * 24).as_secs();
    assert_eq!(
        receive(&store, &cluster, std::slice::from_ref(&firing), week)
            .await
            .known,
        1
    );
    receive(&store, &cluster, &[alert(2, Firing::Firing)], week + 2).await;
    assert_eq!(
        receive(&store, &cluster, &[firing], week + 3).await.firing,
        1
    );
}

pub(crate) async fn alerts_go_with_their_cluster(store: Store) {
    let samples = Samples::new(4);
    let cluster = insert(&store, &samples).await;
    receive(&store, &cluster, &[alert(1, Firing::Firing)], 0).await;
    let event = samples.event(EventKind::ClusterDeleted, &cluster.id);
    store
        .clusters
        .delete(cluster.id, None, &event)
        .await
        .unwrap();
    let at = Timestamp::from_second(BEGUN).unwrap();
    let late = store
        .alerts
        .receive(cluster.id, &[alert(1, Firing::Resolved)], at, &tell)
        .await;
    assert_eq!(code(late), "not_found");
    let created = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &created).await.unwrap();
    assert_eq!(
        receive(&store, &cluster, &[alert(1, Firing::Firing)], 1)
            .await
            .firing,
        1
    );
}
