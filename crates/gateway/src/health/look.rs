//! One look for all who ask at about the same time.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};

/// How long a look is kept.
const KEPT: SignedDuration = SignedDuration::from_secs(1);

/// Something that is looked up at most once a second, however many ask.
pub(super) struct Look<T: Clone>(Mutex<Option<Kept<T>>>);

struct Kept<T: Clone> {
    begun: Timestamp,
    look: Shared<BoxFuture<'static, T>>,
}

impl<T: Clone> Default for Look<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone + Send + Sync + 'static> Look<T> {
    /// The look under way or just done, or else the one that `begin` begins. It goes on as long
    /// as anybody waits for it.
    pub(super) fn at(
        &self,
        now: Timestamp,
        begin: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Shared<BoxFuture<'static, T>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes a look old, never eternal.
        if let Some(kept) = &*kept
            && (SignedDuration::ZERO..KEPT).contains(&now.duration_since(kept.begun))
        {
            return kept.look.clone();
        }
        let look = begin().shared();
        *kept = Some(Kept {
            begun: now,
            look: look.clone(),
        });
        look
    }
}
