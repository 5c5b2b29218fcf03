//! API tokens.

use fleetscope_model::{ApiToken, EventKind, PageRequest};
use fleetscope_ports::Store;

use crate::conformance::{code, log};
use crate::samples::Samples;
use crate::walk;

async fn insert(store: &Store, samples: &Samples, name: &str) -> (ApiToken, [u8; 32]) {
    let (token, digest) = samples.token(name);
    let event = samples.event(EventKind::TokenCreated, &token.id);
    store.tokens.insert(&token, &digest, &event).await.unwrap();
    (token, digest)
}

pub(crate) async fn a_token_is_found_by_its_digest_alone(store: Store) {
    let samples = Samples::new(1);
    let (token, digest) = insert(&store, &samples, "ci").await;
    insert(&store, &samples, "ada").await;
    assert_eq!(store.tokens.find(&digest).await.unwrap(), Some(token));
    let mut other = digest;
    other[31] ^= 1;
    assert_eq!(store.tokens.find(&other).await.unwrap(), None);
    assert_eq!(log(&store).await.len(), 2);
}

pub(crate) async fn a_taken_name_is_refused_and_nothing_is_told(store: Store) {
    let samples = Samples::new(2);
    let (first, first_digest) = insert(&store, &samples, "ci").await;
    let (token, digest) = samples.token("ci");
    let event = samples.event(EventKind::TokenCreated, &token.id);
    let refused = store.tokens.insert(&token, &digest, &event).await;
    assert_eq!(code(refused), "token_name_taken");
    assert_eq!(store.tokens.find(&digest).await.unwrap(), None);
    assert_eq!(store.tokens.find(&first_digest).await.unwrap(), Some(first));
    assert_eq!(log(&store).await.len(), 1);
}

pub(crate) async fn a_revoked_token_is_found_no_more(store: Store) {
    let samples = Samples::new(3);
    let (token, digest) = insert(&store, &samples, "ci").await;
    let event = samples.event(EventKind::TokenRevoked, &token.id);
    store.tokens.delete(token.id, &event).await.unwrap();
    assert_eq!(store.tokens.find(&digest).await.unwrap(), None);
    assert_eq!(
        code(store.tokens.delete(token.id, &event).await),
        "not_found"
    );
    assert_eq!(log(&store).await.len(), 2);
    insert(&store, &samples, "ci").await;
}

pub(crate) async fn a_list_is_sorted_by_name_and_counted(store: Store) {
    let samples = Samples::new(4);
    assert_eq!(store.tokens.count().await.unwrap(), 0);
    for name in ["c", "a", "B", "b"] {
        insert(&store, &samples, name).await;
    }
    assert_eq!(store.tokens.count().await.unwrap(), 4);
    let listed = walk(2, async |page: PageRequest| store.tokens.list(&page).await).await;
    let names: Vec<&str> = listed.iter().map(|token| token.name.as_str()).collect();
    assert_eq!(names, ["B", "a", "b", "c"]);
}
