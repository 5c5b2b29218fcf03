//! Sweeping report texts that belong to no report.

use fleetscope_ports::{IdSource, SeededIds};

use crate::fakes::{Fixture, minutes, start};

fn key(ids: &SeededIds, minutes_ago: i64) -> String {
    let at = start().checked_sub(minutes(minutes_ago)).unwrap();
    format!("reports/{}.md", ids.next(at))
}

#[tokio::test]
async fn orphans_are_removed_once_they_are_old_and_nothing_else_is() {
    let fixture = Fixture::new(&["shop"]);
    let ids = SeededIds::new(3);
    let (old, young) = (key(&ids, 61), key(&ids, 59));
    for key in [old.as_str(), young.as_str(), "reports/notes.md", "other/x"] {
        fixture.shelf.put_object(key, "text");
    }
    assert_eq!(fixture.sweep().activate().await.did, 1);
    let left = fixture.shelf.objects();
    assert!(!left.contains_key(&old));
    assert_eq!(left.len(), 3);
    assert_eq!(fixture.sweep().activate().await.did, 0);
}

#[tokio::test]
async fn more_texts_than_one_listing_gives_are_all_looked_at() {
    let fixture = Fixture::new(&["shop"]);
    let ids = SeededIds::new(3);
    for ago in 0..2_500 {
        fixture
            .shelf
            .put_object(&key(&ids, 120 + ago / 100), "text");
    }
    assert_eq!(fixture.sweep().activate().await.did, 2_500);
    assert!(fixture.shelf.objects().is_empty());
}
