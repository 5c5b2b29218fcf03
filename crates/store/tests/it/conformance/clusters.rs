//! Registered clusters.

use fleetscope_model::{
    AnomalyAnalysis, Cluster, ClusterId, EventKind, Investigation, NewEvent, Origin, PageRequest,
    Place, Report, Status,
};
use fleetscope_ports::Store;
use futures::future::join_all;

use crate::conformance::{code, log};
use crate::samples::{Samples, changed};
use crate::walk;

async fn insert(store: &Store, samples: &Samples, name: &str) -> Cluster {
    let cluster = samples.cluster(name);
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    cluster
}

pub(crate) async fn what_is_stored_is_read_back_and_told_of(store: Store) {
    let samples = Samples::new(1);
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    assert_eq!(store.clusters.get(cluster.id).await.unwrap(), cluster);
    let log = log(&store).await;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].event, event);
    let other = insert(&store, &samples, "bank").await;
    insert(&store, &samples, "till").await;
    let nobody = samples.cluster("nobody").id;
    // By name, each once, and without what is not there.
    let several = [cluster.id, nobody, other.id, cluster.id];
    let found = store.clusters.several(&several).await.unwrap();
    assert_eq!(found, [other, cluster]);
    assert_eq!(store.clusters.several(&[]).await.unwrap(), []);
}

pub(crate) async fn a_taken_name_is_refused_and_nothing_is_told(store: Store) {
    let samples = Samples::new(2);
    insert(&store, &samples, "shop").await;
    let other = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &other.id);
    let refused = store.clusters.insert(&other, &event).await;
    assert_eq!(code(refused), "cluster_name_taken");
    assert_eq!(code(store.clusters.get(other.id).await), "not_found");
    assert_eq!(log(&store).await.len(), 1);
}

pub(crate) async fn an_update_has_to_follow_the_stored_generation(store: Store) {
    let samples = Samples::new(3);
    let cluster = insert(&store, &samples, "shop").await;
    let mut next = changed(&cluster);
    next.draft.environment = None;
    let event = samples.event(EventKind::ClusterUpdated, &cluster.id);
    store.clusters.update(&next, &event).await.unwrap();
    assert_eq!(store.clusters.get(cluster.id).await.unwrap(), next);

    let stale = store.clusters.update(&next, &event).await;
    assert_eq!(code(stale), "generation_mismatch");
    let ahead = changed(&changed(&next));
    assert_eq!(
        code(store.clusters.update(&ahead, &event).await),
        "generation_mismatch"
    );
    assert_eq!(log(&store).await.len(), 2);
}

pub(crate) async fn of_concurrent_updates_exactly_one_wins(store: Store) {
    let samples = Samples::new(4);
    let cluster = insert(&store, &samples, "shop").await;
    let next = changed(&cluster);
    let event = samples.event(EventKind::ClusterUpdated, &cluster.id);
    let results = join_all((0..16).map(|_| store.clusters.update(&next, &event))).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1);
    assert_eq!(log(&store).await.len(), 2);
}

pub(crate) async fn an_update_can_rename_and_may_not_take_a_name(store: Store) {
    let samples = Samples::new(5);
    let shop = insert(&store, &samples, "shop").await;
    insert(&store, &samples, "edge").await;
    let event = samples.event(EventKind::ClusterUpdated, &shop.id);

    let mut taking = changed(&shop);
    "edge".clone_into(&mut taking.draft.name);
    let refused = store.clusters.update(&taking, &event).await;
    assert_eq!(code(refused), "cluster_name_taken");
    assert_eq!(store.clusters.get(shop.id).await.unwrap(), shop);

    let mut renamed = changed(&shop);
    "store".clone_into(&mut renamed.draft.name);
    store.clusters.update(&renamed, &event).await.unwrap();
    insert(&store, &samples, "shop").await;
    let names = walk(10, async |page: PageRequest| {
        store.clusters.list(&page).await
    })
    .await;
    let names: Vec<&str> = names.iter().map(Cluster::name).collect();
    assert_eq!(names, ["edge", "shop", "store"]);
}

pub(crate) async fn a_removal_asks_for_the_generation_only_if_one_is_given(store: Store) {
    let samples = Samples::new(6);
    let shop = insert(&store, &samples, "shop").await;
    let edge = insert(&store, &samples, "edge").await;
    let event = samples.event(EventKind::ClusterDeleted, &shop.id);
    let stale = store.clusters.delete(shop.id, Some(7), &event).await;
    assert_eq!(code(stale), "generation_mismatch");
    store.clusters.get(shop.id).await.unwrap();

    store
        .clusters
        .delete(shop.id, Some(1), &event)
        .await
        .unwrap();
    assert_eq!(code(store.clusters.get(shop.id).await), "not_found");
    let event = samples.event(EventKind::ClusterDeleted, &edge.id);
    store.clusters.delete(edge.id, None, &event).await.unwrap();
    assert_eq!(code(store.clusters.get(edge.id).await), "not_found");
    assert_eq!(log(&store).await.len(), 4);
}

pub(crate) async fn what_is_not_there_is_not_found(store: Store) {
    let samples = Samples::new(7);
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterDeleted, &cluster.id);
    assert_eq!(code(store.clusters.get(cluster.id).await), "not_found");
    assert_eq!(
        code(store.clusters.update(&cluster, &event).await),
        "not_found"
    );
    assert_eq!(
        code(store.clusters.delete(cluster.id, None, &event).await),
        "not_found"
    );
    assert_eq!(log(&store).await.len(), 0);
}

pub(crate) async fn a_list_is_sorted_by_name_and_given_in_parts(store: Store) {
    let samples = Samples::new(8);
    let mut names: Vec<String> = (0..23).map(|n| format!("c{:02}", n * 7 % 23)).collect();
    for name in &names {
        insert(&store, &samples, name).await;
    }
    names.sort();
    for limit in [1, 5, 22, 23, 24, 500] {
        let listed = walk(limit, async |page: PageRequest| {
            store.clusters.list(&page).await
        })
        .await;
        let listed: Vec<&str> = listed.iter().map(Cluster::name).collect();
        assert_eq!(listed, names, "in parts of {limit}");
    }
}

pub(crate) async fn a_list_that_changes_meanwhile_gives_nothing_twice(store: Store) {
    let samples = Samples::new(9);
    let mut clusters = Vec::new();
    for name in ["b", "d", "f"] {
        clusters.push(insert(&store, &samples, name).await);
    }
    let part = store.clusters.list(&crate::first(2)).await.unwrap();
    let event = samples.event(EventKind::ClusterDeleted, &clusters[1].id);
    store
        .clusters
        .delete(clusters[1].id, None, &event)
        .await
        .unwrap();
    insert(&store, &samples, "a").await;
    insert(&store, &samples, "e").await;
    let request = PageRequest {
        after: part.next,
        limit: 10,
    };
    let rest = store.clusters.list(&request).await.unwrap();
    let names: Vec<&str> = rest.items.iter().map(Cluster::name).collect();
    assert_eq!(names, ["e", "f"]);
    assert_eq!(rest.next, None);
}

/// What tells of these clusters: an event, an analysis, an investigation with its report, and a
/// report of its own.
async fn tell(store: &Store, samples: &Samples, clusters: &[&Cluster]) {
    let ids: Vec<ClusterId> = clusters.iter().map(|cluster| cluster.id).collect();
    let places: Vec<Place> = ids.iter().copied().map(Place::record).collect();
    let event = NewEvent {
        places: places.clone(),
        ..samples.event(EventKind::AnomalyDetected, &ids[0])
    };
    let mut analysis = samples.analysis(Origin::Watch, Status::Complete);
    let anomaly = analysis.anomalies.remove(0);
    analysis.clusters.clone_from(&ids);
    analysis.anomalies = ids
        .iter()
        .map(|id| {
            let mut anomaly = anomaly.clone();
            anomaly.entity.cluster = *id;
            anomaly
        })
        .collect();
    store.analyses.put(&analysis, &[event]).await.unwrap();
    // Nothing was found, and so only what was asked tells whose it is.
    let quiet = AnomalyAnalysis {
        clusters: ids.clone(),
        anomalies: Vec::new(),
        ..samples.analysis(Origin::Request, Status::Complete)
    };
    store.analyses.put(&quiet, &[]).await.unwrap();
    let investigation = Investigation {
        clusters: ids.iter().map(|id| (*id, "name".to_owned())).collect(),
        ..samples.investigation(Status::Complete)
    };
    store.investigations.put(&investigation, &[]).await.unwrap();
    // One that says where it tells of, and an older one that does not.
    for (places, investigation) in [
        (places, samples.report(1).investigation),
        (Vec::new(), investigation.id),
    ] {
        let report = Report {
            places,
            investigation,
            ..samples.report(1)
        };
        let event = samples.event(EventKind::ReportCreated, &report.id);
        store.reports.insert(&report, &event).await.unwrap();
    }
}

/// How many events that say where, analyses, investigations and reports there are.
async fn told(store: &Store) -> [usize; 4] {
    let page = crate::first(100);
    let events = log(store).await;
    let placed = events.iter().filter(|event| !event.event.places.is_empty());
    [
        placed.count(),
        store.analyses.list(&page).await.unwrap().items.len(),
        store.investigations.list(&page).await.unwrap().items.len(),
        store.reports.list(&page).await.unwrap().items.len(),
    ]
}

pub(crate) async fn what_tells_of_a_cluster_alone_goes_with_it_where_that_is_asked_for(
    store: Store,
) {
    let samples = Samples::new(10);
    let shop = insert(&store, &samples, "shop").await;
    let edge = insert(&store, &samples, "edge").await;
    let train = insert(&store, &samples, "train").await;
    for clusters in [
        &[&shop][..],
        &[&edge],
        &[&shop, &edge],
        &[&edge, &shop],
        &[&train],
    ] {
        tell(&store, &samples, clusters).await;
    }
    assert_eq!(told(&store).await, [5, 10, 5, 10]);
    let event = samples.event(EventKind::ClusterDeleted, &train.id);
    store.clusters.delete(train.id, None, &event).await.unwrap();
    assert_eq!(told(&store).await, [5, 10, 5, 10], "it was not asked for");

    let event = NewEvent {
        places: vec![Place::record(shop.id)],
        ..samples.event(EventKind::ClusterDeleted, &shop.id)
    };
    let stale = store.clusters.forget(shop.id, Some(7), &event).await;
    assert_eq!(code(stale), "generation_mismatch");
    assert_eq!(told(&store).await, [5, 10, 5, 10]);
    let texts = store.clusters.forget(shop.id, None, &event).await.unwrap();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(code(store.clusters.get(shop.id).await), "not_found");
    // What tells of two clusters stays, and that this one was removed is told.
    assert_eq!(told(&store).await, [5, 8, 4, 8]);
    assert_eq!(log(&store).await.last().unwrap().event, event);
    let known = store.reports.known_objects(&texts).await.unwrap();
    assert_eq!(known, Vec::<String>::new());
}
