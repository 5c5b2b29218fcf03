//! A call whose caller goes away, at every point where it could.

use std::pin::Pin;
use std::task::{Context, Poll};

use fleetscope_model::{Cluster, EventKind};
use fleetscope_ports::Error;

use crate::history::{State, assert_consistent};
use crate::samples::{Samples, changed};

/// A future that is given up after so many polls.
struct GivenUp<F> {
    inner: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for GivenUp<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}

async fn give_up<F: Future<Output = Result<(), Error>>>(polls: usize, call: F) {
    let inner = Box::pin(call);
    // Done, refused because an earlier call did happen, or given up: all are right.
    let _ = GivenUp { inner, polls }.await;
}

#[tokio::test]
async fn a_call_that_is_given_up_has_happened_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::open(folder.path()).await;
    let samples = Samples::new(1);
    let told = |kind, cluster: &Cluster| {
        let mut event = samples.event(kind, &cluster.id);
        event.summary = cluster.generation.to_string();
        event
    };
    let mut finished = 0;
    for n in 0..120 {
        let polls = n % 12;
        let cluster = samples.cluster(&format!("c{n}"));
        let created = told(EventKind::ClusterCreated, &cluster);
        give_up(polls, store.clusters.insert(&cluster, &created)).await;
        let next = changed(&cluster);
        let updated = told(EventKind::ClusterUpdated, &next);
        give_up(polls, store.clusters.update(&next, &updated)).await;
        if n % 3 == 0 {
            let deleted = told(EventKind::ClusterDeleted, &next);
            give_up(polls, store.clusters.delete(cluster.id, None, &deleted)).await;
        }
        finished += usize::from(store.clusters.get(cluster.id).await.is_ok());
    }
    assert!(
        (10..110).contains(&finished),
        "nothing, or everything, was given up: {finished}"
    );
    let log = assert_consistent(&store).await;
    assert_eq!(State::told(&log).len(), finished);

    let last = samples.cluster("last");
    let created = told(EventKind::ClusterCreated, &last);
    store.clusters.insert(&last, &created).await.unwrap();
    let log = assert_consistent(&store).await;
    assert_eq!(*store.events.head().borrow(), log.last().unwrap().seq);
}
