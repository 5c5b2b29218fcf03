//! Databases: `postgres_exporter`, told of the workload in whose pod it runs.

use fleetscope_model::{Resource, SignalRole};

use super::{Draft, by_owner, workload};

pub(super) fn watches() -> Vec<Draft> {
    vec![active(), locks(), reads()]
}

fn per_workload(metric: &str) -> String {
    let by_pod = format!("sum by (namespace, pod) ({metric})");
    format!("sum by (namespace, workload) ({})", by_owner(&by_pod))
}

fn active() -> Draft {
    let query = per_workload("pg_stat_activity_count{state=\"active\"}");
    Draft::new("postgres-active", "active database connections", query)
        .unit("connections")
        .about(workload())
        .role(SignalRole::Saturation)
        // A twentieth of the default `max_connections` of 100; a database serves as many at once
        // as it has cores.
        .matters_from(5.0)
}

fn locks() -> Draft {
    Draft::new(
        "postgres-locks",
        "database locks held",
        per_workload("pg_locks_count"),
    )
    .unit("locks")
    .about(workload())
    .role(SignalRole::Saturation)
    // A transaction holds a lock on each table and index it touches: about five queries more.
    .matters_from(20.0)
}

fn reads() -> Draft {
    let query = per_workload("rate(pg_stat_database_blks_read[5m])");
    Draft::new(
        "postgres-block-reads",
        "database blocks read from disk",
        query,
    )
    .unit("1/s")
    .about(workload())
    .of(Resource::Disk)
    // Blocks of 8 KiB: 100 a second is what a single spinning disk can do at random.
    .matters_from(100.0)
}
