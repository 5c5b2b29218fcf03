//! Whole objects.

use bytes::Bytes;
use fleetscope_ports::Store;

use crate::conformance::code;

pub(crate) async fn what_is_put_is_got_back(store: Store) {
    let large = Bytes::from((0..3_000_000_u32).map(|n| n as u8).collect::<Vec<u8>>());
    for (key, bytes) in [
        ("a", Bytes::new()),
        (
            "reports/0198-x.md",
            Bytes::from_static(b"# \xf0\x9f\x9a\x80\n"),
        ),
        ("deep/er/and_deeper/x.y.z", large),
    ] {
        store.objects.put(key, bytes.clone()).await.unwrap();
        assert!(store.objects.get(key).await.unwrap() == bytes, "{key}");
    }
    assert_eq!(code(store.objects.get("reports/other").await), "not_found");
}

pub(crate) async fn a_second_put_replaces_the_first(store: Store) {
    store
        .objects
        .put("a/b", Bytes::from_static(b"longer"))
        .await
        .unwrap();
    store
        .objects
        .put("a/b", Bytes::from_static(b"short"))
        .await
        .unwrap();
    assert_eq!(store.objects.get("a/b").await.unwrap(), "short");
    assert_eq!(store.objects.list("", 10).await.unwrap(), ["a/b"]);
}

pub(crate) async fn a_removal_may_be_repeated(store: Store) {
    store
        .objects
        .put("a/b", Bytes::from_static(b"x"))
        .await
        .unwrap();
    store.objects.delete("a/b").await.unwrap();
    assert_eq!(code(store.objects.get("a/b").await), "not_found");
    store.objects.delete("a/b").await.unwrap();
    store.objects.delete("never/there").await.unwrap();
    assert!(store.objects.list("", 10).await.unwrap().is_empty());
}

pub(crate) async fn a_list_is_of_a_prefix_sorted_and_bounded(store: Store) {
    for key in ["r/b", "r/a", "r/ab/c", "rx", "q/a", "r/ac"] {
        store
            .objects
            .put(key, Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    let list = async |prefix: &str, limit| store.objects.list(prefix, limit).await.unwrap();
    assert_eq!(list("r/", 10).await, ["r/a", "r/ab/c", "r/ac", "r/b"]);
    assert_eq!(list("r", 10).await, ["r/a", "r/ab/c", "r/ac", "r/b", "rx"]);
    assert_eq!(list("r/a", 10).await, ["r/a", "r/ab/c", "r/ac"]);
    assert_eq!(list("r/", 2).await, ["r/a", "r/ab/c"]);
    assert_eq!(list("", 3).await, ["q/a", "r/a", "r/ab/c"]);
    assert_eq!(list("", 0).await, [""; 0]);
    assert_eq!(list("z/", 10).await, [""; 0]);
    assert_eq!(
        code(store.objects.list("../", 10).await),
        "object_key_invalid"
    );
}

pub(crate) async fn a_key_that_could_leave_the_store_is_refused(store: Store) {
    let long = "a".repeat(201);
    let keys = [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", ".hidden", "a\\b",
        "a b", "a%2e", "a\0b", "ä", "a#1", "C:a", "a\n", &long,
    ];
    for key in keys {
        let put = store.objects.put(key, Bytes::from_static(b"x")).await;
        assert_eq!(code(put), "object_key_invalid", "{key:?}");
        assert_eq!(
            code(store.objects.get(key).await),
            "object_key_invalid",
            "{key:?}"
        );
        assert_eq!(
            code(store.objects.delete(key).await),
            "object_key_invalid",
            "{key:?}"
        );
    }
    assert!(store.objects.list("", 10).await.unwrap().is_empty());
}
