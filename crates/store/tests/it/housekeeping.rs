//! What is kept and what is removed.

use fleetscope_model::{AnomalyAnalysis, EventKind, EventSeq, Origin, PageRequest, Status};
use fleetscope_ports::Store;
use fleetscope_store::{Housekeeping, Removed, Retention};
use jiff::SignedDuration;

use crate::conformance::audit::entry;
use crate::samples::Samples;
use crate::{execute, walk};

async fn open(events: u64) -> (tempfile::TempDir, Store, Housekeeping) {
    let folder = tempfile::tempdir().unwrap();
    let (store, housekeeping) = fleetscope_store::open(folder.path()).await.unwrap();
    let retention = Retention {
        events,
        ..Retention::default()
    };
    (folder, store, housekeeping.with_retention(retention))
}

#[tokio::test]
async fn the_newest_events_are_kept_and_places_are_never_given_again() {
    let (folder, store, housekeeping) = open(10).await;
    let event = Samples::new(1).event(EventKind::ReportCreated, &"x");
    store
        .events
        .append(&vec![event.clone(); 2505])
        .await
        .unwrap();
    let removed = housekeeping.activate().await.unwrap();
    assert_eq!(
        removed,
        Removed {
            events: 2495,
            ..Removed::default()
        }
    );
    assert_eq!(
        removed.to_string(),
        "removed 2495 events, 0 analyses and 0 audit entries"
    );
    let kept = store.events.after(EventSeq(0), &[], 5000).await.unwrap();
    assert!(kept.iter().map(|event| event.seq.0).eq(2496..=2505));
    assert_eq!(housekeeping.activate().await.unwrap(), Removed::default());

    let none = Retention {
        events: 0,
        ..Retention::default()
    };
    housekeeping.with_retention(none).activate().await.unwrap();
    drop(store);
    let store = crate::open(folder.path()).await;
    assert_eq!(*store.events.head().borrow(), EventSeq(2505));
    assert_eq!(
        store.events.append(&[event]).await.unwrap()[0].seq,
        EventSeq(2506)
    );
}

#[tokio::test]
async fn analyses_of_watches_go_after_thirty_days_and_others_stay() {
    let (_folder, store, housekeeping) = open(10).await;
    let samples = Samples::new(2);
    let newest = samples.now();
    let aged = |days: i64, origin, status| {
        let mut analysis = samples.analysis(origin, status);
        analysis.created_at = newest - SignedDuration::from_hours(24 * days);
        analysis
    };
    let kept = [
        aged(0, Origin::Watch, Status::Complete),
        aged(30, Origin::Watch, Status::Complete),
        aged(31, Origin::Watch, Status::Pending),
        aged(400, Origin::Request, Status::Complete),
    ];
    let gone = [
        aged(31, Origin::Watch, Status::Complete),
        aged(400, Origin::Watch, Status::Failed),
    ];
    for analysis in kept.iter().chain(&gone) {
        store.analyses.put(analysis, &[]).await.unwrap();
    }
    let removed = housekeeping.activate().await.unwrap();
    assert_eq!(
        removed,
        Removed {
            analyses: 2,
            ..Removed::default()
        }
    );
    let mut left: Vec<AnomalyAnalysis> = walk(10, async |page: PageRequest| {
        store.analyses.list(&page).await
    })
    .await;
    left.reverse();
    assert_eq!(left, kept);
    assert_eq!(housekeeping.activate().await.unwrap(), Removed::default());
}

#[tokio::test]
async fn the_audit_log_is_bounded_and_unknown_callers_take_a_tenth_of_it() {
    let (folder, store, housekeeping) = open(10).await;
    let samples = Samples::new(3);
    let entries = |caller: Option<&str>, count: usize| -> Vec<_> {
        (0..count).map(|_| entry(&samples, caller, "/")).collect()
    };
    for batch in [
        entries(Some("ada"), 50),
        entries(None, 60),
        entries(Some("ada"), 30),
    ] {
        store.audit_sink.append(&batch).await.unwrap();
    }
    let retention = Retention {
        audit_entries: 100,
        ..Retention::default()
    };
    let housekeeping = housekeeping.with_retention(retention);
    let removed = housekeeping.activate().await.unwrap();
    // The oldest forty, and of the sixty of nobody all but the newest ten.
    assert_eq!(removed.audit, 90);
    let page = PageRequest {
        after: None,
        limit: 500,
    };
    let kept = store.audit.list(&page).await.unwrap().items;
    let known = kept.iter().filter(|record| record.entry.caller.is_some());
    assert_eq!((kept.len(), known.count()), (50, 40));
    assert_eq!(housekeeping.activate().await.unwrap(), Removed::default());

    let retention = Retention {
        audit_age: SignedDuration::from_secs(5),
        ..retention
    };
    let aged = housekeeping.with_retention(retention);
    assert!(aged.activate().await.unwrap().audit > 30);
    let changed = crate::try_execute(folder.path(), "UPDATE audit SET document = '{}'").await;
    assert!(changed.is_err(), "an entry was changed");
}

#[tokio::test]
async fn an_empty_store_needs_no_housekeeping() {
    let (_folder, _store, housekeeping) = open(10).await;
    assert_eq!(housekeeping.activate().await.unwrap(), Removed::default());
}

#[tokio::test]
async fn space_that_became_free_is_given_back() {
    let (folder, store, housekeeping) = open(10).await;
    let mut event = Samples::new(3).event(EventKind::ReportCreated, &"x");
    event.summary = "x".repeat(1000);
    store.events.append(&vec![event; 3000]).await.unwrap();
    let size = || {
        std::fs::metadata(folder.path().join("fleetscope.db"))
            .unwrap()
            .len()
    };
    execute(folder.path(), "UPDATE events SET kind = kind WHERE seq = 1").await;
    housekeeping.activate().await.unwrap();
    housekeeping.activate().await.unwrap();
    housekeeping.close().await;
    assert!(size() < 1 << 20, "{} bytes are left", size());
}
