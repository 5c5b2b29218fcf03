//! Questions under way, one a key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

/// A question that several wait for. It is polled by whoever waits; there is no task behind it.
type Question<V, E> = Shared<BoxFuture<'static, Result<V, E>>>;

/// Questions under way. They are held weakly: those who wait keep them going.
pub(super) struct Asking<K, V, E> {
    state: Mutex<State<K, V, E>>,
}

struct State<K, V, E> {
    questions: HashMap<K, Ticketed<V, E>>,
    next: u64,
}

/// The ticket tells a question from a later one about the same key.
struct Ticketed<V, E> {
    ticket: u64,
    question: WeakShared<BoxFuture<'static, Result<V, E>>>,
}

/// What is to be done outside of the lock.
enum Turn<V, E> {
    Known(V),
    Wait(Question<V, E>),
}

impl<K, V, E> Default for Asking<K, V, E> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                questions: HashMap::new(),
                next: 0,
            }),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, E: Clone> Asking<K, V, E> {
    /// Waits for the question about the key that is under way, or for the one that `begin` makes.
    /// `peek` is asked again under the lock, as an answer may have come in just before.
    pub(super) async fn join(
        &self,
        key: &K,
        peek: impl FnOnce() -> Option<V>,
        begin: impl FnOnce(u64) -> BoxFuture<'static, Result<V, E>>,
    ) -> Result<V, E> {
        match self.turn(key, peek, begin) {
            Turn::Known(value) => Ok(value),
            Turn::Wait(question) => question.await,
        }
    }

    fn turn(
        &self,
        key: &K,
        peek: impl FnOnce() -> Option<V>,
        begin: impl FnOnce(u64) -> BoxFuture<'static, Result<V, E>>,
    ) -> Turn<V, E> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = state.questions.get(key);
        if let Some(question) = under_way.and_then(|known| known.question.upgrade()) {
            return Turn::Wait(question);
        }
        if let Some(value) = peek() {
            return Turn::Known(value);
        }
        let ticket = state.next;
        state.next += 1;
        let question = begin(ticket).shared();
        if let Some(weak) = question.downgrade() {
            let ticketed = Ticketed {
                ticket,
                question: weak,
            };
            state.questions.insert(key.clone(), ticketed);
        }
        Turn::Wait(question)
    }
}

impl<K: Hash + Eq, V, E> Asking<K, V, E> {
    /// Takes the question with this ticket off the list.
    pub(super) fn leave(&self, key: &K, ticket: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state
            .questions
            .get(key)
            .is_some_and(|known| known.ticket == ticket)
        {
            state.questions.remove(key);
        }
    }
}
