//! Reports.

use fleetscope_model::{EventKind, PageRequest, Report};
use fleetscope_ports::Store;

use crate::conformance::{code, log};
use crate::samples::Samples;
use crate::walk;

async fn insert(store: &Store, samples: &Samples) -> Report {
    let report = samples.report(7);
    let event = samples.event(EventKind::ReportCreated, &report.id);
    store.reports.insert(&report, &event).await.unwrap();
    report
}

pub(crate) async fn what_is_stored_is_read_back_and_told_of(store: Store) {
    let samples = Samples::new(1);
    let report = insert(&store, &samples).await;
    assert_eq!(store.reports.get(report.id).await.unwrap(), report);
    assert_eq!(log(&store).await[0].event.subject, report.id.to_string());
    let unknown = samples.report(1).id;
    assert_eq!(code(store.reports.get(unknown).await), "not_found");
}

pub(crate) async fn a_second_report_of_the_same_id_or_object_is_refused(store: Store) {
    let samples = Samples::new(2);
    let report = insert(&store, &samples).await;
    let event = samples.event(EventKind::ReportCreated, &report.id);
    assert_eq!(
        code(store.reports.insert(&report, &event).await),
        "already_stored"
    );
    let mut other = samples.report(7);
    other.object.clone_from(&report.object);
    assert_eq!(
        code(store.reports.insert(&other, &event).await),
        "already_stored"
    );
    assert_eq!(log(&store).await.len(), 1);
}

pub(crate) async fn a_removed_report_is_given_back_once(store: Store) {
    let samples = Samples::new(3);
    let report = insert(&store, &samples).await;
    let event = samples.event(EventKind::ReportDeleted, &report.id);
    assert_eq!(
        store.reports.delete(report.id, &event).await.unwrap(),
        report
    );
    assert_eq!(
        code(store.reports.delete(report.id, &event).await),
        "not_found"
    );
    assert_eq!(code(store.reports.get(report.id).await), "not_found");
    assert_eq!(log(&store).await.len(), 2);
}

pub(crate) async fn the_list_is_newest_first(store: Store) {
    let samples = Samples::new(4);
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(insert(&store, &samples).await);
    }
    made.reverse();
    let listed = walk(2, async |page: PageRequest| store.reports.list(&page).await).await;
    assert_eq!(listed, made);
}

pub(crate) async fn objects_of_reports_are_known_from_others(store: Store) {
    let samples = Samples::new(5);
    let (one, other) = (
        insert(&store, &samples).await,
        insert(&store, &samples).await,
    );
    let keys = [
        other.object.clone(),
        "reports/left-over.md".to_owned(),
        one.object.clone(),
        "x'y\"z".to_owned(),
    ];
    let known = store.reports.known_objects(&keys).await.unwrap();
    assert_eq!(known, [other.object, one.object]);
    assert!(store.reports.known_objects(&[]).await.unwrap().is_empty());
}
