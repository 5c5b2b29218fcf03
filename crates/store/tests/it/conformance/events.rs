//! The event log.

use fleetscope_model::{EventKind, EventSeq, NewEvent};
use fleetscope_ports::Store;
use futures::future::{join, join_all};

use crate::conformance::log;
use crate::samples::Samples;

fn some(samples: &Samples, count: usize) -> Vec<NewEvent> {
    (0..count)
        .map(|n| samples.event(EventKind::ALL[n % EventKind::ALL.len()], &n))
        .collect()
}

pub(crate) async fn the_log_is_empty_at_first(store: Store) {
    assert!(log(&store).await.is_empty());
    assert!(store.events.append(&[]).await.unwrap().is_empty());
    assert_eq!(*store.events.head().borrow(), EventSeq(0));
}

pub(crate) async fn places_grow_by_one_in_the_order_of_appending(store: Store) {
    let samples = Samples::new(1);
    let events = some(&samples, 30);
    let mut appended = store.events.append(&events[..10]).await.unwrap();
    appended.extend(store.events.append(&events[10..]).await.unwrap());
    let places: Vec<u64> = appended.iter().map(|event| event.seq.0).collect();
    assert_eq!(places, (1..=30).collect::<Vec<u64>>());
    assert!(appended.iter().map(|event| &event.event).eq(&events));
    assert_eq!(log(&store).await, appended);
}

pub(crate) async fn a_reading_begins_after_a_place_and_is_bounded(store: Store) {
    let samples = Samples::new(2);
    let appended = store.events.append(&some(&samples, 30)).await.unwrap();
    let read = |seq, limit| store.events.after(EventSeq(seq), &[], limit);
    assert_eq!(read(0, 5).await.unwrap(), appended[..5]);
    assert_eq!(read(12, 5).await.unwrap(), appended[12..17]);
    assert_eq!(read(28, 5).await.unwrap(), appended[28..]);
    assert!(read(30, 5).await.unwrap().is_empty());
    assert!(read(u64::MAX, 5).await.unwrap().is_empty());
    assert!(read(0, 0).await.unwrap().is_empty());
    assert_eq!(read(0, u32::MAX).await.unwrap().len(), 30);
}

pub(crate) async fn a_reading_can_be_of_some_kinds_only(store: Store) {
    let samples = Samples::new(3);
    let appended = store
        .events
        .append(&some(&samples, 11 + 2 * EventKind::ALL.len()))
        .await
        .unwrap();
    for kind in EventKind::ALL {
        let read = store
            .events
            .after(EventSeq(11), &[kind], 100)
            .await
            .unwrap();
        assert_eq!(read.len(), 2, "{kind:?}");
        assert!(read.iter().all(|event| event.event.kind == kind));
    }
    let two = [EventKind::ReportCreated, EventKind::ClusterCreated];
    let read = store.events.after(EventSeq(0), &two, 3).await.unwrap();
    let wanted: Vec<_> = appended
        .iter()
        .filter(|event| two.contains(&event.event.kind))
        .take(3)
        .cloned()
        .collect();
    assert_eq!(read, wanted);
}

pub(crate) async fn a_follower_is_woken_after_the_event_can_be_read(store: Store) {
    let samples = Samples::new(4);
    let mut head = store.events.head();
    let follow = async {
        let mut seen = EventSeq(0);
        while seen.0 < 20 {
            let told = *head.wait_for(|head| *head > seen).await.unwrap();
            let read = store.events.after(seen, &[], 100).await.unwrap();
            assert!(read.last().is_some_and(|last| last.seq >= told));
            seen = read.last().unwrap().seq;
        }
    };
    let append = async {
        for event in some(&samples, 20) {
            store.events.append(&[event]).await.unwrap();
        }
    };
    join(follow, append).await;
}

pub(crate) async fn concurrent_appends_keep_their_own_order(store: Store) {
    let samples = Samples::new(5);
    let writers: Vec<Vec<NewEvent>> = (0..8).map(|_| some(&samples, 12)).collect();
    let append = |events: &[NewEvent]| {
        let (store, events) = (store.clone(), events.to_vec());
        async move {
            let mut places = Vec::new();
            for pair in events.chunks(2) {
                places.extend(store.events.append(pair).await.unwrap());
            }
            places
        }
    };
    let written = join_all(writers.iter().map(|events| append(events))).await;
    let log = log(&store).await;
    assert_eq!(log.len(), 8 * 12);
    assert!(log.iter().map(|event| event.seq.0).eq(1..=96));
    for events in written {
        assert!(events.is_sorted_by_key(|event| event.seq));
        for pair in events.chunks(2) {
            assert_eq!(pair[0].seq.0 + 1, pair[1].seq.0, "an append was torn apart");
        }
        assert!(events.iter().all(|event| log.contains(event)));
    }
}
