//! One cluster: its world, and the stores that its servers answer from.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Now;
use crate::faults::{Fault, Injection, Truth};
use crate::kubernetes::KubeStore;
use crate::metrics::Metrics;
use crate::objects::Objects;
use crate::tsdb::Tsdb;
use crate::world::World;
use crate::world::dice::Dice;
use crate::world::time::Tick;
use crate::world::topology::ClusterSpec;

/// A world with everything that is derived from it, tick by tick.
pub(crate) struct Cluster {
    pub(crate) spec: ClusterSpec,
    pub(crate) world: World,
    metrics: Metrics,
    objects: Objects,
    db: Arc<RwLock<Tsdb>>,
    kube: KubeStore,
}

impl Cluster {
    /// A cluster whose first tick is the one after `before`.
    pub(crate) fn new(spec: ClusterSpec, dice: Dice, before: Tick, keep_ms: i64, now: Now) -> Self {
        let world = World::new(&spec, dice, before);
        let kube = KubeStore::new(now, world.dice.part("uids").at(0).bits());
        let objects = Objects::new(kube.clone(), spec.clone());
        objects.boot(&world);
        let mut db = Tsdb::new(keep_ms);
        let metrics = Metrics::new(&world, &spec, &mut db);
        Self {
            spec,
            world,
            metrics,
            objects,
            db: Arc::new(RwLock::new(db)),
            kube,
        }
    }

    pub(crate) fn database(&self) -> Arc<RwLock<Tsdb>> {
        self.db.clone()
    }

    pub(crate) fn kube(&self) -> KubeStore {
        self.kube.clone()
    }

    /// Steps until the tick is done.
    pub(crate) fn step_to(&mut self, tick: Tick) {
        while self.world.tick < tick {
            self.world.step();
            self.objects.follow(&mut self.world);
            let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
            self.metrics.write(&self.world, &mut db);
        }
    }

    /// What this fault would be here; `None` where the cluster has no target for it.
    pub(crate) fn choose(&self, fault: Fault, number: i64) -> Option<Injection> {
        let mut roll = self.world.dice.part(fault.name()).at(number);
        Injection::choose(fault, &self.world, &mut roll)
    }

    /// Lets the fault begin with the next tick.
    pub(crate) fn begin(&mut self, injection: Injection) -> Truth {
        let first = self.world.tick.next();
        let truth = injection.truth(&self.world, first);
        self.world.chosen.extend(injection.workload());
        let mut roll = self.world.dice.part("company").at(first.0);
        self.world.plan_company(first, &mut roll);
        self.world.injections.push((first, injection));
        truth
    }
}
