//! `postgres_exporter`.

use super::{Counter, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::database::{Database, DatabaseUse};
use crate::world::time::TICK_SECONDS;

pub(super) struct DatabaseSeries {
    up: SeriesId,
    active: SeriesId,
    idle: SeriesId,
    idle_in_transaction: SeriesId,
    locks: [SeriesId; 3],
    commits: Counter,
    rollbacks: Counter,
    blocks_read: Counter,
    blocks_hit: Counter,
}

/// The address of the exporter of a database.
pub(super) fn instance(world: &World, database: &Database) -> String {
    format!("{}.{}:9187", database.name, world.name)
}

impl DatabaseSeries {
    pub(super) fn new(db: &mut Tsdb, world: &World, index: usize) -> Self {
        let database = &world.databases[index];
        let workload = world.graph.services[database.service].workload;
        let pod = format!("{}-0", database.name);
        let labels = [
            ("job", "postgres-exporter"),
            ("instance", &instance(world, database)),
            ("namespace", world.workloads[workload].spec.namespace),
            ("service", database.name),
            ("pod", pod.as_str()),
        ];
        let name = [("datname", "app")];
        let mut state = |state: &str| {
            let more = [("datname", "app"), ("state", state)];
            series(db, "pg_stat_activity_count", &labels, &more)
        };
        let (active, idle) = (state("active"), state("idle"));
        let idle_in_transaction = state("idle in transaction");
        let locks = ["accesssharelock", "rowexclusivelock", "exclusivelock"].map(|mode| {
            series(
                db,
                "pg_locks_count",
                &labels,
                &[("datname", "app"), ("mode", mode)],
            )
        });
        let mut counter = |metric: &str, before: f64| {
            Counter::of(series(db, metric, &labels, &name)).from(before)
        };
        Self {
            active,
            idle,
            idle_in_transaction,
            locks,
            commits: counter("pg_stat_database_xact_commit", 91_300_000.0),
            rollbacks: counter("pg_stat_database_xact_rollback", 4100.0),
            blocks_read: counter("pg_stat_database_blks_read", 7_300_000.0),
            blocks_hit: counter("pg_stat_database_blks_hit", 880_000_000.0),
            up: series(db, "pg_up", &labels, &[]),
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, usage: &DatabaseUse) {
        sink.set(self.up, 1.0);
        sink.set(self.active, usage.active);
        sink.set(self.idle, usage.idle);
        sink.set(self.idle_in_transaction, usage.idle_in_transaction);
        let locks = [
            usage.share_locks,
            usage.row_exclusive_locks,
            usage.exclusive_locks,
        ];
        for (&id, count) in self.locks.iter().zip(locks) {
            sink.set(id, count);
        }
        self.commits.add(sink, usage.commits * TICK_SECONDS);
        self.rollbacks.add(sink, usage.rollbacks * TICK_SECONDS);
        self.blocks_read.add(sink, usage.blocks_read * TICK_SECONDS);
        self.blocks_hit.add(sink, usage.blocks_hit * TICK_SECONDS);
    }
}
