//! Anomaly analyses.

use fleetscope_model::{AnalysisId, AnomalyAnalysis, EventKind, Origin, PageRequest, Status};
use fleetscope_ports::Store;

use crate::conformance::{code, log};
use crate::samples::Samples;
use crate::walk;

async fn put(store: &Store, samples: &Samples, status: Status) -> AnomalyAnalysis {
    let analysis = samples.analysis(Origin::Request, status);
    store.analyses.put(&analysis, &[]).await.unwrap();
    analysis
}

async fn listed(store: &Store, limit: u32) -> Vec<AnalysisId> {
    let analyses = walk(limit, async |page: PageRequest| {
        store.analyses.list(&page).await
    })
    .await;
    analyses.iter().map(|analysis| analysis.id).collect()
}

pub(crate) async fn what_is_stored_is_read_back_to_the_last_bit(store: Store) {
    let samples = Samples::new(1);
    let analysis = samples.analysis(Origin::Watch, Status::Complete);
    let events = [
        samples.event(EventKind::AnomalyDetected, &analysis.id),
        samples.event(EventKind::InvestigationOpened, &analysis.id),
    ];
    store.analyses.put(&analysis, &events).await.unwrap();
    let read = store.analyses.get(analysis.id).await.unwrap();
    assert_eq!(read, analysis);
    let bits = |analysis: &AnomalyAnalysis| {
        let anomaly = &analysis.anomalies[0];
        let band = &anomaly.expected;
        [
            anomaly.peak,
            anomaly.score,
            band.low,
            band.center,
            band.high,
        ]
        .map(f64::to_bits)
    };
    assert_eq!(bits(&read), bits(&analysis));
    assert!(
        log(&store)
            .await
            .iter()
            .map(|event| &event.event)
            .eq(&events)
    );
}

pub(crate) async fn a_number_that_json_can_not_say_is_refused_whole(store: Store) {
    let samples = Samples::new(2);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut analysis = samples.analysis(Origin::Watch, Status::Complete);
        analysis.anomalies[0].score = number;
        let event = samples.event(EventKind::AnomalyDetected, &analysis.id);
        let refused = store.analyses.put(&analysis, &[event]).await;
        assert_eq!(code(refused), "document_unstorable");
    }
    assert!(listed(&store, 10).await.is_empty());
    assert!(log(&store).await.is_empty());
}

pub(crate) async fn a_second_put_replaces_the_first(store: Store) {
    let samples = Samples::new(3);
    let mut analysis = put(&store, &samples, Status::Pending).await;
    analysis.status = Status::Failed;
    analysis.failure = Some("no cluster answered".to_owned());
    store.analyses.put(&analysis, &[]).await.unwrap();
    assert_eq!(store.analyses.get(analysis.id).await.unwrap(), analysis);
    assert_eq!(listed(&store, 10).await, [analysis.id]);
    let unknown = samples.analysis(Origin::Request, Status::Pending).id;
    assert_eq!(code(store.analyses.get(unknown).await), "not_found");
}

pub(crate) async fn the_list_is_newest_first_and_given_in_parts(store: Store) {
    let samples = Samples::new(4);
    let mut ids = Vec::new();
    for _ in 0..17 {
        ids.push(put(&store, &samples, Status::Complete).await.id);
    }
    ids.reverse();
    for limit in [1, 4, 16, 17, 18] {
        assert_eq!(listed(&store, limit).await, ids, "in parts of {limit}");
    }
}

pub(crate) async fn a_part_of_large_documents_ends_early(store: Store) {
    let samples = Samples::new(5);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut analysis = samples.analysis(Origin::Request, Status::Complete);
        analysis.evidence = vec![samples.evidence("x".repeat(6 << 20))];
        store.analyses.put(&analysis, &[]).await.unwrap();
        ids.push(analysis.id);
    }
    ids.reverse();
    let part = store.analyses.list(&crate::first(500)).await.unwrap();
    assert_eq!(part.items.len(), 1);
    assert!(part.next.is_some());
    assert_eq!(listed(&store, 500).await, ids);
}

pub(crate) async fn pending_work_is_given_oldest_first(store: Store) {
    let samples = Samples::new(6);
    let mut pending = Vec::new();
    for n in 0..6 {
        let done = [Status::Complete, Status::Failed][n % 2];
        put(&store, &samples, done).await;
        pending.push(put(&store, &samples, Status::Pending).await);
    }
    assert_eq!(store.analyses.pending(10).await.unwrap(), pending);
    assert_eq!(store.analyses.pending(2).await.unwrap(), pending[..2]);
    pending[0].status = Status::Complete;
    store.analyses.put(&pending[0], &[]).await.unwrap();
    assert_eq!(store.analyses.pending(10).await.unwrap(), pending[1..]);
}
