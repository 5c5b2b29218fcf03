//! How long a write may take.

use std::time::{Duration, Instant};

use fleetscope_model::EventKind;

use crate::samples::Samples;

#[tokio::test]
async fn a_thousand_events_are_appended_one_by_one_in_well_under_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let event = Samples::new(1).event(EventKind::ReportCreated, &"x");
    let start = Instant::now();
    for _ in 0..1000 {
        store
            .events
            .append(std::slice::from_ref(&event))
            .await
            .unwrap();
    }
    let took = start.elapsed();
    println!("1000 appends took {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}
