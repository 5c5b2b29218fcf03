//! Whether a caller may still read what it follows. An answer that was right when a tail began may
//! not be for as long as it goes on.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{Aspect, Cluster, ClusterVerb, ErrorKind, Fault as _, Sight};
use tokio::time::Instant;

use super::source::{Following, Source};

/// How often it is asked. Most of the times the answer is remembered.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// How long a tail goes on while there is no answer, as any stream does.
const UNANSWERED: Duration = Duration::from_secs(30);

/// What came of asking.
pub(super) enum Verdict {
    Same,
    /// The cluster is read elsewhere, or another part of it may be seen.
    Other(Arc<Cluster>, Sight),
    Gone(&'static str),
}

const NO_CLUSTER: &str = "the cluster is not there any more, or you may not see it any more";
const NO_QUERY: &str = "you may not query this cluster any more: ask for the verb query on it";
const NO_SIGHT: &str = "you may not see its logs any more: ask for the right in the cluster itself";
const UNKNOWN: &str = "what you may see could not be told for 30 s: follow it again";

impl Source {
    /// Asks again.
    pub(super) async fn rights(&mut self) -> Verdict {
        self.look_at = Instant::now() + EVERY;
        let asked = ask(&self.following, &self.cluster, &self.sight);
        let verdict = match asked.await {
            Some(verdict) => {
                self.known_at = Instant::now();
                verdict
            }
            None if self.known_at.elapsed() >= UNANSWERED => Verdict::Gone(UNKNOWN),
            None => Verdict::Same,
        };
        // Connections that may not be used are not left open for the next look.
        if matches!(verdict, Verdict::Gone(_)) {
            tracing::info!(
                cluster = %self.cluster.id,
                caller = self.following.caller.name,
                "a tail ends: its caller may no longer follow it as it began"
            );
        }
        verdict
    }
}

/// None where there is no answer.
async fn ask(following: &Following, before: &Cluster, seen: &Sight) -> Option<Verdict> {
    let (collector, caller) = (&following.collector, &following.caller);
    let id = before.id;
    let cluster = match collector.clusters.cluster(caller, id).await {
        Ok(cluster) => cluster,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {
            return Some(Verdict::Gone(NO_CLUSTER));
        }
        Err(_) => return None,
    };
    let may = collector.access.may(caller, id, ClusterVerb::Query).await;
    if !may.ok()? {
        return Some(Verdict::Gone(NO_QUERY));
    }
    let named = following.expression.named();
    let access = &collector.access;
    let sight = access.sight(caller, id, Aspect::Logs, named.as_ref()).await;
    let sight = sight.ok()?;
    if sight.is_nothing() {
        return Some(Verdict::Gone(NO_SIGHT));
    }
    let same = sight == *seen && cluster.draft.endpoints == before.draft.endpoints;
    Some(if same {
        Verdict::Same
    } else {
        Verdict::Other(Arc::new(cluster), sight)
    })
}
