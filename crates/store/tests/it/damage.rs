//! Files that others changed, locked or damaged.

use fleetscope_model::{ErrorKind, EventKind, EventSeq, Fault, Origin, Status};
use sqlx::Connection;

use crate::conformance::log;
use crate::samples::Samples;
use crate::{execute, first, outside};

#[tokio::test]
async fn fields_that_a_newer_version_added_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(1);
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    for table in ["clusters", "events"] {
        let sql =
            format!("UPDATE {table} SET document = json_set(document, '$.newer', json('[1]'))");
        execute(folder.path(), &sql).await;
    }
    assert_eq!(store.clusters.get(cluster.id).await.unwrap(), cluster);
    assert_eq!(log(&store).await[0].event, event);
}

#[tokio::test]
async fn events_of_a_kind_that_a_newer_version_added_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(2);
    let event = samples.event(EventKind::ReportCreated, &"x");
    store.events.append(&vec![event; 3]).await.unwrap();
    let newer = "UPDATE events SET kind = 'cluster.frozen', document = \
                 json_set(document, '$.kind', 'cluster.frozen') WHERE seq = 2";
    execute(folder.path(), newer).await;
    let places: Vec<u64> = log(&store).await.iter().map(|event| event.seq.0).collect();
    assert_eq!(places, [1, 3]);
}

#[tokio::test]
async fn a_document_that_can_not_be_read_is_an_internal_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(3);
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    store.clusters.insert(&cluster, &event).await.unwrap();
    for broken in ["", "{", "[]", "{\"id\":7}"] {
        let sql = format!("UPDATE clusters SET document = '{broken}'");
        execute(folder.path(), &sql).await;
        let error = store.clusters.get(cluster.id).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Internal, "document_unreadable")
        );
        assert!(error.message().contains(&cluster.id.to_string()), "{error}");
        let error = store.clusters.list(&first(10)).await.unwrap_err();
        assert_eq!(error.code(), "document_unreadable");
    }
}

#[tokio::test]
async fn work_that_can_not_be_read_does_not_hold_up_other_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(4);
    let mut analyses = Vec::new();
    for _ in 0..3 {
        let analysis = samples.analysis(Origin::Request, Status::Pending);
        store.analyses.put(&analysis, &[]).await.unwrap();
        analyses.push(analysis);
    }
    let sql = format!(
        "UPDATE analyses SET document = '{{}}' WHERE id = '{}'",
        analyses[0].id
    );
    execute(folder.path(), &sql).await;
    assert_eq!(store.analyses.pending(10).await.unwrap(), analyses[1..]);
}

#[tokio::test]
async fn while_another_program_holds_the_lock_writes_are_refused_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(5);
    let event = samples.event(EventKind::ReportCreated, &"x");
    store
        .events
        .append(std::slice::from_ref(&event))
        .await
        .unwrap();

    let mut other = outside(folder.path()).await;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let error = store
        .events
        .append(std::slice::from_ref(&event))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "database_busy")
    );
    assert_eq!(
        store
            .events
            .after(EventSeq(0), &[], 10)
            .await
            .unwrap()
            .len(),
        1
    );

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    store.events.append(&[event]).await.unwrap();
    assert_eq!(log(&store).await.len(), 2);
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(crate::open(folder.path()).await);
    let newer = "INSERT INTO _sqlx_migrations \
                 (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', TRUE, x'00', 0)";
    execute(folder.path(), newer).await;
    let error = fleetscope_store::open(folder.path())
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Internal, "database_version")
    );
    let message = error.message();
    assert!(
        message.contains("newer version (database version 9999)"),
        "{message}"
    );
    assert!(message.contains("--data-dir"), "{message}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fleetscope.db");
    let text = "this is my diary, not a database\n".repeat(500);
    std::fs::write(&file, &text).unwrap();
    let error = fleetscope_store::open(folder.path())
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Internal, "database_unusable")
    );
    assert!(error.message().contains("fleetscope.db"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_page_is_an_internal_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Samples::new(6);
    let (store, housekeeping) = fleetscope_store::open(folder.path()).await.unwrap();
    for n in 0..20 {
        let cluster = samples.cluster(&format!("c{n}"));
        let event = samples.event(EventKind::ClusterCreated, &cluster.id);
        store.clusters.insert(&cluster, &event).await.unwrap();
    }
    housekeeping.close().await;
    drop((store, housekeeping));
    let mut connection = outside(folder.path()).await;
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'clusters'";
    let root: i64 = sqlx::query_scalar(root)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();

    let file = folder.path().join("fleetscope.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let root = (root as usize - 1) * 4096;
    bytes[root..root + 4096].fill(0xff);
    std::fs::write(&file, &bytes).unwrap();

    let store = crate::open(folder.path()).await;
    let error = store.clusters.list(&first(500)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Internal, "database_corrupt")
    );
}

#[tokio::test]
async fn a_closed_store_refuses_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let (store, housekeeping) = fleetscope_store::open(folder.path()).await.unwrap();
    housekeeping.close().await;
    let error = store.tokens.count().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unavailable, "database_closed")
    );
    let error = housekeeping.activate().await.unwrap_err();
    assert_eq!(error.code(), "database_closed");
}
