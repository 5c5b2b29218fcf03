//! What lines of the log say of the request within which they are written, where it has no span.
//!
//! A span costs a request more than all that its lines say: it is made, filed, entered and left at
//! each turn of its task and looked up by each layer of the subscriber. A request whose trace nobody
//! keeps has names instead, which its task holds and whoever writes a line reads.

use std::sync::Arc;

use fleetscope_model::Role;

tokio::task_local! {
    static WITHIN: Option<Arc<RequestNames>>;
}

/// The names of a request.
#[derive(Debug)]
pub struct RequestNames {
    /// Its id, here and in every process that it passes through.
    pub request_id: String,
    /// The id of its trace; none where there are no traces.
    pub trace_id: Option<String>,
    /// Whose route it asked for.
    pub role: Role,
}

impl RequestNames {
    /// Shows `read` the names of the request under way, where it has some and no span.
    pub fn current<T>(read: impl FnOnce(&Self) -> T) -> Option<T> {
        let read = |within: &Option<Arc<Self>>| within.as_deref().map(read);
        WITHIN.try_with(read).ok().flatten()
    }

    /// Runs a future within the request that has these names.
    pub(super) async fn within<F: Future>(names: Option<Arc<Self>>, future: F) -> F::Output {
        WITHIN.scope(names, future).await
    }

    /// Runs what is told of the request.
    pub fn tell(names: Option<Arc<Self>>, told: impl FnOnce()) {
        WITHIN.sync_scope(names, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Option<String> {
        RequestNames::current(|names| names.request_id.clone())
    }

    fn named(id: &str) -> Arc<RequestNames> {
        Arc::new(RequestNames {
            request_id: id.to_owned(),
            trace_id: None,
            role: Role::Gateway,
        })
    }

    #[tokio::test]
    async fn a_request_is_named_within_itself_and_nowhere_else() {
        assert_eq!(seen(), None);
        let inside = RequestNames::within(Some(named("a")), async {
            tokio::task::yield_now().await;
            let inner = RequestNames::within(None, async { seen() }).await;
            (seen(), inner)
        });
        let outside = async {
            tokio::task::yield_now().await;
            seen()
        };
        let (inside, outside) = tokio::join!(inside, outside);
        assert_eq!(inside, (Some("a".to_owned()), None));
        assert_eq!(outside, None);
        RequestNames::tell(Some(named("b")), || {
            assert_eq!(seen().as_deref(), Some("b"));
        });
        assert_eq!(seen(), None);
    }
}
