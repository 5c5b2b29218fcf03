//! What the watches remember between rounds. Everything here can be had again from the store or by
//! reading a cluster: a restart costs a little work and forgets nothing that was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fleetscope_model::{
    Anomaly, Cluster, ClusterId, Entity, InvestigationId, Labels, Origin, PageRequest, Topology,
};
use fleetscope_ports::Store;
use jiff::{SignedDuration, Timestamp};

use super::groups::{Group, groups};
use crate::Result;
use crate::gather::Structure;

/// How long ago something must have been stored to be of no concern to a new round.
const HORIZON: SignedDuration = SignedDuration::from_hours(6);

/// An anomaly that begins so soon after the last one of its series is the same, flickering.
pub(super) const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Pages of a hundred that are read back at the start, at most.
const MOST_PAGES: usize = 10;

/// Which series an anomaly is of.
type Key = (Entity, String, Labels);

fn key(anomaly: &Anomaly) -> Key {
    (
        anomaly.entity.clone(),
        anomaly.signal.clone(),
        anomaly.labels.clone(),
    )
}

/// A stretch of trouble of one series.
#[derive(Debug, Clone, Copy)]
struct Episode {
    last: Timestamp,
    investigated: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    primed: bool,
    episodes: BTreeMap<Key, Episode>,
    /// Alarms that a first look did not confirm, and when.
    declined: BTreeMap<Key, Timestamp>,
    /// Passes in a row that came to the same conclusion.
    unchanged: BTreeMap<InvestigationId, u32>,
    structures: BTreeMap<ClusterId, (Timestamp, Arc<Structure>)>,
}

impl Memory {
    /// Reads back what was told lately, once.
    pub(super) async fn prime(&mut self, store: &Store, now: Timestamp) -> Result<()> {
        if self.primed {
            return Ok(());
        }
        let since = now.checked_sub(HORIZON).unwrap_or(Timestamp::MIN);
        self.prime_analyses(store, since).await?;
        self.prime_investigations(store, since).await?;
        self.primed = true;
        Ok(())
    }

    async fn prime_analyses(&mut self, store: &Store, since: Timestamp) -> Result<()> {
        let mut page = first_page();
        for _ in 0..MOST_PAGES {
            let part = store.analyses.list(&page).await?;
            let recent = part
                .items
                .iter()
                .take_while(|analysis| analysis.created_at >= since);
            let mut count = 0;
            for analysis in recent {
                count += 1;
                if analysis.origin != Origin::Watch {
                    continue;
                }
                for anomaly in &analysis.anomalies {
                    let last = if anomaly.ongoing {
                        analysis.created_at
                    } else {
                        anomaly.end
                    };
                    self.note(anomaly, last, false);
                }
            }
            page.after = part.next;
            if page.after.is_none() || count < part.items.len() {
                break;
            }
        }
        Ok(())
    }

    async fn prime_investigations(&mut self, store: &Store, since: Timestamp) -> Result<()> {
        let mut page = first_page();
        for _ in 0..MOST_PAGES {
            let part = store.investigations.list(&page).await?;
            for investigation in &part.items {
                if investigation.origin != Origin::Watch || investigation.updated_at < since {
                    continue;
                }
                for alarm in &investigation.alarms {
                    let last = if alarm.ongoing {
                        investigation.updated_at
                    } else {
                        alarm.end
                    };
                    self.note(alarm, last, true);
                }
            }
            page.after = part.next;
            let old = part
                .items
                .last()
                .is_some_and(|last| last.created_at < since);
            if page.after.is_none() || old {
                break;
            }
        }
        Ok(())
    }

    fn note(&mut self, anomaly: &Anomaly, last: Timestamp, investigated: bool) {
        let episode = self
            .episodes
            .entry(key(anomaly))
            .or_insert(Episode { last, investigated });
        episode.last = episode.last.max(last);
        episode.investigated |= investigated;
    }

    /// Whether the anomaly goes on from one that was announced.
    pub(super) fn knows(&self, anomaly: &Anomaly) -> bool {
        self.episode(anomaly).is_some()
    }

    /// Whether the anomaly is, or goes on from, an alarm of an investigation.
    pub(super) fn is_investigated(&self, anomaly: &Anomaly) -> bool {
        self.episode(anomaly)
            .is_some_and(|episode| episode.investigated)
    }

    fn episode(&self, anomaly: &Anomaly) -> Option<&Episode> {
        let episode = self.episodes.get(&key(anomaly))?;
        let gap = anomaly.start.duration_since(episode.last);
        (gap <= SAME_WITHIN).then_some(episode)
    }

    /// Remembers that the anomaly was announced, or is still there.
    pub(super) fn saw(&mut self, anomaly: &Anomaly) {
        if !self.knows(anomaly) {
            self.episodes.remove(&key(anomaly));
        }
        self.note(anomaly, anomaly.end, false);
    }

    /// Remembers that the anomaly is an alarm of an investigation.
    pub(super) fn investigates(&mut self, anomaly: &Anomaly) {
        self.note(anomaly, anomaly.end, true);
        self.declined.remove(&key(anomaly));
    }

    /// When the trouble of this alarm's series was last seen.
    pub(super) fn last_seen(&self, alarm: &Anomaly) -> Option<Timestamp> {
        self.episodes.get(&key(alarm)).map(|episode| episode.last)
    }

    /// Whether two anomalies are of the same series.
    pub(super) fn same_series(one: &Anomaly, other: &Anomaly) -> bool {
        one.signal == other.signal && one.entity == other.entity && one.labels == other.labels
    }

    /// Remembers that a first look did not confirm the alarm.
    pub(super) fn decline(&mut self, alarm: &Anomaly, now: Timestamp) {
        self.declined.insert(key(alarm), now);
    }

    /// Whether a first look did not confirm the alarm less than `within` ago.
    pub(super) fn was_declined(
        &self,
        alarm: &Anomaly,
        now: Timestamp,
        within: SignedDuration,
    ) -> bool {
        self.declined
            .get(&key(alarm))
            .is_some_and(|&at| now.duration_since(at) < within)
    }

    /// Counts a pass that came to the same conclusion as the one before, or begins to count anew.
    pub(super) fn count_pass(&mut self, id: InvestigationId, same: bool) -> u32 {
        let count = self.unchanged.entry(id).or_insert(0);
        *count = if same { *count + 1 } else { 0 };
        *count
    }

    /// Forgets the count of an investigation that is closed.
    pub(super) fn stop_counting(&mut self, id: InvestigationId) {
        self.unchanged.remove(&id);
    }

    /// The structure of a cluster as it was last read, and when that was.
    pub(super) fn structure(&self, cluster: ClusterId) -> Option<(Timestamp, Arc<Structure>)> {
        self.structures.get(&cluster).cloned()
    }

    /// Remembers the structure of a cluster.
    pub(super) fn learn(&mut self, cluster: ClusterId, at: Timestamp, structure: Structure) {
        self.structures.insert(cluster, (at, Arc::new(structure)));
    }

    /// What was last read of how things depend on each other, over all clusters.
    pub(super) fn topology(&self) -> Topology {
        let structures = self.structures.values();
        Structure::topology_of(structures.map(|(_, structure)| &**structure))
    }

    /// The clusters in groups that can reach each other, by what was last read of their structure.
    pub(super) fn groups(&self, clusters: &[Cluster]) -> Vec<Group> {
        let crossings = self
            .structures
            .values()
            .flat_map(|(_, structure)| structure.crossings());
        groups(clusters.iter().map(|cluster| cluster.id), crossings)
    }

    /// Forgets clusters that are registered no longer.
    pub(super) fn keep_clusters(&mut self, clusters: &[Cluster]) {
        let ids: BTreeSet<ClusterId> = clusters.iter().map(|cluster| cluster.id).collect();
        self.structures.retain(|cluster, _| ids.contains(cluster));
    }

    /// Forgets what is of no concern any more.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let recent = |at: Timestamp| now.duration_since(at) < HORIZON;
        self.episodes.retain(|_, episode| recent(episode.last));
        self.declined.retain(|_, at| recent(*at));
    }
}

fn first_page() -> PageRequest {
    PageRequest {
        after: None,
        limit: 100,
    }
}
