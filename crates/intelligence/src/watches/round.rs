//! A round: every watch on every cluster, and what the last minutes show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fleetscope_model::{
    Anomaly, Cluster, ClusterId, Evidence, EvidenceId, Fault, Gap, GapKind, Selection, Source,
    TimeRange,
};
use futures::{FutureExt, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use super::system;
use crate::gather::{Found, Question, Samples, Scope, Structure, aligned, detect_all};
use crate::{Intelligence, Result};

/// How old the structure may be by which services are found: workloads come and go slowly.
const STRUCTURE_AGE: SignedDuration = SignedDuration::from_mins(5);

/// Over which time the structure is read: long enough to see calls that are made now and then.
const STRUCTURE_RANGE: SignedDuration = SignedDuration::from_mins(30);

/// What a round saw.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) now: Timestamp,
    pub(super) judged: TimeRange,
    pub(super) names: BTreeMap<ClusterId, String>,
    /// Worst first within each cluster.
    pub(super) anomalies: Vec<Anomaly>,
    /// The series that they were found in.
    pub(super) samples: Samples,
    pub(super) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(super) gaps: Vec<Gap>,
    /// Clusters whose metrics could not be read: nothing is known of their anomalies.
    pub(super) blind: BTreeSet<ClusterId>,
    pub(super) troubles: Vec<String>,
}

/// What a round saw of one cluster.
struct Sight {
    found: Found,
    evidence: BTreeMap<EvidenceId, Evidence>,
    gaps: Vec<Gap>,
}

impl Intelligence {
    /// Reads and judges all clusters. What goes wrong with one is a gap or a trouble of the round.
    pub(super) async fn round(
        &self,
        clusters: &[Cluster],
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<Round> {
        self.refresh_structures(clusters, memory, now).await;
        let scope = Scope::of(system(), clusters);
        let judged = TimeRange::ending(now, self.options.judged);
        let questions = self.round_questions(now);
        let mut round = Round {
            now,
            judged,
            names: scope.clusters.clone(),
            anomalies: Vec::new(),
            samples: Samples::new(),
            evidence: BTreeMap::new(),
            gaps: Vec::new(),
            blind: BTreeSet::new(),
            troubles: Vec::new(),
        };
        let looks: Vec<_> = clusters
            .iter()
            .map(|cluster| {
                let structure = memory.structure(cluster.id);
                let structure = structure
                    .map(|(_, structure)| structure)
                    .unwrap_or_default();
                self.look(&scope, cluster.id, &questions, (structure, judged))
                    .boxed()
            })
            .collect();
        let mut sights = stream::iter(looks).buffered(self.options.clusters_at_once.max(1));
        let mut ids = clusters.iter().map(|cluster| cluster.id);
        while let (Some(sight), Some(cluster)) = (sights.next().await, ids.next()) {
            round.absorb(cluster, sight);
        }
        Ok(round)
    }

    fn round_questions(&self, now: Timestamp) -> Vec<Question> {
        let watches = self.options.watches.iter();
        watches
            .map(|watch| Question {
                range: aligned(TimeRange::ending(now, watch.lookback), watch.step),
                step: watch.step,
                watch: watch.clone(),
            })
            .collect()
    }

    async fn look(
        &self,
        scope: &Scope,
        cluster: ClusterId,
        questions: &[Question],
        (structure, judged): (Arc<Structure>, TimeRange),
    ) -> Result<Sight> {
        let reading = self
            .read_cluster(scope, cluster, questions, &structure)
            .await?;
        Ok(Sight {
            found: detect_all(reading.signals, judged).await?,
            evidence: reading.evidence,
            gaps: reading.gaps,
        })
    }

    /// Reads the structures that are old. One that can't be read stays as it was: entities must
    /// not change their names because a cluster was silent for a moment.
    async fn refresh_structures(&self, clusters: &[Cluster], memory: &mut Memory, now: Timestamp) {
        let range = TimeRange::ending(now, STRUCTURE_RANGE);
        let old: Vec<ClusterId> = clusters
            .iter()
            .map(|cluster| cluster.id)
            .filter(|&id| {
                let known = memory.structure(id);
                known.is_none_or(|(at, _)| now.duration_since(at) >= STRUCTURE_AGE)
            })
            .collect();
        let caller = system();
        let selections: Vec<Selection> = old.iter().map(|&id| Selection::Only(vec![id])).collect();
        let reads: Vec<_> = selections
            .iter()
            .map(|selection| self.telemetry.topology(&caller, selection, range))
            .collect();
        let mut reads = stream::iter(reads).buffered(self.options.clusters_at_once.max(1));
        let mut ids = old.iter();
        while let (Some(read), Some(&id)) = (reads.next().await, ids.next()) {
            match read {
                Ok(read) if !read.items.is_empty() => {
                    memory.learn(id, now, Structure::new(read.items));
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(cluster = %id, %error, "no structure was read"),
            }
        }
    }
}

impl Round {
    fn absorb(&mut self, cluster: ClusterId, sight: Result<Sight>) {
        match sight {
            Ok(sight) => {
                let unread = |gap: &Gap| {
                    gap.source == Source::Prometheus
                        && !matches!(gap.kind, GapKind::Refused | GapKind::Truncated)
                };
                if sight.gaps.iter().any(unread) {
                    self.blind.insert(cluster);
                }
                self.anomalies.extend(sight.found.anomalies);
                self.samples.extend(sight.found.samples);
                self.evidence.extend(sight.evidence);
                self.gaps.extend(sight.gaps);
            }
            Err(error) => {
                tracing::warn!(%cluster, %error, "a cluster could not be watched");
                self.blind.insert(cluster);
                let name = self.names.get(&cluster).map_or("", String::as_str);
                self.troubles
                    .push(format!("could not watch {name}: {}", error.message()));
            }
        }
    }
}
