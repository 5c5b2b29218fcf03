//! Replay bundles: whoever sees all of an investigation can go through it again elsewhere.

use fleetscope_engine::Bundle;
use fleetscope_model::{ErrorKind, Fault};

use crate::visible::{only_id, reader, trouble};

#[tokio::test]
async fn a_bundle_gives_the_stored_findings_to_the_byte() {
    let fixture = trouble().await;
    let (id, whole) = (only_id(&fixture).await, reader("whole"));
    let stored = fixture
        .intelligence
        .investigation(&whole, id)
        .await
        .unwrap();
    let bytes = fixture.intelligence.replay(&whole, id).await.unwrap();
    let bundle = Bundle::from_bytes(&bytes).unwrap();
    assert_eq!(Some(&bundle.findings), stored.findings.as_ref());
    assert!(!bundle.findings.anomalies.is_empty());
    let again = Bundle::new(id.to_string(), bundle.input.clone(), bundle.replay());
    assert_eq!(again.to_bytes().unwrap(), bytes);
}

#[tokio::test]
async fn a_bundle_is_not_for_whoever_sees_a_part_or_nothing() {
    let fixture = trouble().await;
    let id = only_id(&fixture).await;
    let refused = async |name: &str| {
        let asked = fixture.intelligence.replay(&reader(name), id).await;
        let error = asked.unwrap_err();
        (error.kind(), error.code())
    };
    let part = (ErrorKind::Forbidden, "replay_forbidden");
    assert_eq!(refused("shop").await, part);
    assert_eq!(refused("bank").await, part);
    assert_eq!(refused("away").await.0, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_bundle_that_is_not_of_the_newest_findings_is_not_given() {
    let fixture = trouble().await;
    let (id, whole) = (only_id(&fixture).await, reader("whole"));
    fixture
        .shelf
        .put_object(&format!("replays/{id}.json"), "{}");
    let error = fixture.intelligence.replay(&whole, id).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, "replay_not_kept")
    );
}
