//! What of something derived a reader may see.
//!
//! A watch has no asker: what it derives carries its entities, and is shown entity by entity to
//! whoever may see them. Who may see none of them gets what an unknown id gets. Texts can't be
//! shown in part: one that names what the reader may not see is left out, and the narrative is
//! told anew from what is left.

pub(crate) mod analysis;
mod blast;
mod causal;
mod findings;
pub(crate) mod investigation;
mod paging;
pub(crate) mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fleetscope_model::{Aspect, Caller, ClusterId, ClusterVerb, Entity, EvidenceKind, Part, Place};
use fleetscope_ports::Reader;
use tokio::time::Instant;

use crate::{Error, Intelligence, Result};

/// No answer "there is no such thing" to a question by id comes sooner than this: looking at a
/// thing that turns out to be hidden takes longer than finding nothing, and must not show.
const FLOOR: Duration = Duration::from_millis(25);

/// Sees for one reader, and remembers what it saw while one thing is looked at.
pub(crate) struct Eyes<'a> {
    reader: Reader<'a>,
    seen: BTreeMap<(Place, Aspect), bool>,
}

impl<'a> Eyes<'a> {
    pub(crate) fn of(intelligence: &'a Intelligence, caller: &'a Caller) -> Self {
        Self {
            reader: Reader {
                access: &*intelligence.access,
                caller,
            },
            seen: BTreeMap::new(),
        }
    }

    /// Whether everything is seen without asking.
    pub(crate) fn see_all(&self) -> bool {
        self.reader.access.sees_all(self.reader.caller)
    }

    pub(crate) async fn sees(&mut self, place: Place, aspect: Aspect) -> Result<bool> {
        let key = (place, aspect);
        if let Some(&seen) = self.seen.get(&key) {
            return Ok(seen);
        }
        let seen = self.reader.sees(&key.0, aspect).await?;
        self.seen.insert(key, seen);
        Ok(seen)
    }

    /// Whether a cluster is seen at all.
    pub(crate) async fn sees_cluster(&mut self, cluster: ClusterId) -> Result<bool> {
        self.sees(Place::record(cluster), Aspect::Metrics).await
    }

    /// Whether all of these clusters are seen whole, in all of these aspects.
    pub(crate) async fn see_whole(
        &mut self,
        clusters: &[ClusterId],
        aspects: &BTreeSet<Aspect>,
    ) -> Result<bool> {
        for &cluster in clusters {
            for &aspect in aspects {
                let place = Place {
                    cluster,
                    part: Part::Platform,
                };
                if !self.sees(place, aspect).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The entities that are seen.
    pub(crate) async fn among(
        &mut self,
        entities: &BTreeSet<Entity>,
        aspect: Aspect,
    ) -> Result<BTreeSet<Entity>> {
        let mut seen = BTreeSet::new();
        for entity in entities {
            if self.sees(Place::of(entity), aspect).await? {
                seen.insert(entity.clone());
            }
        }
        Ok(seen)
    }
}

/// The aspect that a kind of evidence shows.
pub(crate) const fn aspect_of(kind: EvidenceKind) -> Aspect {
    match kind {
        EvidenceKind::Metric | EvidenceKind::Alert => Aspect::Metrics,
        EvidenceKind::Logs | EvidenceKind::Traces => Aspect::Logs,
        EvidenceKind::Change => Aspect::Changes,
        EvidenceKind::Event => Aspect::Events,
        EvidenceKind::Topology => Aspect::Objects,
    }
}

impl Intelligence {
    /// What was found by its id, as the caller may see it. What is not there and what is hidden
    /// are answered alike, and not sooner the one than the other.
    pub(crate) async fn found<T>(
        &self,
        what: &'static str,
        id: &(dyn std::fmt::Display + Sync),
        look: impl Future<Output = Result<Option<T>>> + Send,
    ) -> Result<T> {
        let begun = Instant::now();
        if let Some(found) = look.await? {
            return Ok(found);
        }
        tokio::time::sleep_until(begun + FLOOR).await;
        Err(fleetscope_ports::Error::not_found(what, id).into())
    }

    /// Of the clusters, which the caller may see, those that it may investigate: all of them
    /// where they were named, else those that are left.
    pub(crate) async fn investigable(
        &self,
        caller: &Caller,
        clusters: Vec<fleetscope_model::Cluster>,
        named: bool,
    ) -> Result<Vec<fleetscope_model::Cluster>> {
        let mut may = Vec::with_capacity(clusters.len());
        for cluster in clusters {
            let verb = ClusterVerb::Investigate;
            if self.access.may(caller, cluster.id, verb).await? {
                may.push(cluster);
            } else if named {
                return Err(Error::NotInvestigable {
                    cluster: cluster.draft.name,
                });
            }
        }
        Ok(may)
    }
}

/// `None` where there is no such thing.
pub(crate) fn absent<T>(found: fleetscope_ports::Result<T>) -> Result<Option<T>> {
    use fleetscope_model::{ErrorKind, Fault as _};
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
