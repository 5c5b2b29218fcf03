//! Investigations.

use fleetscope_model::{EventKind, Investigation, PageRequest, Status};
use fleetscope_ports::Store;
use futures::future::join_all;

use crate::conformance::{code, log};
use crate::samples::Samples;
use crate::walk;

async fn put(store: &Store, samples: &Samples, status: Status) -> Investigation {
    let investigation = samples.investigation(status);
    store.investigations.put(&investigation, &[]).await.unwrap();
    investigation
}

pub(crate) async fn what_is_stored_is_read_back_and_told_of(store: Store) {
    let samples = Samples::new(1);
    let investigation = samples.investigation(Status::Pending);
    let event = samples.event(EventKind::InvestigationOpened, &investigation.id);
    let events = std::slice::from_ref(&event);
    store
        .investigations
        .put(&investigation, events)
        .await
        .unwrap();
    let read = store.investigations.get(investigation.id).await.unwrap();
    assert_eq!(read, investigation);
    assert_eq!(log(&store).await[0].event, event);
    let unknown = samples.investigation(Status::Pending).id;
    assert_eq!(code(store.investigations.get(unknown).await), "not_found");
}

pub(crate) async fn a_revision_has_to_be_newer_than_the_stored_one(store: Store) {
    let samples = Samples::new(2);
    let mut investigation = put(&store, &samples, Status::Complete).await;
    let event = samples.event(EventKind::InvestigationUpdated, &investigation.id);
    let again = store
        .investigations
        .put(&investigation, std::slice::from_ref(&event))
        .await;
    assert_eq!(code(again), "revision_mismatch");
    assert!(log(&store).await.is_empty());

    investigation.revision = 5;
    investigation.narrative = vec!["more is known".to_owned()];
    store
        .investigations
        .put(&investigation, &[event])
        .await
        .unwrap();
    assert_eq!(
        store.investigations.get(investigation.id).await.unwrap(),
        investigation
    );

    investigation.revision = 4;
    let older = store.investigations.put(&investigation, &[]).await;
    assert_eq!(code(older), "revision_mismatch");
}

pub(crate) async fn of_concurrent_revisions_exactly_one_wins(store: Store) {
    let samples = Samples::new(3);
    let mut investigation = put(&store, &samples, Status::Pending).await;
    investigation.revision += 1;
    let results = join_all((0..16).map(|_| store.investigations.put(&investigation, &[]))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

pub(crate) async fn the_list_is_newest_first(store: Store) {
    let samples = Samples::new(4);
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(put(&store, &samples, Status::Complete).await);
    }
    made.reverse();
    let listed = walk(3, async |page: PageRequest| {
        store.investigations.list(&page).await
    })
    .await;
    assert_eq!(listed, made);
}

pub(crate) async fn pending_and_open_ones_are_given_oldest_first(store: Store) {
    let samples = Samples::new(5);
    let first = put(&store, &samples, Status::Pending).await;
    let mut second = put(&store, &samples, Status::Complete).await;
    let third = put(&store, &samples, Status::Pending).await;
    let pending = store.investigations.pending(10).await.unwrap();
    assert_eq!(pending, [first.clone(), third.clone()]);
    let open = store.investigations.open(10).await.unwrap();
    assert_eq!(open, [first.clone(), second.clone(), third.clone()]);

    second.open = false;
    second.revision += 1;
    store.investigations.put(&second, &[]).await.unwrap();
    assert_eq!(
        store.investigations.open(10).await.unwrap(),
        [first.clone(), third]
    );
    assert_eq!(store.investigations.open(1).await.unwrap(), [first]);
}
