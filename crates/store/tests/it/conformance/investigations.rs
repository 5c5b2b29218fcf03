//! Investigations.

use std::collections::BTreeMap;

use fleetscope_model::{
    EventKind, Fingerprint, Investigation, KeptFingerprint, PageRequest, Status,
};
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

fn fingerprint(feature: &str) -> Fingerprint {
    Fingerprint {
        version: 1,
        features: BTreeMap::from([(feature.to_owned(), 0.1 + 0.2)]),
    }
}

fn kept(investigation: &Investigation) -> KeptFingerprint {
    KeptFingerprint {
        investigation: investigation.id,
        created_at: investigation.created_at,
        until: investigation.window.end,
        fingerprint: investigation.fingerprint.clone().unwrap(),
    }
}

pub(crate) async fn fingerprints_are_given_newest_first_of_those_before_one(store: Store) {
    let samples = Samples::new(7);
    let mut all = Vec::new();
    for number in 0..5 {
        let mut investigation = samples.investigation(Status::Complete);
        // One has none.
        investigation.fingerprint = (number != 2).then(|| fingerprint(&number.to_string()));
        store.investigations.put(&investigation, &[]).await.unwrap();
        all.push(investigation);
    }
    let before = async |at: usize, limit| {
        let found = store.investigations.fingerprints(all[at].id, limit).await;
        found.unwrap()
    };
    assert_eq!(
        before(4, 10).await,
        [kept(&all[3]), kept(&all[1]), kept(&all[0])]
    );
    assert_eq!(before(4, 2).await, [kept(&all[3]), kept(&all[1])]);
    assert_eq!(before(0, 10).await, []);
}

pub(crate) async fn a_fingerprint_is_that_of_the_newest_revision(store: Store) {
    let samples = Samples::new(8);
    let mut investigation = samples.investigation(Status::Complete);
    investigation.fingerprint = Some(fingerprint("first"));
    store.investigations.put(&investigation, &[]).await.unwrap();
    let later = samples.investigation(Status::Pending).id;
    let found = async || store.investigations.fingerprints(later, 10).await.unwrap();
    assert_eq!(found().await, [kept(&investigation)]);
    investigation.revision += 1;
    investigation.fingerprint = Some(fingerprint("second"));
    store.investigations.put(&investigation, &[]).await.unwrap();
    assert_eq!(found().await, [kept(&investigation)]);
    // One that is refused changes nothing.
    let mut stale = investigation.clone();
    stale.fingerprint = Some(fingerprint("stale"));
    let refused = store.investigations.put(&stale, &[]).await;
    assert_eq!(code(refused), "revision_mismatch");
    assert_eq!(found().await, [kept(&investigation)]);
    investigation.revision += 1;
    investigation.fingerprint = None;
    store.investigations.put(&investigation, &[]).await.unwrap();
    assert_eq!(found().await, []);
}
