//! The data folder: made, claimed, refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;

use fleetscope_model::{ErrorKind, EventKind, Fault};
use fleetscope_ports::Error;

use crate::crash::{FOLDER, child};
use crate::samples::Samples;

async fn refusal(dir: &std::path::Path) -> Error {
    fleetscope_store::open(dir).await.map(drop).unwrap_err()
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made_for_the_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("some/where");
    let store = crate::open(&dir).await;
    assert_eq!(store.tokens.count().await.unwrap(), 0);
    let mode = std::fs::metadata(&dir).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn what_was_stored_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Samples::new(1);
    let cluster = samples.cluster("shop");
    let event = samples.event(EventKind::ClusterCreated, &cluster.id);
    let store = crate::open(folder.path()).await;
    store.clusters.insert(&cluster, &event).await.unwrap();
    drop(store);
    let store = crate::open(folder.path()).await;
    assert_eq!(store.clusters.get(cluster.id).await.unwrap(), cluster);
    assert_eq!(store.events.head().borrow().0, 1);
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = child("folder::holds_the_folder_until_told", folder.path());
    let mut said = BufReader::new(first.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("held") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the first process ended"
        );
    }

    let error = refusal(folder.path()).await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, "data_dir_in_use")
    );
    let message = error.message();
    let owner = format!("process {} is using the data folder", first.id());
    assert!(message.contains(&owner), "{message}");
    assert!(
        message.contains("stop it") && message.contains("--data-dir"),
        "{message}"
    );

    first.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(first.wait().unwrap().success());
    crate::open(folder.path()).await;
}

/// Not a test by itself: the first process of the test above.
#[tokio::test]
#[ignore = "run by a_second_process_is_refused_until_the_first_is_gone, in a process of its own"]
async fn holds_the_folder_until_told() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let _store = crate::open(folder.as_ref()).await;
    println!("held");
    std::io::stdin().read_exact(&mut [0]).unwrap();
}

#[tokio::test]
async fn the_same_process_can_not_open_a_folder_twice_either() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    assert_eq!(refusal(folder.path()).await.code(), "data_dir_in_use");
    drop(store);
    crate::open(folder.path()).await;
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_refused_with_its_name() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for dir in [file.clone(), file.join("below")] {
        let error = refusal(&dir).await;
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Unavailable, "data_dir_unusable")
        );
        let message = error.message();
        assert!(message.contains(dir.to_str().unwrap()), "{message}");
        assert!(message.contains("--data-dir"), "{message}");
    }
}

#[tokio::test]
async fn what_a_put_left_half_done_is_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    store
        .objects
        .put("reports/a.md", "whole".into())
        .await
        .unwrap();
    drop(store);
    let half = folder.path().join("objects/reports/b.md#1");
    std::fs::write(&half, "hal").unwrap();
    let store = crate::open(folder.path()).await;
    assert!(!half.exists());
    assert_eq!(store.objects.list("", 10).await.unwrap(), ["reports/a.md"]);
}
