//! One cluster: its world, and the stores that its servers answer from.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use axum::Router;

use crate::alerts::Alerts;
use crate::faults::{Fault, Injection, Truth};
use crate::history::History;
use crate::kubernetes::KubeStore;
use crate::kubernetes::ServerVersion;
use crate::metrics::Metrics;
use crate::objects::Objects;
use crate::prometheus::Rules;
use crate::tsdb::Tsdb;
use crate::world::World;
use crate::world::dice::Dice;
use crate::world::time::{TICK_MILLIS, Tick};
use crate::world::topology::ClusterSpec;
use crate::{Now, alertmanager, kubernetes, loki, prometheus, tempo};

/// A world with everything that is derived from it, tick by tick.
pub(crate) struct Cluster {
    pub(crate) spec: ClusterSpec,
    pub(crate) world: World,
    metrics: Metrics,
    objects: Objects,
    history: Arc<RwLock<History>>,
    alerts: Arc<RwLock<Alerts>>,
    rules: Rules,
    db: Arc<RwLock<Tsdb>>,
    kube: KubeStore,
}

impl Cluster {
    /// A cluster whose first tick is the one after `before`.
    pub(crate) fn new(spec: ClusterSpec, dice: Dice, before: Tick, keep_ms: i64, now: Now) -> Self {
        let world = World::new(&spec, dice, before);
        let kube = KubeStore::new(now, world.dice.part("uids").at(0).bits());
        let mut objects = Objects::new(kube.clone(), spec.clone());
        objects.boot(&world);
        let mut db = Tsdb::new(keep_ms);
        let metrics = Metrics::new(&world, &spec, &mut db);
        let history = History::new(&world, &spec, keep_ms / TICK_MILLIS);
        Self {
            spec,
            world,
            metrics,
            objects,
            history: Arc::new(RwLock::new(history)),
            alerts: Arc::new(RwLock::new(Alerts::new())),
            rules: Rules::default(),
            db: Arc::new(RwLock::new(db)),
            kube,
        }
    }

    /// Its servers, each with the last part of its prefix. (A router that is nested twice loses
    /// its fallback, so the prefix is put in front once.)
    pub(crate) fn routers(&self, now: &Now) -> [(&'static str, Router); 5] {
        let version = ServerVersion::new(self.spec.kubelet_version);
        let (history, alerts) = (self.history.clone(), self.alerts.clone());
        let (db, rules) = (self.db.clone(), self.rules.clone());
        [
            ("kubernetes", kubernetes::router(self.kube.clone(), version)),
            (
                "prometheus",
                prometheus::router_with_rules(db, now.clone(), rules),
            ),
            ("loki", loki::router(history.clone(), now.clone())),
            ("tempo", tempo::router(history, now.clone())),
            ("alertmanager", alertmanager::router(alerts, now.clone())),
        ]
    }

    /// Who may do what here.
    pub(crate) fn access(&self) -> &kubernetes::Access {
        self.kube.access()
    }

    /// All samples as `OpenMetrics` text.
    pub(crate) fn openmetrics(&self) -> String {
        self.db
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .openmetrics()
    }

    /// Steps until the tick is done.
    pub(crate) fn step_to(&mut self, tick: Tick) {
        if self.world.tick >= tick {
            return;
        }
        while self.world.tick < tick {
            self.world.step();
            self.objects.follow(&mut self.world);
            write(&self.history).record(&self.world);
            let mut db = write(&self.db);
            self.metrics.write(&self.world, &mut db);
            write(&self.alerts).evaluate(&self.world, &mut db);
        }
        *write(&self.rules) = write(&self.alerts).groups();
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

/// The lock of a store. Whoever panicked in it left at most one tick incomplete.
fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
