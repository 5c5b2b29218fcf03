//! Commits that were brought to the cluster: by the histories of what brings them (Argo CD, Flux),
//! and by what revisions say that they were built of. Each is told of the workloads where it began
//! to run; where it changed none that can be seen, of those that it may have changed.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_kubernetes::{Delivery, Key, Source, Sync, SyncState, Tool};
use fleetscope_model::{Change, ChangeKind, Entity, EntityKind};
use jiff::{SignedDuration, Timestamp};

use crate::changes::Objects;
use crate::changes::rollouts::Rollout;
use crate::index::What;
use crate::owners::Owners;
use crate::site::Site;

/// The clocks of the parts of a control plane may differ by this much, and what was brought takes
/// so long to become a rollout.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// How long a sync may have taken of which only its end is known: Flux' default interval, which is
/// its time limit as well, is five minutes in its own guides.
const UNKNOWN: SignedDuration = SignedDuration::from_mins(5);

/// A sync that changed no workload that can be seen is told of its workloads, if they are no more
/// than this; else of the cluster.
const MOST_WORKLOADS: usize = 8;

/// Commits, whenever they were brought.
pub(crate) fn changes(
    site: &Site,
    objects: &Objects,
    owners: &Owners,
    (rollouts, configs): (&[Rollout<'_>], &[Change]),
) -> Vec<Change> {
    let brought = Brought::new(rollouts, configs);
    let mut claims: BTreeMap<usize, Claim<'_>> = BTreeMap::new();
    let mut changes = Vec::new();
    let deliveries: Vec<Known<'_>> = objects
        .deliveries
        .iter()
        .filter(|delivery| delivery.here)
        .map(|delivery| Known::new(objects, owners, delivery, rollouts))
        .collect();
    for known in &deliveries {
        for step in known.steps() {
            let mut any = false;
            for (place, distance) in brought.near(known, step.sync) {
                any = true;
                let claim = Claim {
                    known,
                    step,
                    distance,
                };
                match claims.get(&place) {
                    Some(other) if other.distance <= distance => {}
                    _ => drop(claims.insert(place, claim)),
                }
            }
            if !any && step.is_news() {
                changes.extend(known.unseen(site, step));
            }
        }
    }
    let claimed: BTreeSet<usize> = claims.keys().copied().collect();
    changes.extend(claims.into_iter().map(|(place, claim)| {
        let (change, built) = &brought.all[place];
        claim.known.change(
            claim.step,
            change.entity.clone(),
            change.at,
            built.as_deref(),
        )
    }));
    changes.extend(brought.built(&claimed));
    changes
}

/// What may have been brought, with the commit that it says it was built of, where that is news.
struct Brought<'o> {
    all: Vec<(&'o Change, Option<String>)>,
}

impl<'o> Brought<'o> {
    fn new(rollouts: &'o [Rollout<'_>], configs: &'o [Change]) -> Self {
        let rollouts = rollouts.iter().map(|rollout| {
            let before = rollout.before.and_then(|origin| origin.commit.as_ref());
            let now = rollout
                .origin
                .commit
                .as_ref()
                .filter(|now| before != Some(now));
            (&rollout.change, now.cloned())
        });
        let configs = configs.iter().map(|config| (config, None));
        Self {
            all: rollouts.chain(configs).collect(),
        }
    }

    /// What a sync may have brought, with how far it lies from it in time.
    fn near(
        &self,
        known: &Known<'_>,
        sync: &Sync,
    ) -> impl Iterator<Item = (usize, SignedDuration)> {
        let lead = sync.began.map_or(UNKNOWN, |_| SLACK);
        let from = earlier(sync.began.unwrap_or(sync.done), lead);
        let until = sync.done.saturating_add(SLACK).unwrap_or(sync.done);
        let middle = sync.began.unwrap_or(sync.done);
        self.all
            .iter()
            .enumerate()
            .filter(move |(_, (change, _))| (from..=until).contains(&change.at))
            .filter(|(_, (change, _))| known.workloads.contains(&change.entity))
            .map(move |(place, (change, _))| (place, change.at.duration_since(middle).abs()))
    }

    /// Rollouts that no sync has brought and that say what they were built of.
    fn built(&self, claimed: &BTreeSet<usize>) -> impl Iterator<Item = Change> {
        let free = self.all.iter().enumerate();
        free.filter(|(place, _)| !claimed.contains(place))
            .filter_map(|(_, (change, built))| {
                let commit = built.clone()?;
                Some(Change {
                    entity: change.entity.clone(),
                    kind: ChangeKind::Commit,
                    at: change.at,
                    summary: words::built(),
                    revision: Some(commit),
                })
            })
    }
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(at)
}

/// The sync that is nearest to what was brought.
struct Claim<'o> {
    known: &'o Known<'o>,
    step: Step<'o>,
    distance: SignedDuration,
}

/// A delivery with its workloads here, and its syncs with what was seen of them otherwise.
struct Known<'o> {
    delivery: &'o Delivery,
    workloads: BTreeSet<Entity>,
    syncs: Vec<Sync>,
    /// What was there before the first of them.
    first_from: Option<String>,
}

/// One sync with the one before it.
#[derive(Clone, Copy)]
struct Step<'o> {
    sync: &'o Sync,
    before: Option<&'o Sync>,
    /// The revision before it, where no sync tells.
    from: Option<&'o str>,
}

impl<'o> Known<'o> {
    fn new(
        objects: &'o Objects,
        owners: &Owners,
        delivery: &'o Delivery,
        rollouts: &[Rollout<'_>],
    ) -> Self {
        let manages = delivery.manages.iter();
        let named = manages
            .map(|Key { namespace, name }| owners.entity(EntityKind::Workload, namespace, name));
        let released = rollouts.iter().filter(|rollout| {
            delivery.release.is_some() && rollout.origin.release == delivery.release
        });
        let workloads = named
            .chain(released.map(|rollout| rollout.change.entity.clone()))
            .collect();
        let (mut syncs, mut first_from) = (delivery.syncs.clone(), None);
        if syncs.is_empty() && delivery.tool == Tool::Kustomization {
            (syncs, first_from) = seen(objects, delivery);
        }
        Self {
            delivery,
            workloads,
            syncs,
            first_from,
        }
    }

    fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let before = [None].into_iter().chain(self.syncs.iter().map(Some));
        self.syncs.iter().zip(before).map(|(sync, before)| Step {
            sync,
            before,
            from: self.first_from.as_deref().filter(|_| before.is_none()),
        })
    }

    fn change(&self, step: Step<'_>, entity: Entity, at: Timestamp, built: Option<&str>) -> Change {
        Change {
            entity,
            kind: ChangeKind::Commit,
            at,
            revision: step.news().first().map(|source| source.revision.clone()),
            summary: words::brought(self.delivery, step, built),
        }
    }

    /// A sync that changed nothing that can be seen. What it changed otherwise may be of any of its
    /// workloads.
    fn unseen(&self, site: &Site, step: Step<'_>) -> Vec<Change> {
        let at = step.sync.began.unwrap_or(step.sync.done);
        let places: Vec<Entity> = match self.workloads.len() {
            1..=MOST_WORKLOADS => self.workloads.iter().cloned().collect(),
            _ => vec![site.whole()],
        };
        let places = places.into_iter();
        places
            .map(|entity| self.change(step, entity, at, None))
            .collect()
    }
}

/// What a Kustomization of a Flux that keeps no history was seen to apply.
fn seen(objects: &Objects, delivery: &Delivery) -> (Vec<Sync>, Option<String>) {
    let (namespace, name) = delivery.meta.place();
    let mut first_from = None;
    let mut syncs = Vec::new();
    for note in objects.journal.notes() {
        let What::Applied { key, from, to } = &note.what else {
            continue;
        };
        if (key.namespace.as_str(), key.name.as_str()) != (namespace, name) {
            continue;
        }
        if syncs.is_empty() {
            first_from.clone_from(from);
        }
        syncs.push(Sync {
            sources: vec![Source {
                revision: to.clone(),
                ..Source::default()
            }],
            began: None,
            done: note.at,
            state: SyncState::Done,
        });
    }
    (syncs, first_from)
}

impl<'o> Step<'o> {
    /// The sources that are other than before; all of them where none is.
    fn news(&self) -> Vec<&'o Source> {
        let all = || self.sync.sources.iter();
        let old = |source: &&Source| {
            let before = self.before.map(|before| &before.sources);
            before.is_some_and(|before| before.contains(*source))
        };
        let news: Vec<&Source> = all().filter(|source| !old(source)).collect();
        if news.is_empty() {
            all().collect()
        } else {
            news
        }
    }

    /// Whether something else was brought than before: a tool that puts things back brings nothing.
    fn is_news(&self) -> bool {
        let same = self
            .before
            .is_some_and(|before| before.sources == self.sync.sources);
        !same && !self.sync.sources.is_empty()
    }

    /// The revision of the same source before.
    fn was(&self, source: &Source) -> Option<&'o str> {
        let before = self.before.into_iter().flat_map(|before| &before.sources);
        let mut same = before.filter(|other| {
            (&other.repository, &other.path, &other.chart)
                == (&source.repository, &source.path, &source.chart)
        });
        let told = same.next().map(|other| other.revision.as_str());
        told.or(self.from)
    }
}
