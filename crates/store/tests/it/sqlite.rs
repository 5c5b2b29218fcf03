//! The conformance suite on SQLite and a local folder.

use fleetscope_ports::Store;

use crate::conformance::conformance;

async fn on_sqlite<F: Future<Output = ()>>(case: impl Fn(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    case(store).await;
}

conformance!(super::on_sqlite);
