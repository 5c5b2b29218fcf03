//! Questions that a server takes long over are not put to it again and again by a schedule.
//!
//! OpenShift's documentation asks that its monitoring be queried every thirty seconds at most;
//! what costs it nothing to answer may come more often than that, what weighs may not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::{ClusterId, GapKind};
use tokio::time::Instant;

use crate::Failure;

/// What takes a server this long weighs: a usual query takes some milliseconds.
const HEAVY: Duration = Duration::from_secs(2);

/// The least time between two heavy questions of a schedule to one cluster.
const APART: Duration = Duration::from_secs(30);

/// How long it is remembered of a question that it weighs: a server that was restarted or
/// enlarged is given another chance.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Questions that are remembered of one cluster; there are fewer watches than that.
const MOST: usize = 200;

/// What is known to be heavy, by cluster.
#[derive(Debug, Default)]
pub(crate) struct Heavy(Mutex<HashMap<ClusterId, Weights>>);

#[derive(Debug, Default)]
struct Weights {
    /// When each question was last answered slowly, and how long it took.
    known: HashMap<Arc<str>, (Instant, Duration)>,
    /// When the last heavy one was begun.
    last: Option<Instant>,
}

impl Heavy {
    /// Whether a scheduled question may be put now; `Overloaded` where it weighs and another one
    /// was put a moment ago.
    pub(crate) fn ask(
        &self,
        cluster: ClusterId,
        question: &str,
        now: Instant,
    ) -> Result<(), Failure> {
        let mut clusters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(weights) = clusters.get_mut(&cluster) else {
            return Ok(());
        };
        let Some(&(at, took)) = weights.known.get(question) else {
            return Ok(());
        };
        if now.saturating_duration_since(at) >= REMEMBERED {
            weights.known.remove(question);
            return Ok(());
        }
        let since = weights.last.map(|last| now.saturating_duration_since(last));
        if let Some(since) = since.filter(|since| *since < APART) {
            let (took, left) = (
                took.as_secs_f64(),
                APART.saturating_sub(since).as_secs_f64(),
            );
            let detail = format!(
                "this query took {took:.1} s the last time, and one so heavy is asked by schedule \
                 every 30 s at most: it is left out, and may be asked in {left:.0} s"
            );
            return Err(Failure::new(GapKind::Overloaded, detail));
        }
        weights.last = Some(now);
        Ok(())
    }

    /// How long the answer to a scheduled question took.
    pub(crate) fn took(
        &self,
        cluster: ClusterId,
        question: &Arc<str>,
        took: Duration,
        now: Instant,
    ) {
        let mut clusters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if took < HEAVY {
            if let Some(weights) = clusters.get_mut(&cluster) {
                weights.known.remove(question);
            }
            return;
        }
        clusters.retain(|_, weights| {
            let fresh = |at: Instant| now.saturating_duration_since(at) < REMEMBERED;
            weights.known.values().any(|(at, _)| fresh(*at))
        });
        let weights = clusters.entry(cluster).or_default();
        if weights.known.len() < MOST || weights.known.contains_key(question) {
            weights.known.insert(Arc::clone(question), (now, took));
        }
        weights.last = weights.last.or(Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_questions_are_put_every_thirty_seconds_and_light_ones_at_any_time() {
        let (heavy, id) = (Heavy::default(), ClusterId::new(uuid::Uuid::nil()));
        let (slow, quick): (Arc<str>, Arc<str>) = ("slow".into(), "quick".into());
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert!(heavy.ask(id, &slow, at(0)).is_ok());
        heavy.took(id, &slow, Duration::from_secs(3), at(3));
        heavy.took(id, &quick, Duration::from_millis(30), at(3));
        for second in [4, 20, 32] {
            let failure = heavy.ask(id, &slow, at(second)).unwrap_err();
            assert_eq!(failure.kind, GapKind::Overloaded);
            assert!(heavy.ask(id, &quick, at(second)).is_ok());
        }
        assert!(heavy.ask(id, &slow, at(33)).is_ok());
        assert!(heavy.ask(id, &slow, at(34)).is_err());
        // It was quick this time.
        heavy.took(id, &slow, Duration::from_millis(30), at(34));
        assert!(heavy.ask(id, &slow, at(35)).is_ok());
    }
}
