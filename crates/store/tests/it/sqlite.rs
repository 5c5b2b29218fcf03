//! The conformance suite on SQLite and a local folder.

use fleetscope_model::{Origin, Status};
use fleetscope_ports::Store;

use crate::conformance::conformance;
use crate::samples::Samples;

async fn on_sqlite<F: Future<Output = ()>>(case: impl Fn(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    case(store).await;
}

conformance!(super::on_sqlite);

#[tokio::test]
async fn an_analysis_that_was_kept_before_there_were_events_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let mut analysis = Samples::new(77).analysis(Origin::Watch, Status::Complete);
    store.analyses.put(&analysis, &[]).await.unwrap();
    let sql = "UPDATE analyses SET document = json_remove(document, '$.events')";
    crate::execute(folder.path(), sql).await;
    analysis.events.clear();
    assert_eq!(store.analyses.get(analysis.id).await.unwrap(), analysis);
}
