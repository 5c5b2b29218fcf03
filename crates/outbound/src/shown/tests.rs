use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use fleetscope_ports::Plain;
use uuid::Uuid;

use super::*;

/// A token that changes when it is told to, and counts how often it is asked for.
#[derive(Default)]
struct Changing {
    number: AtomicUsize,
    asked: AtomicUsize,
}

#[async_trait]
impl Credentials for Changing {
    async fn shown(
        &self,
        _: ClusterId,
        _: Source,
        reach: &str,
        _: Role,
    ) -> fleetscope_ports::Result<Option<Arc<Opened>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        if reach == "https://elsewhere" {
            return Err(fleetscope_ports::Error::not_found("credential", &reach));
        }
        let number = self.number.load(Ordering::Relaxed);
        let token = Plain::new(format!("token-{number}"));
        Ok(Some(Arc::new(Opened::Token(token))))
    }
}

fn kept() -> (Arc<Changing>, Shown) {
    let changing = Arc::new(Changing::default());
    let shown = Shown::new(changing.clone(), Role::Collector, Duration::from_mins(1));
    (changing, shown)
}

fn of(proof: &Proof) -> String {
    match proof {
        Proof::Header(value) => value.to_str().unwrap().to_owned(),
        _ => String::new(),
    }
}

fn shop() -> ClusterId {
    ClusterId::new(Uuid::from_u128(1))
}

fn to(reach: &str) -> To {
    To {
        cluster: shop(),
        source: Source::Prometheus,
        reach: reach.into(),
    }
}

fn there() -> To {
    to("https://shop")
}

#[tokio::test(start_paused = true)]
async fn a_hundred_readers_fetch_a_credential_once_and_it_is_kept_for_its_time() {
    let (changing, shown) = kept();
    let all =
        futures::future::join_all((0..100).map(|_| async { shown.proof(&there()).await })).await;
    assert!(
        all.iter()
            .all(|proof| of(proof.as_ref().unwrap()) == "Bearer token-0")
    );
    assert_eq!(changing.asked.load(Ordering::Relaxed), 1);
    tokio::time::advance(Duration::from_secs(59)).await;
    shown.proof(&there()).await.unwrap();
    assert_eq!(changing.asked.load(Ordering::Relaxed), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    shown.proof(&there()).await.unwrap();
    assert_eq!(changing.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_fetched_at_once() {
    let (changing, shown) = kept();
    shown.proof(&there()).await.unwrap();
    changing.number.store(1, Ordering::Relaxed);
    assert_eq!(of(&shown.proof(&there()).await.unwrap()), "Bearer token-0");
    shown.forget(shop());
    assert_eq!(of(&shown.proof(&there()).await.unwrap()), "Bearer token-1");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_fetches_anew_but_not_again_and_again() {
    let (changing, shown) = kept();
    let first = shown.proof(&there()).await.unwrap();
    // Just fetched: it would be the same.
    assert!(shown.instead(&there(), &first).await.is_none());
    assert_eq!(changing.asked.load(Ordering::Relaxed), 1);
    tokio::time::advance(BETWEEN).await;
    assert!(shown.instead(&there(), &first).await.is_none());
    assert!(shown.instead(&there(), &first).await.is_none());
    assert_eq!(changing.asked.load(Ordering::Relaxed), 2);
    changing.number.store(1, Ordering::Relaxed);
    tokio::time::advance(BETWEEN).await;
    let other = shown.instead(&there(), &first).await.unwrap();
    assert_eq!(of(&other), "Bearer token-1");
    // Whoever was refused with the old one meanwhile is given the new one without a fetch.
    let again = shown.instead(&there(), &first).await.unwrap();
    assert_eq!(of(&again), "Bearer token-1");
    assert_eq!(changing.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_for_an_endpoint_is_not_shown_to_it_where_it_has_moved() {
    let (_, shown) = kept();
    shown.proof(&there()).await.unwrap();
    // The event that it moved is still on its way.
    let moved = to("https://elsewhere");
    let refused = shown.proof(&moved).await.err().unwrap();
    assert_eq!(refused.kind, GapKind::Unauthenticated);
    let instead = shown.instead(&moved, &Proof::None).await;
    assert!(instead.is_none());
}

#[tokio::test]
async fn nothing_of_a_credential_is_printed() {
    let (_, shown) = kept();
    let Proof::Header(header) = shown.proof(&there()).await.unwrap() else {
        panic!("no header");
    };
    assert!(!format!("{shown:?} {header:?}").contains("token-0"));
}
